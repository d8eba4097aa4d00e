"""Reads the exchanges of tests/httpcore/corpus/exchange and holds them against a live server."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.corpus import CORPUS, split_file
from tests.support.wire import Answer, RawClient

FOLDER = CORPUS / "exchange"
# Answered only when the connection is still in step behind the exchange.
FOLLOWER = b"GET /marker HTTP/1.1\r\nHost: test\r\n\r\n"
MARK = b"in step"


@dataclass(frozen=True)
class Expectation:
    """One answer. facts: (key, value) pairs, all of which must hold."""

    status: int
    is_to_head: bool
    facts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Exchange:
    """What a client sends on one connection, and all that it must get.

    stays_open: whether a further request on the connection is answered.
    half_closes: whether the client ends its side behind the bytes.
    """

    name: str
    data: bytes
    answers: list[Expectation]
    stays_open: bool
    half_closes: bool
    source: str | None

    def __str__(self) -> str:
        return self.name


def load_exchanges() -> list[Exchange]:
    return [_load(path) for path in sorted(FOLDER.glob("*.http"))]


def _load(path: Path) -> Exchange:
    lines, data = split_file(path)
    answers: list[Expectation] = []
    told: dict[str, str] = {"end": "", "from": ""}
    for line in lines:
        key, _, value = line.strip().partition(" ")
        if line.startswith("  "):
            answers[-1].facts.append((key, value))
        elif key in told:
            told[key] = value
        else:
            answers.append(Expectation(int(key), value == "head"))
    if told["end"] not in ("open", "closed", "half-closed"):
        raise ValueError(f"{path.name}: say `end open`, `end closed` or `end half-closed`")
    stays_open, half_closes = told["end"] == "open", told["end"] == "half-closed"
    return Exchange(path.stem, data, answers, stays_open, half_closes, told["from"] or None)


def hold(exchange: Exchange, address: tuple[str, int], pieces: Iterable[bytes]) -> None:
    """Send the pieces and a follower, and compare all that comes back."""
    with RawClient(address, source=exchange.source) as client:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A refusal may close the connection under the last bytes.
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                client.send(piece)
            if exchange.half_closes:
                client.sock.shutdown(socket.SHUT_WR)
            else:
                client.send(FOLLOWER)
        for expected in exchange.answers:
            check(client.read_answer(is_head=expected.is_to_head), expected)
        if exchange.stays_open:
            assert client.read_answer().body == MARK
            assert client.has_nothing_to_read()
        else:
            assert client.read_to_end() == b""


def check(answer: Answer, expected: Expectation) -> None:
    assert (answer.version, answer.status) == ("HTTP/1.1", expected.status), answer
    for key, value in expected.facts:
        name, colon, text = value.partition(": ")
        if key == "no":
            assert value.removeprefix("header ") not in answer.headers, answer
        elif key == "body":
            assert answer.body == value.encode("latin-1"), answer
        elif key == "says":
            assert value.encode("latin-1") in answer.body, answer
        elif key == "header" and colon:
            assert answer.headers.get(name) == text, answer
        elif key == "header":
            assert name in answer.headers, answer
        else:
            raise ValueError(f"unknown fact: {key}")
