"""Each limit of what a request carries at one less, exactly, and one more (sec section 2)."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from httpcore import HTTPError, body_of
from mvc.requests.cookies import parse_cookies
from mvc.requests.forms import parse_form, parse_query
from mvc.requests.json_body import decode_json
from mvc.responses.ranges import parse_ranges

KIB = 1024


@dataclass(frozen=True)
class Limit:
    """limit: the figure; read: parse something that has n of what is counted; status: beyond."""

    limit: int
    read: Callable[[int], object]
    status: int


def _form(*parts: bytes, boundary: str = "xyz") -> None:
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    kind = f'multipart/form-data; boundary="{boundary}"'
    form = parse_form(kind, lambda: body_of(body))
    for file in form.files.values():
        file.close()


def _field(size: int = 1) -> bytes:
    return b'Content-Disposition: form-data; name="f"\r\n\r\n' + b"x" * size


FILE = b'Content-Disposition: form-data; name="f"; filename="f"\r\n\r\nx'


def _part_head(size: int) -> None:
    head = b'Content-Disposition: form-data; name="f"\r\nX: '
    _form(head + b"x" * (size - len(head) - 2) + b"\r\n\r\nx")


def _part_fields(count: int) -> None:
    more = b"".join(b"X-%d: y\r\n" % n for n in range(count - 1))
    _form(b'Content-Disposition: form-data; name="f"\r\n' + more + b"\r\nx")


def _texts(size: int) -> None:
    """Five texts; no one of them is too long."""
    whole, rest = divmod(size, 256 * KIB)
    _form(*[_field(256 * KIB)] * whole, _field(rest))


def _urlencoded(count: int) -> None:
    body = b"&".join([b"a=b"] * count)
    parse_form("application/x-www-form-urlencoded", lambda: body_of(body))


def _json(text: str) -> None:
    decode_json("application/json", text.encode())


ROWS = {
    "query parameters": Limit(1000, lambda n: parse_query("&".join(["a=b"] * n)), 400),
    "urlencoded fields": Limit(1000, _urlencoded, 400),
    "multipart fields": Limit(1000, lambda n: _form(*[_field()] * n), 400),
    "multipart files": Limit(100, lambda n: _form(*[FILE] * n), 413),
    "header fields of a part": Limit(8, _part_fields, 400),
    "head of a part": Limit(4 * KIB, _part_head, 400),
    "boundary": Limit(70, lambda n: _form(_field(), boundary="b" * n), 400),
    "one text field": Limit(256 * KIB, lambda n: _form(_field(n)), 413),
    "all text fields": Limit(1024 * KIB, _texts, 413),
    "JSON depth": Limit(64, lambda n: _json("[" * n + "]" * n), 400),
    "JSON digits": Limit(4300, lambda n: _json("1" * n), 400),
}


@pytest.mark.parametrize("row", ROWS)
def test_sec_limit_of_a_value_is_exact(row: str) -> None:
    limit = ROWS[row]
    limit.read(limit.limit - 1)
    limit.read(limit.limit)
    with pytest.raises(HTTPError) as error:
        limit.read(limit.limit + 1)
    assert error.value.status == limit.status


@pytest.mark.parametrize("count", [199, 200, 201])
def test_sec_P15_cookies_beyond_200_are_ignored(count: int) -> None:
    assert len(parse_cookies(["; ".join(f"c{n}=v" for n in range(count))])) == min(count, 200)


@pytest.mark.parametrize("count", [4, 5, 6])
def test_http_V2_more_than_5_ranges_mean_the_whole(count: int) -> None:
    ranges = parse_ranges("bytes=" + ",".join(f"{n * 2}-{n * 2}" for n in range(count)), 100)
    assert ranges is None if count > 5 else len(ranges or ()) == count


def test_json_of_a_legal_depth_in_strings_is_not_counted() -> None:
    text = json.dumps(["[" * 1000])
    assert decode_json("application/json", text.encode()) == ["[" * 1000]
