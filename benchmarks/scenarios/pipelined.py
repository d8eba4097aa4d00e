"""Requests that do not wait for the answers before them."""

import re
import socket
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import BJOERN, GRANIAN, TREADLE
from benchmarks.figures import Series, Unit, at_least
from benchmarks.loads import PIPELINE_DEPTH, PIPELINED, PLAINTEXT
from benchmarks.scenarios.scenario import Scenario

_REQUESTS = 1_000
_PATIENCE_SECONDS = 2
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
# bjoern answers the last of the requests that arrive together, so it is timed with one at a time.
_LOADS = {TREADLE: PIPELINED, GRANIAN: PIPELINED, BJOERN: PLAINTEXT}
_RATES = {
    contender: f"{contender.name}: rate" + (", not pipelined" if load is PLAINTEXT else "")
    for contender, load in _LOADS.items()
}


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender, load in _LOADS.items():
        with bench.serve(contender) as served:
            in_order = count_in_order(served.port, _REQUESTS, PIPELINE_DEPTH)
            yield f"{contender.name}: answers in order", in_order
            served.warm_up(load)
            yield _RATES[contender], served.rate(load)


def count_in_order(port: int, requests: int, depth: int) -> int:
    """How many answers to /echo/0, /echo/1, ... came at their place before the first that did not.

    depth: requests that are written at once.
    """
    in_order = 0
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS) as sock:
        answers = bodies(sock)
        for first in range(0, requests, depth):
            numbers = range(first, min(first + depth, requests))
            sock.sendall(b"".join(_request(number, port) for number in numbers))
            for number in numbers:
                if next(answers, None) != b"%d" % number:
                    return in_order
                in_order += 1
    return in_order


def _request(number: int, port: int) -> bytes:
    return b"GET /echo/%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (number, port)


def bodies(sock: socket.socket) -> Iterator[bytes]:
    """The body of one answer after the other, until none comes any more."""
    data = b""
    while True:
        while (found := split_answer(data)) is None:
            more = _receive(sock)
            if not more:
                return
            data += more
        body, data = found
        yield body


def split_answer(data: bytes) -> tuple[bytes, bytes] | None:
    """The body of the first answer and what follows it; None while it is not whole."""
    head, end, rest = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    size = int(length[1]) if length else 0
    return (rest[:size], rest[size:]) if end and len(rest) >= size else None


def _receive(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except TimeoutError:
        return b""


SCENARIO = Scenario(
    name="pipelined",
    title="Plaintext, 16 requests pipelined",
    about=(
        "1,000 different requests, 16 written at once, whose answers must come in order; then "
        "the rate of 13 bytes of text to 64 connections that write 16 requests at once. bjoern "
        "answers only one of the requests that arrive together, so its rate is that of one at a "
        "time."
    ),
    measure=measure,
    series=(
        *(Series(rate, versus=_RATES[TREADLE]) for rate in _RATES.values()),
        *(Series(f"{each.name}: answers in order", Unit.COUNT) for each in _LOADS),
    ),
    goals=(at_least(_REQUESTS, f"{TREADLE.name}: answers in order", unit=Unit.COUNT),),
)
