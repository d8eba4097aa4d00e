"""Response heads and their framing: http:R1-R4."""

from collections.abc import Callable
from io import BytesIO

import pytest

from httpcore.config import Limits
from httpcore.head import RequestHead
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.serializer import (
    CONTINUE,
    LAST_CHUNK,
    Framing,
    ResponsePlan,
    Serializer,
    encode_chunk,
)
from httpcore.response import FileBody, Response

DATE = b"Sun, 06 Nov 1994 08:49:37 GMT"
DEFAULTS = [("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer")]


@pytest.fixture
def serializer() -> Serializer:
    return Serializer(DEFAULTS, lambda: DATE)


def _request(method: str = "GET", version: str = "1.1", connection: str = "") -> RequestHead:
    parser = RequestParser(Limits())
    fields = f"Connection: {connection}\r\n" if connection else ""
    parser.feed(f"{method} / HTTP/{version}\r\nHost: a\r\n{fields}\r\n".encode())
    head = parser.next_event()
    assert isinstance(head, RequestHead)
    return head


def _fields(plan: ResponsePlan) -> list[str]:
    assert plan.head.endswith(b"\r\n\r\n")
    lines = plan.head.decode("latin-1").split("\r\n")[1:-2]
    names = [line.partition(":")[0].lower() for line in lines]
    assert len(set(names) - {"set-cookie"}) == len([n for n in names if n != "set-cookie"])
    assert not {"content-length", "transfer-encoding"} <= set(names)
    return lines


def _stream() -> Response:
    return Response(iter([b"x"]))


def test_http_R1_head_in_full(serializer: Serializer) -> None:
    plan = serializer.plan(Response(b"hi", content_type="text/plain"), _request(), True)
    assert plan.head == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: " + DATE + b"\r\nServer: treadle\r\n"
        b"X-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\nContent-Length: 2\r\n\r\n"
    )
    assert plan[1:] == (Framing.LENGTH, 2, True)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_http_R1_status_line_says_1_1_to_every_client(serializer: Serializer, version: str) -> None:
    plan = serializer.plan(Response(), _request(version=version), False)
    assert plan.head.startswith(b"HTTP/1.1 200 OK\r\n")


def test_http_R1_unknown_status_has_an_empty_reason(serializer: Serializer) -> None:
    assert serializer.plan(Response(status=599), None, False).head.startswith(b"HTTP/1.1 599 \r\n")


@pytest.mark.parametrize("status", [0, 99, 100, 101, 103, 199, 600, 2000, -1])
def test_http_R1_status_outside_200_to_599_is_a_ValueError(
    serializer: Serializer, status: int
) -> None:
    with pytest.raises(ValueError, match="status"):
        serializer.plan(Response(status=status), None, False)


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize(
    "make", [lambda: Response(b"x"), _stream, lambda: Response(headers={"Content-Length": "1"})]
)
def test_http_R1_bodiless_status_has_no_body_and_no_length(
    serializer: Serializer, status: int, make: Callable[[], Response]
) -> None:
    response = make()
    response.status = status
    plan = serializer.plan(response, _request(), True)
    assert plan[1:] == (Framing.NONE, None, True)
    assert b"Content-Length" not in plan.head
    assert b"Transfer-Encoding" not in plan.head
    assert b"Date: " in plan.head


def test_http_R1_205_has_length_zero(serializer: Serializer) -> None:
    plan = serializer.plan(Response(b"x", 205), _request(), True)
    assert plan.framing is Framing.NONE
    assert "Content-Length: 0" in _fields(plan)


@pytest.mark.parametrize("make", [lambda: Response(b"hello"), _stream])
def test_http_R1_head_has_the_fields_of_get_and_no_body(
    serializer: Serializer, make: Callable[[], Response]
) -> None:
    get = serializer.plan(make(), _request("GET"), True)
    head = serializer.plan(make(), _request("HEAD"), True)
    assert head.head == get.head
    assert head[1:] == (Framing.NONE, None, True)


def test_http_R1_head_may_state_the_length_itself(serializer: Serializer) -> None:
    response = Response(headers={"Content-Length": "7"})
    plan = serializer.plan(response, _request("HEAD"), True)
    assert "Content-Length: 7" in _fields(plan)
    assert plan[1:] == (Framing.NONE, None, True)


def test_http_R1_stream_of_unknown_length_is_chunked(serializer: Serializer) -> None:
    plan = serializer.plan(_stream(), _request(), True)
    assert plan[1:] == (Framing.CHUNKED, None, True)
    assert "Transfer-Encoding: chunked" in _fields(plan)


def test_http_R2_stream_to_a_1_0_client_ends_with_the_connection(serializer: Serializer) -> None:
    plan = serializer.plan(_stream(), _request(version="1.0", connection="keep-alive"), True)
    assert plan[1:] == (Framing.CLOSE, None, False)
    assert "Connection: close" in _fields(plan)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_http_R3_declared_length_frames_a_stream(serializer: Serializer, version: str) -> None:
    response = Response(iter([b"x"]), headers={"Content-Length": "9"})
    plan = serializer.plan(response, _request(version=version, connection="keep-alive"), True)
    assert plan[1:] == (Framing.LENGTH, 9, True)
    assert _fields(plan).count("Content-Length: 9") == 1


def test_file_body_has_its_length(serializer: Serializer) -> None:
    plan = serializer.plan(Response(FileBody(BytesIO(b"abc"), 1, 2)), _request(), True)
    assert plan[1:] == (Framing.LENGTH, 2, True)


@pytest.mark.parametrize("declared", ["2", "9"])
def test_http_R3_length_that_is_known_to_be_wrong_closes(
    serializer: Serializer, declared: str
) -> None:
    plan = serializer.plan(Response(b"abc", headers={"Content-Length": declared}), _request(), True)
    assert plan[1:] == (Framing.LENGTH, int(declared), False)
    assert "Connection: close" in _fields(plan)


@pytest.mark.parametrize("value", ["", "-1", "+1", "1, 1", "x", "\xb2", "1" * 19])
def test_http_R3_length_that_is_none_is_a_ValueError(serializer: Serializer, value: str) -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        serializer.plan(Response(headers={"Content-Length": value}), _request(), True)


def test_framing_is_not_the_endpoints_to_say(serializer: Serializer) -> None:
    response = Response(b"x", headers={"Transfer-Encoding": "gzip, chunked"})
    assert "Content-Length: 1" in _fields(serializer.plan(response, _request(), True))


@pytest.mark.parametrize(
    ("version", "asked", "server_wish", "says", "keeps"),
    [
        ("1.1", "", True, None, True),
        ("1.1", "", False, "Connection: close", False),
        ("1.1", "close", True, "Connection: close", False),
        ("1.0", "", True, "Connection: close", False),
        ("1.0", "keep-alive", True, "Connection: keep-alive", True),
        ("1.0", "keep-alive", False, "Connection: close", False),
    ],
)
def test_http_C1_connection_field(
    serializer: Serializer,
    version: str,
    asked: str,
    server_wish: bool,
    says: str | None,
    keeps: bool,
) -> None:
    plan = serializer.plan(Response(), _request("GET", version, asked), server_wish)
    said = [line for line in _fields(plan) if line.startswith("Connection")]
    assert said == ([says] if says else [])
    assert plan.keep_alive is keeps


def test_refusal_of_bytes_that_were_no_request_closes(serializer: Serializer) -> None:
    plan = serializer.plan(Response(b"bad", 400), None, True)
    assert plan[1:] == (Framing.LENGTH, 3, False)
    assert "Connection: close" in _fields(plan)
    assert "X-Frame-Options: DENY" in _fields(plan)


def test_endpoint_may_close_and_may_offer_an_upgrade(serializer: Serializer) -> None:
    close = serializer.plan(Response(headers={"Connection": "Close"}), _request(), True)
    assert not close.keep_alive
    assert "Connection: close" in _fields(close)
    offer = serializer.plan(Response(status=426, headers={"connection": "Upgrade"}), None, True)
    assert "Connection: upgrade, close" in _fields(offer)


def test_response_fields_win_over_the_defaults(serializer: Serializer) -> None:
    own = {"x-frame-options": "SAMEORIGIN", "Date": "then", "Server": "other"}
    fields = _fields(serializer.plan(Response(headers=own), _request(), True))
    assert {"x-frame-options: SAMEORIGIN", "Date: then", "Server: other"} < set(fields)
    assert "Referrer-Policy: no-referrer" in fields


def test_repeated_fields_are_all_sent(serializer: Serializer) -> None:
    response = Response(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=\xe9")])
    plan = serializer.plan(response, _request(), True)
    assert b"Set-Cookie: a=1\r\nSet-Cookie: b=\xe9\r\n" in plan.head


def test_http_R4_bad_default_field_is_found_at_start() -> None:
    with pytest.raises(ValueError, match="control characters"):
        Serializer([("X", "a\r\nb")], lambda: DATE)


def test_chunks_and_interim_response() -> None:
    assert encode_chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert LAST_CHUNK == b"0\r\n\r\n"
    assert CONTINUE == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("status", [200, 204, 205, 304, 404, 599])
@pytest.mark.parametrize(
    "fields",
    [[], [("X-A", "1"), ("X-A", "2")], [("Content-Length", "2")], [("x-frame-options", "")]],
)
def test_the_usual_head_is_the_planned_one(
    serializer: Serializer,
    method: str,
    version: str,
    keep_alive: bool,
    status: int,
    fields: list[tuple[str, str]],
) -> None:
    response = Response(b"hi", status, fields)
    head = _request(method, version, "keep-alive")
    plan = serializer.plan(response, head, keep_alive)
    usual = serializer.usual_head(response, 2, head, keep_alive)
    is_usual = method != "HEAD" and status in (200, 404) and fields[:1] in ([], [("X-A", "1")])
    assert usual == (plan.head if is_usual else None)
    if is_usual:
        assert plan[1:] == (Framing.LENGTH, 2, keep_alive)


def test_http_R1_a_new_second_is_in_the_next_head() -> None:
    dates = iter([b"first", b"second"])
    serializer = Serializer([], lambda: next(dates))
    for date in (b"first", b"second"):
        head = serializer.usual_head(Response(b"x"), 1, _request(), True)
        assert head is not None
        assert b"Date: " + date + b"\r\n" in head
