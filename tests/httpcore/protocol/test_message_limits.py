"""Each limit of a message at one less, exactly and one more (sec section 2; http:L5, F2, M3-M6)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from httpcore import Limits
from tests.support.parsing import bytewise, parse

LIMITS = Limits()
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


@dataclass(frozen=True)
class Limit:
    """limit: the figure; make: a request that has n of what is counted; status: beyond it."""

    limit: int
    make: Callable[[int], bytes]
    status: int


def _line_of(size: int) -> bytes:
    return b"GET /" + b"a" * (size - len(b"GET / HTTP/1.1")) + b" HTTP/1.1\r\nHost: a\r\n\r\n"


def _field_of(size: int) -> bytes:
    return HEAD + b"X:" + b"a" * (size - 2) + b"\r\n\r\n"


def _block_of(size: int) -> bytes:
    """Field lines of `size` bytes together, the CR LF of each counted."""
    lines = b"Host: a\r\n" + (b"X:" + b"a" * 4094 + b"\r\n") * 7
    return b"GET / HTTP/1.1\r\n" + lines + b"Y:" + b"a" * (size - len(lines) - 4) + b"\r\n\r\n"


def _fields(count: int) -> bytes:
    return HEAD + b"a:\r\n" * (count - 1) + b"\r\n"


def _trailer_of(size: int) -> bytes:
    return CHUNKED + b"0\r\nX:" + b"a" * (size - 4) + b"\r\n\r\n"


def _trailers(count: int) -> bytes:
    return CHUNKED + b"0\r\n" + b"a:\r\n" * count + b"\r\n"


def _chunk_line_of(size: int) -> bytes:
    return CHUNKED + b"1;" + b"a" * (size - 2) + b"\r\nx\r\n" + LAST


def _extensions_of(size: int) -> bytes:
    whole, rest = divmod(size, 100)
    chunk = b"64;%b\r\n" + b"x" * 100 + b"\r\n"
    chunks = (chunk % (b"a" * 99)) * whole + (chunk % (b"a" * (rest - 1)) if rest else b"")
    return CHUNKED + chunks + LAST


def _overhead_of(size: int) -> bytes:
    """Framing that exceeds the data by `size` when the last chunk's line is read.

    A chunk of one byte costs 4 more than it brings; zeros in front of a size cost 1 each.
    """
    chunks, zeros = divmod(size - len(LAST), 4)
    return CHUNKED + b"0" * zeros + b"1\r\nx\r\n" + b"1\r\nx\r\n" * (chunks - 1) + LAST


def _body_of(size: int) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * min(size, LIMITS.body)


def _chunk_of(size: int) -> bytes:
    return CHUNKED + b"%x\r\n" % size + b"x" * size + b"\r\n" + LAST


def _length_of(digits: int) -> bytes:
    return HEAD + b"Content-Length: " + b"0" * (digits - 1) + b"5\r\n\r\nhello"


def _size_of(digits: int) -> bytes:
    return CHUNKED + b"0" * (digits - 1) + b"5\r\nhello\r\n" + LAST


def _empty_lines(count: int) -> bytes:
    return b"\r\n" * count + HEAD + b"\r\n"


ROWS = {
    "request-line, http:L5": Limit(8190, _line_of, 414),
    "field line, http:F2": Limit(8190, _field_of, 431),
    "all field lines, http:F2": Limit(32 * 1024, _block_of, 431),
    "fields, http:F2": Limit(100, _fields, 431),
    "trailer section, http:M4": Limit(8 * 1024, _trailer_of, 400),
    "trailer fields, http:M4": Limit(32, _trailers, 400),
    "chunk-size line, http:M3": Limit(256, _chunk_line_of, 400),
    "extensions of a body, http:M3": Limit(4 * 1024, _extensions_of, 400),
    "chunk overhead, http:M3": Limit(16 * 1024, _overhead_of, 400),
    "announced body, http:M6": Limit(1024 * 1024, _body_of, 413),
    "chunked body, http:M6": Limit(1024 * 1024, _chunk_of, 413),
    "digits of Content-Length, http:M1": Limit(18, _length_of, 400),
    "digits of chunk-size, http:M3": Limit(16, _size_of, 400),
    "empty lines in front, http:L1": Limit(1, _empty_lines, 400),
}


@pytest.mark.parametrize("row", ROWS)
def test_sec_limit_is_exact_whole_and_byte_by_byte(row: str) -> None:
    limit = ROWS[row]
    for count in (limit.limit - 1, limit.limit, limit.limit + 1):
        data = limit.make(count)
        outcome = parse([data])
        expected = (0, 1) if count <= limit.limit else (limit.status, 0)
        assert (outcome.status, len(outcome.requests)) == expected, count
        if len(data) < 100_000:
            assert parse(bytewise(data)).verdict() == outcome.verdict(), count


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"Cookie: " + b"a" * 9000, "The field Cookie exceeds 8,190 bytes."),
        (b"a" * 9000, "A header field exceeds 8,190 bytes."),
    ],
)
def test_http_F2_field_that_is_too_long_is_named(line: bytes, detail: str) -> None:
    for pieces in ([HEAD + line], bytewise(HEAD + line)):
        outcome = parse(pieces)
        assert (outcome.status, outcome.detail) == (431, detail)


def test_sec_P12_name_of_a_field_that_is_too_long_is_not_looked_for_in_the_next_line() -> None:
    data = HEAD + b"a" * 25 + b"\r\nX: y\r\n\r\n"
    for pieces in ([data], bytewise(data)):
        outcome = parse(pieces, Limits(field_line=20))
        assert (outcome.status, outcome.detail) == (431, "A header field exceeds 20 bytes.")


@pytest.mark.parametrize("target", [b"/a#b", b"/a\\b?c"])
def test_http_L4_byte_that_no_target_has_is_told(target: bytes) -> None:
    outcome = parse([b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target])
    assert (outcome.status, outcome.detail) == (
        400,
        "The request-target has a `#`, or a backslash in its path.",
    )
