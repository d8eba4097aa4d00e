"""Adversarial texts that grow with n, for each parser of client text (goal G12).

Each is what made some parser of the field take more than linear time: runs of blanks, of
separators, of almost-ends, of escapes, of open quotes and brackets, of repeated names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from httpcore import Limits
from tests.fuzz.targets import BOUNDARY, CHUNKED, TARGETS
from tests.support.parsing import parse

KIB = 1024
_MIB = 1024 * KIB


@dataclass(frozen=True)
class Growing:
    """A target and the text it gets: `start`, then `unit` over and over, then `end`.

    largest: bytes, about the limit that the server puts on such a text.
    """

    target: str
    unit: bytes
    start: bytes = b""
    end: bytes = b""
    largest: int = 8_000

    def make(self, size: int) -> bytes:
        count = max(1, (size - len(self.start) - len(self.end)) // len(self.unit))
        return self.start + self.unit * count + self.end

    @property
    def parse(self) -> Callable[[bytes], object]:
        return _WITHOUT_LIMITS.get(self.target, TARGETS[self.target])

    @property
    def name(self) -> str:
        return f"{self.target}: {(self.start[-12:] + self.unit + self.unit)[:28]!r}"


# Wide enough that the size of the text, and not a limit, ends the work.
WIDE = Limits(
    request_line=_MIB,
    field_line=_MIB,
    head=_MIB,
    field_count=65_535,
    trailer=_MIB,
    trailer_count=65_535,
    chunk_extensions=_MIB,
    chunk_line=_MIB,
    chunk_overhead=_MIB,
)
_WITHOUT_LIMITS: dict[str, Callable[[bytes], object]] = {
    "head": lambda data: parse([data], WIDE),
    "chunked": lambda data: parse([CHUNKED + data], WIDE),
}

_HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
_PART = b"--" + BOUNDARY.encode() + b'\r\nContent-Disposition: form-data; name="f"'

GROWING = [
    Growing("head", b" ", _HEAD + b"X:", b"a\r\n\r\n", 32 * KIB),
    Growing("head", b"\t", _HEAD + b"X: a", b"\r\n\r\n", 32 * KIB),
    Growing("head", b"a: b\r\n", _HEAD, b"\r\n", 32 * KIB),
    Growing("head", b"X_Y: a\r\n", _HEAD, b"\r\n", 32 * KIB),
    Growing("head", b",", _HEAD + b"Connection: ", b"\r\n\r\n", 32 * KIB),
    Growing("head", b"%41", b"GET /", b" HTTP/1.1\r\nHost: a\r\n\r\n", 32 * KIB),
    Growing("head", _HEAD + b"\r\n", largest=64 * KIB),
    Growing("chunked", b"10\r\n0123456789abcdef\r\n", b"", b"0\r\n\r\n", 512 * KIB),
    Growing("chunked", b"1\r\nx\r\n", largest=256 * KIB),
    Growing("chunked", b';a="\\b"', b"5", b"\r\n", 16 * KIB),
    Growing("chunked", b"A: b\r\n", b"0\r\n", b"\r\n", 16 * KIB),
    Growing("proxy_header", b"x", b"PROXY UNKNOWN "),
    Growing("proxy_header", b"1", b"PROXY TCP4 "),
    Growing("proxy_header", b"\0", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"),
    Growing("target", b"%2f..", b"/"),
    Growing("target", b"?", b"/"),
    Growing("target", b"@", b"http://a"),
    Growing("host", b"."),
    Growing("host", b":", b"[", b"]"),
    Growing("host", b"%41"),
    Growing("query", b"%"),
    Growing("query", b"a=%ff&"),
    Growing("query", b"&"),
    Growing("query", b"=+"),
    Growing("urlencoded", b"%c3%a9", b"a=", largest=_MIB),
    Growing("urlencoded", b"%", b"a=", largest=_MIB),
    Growing("urlencoded", b"+", b"a=", largest=_MIB),
    Growing("multipart", b"\r", _PART + b"\r\n\r\n", largest=_MIB),
    Growing("multipart", b"\r\n--xy", _PART + b"\r\n\r\n", largest=_MIB),
    Growing("multipart", b"\r\n--xyz-", _PART + b'; filename="f"\r\n\r\n', largest=4 * _MIB),
    Growing("multipart", b"--xyz\r\n", largest=_MIB),
    Growing("multipart", b'; a="\\"', _PART, largest=64 * KIB),
    Growing("json_body", b"[],", b"[", largest=_MIB),
    Growing("json_body", b'"\\"', b"[", largest=_MIB),
    Growing("json_body", b"[", largest=_MIB),
    Growing("json_body", b"\\u00e9", b'"', b'"', _MIB),
    Growing("json_body", b"1", largest=_MIB),
    Growing("cookie", b";"),
    Growing("cookie", b"a=b;"),
    Growing("cookie", b'"', b"a="),
    Growing("cookie", b" ", b"a"),
    Growing("ranges", b"0-0,"),
    Growing("ranges", b","),
    Growing("ranges", b"9", b"", b"-"),
    Growing("accept", b"a/b,"),
    Growing("accept", b";q=1"),
    Growing("accept", b" ", b"a/b"),
    Growing("accept_encoding", b"gzip;q=0.1,"),
    Growing("parameters", b';a="\\"', b"a/b"),
    Growing("parameters", b"; ", b"a/b"),
    Growing("parameters", b"\\", b'a/b; c="'),
    Growing("parameters", b"%c3", b"UTF-8''"),
    Growing("etags", b'"",'),
    Growing("etags", b" ,"),
    Growing("etags", b'W/"', b""),
    Growing("date", b"0", b"Sun, "),
    Growing("forwarded", b"for=a;"),
    Growing("forwarded", b"1.2.3.4,"),
    Growing("forwarded", b'"', b"for="),
    Growing("forwarded", b";", b""),
    Growing("typed", b"1"),
    Growing("typed", b"0", b"1."),
    Growing("repeated_field", b"a\n", largest=128 * KIB),
]
