"""What a handler may return (api 'Return forms', features P1-P7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from uuid import UUID

import msgspec
import pytest

from httpcore import Headers
from httpcore import Response as ServerResponse
from mvc.config import Settings
from mvc.requests import MultiDict
from mvc.responses import Response, TextResponse, redirect, to_response
from mvc.sessions import Session
from tests.support.messages import FakeServices, make_request

HTML = "text/html; charset=utf-8"
JSON = "application/json"


@dataclass
class Point:
    x: int


class Struct(msgspec.Struct):
    y: int


class Model:
    def __json__(self) -> dict[str, object]:
        return {"id": 1, "inner": [Decimal("1.10")]}


@dataclass
class Page:
    hidden: str

    def __json__(self) -> dict[str, object]:
        return {"page": 1}


class Colour(Enum):
    RED = "red"


def answer(result, **settings):
    services = FakeServices(Settings(**settings))
    response = to_response(result, make_request(services=services))
    body = response.body
    data = body if isinstance(body, bytes) else b"".join(body)  # type: ignore[arg-type]
    return response.status, response.headers.get("Content-Type"), data


def letters() -> Iterator[str]:
    yield "a"
    yield "é"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("é", (200, HTML, "é".encode())),
        (b"x", (200, "application/octet-stream", b"x")),
        ({"a": 1}, (200, JSON, b'{"a":1}')),
        ([], (200, JSON, b"[]")),
        ([1, None], (200, JSON, b"[1,null]")),
        ([b"a", b"b"], (200, HTML, b"ab")),
        (None, (204, None, b"")),
        (Point(1), (200, JSON, b'{"x":1}')),
        (Struct(2), (200, JSON, b'{"y":2}')),
        (Model(), (200, JSON, b'{"id":1,"inner":["1.10"]}')),
        ({"m": [Model()]}, (200, JSON, b'{"m":[{"id":1,"inner":["1.10"]}]}')),
        (Page("x"), (200, JSON, b'{"page":1}')),
        (letters(), (200, HTML, "aé".encode())),
        (iter([b"x"]), (200, HTML, b"x")),
        (TextResponse("t", 201), (201, "text/plain; charset=utf-8", b"t")),
        (ServerResponse(b"s", 202), (202, None, b"s")),
        # (body, status), (body, content_type), (body, status, headers)
        (("x", 201), (201, HTML, b"x")),
        (("x", "text/css"), (200, "text/css", b"x")),
        (("x", 201, {"Content-Type": "a/b"}), (201, "a/b", b"x")),
        (({"a": 1}, 201), (201, JSON, b'{"a":1}')),
        (({"a": 1}, "application/x+json"), (200, "application/x+json", b'{"a":1}')),
        ((None, 201), (201, None, b"")),
        ((None, 200), (204, None, b"")),
        ((TextResponse("t"), 404), (404, "text/plain; charset=utf-8", b"t")),
        # P3: (data, content_type, headers, status), tail optional, an int anywhere is the status
        (("x", "text/plain", {}, 400), (400, "text/plain", b"x")),
        (("x", "text/plain", None, 400), (400, "text/plain", b"x")),
        (("x", "text/plain", (), 400), (400, "text/plain", b"x")),
        ((letters(), "text/plain"), (200, "text/plain", "aé".encode())),
        # P4: (status, content_type, body)
        ((418, "text/plain", "tea"), (418, "text/plain", b"tea")),
        # P5: (headers, body, status line)
        (({"Content-Type": "text/x"}, "b", "404 Not Found"), (404, "text/x", b"b")),
    ],
)
def test_feat_P1_P7_return_forms(result, expected) -> None:
    assert answer(result) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1"},
        [("X-A", "1")],
        ("X-A", "1"),
        Headers([("X-A", "1")]),
        (("X-A", "1"), ("X-B", "2")),
    ],
)
def test_feat_P3_every_shape_of_headers(headers) -> None:
    response = to_response(("x", 200, headers), make_request())
    assert response.headers["X-A"] == "1"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (Decimal("1.50"), b'"1.50"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (date(2026, 1, 2), b'"2026-01-02"'),
        (datetime(2026, 1, 2, 3, 4, 5, 6), b'"2026-01-02T03:04:05.000006"'),
        (Colour.RED, b'"red"'),
        ("é", '"é"'.encode()),
        (2**70, b"1180591620717411303424"),
    ],
)
def test_json_values(value, encoded: bytes) -> None:
    assert answer({"v": value})[2] == b'{"v":' + encoded + b"}"


def test_feat_P6_a_mapping_is_an_object_inside_and_alone() -> None:
    form = MultiDict([("a", "1"), ("a", "2"), ("b", "3")])
    assert answer(form) == (200, JSON, b'{"a":"1","b":"3"}')
    assert (
        answer({"inner": [MappingProxyType({"x": Decimal("1.0")})]})[2]
        == b'{"inner":[{"x":"1.0"}]}'
    )
    assert answer((Session(), 201)) == (201, JSON, b"{}")


@pytest.mark.parametrize("result", [7, 1.5, object(), Ellipsis, True, Point])
def test_what_is_no_answer_says_so(result) -> None:
    with pytest.raises(TypeError, match=r"the handler of '/' returned|no JSON form"):
        answer(result)


@pytest.mark.parametrize(("result", "words"), [(7, "an int"), (1.5, "a float"), (True, "a bool")])
def test_what_is_no_answer_is_called_by_its_name(result, words: str) -> None:
    with pytest.raises(TypeError, match=f"returned {words}, which is no answer"):
        answer(result)


@pytest.mark.parametrize("result", [(), ("x", 1, 2, 3, 4), ("x", object()), ("x", 200, 1.5)])
def test_unreadable_tuples_name_their_members(result) -> None:
    with pytest.raises(TypeError, match="known are"):
        answer(result)


def test_a_value_without_json_form_is_named() -> None:
    with pytest.raises(TypeError, match="an object has no JSON form"):
        answer({"x": object()})


def test_feat_P9_strict_responses() -> None:
    assert answer(Response(b"x"), strict_responses=True)[0] == 200
    with pytest.raises(TypeError, match="strict_responses = true"):
        answer({"a": 1}, strict_responses=True)


def test_status_for_results_that_name_none() -> None:
    request = make_request()
    assert to_response("gone", request, 404).status == 404
    assert to_response(None, request, 404).status == 404
    assert to_response(("gone", 410), request, 404).status == 410
    assert to_response(("x", "text/plain"), request, 404).status == 404


def test_redirects_are_resolved() -> None:
    response = to_response(redirect("note", id=7), make_request())
    assert response.headers["Location"] == "/note/7"


def test_a_stream_that_fails_at_once_is_an_exception() -> None:
    def produce() -> Iterator[str]:
        raise LookupError
        yield ""

    with pytest.raises(LookupError):
        to_response(produce(), make_request())
