"""Requests in process answer as those on the wire do."""

import io
import re

import pytest

from httpcore import FileBody, HTTPError, Limits, Response, ServerConfig, exchange
from tests.support.wire import Table

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture
def table():
    table = Table()
    table.add("/", lambda request: Response(b"hello"))
    table.add("/echo", lambda request: Response(request.stream.read()))
    return table


def statuses(output: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", output)]


def post(path: str, body: bytes, *fields: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def test_every_request_is_answered_in_order(table):
    output = exchange(table, GET + post("/echo", b"abc") + GET)
    bodies = [part.partition(b"\r\n\r\n")[2] for part in output.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"hello", b"abc", b"hello"]


def test_nothing_follows_a_protocol_error_or_a_close(table):
    assert statuses(exchange(table, GET + b"BROKEN\r\n\r\n" + GET)) == [200, 400]
    close = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert statuses(exchange(table, close + GET)) == [200]


def test_no_bytes_and_half_a_request(table):
    assert exchange(table, b"") == b""
    assert statuses(exchange(table, GET[:20])) == [400]


def test_policies_are_those_of_the_server(table):
    table.add("/small", lambda request: Response(), max_body=2)
    table.add("/gated", lambda request: Response(), gate=lambda head: Response(b"no", 403))
    assert statuses(exchange(table, post("/small", b"abc") + GET)) == [413, 200]
    assert statuses(exchange(table, post("/echo", b"x", "Content-Encoding: gzip"))) == [415]
    assert statuses(exchange(table, post("/gated", bytes(70_000)) + GET)) == [403]
    assert statuses(exchange(table, post("/gated", b"small") + GET)) == [200, 200]


def test_streamed_bodies_and_what_is_left_of_them(table):
    table.add("/ignore", lambda request: Response(), stream_body=True)
    table.add("/part", lambda request: Response(request.stream.read(2)), stream_body=True)
    output = exchange(table, post("/ignore", b"abc") + post("/part", b"abc") + GET)
    assert statuses(output) == [200, 200, 200]
    assert b"\r\n\r\nabHTTP/1.1" in output
    small = ServerConfig(limits=Limits(unread_body=10))
    unread = b"POST /ignore HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n"
    assert statuses(exchange(table, unread, config=small)) == [200]
    assert b"Connection: close" in exchange(table, unread, config=small)


def test_generated_and_file_bodies(table):
    file = io.BytesIO(b"0123456789")
    table.add("/stream", lambda request: Response(iter([b"a", b"bc"])))
    table.add("/file", lambda request: Response(FileBody(file, 2, 3)))
    stream = exchange(table, b"GET /stream HTTP/1.1\r\nHost: test\r\n\r\n")
    assert stream.endswith(b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
    assert exchange(table, b"GET /file HTTP/1.1\r\nHost: test\r\n\r\n").endswith(b"\r\n\r\n234")
    assert file.closed


def test_errors_of_endpoints_are_answered(table, caplog):
    def forbid(request):
        raise HTTPError(403, "not for you", (("X-Reason", "test"),))

    def fail(request):
        raise KeyError("broken on purpose")

    table.add("/forbid", forbid)
    table.add("/fail", fail)
    output = exchange(table, b"GET /forbid HTTP/1.1\r\nHost: t\r\n\r\n")
    assert statuses(output) == [403]
    assert b"X-Reason: test" in output
    assert output.endswith(b"403 Forbidden: not for you\n")
    assert statuses(exchange(table, b"GET /fail HTTP/1.1\r\nHost: t\r\n\r\n" + GET)) == [500, 200]
    assert len(caplog.records) == 1


def test_http_R4_field_that_cannot_be_sent_is_a_500(table, caplog):
    def endpoint(request):
        response = Response()
        response.headers["Content-Length"] = "many"
        return response

    table.add("/bad", endpoint)
    output = exchange(table, b"GET /bad HTTP/1.1\r\nHost: test\r\n\r\n")
    assert statuses(output) == [500]
    assert b"many" not in output


@pytest.mark.parametrize("stream_body", [False, True])
def test_http_M4_trailers_are_for_those_who_want_them(table, stream_body):
    def told(request):
        request.stream.read()
        return Response(repr(request.trailers.items()).encode())

    table.add("/wants", told, stream_body=stream_body, wants_trailers=True)
    table.add("/drops", told, stream_body=stream_body)
    fields = b" HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n"
    assert exchange(table, b"POST /wants" + fields + body).endswith(b"[('X-Sum', '1')]")
    assert exchange(table, b"POST /drops" + fields + body).endswith(b"\r\n\r\n[]")


def test_http_C3_a_refused_head_with_a_small_body_costs_nobody_the_next_answer(table):
    refused = post("/echo", b"x" * 10, "Content-Encoding: gzip")
    assert statuses(exchange(table, refused + GET)) == [415, 200]
    config = ServerConfig(limits=Limits(unread_body=9))
    assert statuses(exchange(table, refused + GET, config=config)) == [415]
    chunked = b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Encoding: gzip\r\n"
    chunked += b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert statuses(exchange(table, chunked + GET)) == [415, 200]
    long = chunked.replace(b"\r\n\r\n0", b"\r\n\r\na\r\n0123456789\r\n0")
    assert statuses(exchange(table, long + GET, config=config)) == [415]
