"""Requests answered in process: the same parser, policy, endpoint and serializer, no socket."""

from collections.abc import Iterator

from httpcore.body import EMPTY_BODY, BodyReader
from httpcore.config import ServerConfig
from httpcore.contract import Endpoint, Handler
from httpcore.errors import ClientDisconnected, HTTPError, ProtocolError
from httpcore.head import RequestHead
from httpcore.protocol.events import BodyData, EndOfBody
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.serializer import Serializer
from httpcore.request import Peer
from httpcore.response import FileBody
from httpcore.runtime.admission import body_policy, find_endpoint, may_keep
from httpcore.runtime.answers import (
    Answer,
    ask_gate,
    call_endpoint,
    make_answer,
    refusal,
)
from httpcore.runtime.bodies import ArrivingBody, BodyCollector, is_reusable
from httpcore.runtime.date import DateCache
from httpcore.runtime.streams import BrokenBody

_DEFAULT_CONFIG = ServerConfig()
_DEFAULT_PEER = Peer(("127.0.0.1", 0), ("127.0.0.1", 80))


def exchange(
    handler: Handler,
    data: bytes,
    *,
    config: ServerConfig = _DEFAULT_CONFIG,
    peer: Peer = _DEFAULT_PEER,
) -> bytes:
    """Every response byte for the requests in `data`, as a connection that ends there gives them.

    What needs time or a peer is absent: time-outs, and `100 Continue`, as the body is here already.
    """
    return b"".join(_Exchange(handler, data, config, peer).responses())


class _Exchange:
    def __init__(self, handler: Handler, data: bytes, config: ServerConfig, peer: Peer) -> None:
        self._handler = handler
        self._config = config
        self._peer = peer
        self._serializer = Serializer(handler.default_fields, DateCache())
        self._parser = RequestParser(config.limits)
        self._parser.feed(data)
        self._parser.feed_eof()
        self._is_discarding = False  # as of a connection

    def responses(self) -> Iterator[bytes]:
        keep_alive = True
        while keep_alive:
            try:
                event = self._parser.next_event()
                if isinstance(event, BodyData | EndOfBody):
                    continue  # what an endpoint left unread (http:C3)
                if not isinstance(event, RequestHead):
                    return
                answer, body = self._answer(event)
            except ProtocolError as error:
                if self._is_discarding:
                    return
                answer, body = self._refuse(error, self._parser.unfinished_head), EMPTY_BODY
            except ClientDisconnected:
                return
            yield answer.head
            yield from _body_of(answer)
            body.close()
            keep_alive = answer.keep_alive
            self._is_discarding = keep_alive and self._parser.owes_body

    def _answer(self, head: RequestHead) -> tuple[Answer, BodyReader]:
        limits = self._config.limits
        body: BodyReader = EMPTY_BODY
        try:
            endpoint = find_endpoint(self._handler, head)
            policy = body_policy(endpoint, head, limits) if head.has_body else None
        except HTTPError as error:
            self._parser.set_body_limit(max(head.content_length or 0, limits.unread_body))
            return self._refuse(error, head, may_keep(head, limits)), body
        try:
            if policy is not None:
                self._parser.set_body_limit(policy.limit)
                refused = ask_gate(endpoint, head) if policy.asks_gate else None
                if refused is not None:
                    return make_answer(self._serializer, refused, head, False), body
                body = self._read_body(endpoint, head)
        except HTTPError as error:
            return self._refuse(error, head), body
        response = call_endpoint(endpoint, endpoint.request_type(head, body, self._peer))
        keep_alive = is_reusable(body, response, limits)
        return make_answer(self._serializer, response, head, keep_alive), body

    def _refuse(
        self, error: HTTPError, head: RequestHead | None, keep_alive: bool = False
    ) -> Answer:
        return make_answer(self._serializer, refusal(error, head), head, keep_alive)

    def _read_body(self, endpoint: Endpoint, head: RequestHead) -> BodyReader:
        """As the endpoint wants it: whole, or read by itself. Raises what the parser raises."""
        if endpoint.stream_body:
            wants = endpoint.wants_trailers
            return ArrivingBody(head, self._parser, lambda: b"", lambda: None, wants)
        collector = BodyCollector(self._config.limits.body_in_memory)
        try:
            while isinstance(event := self._parser.next_event(), BodyData):
                collector.write(event.data)
            if isinstance(event, EndOfBody) and endpoint.wants_trailers:
                return collector.finish(event.trailers)
            return collector.finish()
        finally:
            collector.close()


def _body_of(answer: Answer) -> Iterator[bytes]:
    """The body's bytes; one that breaks simply ends, as it does on the wire."""
    body = answer.body
    try:
        if isinstance(body, bytes):
            yield body
        elif isinstance(body, FileBody):
            body.file.seek(body.offset)
            yield body.file.read(body.length)
        else:
            while (piece := body.next_piece()) is not None:
                yield piece
            answer.keep_alive = answer.keep_alive and not body.is_cut
    except BrokenBody:
        answer.keep_alive = False
    finally:
        answer.close()
