"""Body parsers take time in proportion to the body, whatever is in it (sec:P9, sec:F3, G12).

Each body is measured at a quarter and at its full size, the best of three runs of CPU time: four
times the bytes may take at most eight times as long, where quadratic work would take sixteen. What
is quicker than 20 ms is not measured: there the clock's noise would decide.
"""

import gc
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from httpcore import HTTPError, body_of
from mvc.requests.forms import parse_form, parse_query
from mvc.requests.json_body import decode_json

MIB = 1024 * 1024
NOISE = 0.02  # seconds
KIND = "multipart/form-data; boundary=xyz"
FILE = b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
FIELD = b'--xyz\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'
EMPTY = b'--xyz\r\nContent-Disposition: form-data; name="f"; a="\\";'


def multipart(body: bytes) -> None:
    parse_form(KIND, lambda: body_of(body))


def urlencoded(body: bytes) -> None:
    parse_form("application/x-www-form-urlencoded", lambda: body_of(body))


def query(body: bytes) -> None:
    parse_query(body.decode())


def json_text(body: bytes) -> None:
    decode_json("application/json", body)


def seconds(parse: Callable[[bytes], None], body: bytes) -> float:
    def once() -> float:
        started = time.process_time()
        with suppress(HTTPError):
            parse(body)
        return time.process_time() - started

    # The collector's own passes over a growing heap are no cost of the parser.
    gc.disable()
    try:
        return min(once() for _ in range(3))
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("parse", "start", "unit", "size"),
    [
        (multipart, FILE, b"\r\n", 4 * MIB),
        (multipart, FILE, b"\r", 4 * MIB),
        (multipart, FILE, b"\r\n--xy", 4 * MIB),
        (multipart, FILE, b"\r\n--xyz-", 4 * MIB),
        (multipart, b"", FIELD, 1 * MIB),
        (multipart, EMPTY, b'; a="\\"', 1 * MIB),
        (multipart, b"", b"--xyz\r\n", 4 * MIB),
        (multipart, b"", b"\r\n", 4 * MIB),
        (urlencoded, b"", b"%", MIB // 4),
        (urlencoded, b"", b"a=%41", MIB // 4),
        (urlencoded, b"", b"&", MIB),
        (urlencoded, b"", b"+=", MIB),
        (query, b"", b"%ff", 8192),
        (json_text, b"[", b"[],", MIB // 2),
        (json_text, b"[", b'"\\"', MIB),
        (json_text, b"", b"[", MIB),
        (json_text, b"", b'{"a":', MIB),
        (json_text, b"", b"1", MIB // 4),
        (json_text, b'"', b"\\u00e9", MIB),
        (json_text, b"", b" ", MIB),
    ],
)
def test_sec_G12_time_grows_with_the_bytes(
    parse: Callable[[bytes], None], start: bytes, unit: bytes, size: int
) -> None:
    body = (start + unit * (size // len(unit)))[:size]
    whole = seconds(parse, body)
    assert whole < NOISE or whole < 8 * seconds(parse, body[: size // 4])
