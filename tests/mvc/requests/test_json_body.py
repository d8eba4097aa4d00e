"""JSON bodies: what is taken, and the 400 or 415 for what is not (sec:P16)."""

import pytest

from httpcore import HTTPError
from tests.support.messages import make_request


def decode(body: bytes, content_type: str | None = "application/json"):
    headers = {} if content_type is None else {"Content-Type": content_type}
    return make_request(method="POST", headers=headers, body=body).json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "\\u00e9"]}', {"a": [1, 2.5, None, True, "é"]}),
        ('"é"'.encode(), "é"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b" 7 ", 7),
        (b"[" * 64 + b"]" * 64, None),
        (b'["' + b"[" * 500 + b'"]', ["[" * 500]),
        (b"[" + b"[],{}," * 200 + b"1]", None),
        (b"9" * 4300, None),
    ],
)
def test_accepted(body: bytes, value) -> None:
    decoded = decode(body)
    assert value is None or decoded == value


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/problem+json"])
def test_media_types_taken(kind: str) -> None:
    assert decode(b"[]", kind) == []


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=latin-1",
    ],
)
def test_other_media_types_are_415(kind: str | None) -> None:
    with pytest.raises(HTTPError) as caught:
        decode(b"[]", kind)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b"[1,]",
        b"[1] x",
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 100_000,
        b'["' * 60_000,
        b"9" * 4301,
        b"-" + b"9" * 5000,
        b'"\xff"',
        b"\xef\xbb\xbf[]",
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"a\nb"',
    ],
)
def test_sec_P16_refused_with_400(body: bytes) -> None:
    with pytest.raises(HTTPError) as caught:
        decode(body)
    assert caught.value.status == 400


def test_the_message_says_where_it_is_broken() -> None:
    with pytest.raises(HTTPError, match="line 2, column 2"):
        decode(b"[1,\n x]")
