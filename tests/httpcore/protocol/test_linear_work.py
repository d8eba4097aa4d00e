"""Work grows with the bytes, however they arrive: http:F5, sec:P3, P8 and goal G12.

No clock: work is counted as function calls and as the bytes that expressions are run over.
"""

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from httpcore.config import MIB, UNLIMITED, Limits
from httpcore.protocol import scanner
from httpcore.protocol.scanner import STEPS, Bounds, Scanner
from tests.support.parsing import bytewise, parse

# Wide enough that the size of the input, and not a limit, ends the work.
WIDE = Limits(
    request_line=MIB,
    field_line=MIB,
    head=MIB,
    field_count=65_535,
    trailer=MIB,
    trailer_count=65_535,
)
# Twice the input may cost this much more.
LINEAR = 2.6
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

GROWING: dict[str, Callable[[int], bytes]] = {
    "long target": lambda n: b"GET /" + b"a" * n + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "percent signs": lambda n: b"GET /" + b"%41" * n + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "long method": lambda n: b"A" * n + b" / HTTP/1.1\r\nHost: a\r\n\r\n",
    "long value": lambda n: HEAD + b"X: " + b"a" * n + b"\r\n\r\n",
    "blanks before a value": lambda n: HEAD + b"X:" + b" " * n + b"a\r\n\r\n",
    "blanks behind a value": lambda n: HEAD + b"X:a" + b"\t" * n + b"\r\n\r\n",
    "blanks between values": lambda n: HEAD + b"X:" + b"a " * n + b"\r\n\r\n",
    "long name": lambda n: HEAD + b"X" * n + b": a\r\n\r\n",
    "repeated field": lambda n: HEAD + b"Accept: a\r\n" * n + b"\r\n",
    "repeated Connection": lambda n: HEAD + b"Connection: x\r\n" * n + b"\r\n",
    "Connection of commas": lambda n: HEAD + b"Connection: " + b"," * n + b"\r\n\r\n",
    "underscored names": lambda n: HEAD + b"X_Y: a\r\n" * n + b"\r\n",
    "no end": lambda n: HEAD + b"X: " + b"a" * n,
    "Host of dots": lambda n: b"GET / HTTP/1.1\r\nHost: " + b"." * n + b"\r\n\r\n",
    "Host of brackets": lambda n: b"GET / HTTP/1.1\r\nHost: [" + b":" * n + b"]\r\n\r\n",
    "chunks": lambda n: CHUNKED + b"10\r\n0123456789abcdef\r\n" * n + b"0\r\n\r\n",
    "trailers": lambda n: CHUNKED + b"0\r\n" + b"A: b\r\n" * n + b"\r\n",
}


def _calls(action: Callable[[], object]) -> int:
    count = 0

    def tally(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tally)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", GROWING)
@pytest.mark.parametrize("cut", [bytewise, lambda data: [data]], ids=["bytewise", "whole"])
def test_http_F5_calls_grow_with_the_input(
    name: str, cut: Callable[[bytes], Iterable[bytes]]
) -> None:
    def calls(size: int) -> int:
        pieces = list(cut(GROWING[name](size)))
        return _calls(lambda: parse(pieces, WIDE))

    assert calls(1000) <= LINEAR * calls(500)


class CountingPattern:
    """An expression that counts the bytes it was run over."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self.pattern = pattern
        self.bytes = 0

    def match(self, buffer: bytes, position: int) -> re.Match[bytes] | None:
        found = self.pattern.match(buffer, position)
        self.bytes += 1 + (found.end() - position if found else 0)
        return found


@pytest.mark.parametrize("name", [name for name in GROWING if "chunk" not in name])
def test_sec_P4_dribbled_head_is_scanned_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = {}
    for place, step in STEPS.items():
        # The identity of "no run at all" means something to the scanner.
        if step.run is not scanner._NOTHING:
            counters[place] = CountingPattern(step.run)
            monkeypatch.setitem(STEPS, place, replace(step, run=counters[place]))
    data = GROWING[name](2000)
    scan = Scanner(Bounds.of_head(WIDE))
    for end in range(1, len(data) + 1):
        if scan.advance(data[:end], 0):
            break
    assert sum(counter.bytes for counter in counters.values()) <= 2 * len(data) + 10


def test_sec_P3_body_of_one_byte_chunks_stops_at_the_overhead() -> None:
    body = b"1\r\nx\r\n" * MIB
    limits = Limits(body=UNLIMITED)
    outcome = parse([CHUNKED + body[: 64 * 1024]], limits)
    assert outcome.status == 400
    assert "too small" in outcome.detail
