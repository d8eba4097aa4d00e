"""sec:P2: bytes that `int`, `str.strip` or `splitlines` take for nothing, at every place.

A request with each kind of token is cut at each of its bytes, and each lookalike is put there. The
grammar takes none of them, but for 0x80-0xFF in the values of ordinary fields and quoted strings.
"""

import pytest

from tests.support.parsing import parse

CONTROLS = [0x0B, 0x0C, *range(0x1C, 0x20)]
EIGHT_BIT = list(range(0x80, 0x100))  # 0x85 and 0xA0 among them

# The bytes, and whether 0x80-0xFF may be put before or behind any of them.
FIXED = [
    (b"POST /a%20b?c=d HTTP/1.1\r\nHost: a:80\r\nContent-Length: 0\r\nX-Y:", False),
    (b" y z", True),
    # An option of Connection that is no token is one that nobody knows (http:C1).
    (b"\r\nConnection:", False),
    (b" close", True),
    (b"\r\n\r\n", False),
]
CHUNKED = [
    (b"POST / HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    (b'5;a=b;c="', False),
    (b"d", True),
    (b'"\r\nhello\r\n0\r\nX-Trailer:', False),
    (b" y", True),
    (b"\r\n\r\n", False),
]
ABSOLUTE = [
    (b"GET http://a:80/b?c HTTP/1.1\r\nHost: a\r\nX:", False),
    (b"y", True),
    (b"\r\n\r\n", False),
]
OLD = [(b"GET / HTTP/1.0\r\nX:", False), (b"y", True), (b"\r\n\r\n", False)]


def _places(parts: list[tuple[bytes, bool]]) -> list[tuple[int, bool]]:
    """Each position, and whether 8-bit bytes may stand there. A value owns both of its edges."""
    places: dict[int, bool] = {}
    start = 0
    for text, is_value in parts:
        for position in range(start, start + len(text) + is_value):
            places[position] = places.get(position, False) or is_value
        start += len(text)
    return list(places.items())


@pytest.mark.parametrize("parts", [FIXED, CHUNKED, ABSOLUTE, OLD], ids=range(4))
def test_sec_P2_lookalike_byte_at_any_place_is_refused(parts: list[tuple[bytes, bool]]) -> None:
    data = b"".join(text for text, _ in parts)
    assert parse([data]).status == 0
    accepted = [
        (position, byte)
        for position, is_value in _places(parts)
        for byte in (CONTROLS if is_value else CONTROLS + EIGHT_BIT)
        if parse([data[:position], bytes([byte]) + data[position:]]).status != 400
    ]
    assert accepted == []


def test_sec_P2_eight_bit_bytes_in_values_are_data() -> None:
    for byte in EIGHT_BIT:
        value = bytes([byte])
        outcome = parse([b"GET / HTTP/1.1\r\nHost: a\r\nX:" + value + b"\r\n\r\n"])
        assert outcome.requests[0].head.headers["X"] == value.decode("latin-1")
