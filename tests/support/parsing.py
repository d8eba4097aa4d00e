"""Drives a `RequestParser` over bytes cut in any way and tells what came out."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from httpcore.config import Limits
from httpcore.errors import ProtocolError
from httpcore.head import RequestHead
from httpcore.headers import Headers
from httpcore.protocol.events import NEED_DATA, BodyData, EndOfBody
from httpcore.protocol.known import KnownHeads
from httpcore.protocol.parser import RequestParser


@dataclass
class Parsed:
    """A whole request."""

    head: RequestHead
    body: bytes
    trailers: Headers

    def facts(self) -> tuple[object, ...]:
        """Everything it says, for comparison."""
        head = self.head
        # `source` says how the head may come again, not what it means.
        names = [name for name in RequestHead.__slots__ if name[0] != "_" and name != "source"]
        told = [getattr(head, name) for name in names]
        return (*told, head.headers.items(), self.body, self.trailers.items())


@dataclass
class Outcome:
    """Whole requests, and the status of the refusal that ended them (0: none)."""

    requests: list[Parsed]
    status: int
    detail: str = ""

    def verdict(self) -> tuple[object, ...]:
        return (self.status, *(request.facts() for request in self.requests))


def parse(
    pieces: Iterable[bytes],
    limits: Limits | None = None,
    *,
    eof: bool = False,
    known: KnownHeads | None = None,
) -> Outcome:
    """Feed the pieces one by one, asking for every event between them."""
    limits = limits or Limits()
    parser = RequestParser(limits, known)
    outcome = Outcome([], 0)
    unfinished: list[_Unfinished] = []
    try:
        for piece in pieces:
            parser.feed(piece)
            _drain(parser, limits, outcome, unfinished)
        if eof:
            parser.feed_eof()
            _drain(parser, limits, outcome, unfinished)
    except ProtocolError as error:
        outcome.status, outcome.detail = error.status, error.detail
    return outcome


@dataclass
class _Unfinished:
    """A request whose body is arriving."""

    head: RequestHead
    pieces: list[bytes]


def _drain(
    parser: RequestParser, limits: Limits, outcome: Outcome, unfinished: list[_Unfinished]
) -> None:
    while (event := parser.next_event()) is not NEED_DATA:
        trailers = Headers()
        if isinstance(event, RequestHead):
            unfinished.append(_Unfinished(event, []))
            parser.set_body_limit(limits.body)
        elif isinstance(event, BodyData):
            unfinished[-1].pieces.append(event.data)
        elif isinstance(event, EndOfBody):
            trailers = event.trailers
        if isinstance(event, EndOfBody) or (isinstance(event, RequestHead) and not event.has_body):
            whole = unfinished.pop()
            outcome.requests.append(Parsed(whole.head, b"".join(whole.pieces), trailers))


def bytewise(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """`data` cut at the given positions."""
    edges = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]
