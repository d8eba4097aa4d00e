"""Request bodies: limits, spooling, streaming, gates, 100-continue (http:M6-M7, C3, C5)."""

import os
import re
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from httpcore import HTTPError, Response
from tests.support.disks import file_with_room
from tests.support.wire import RawClient, Table, resident_bytes

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024


def post(path: str, *fields: str, body: bytes = b"") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: test", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def length(size: int) -> str:
    return f"Content-Length: {size}"


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 1024 * 1024])
def test_sec_T2_bodies_in_memory_and_spooled_arrive_whole(serve, connect, size):
    body = os.urandom(size)
    client = connect(serve())
    for _ in range(2):
        client.send(post("/echo", length(size), body=body))
        assert client.read_answer().body == body


def test_sec_F6_body_for_which_the_disk_has_no_room_is_503(serve, connect, monkeypatch, caplog):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: file_with_room(100_000))
    client = connect(serve())
    chunk = b"3e8\r\n%b\r\n" % bytes(1000)  # smaller than the buffer of a file
    client.send(post("/echo", "Transfer-Encoding: chunked", body=300 * chunk))
    answer = client.read_answer()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert not [record for record in caplog.records if record.exc_info]


def test_http_M6_announced_body_over_the_limit_is_413_on_the_head(serve, connect, table):
    table.add("/small", lambda request: Response(), max_body=10)
    client = connect(serve())
    for size, goes_on in [(11, True), (70_000, False)]:
        client.send(post("/small", length(size)))
        answer = client.read_answer()
        assert (answer.status, "Connection" in answer.headers) == (413, not goes_on)
        client.send(bytes(size))


def test_http_M6_chunked_body_is_413_as_soon_as_the_limit_is_passed(serve, connect, table):
    table.add("/small", lambda request: Response(), max_body=10)
    client = connect(serve())
    client.send(post("/small", "Transfer-Encoding: chunked", body=b"b\r\n01234567890"))
    assert client.read_answer().status == 413


def test_http_M6_default_limits_follow_the_content_type(serve, connect):
    server = serve()
    for content_type, size, status in [
        ("text/plain", MIB + 1, 413),
        ("multipart/form-data; boundary=x", MIB + 1, 200),
        ("multipart/form-data; boundary=x", 10 * MIB + 1, 413),
    ]:
        client = connect(server)
        client.send(post("/echo", length(size), f"Content-Type: {content_type}"))
        if status == 200:
            client.send(bytes(size))
        assert client.read_answer().status == status


def test_http_M6_feat_E2_each_client_is_told_in_its_form_what_was_too_large(serve, connect, table):
    table.add("/small", lambda request: Response(), max_body=10)
    server = serve()
    for accept, kind in [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("*/*", "text/plain; charset=utf-8"),
    ]:
        client = connect(server)
        client.send(post("/small", length(11), f"Accept: {accept}"))
        answer = client.read_answer()
        assert (answer.status, answer.headers["Content-Type"]) == (413, kind)
        assert b"exceeds 10 bytes" in answer.body


def test_sec_H1_the_page_of_a_refusal_allows_its_own_style_and_nothing_else(serve, connect, table):
    table.add("/small", lambda request: Response(), max_body=10)
    client = connect(serve())
    client.send(post("/small", length(11), "Accept: text/html"))
    answer = client.read_answer()
    style = re.search(rb"<style>(.*)</style>", answer.body, re.DOTALL)[1]
    digest = b64encode(sha256(style).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_sec_P10_refusal_of_a_50_MB_upload_is_readable(serve, connect, table):
    """http:C4: the client writes all of it first and reads then, and sees the answer, no reset."""
    table.add("/small", lambda request: Response(), max_body=10)
    server = serve()
    for _ in range(3):
        client = connect(server)
        client.send(post("/small", length(50 * MIB)))
        for _ in range(50):
            client.send(bytes(MIB))
        assert client.read_answer().status == 413
        assert client.is_closed_by_server()


def test_http_M7_content_encoding_is_415_unless_the_endpoint_opts_in(serve, connect, table):
    table.add("/coded", lambda request: Response(request.stream.read()), encoded_body=True)
    server = serve()
    client = connect(server)
    client.send(post("/echo", length(2), "Content-Encoding: gzip", body=b"zz"))
    assert client.read_answer().status == 415
    client = connect(server)
    client.send(post("/coded", length(2), "Content-Encoding: gzip", body=b"zz"))
    assert client.read_answer().body == b"zz"


def read_pieces(request):
    sizes = 0
    while data := request.stream.read(65536):
        sizes += len(data)
    return Response(str(sizes).encode())


def test_streamed_body_is_read_while_it_arrives(serve, connect, table):
    first_read = threading.Event()

    def endpoint(request):
        data = request.stream.read(3)
        first_read.set()
        return Response(data + b"|" + request.stream.read())

    table.add("/stream", endpoint, stream_body=True)
    client = connect(serve())
    client.send(post("/stream", length(6), body=b"abc"))
    assert first_read.wait(10)
    client.send(b"def")
    assert client.read_answer().body == b"abc|def"
    assert client.get().body == b"hello"


def test_streamed_chunked_body_and_what_follows_it(serve, connect, table):
    table.add("/stream", read_pieces, stream_body=True)
    client = connect(serve())
    for _ in range(2):
        body = b"".join(b"400\r\n" + bytes(1024) + b"\r\n" for _ in range(300)) + b"0\r\n\r\n"
        client.send(post("/stream", "Transfer-Encoding: chunked", body=body))
        assert client.read_answer().body == b"307200"
    assert client.get().body == b"hello"


def test_streamed_body_over_its_limit_and_broken_are_refused(serve, connect, table):
    table.add("/stream", read_pieces, stream_body=True, max_body=10)
    server = serve()
    for data, status in [(b"b\r\n01234567890\r\n0\r\n\r\n", 413), (b"zz\r\n", 400)]:
        client = connect(server)
        client.send(post("/stream", "Transfer-Encoding: chunked", body=data))
        answer = client.read_answer()
        assert (answer.status, answer.headers["Connection"]) == (status, "close")
        assert client.is_closed_by_server()


def test_http_C3_small_unread_body_is_drained_and_the_connection_kept(serve, connect, table):
    table.add("/ignore", lambda request: Response(b"ignored"), stream_body=True)
    client = connect(serve())
    client.send(post("/ignore", length(60_000)))
    assert client.read_answer().body == b"ignored"
    client.send(bytes(60_000))
    assert client.get().body == b"hello"
    chunks = b"5\r\nabcde\r\n0\r\n\r\n"
    client.send(post("/ignore", "Transfer-Encoding: chunked", body=chunks))
    assert client.read_answer().body == b"ignored"
    assert client.get().body == b"hello"


def test_http_R8_rest_of_an_answered_request_gets_no_second_answer(serve, connect, table):
    table.add("/ignore", lambda request: Response(b"ignored"), stream_body=True)
    client = connect(serve())
    client.send(post("/ignore", length(60_000), body=b"half"))
    assert client.read_answer().body == b"ignored"
    client.sock.shutdown(socket.SHUT_WR)
    assert client.read_to_end() == b""


def test_http_C5_no_continue_inside_an_answer_that_has_begun(serve, connect, table):
    def pieces(request):
        yield b"begun"
        yield request.stream.read()

    table.add("/late", lambda request: Response(pieces(request)), stream_body=True)
    client = connect(serve())
    client.send(post("/late", length(4), "Expect: 100-continue"))
    answer = client.read_head()
    assert (answer.status, client.read_exactly(10)) == (200, b"5\r\nbegun\r\n")
    client.send(b"body")
    assert client.read_to_end() == b"4\r\nbody\r\n0\r\n\r\n"


def test_http_C3_large_unread_body_closes_after_the_answer(serve, connect, table):
    table.add("/ignore", lambda request: Response(b"ignored"), stream_body=True, max_body=10 * MIB)
    client = connect(serve())
    client.send(post("/ignore", length(MIB)))
    answer = client.read_answer()
    assert (answer.body, answer.headers["Connection"]) == (b"ignored", "close")
    client.send(bytes(MIB))
    assert client.is_closed_by_server()


def test_http_C5_continue_is_sent_when_the_body_is_wanted(serve, connect, table):
    table.add("/stream", read_pieces, stream_body=True)
    client = connect(serve())
    for path, expected in [("/echo", b"abc"), ("/stream", b"3")]:
        client.send(post(path, length(3), "Expect: 100-Continue"))
        assert client.read_answer().status == 100
        client.send(b"abc")
        assert client.read_answer().body == expected


def test_http_C5_no_continue_for_a_client_that_did_not_wait(serve, connect, table):
    table.add("/stream", read_pieces, stream_body=True)
    client = connect(serve())
    for path, expected in [("/echo", b"abc"), ("/stream", b"3")]:
        client.send(post(path, length(3), "Expect: 100-continue", body=b"abc"))
        assert client.read_answer().body == expected


def test_http_C5_answer_without_reading_closes(serve, connect, table):
    table.add("/ignore", lambda request: Response(b"ignored"), stream_body=True)
    client = connect(serve())
    client.send(post("/ignore", length(3), "Expect: 100-continue"))
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (200, "close")
    assert client.is_closed_by_server()


def test_http_C5_other_expectations_are_417(serve, connect):
    assert connect(serve()).get("/", "Expect: 200-ok").status == 417


def test_gate_refuses_before_a_large_or_announced_body_is_read(serve, connect, table):
    def gate(head):
        if "Authorization" not in head.headers:
            raise HTTPError(401, "log in", (("WWW-Authenticate", "Basic"),))

    table.add("/gated", lambda request: Response(request.stream.read()[:3]), gate=gate)
    server = serve()
    for fields in ([length(200_000)], [length(3), "Expect: 100-continue"]):
        client = connect(server)
        client.send(post("/gated", *fields))
        answer = client.read_answer()
        assert (answer.status, answer.headers["Connection"]) == (401, "close")
    client = connect(server)
    client.send(post("/gated", length(200_000), "Authorization: x", body=b"yes" + bytes(199_997)))
    assert client.read_answer().body == b"yes"
    client.send(post("/gated", length(3), "Authorization: x", "Expect: 100-continue"))
    assert client.read_answer().status == 100
    client.send(b"yes")
    assert client.read_answer().body == b"yes"


def test_gate_of_a_streaming_endpoint_is_asked_by_its_worker(serve, connect, table):
    table.add("/gated", read_pieces, stream_body=True, gate=lambda head: Response(b"no", 403))
    client = connect(serve())
    client.send(post("/gated", length(70_000)))
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (403, "close")


@pytest.mark.slow
def test_upload_of_200_MB_through_a_streaming_endpoint_needs_little_memory():
    program = """
import sys
from httpcore import Response, Server, ServerConfig, UNLIMITED
from tests.support.wire import Table
def count(request):
    size = 0
    while data := request.stream.read(65536):
        size += len(data)
    return Response(str(size).encode())
table = Table()
table.add("/", count, stream_body=True, max_body=UNLIMITED)
server = Server(table, ServerConfig(port=0, access_log="off"))
server.bind()
print(server.address[1], flush=True)
server.run()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            address = ("127.0.0.1", int(process.stdout.readline()))
            with RawClient(address) as client:
                client.get()
                before, peak = resident_bytes(process.pid), 0
                client.send(post("/", length(200 * MIB)))
                for _ in range(200):
                    client.send(bytes(MIB))
                    peak = max(peak, resident_bytes(process.pid))
                assert client.read_answer().body == str(200 * MIB).encode()
            assert peak - before < 30 * MIB
        finally:
            process.terminate()
        assert process.wait(10) == 0


CHUNKS_AND_TRAILER = b"5\r\nhello\r\n0\r\nX-Sum: 5d41\r\nX_Sum: no\r\n\r\n"


@pytest.mark.parametrize("stream_body", [False, True])
def test_http_M4_trailers_reach_the_endpoint_that_wants_them(serve, connect, table, stream_body):
    def told(request):
        return Response(request.stream.read() + repr(request.trailers.items()).encode())

    table.add("/wants", told, stream_body=stream_body, wants_trailers=True)
    table.add("/drops", told, stream_body=stream_body)
    client = connect(serve())
    for path, trailers in [("/wants", [("X-Sum", "5d41")]), ("/drops", [])]:
        client.send(post(path, "Transfer-Encoding: chunked", body=CHUNKS_AND_TRAILER))
        assert client.read_answer().body == b"hello" + repr(trailers).encode()
    assert client.get().body == b"hello"


@pytest.mark.parametrize(("size", "goes_on"), [(60_000, True), (70_000, False)])
def test_http_C3_refused_by_its_head_goes_on_behind_a_small_body(serve, connect, size, goes_on):
    client = connect(serve())
    client.send(post("/echo", "Content-Encoding: gzip", length(size)))
    answer = client.read_answer()
    assert (answer.status, "Connection" in answer.headers) == (415, not goes_on)
    if goes_on:
        client.send(bytes(size))
        assert client.get().body == b"hello"


def test_http_C5_refused_expectation_closes(serve, connect):
    client = connect(serve())
    client.send(post("/echo", "Content-Encoding: gzip", length(3), "Expect: 100-continue"))
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (415, "close")


@pytest.mark.parametrize("size", [100, 70_000])
def test_http_C3_refused_chunked_body_is_read_past_up_to_64_kib(serve, connect, size):
    client = connect(serve())
    client.send(post("/echo", "Content-Encoding: gzip", "Transfer-Encoding: chunked"))
    answer = client.read_answer()
    assert (answer.status, "Connection" in answer.headers) == (415, False)
    client.send(b"%x\r\n%b\r\n0\r\n\r\n" % (size, bytes(size)))
    if size == 100:
        assert client.get().body == b"hello"
    else:
        assert client.read_to_end() == b""  # and no reset, which could cost the answer


def test_sec_P10_refused_body_that_breaks_the_framing_ends_the_connection(serve, connect):
    client = connect(serve())
    client.send(post("/echo", "Content-Encoding: gzip", "Transfer-Encoding: chunked"))
    assert client.read_answer().status == 415
    client.send(b"x\r\n" + post("/echo", length(0)))
    assert client.read_to_end() == b""


@pytest.mark.parametrize("size", [100, 70_000])
def test_http_C3_unread_chunked_body_is_read_past_up_to_64_kib(serve, connect, table, size):
    table.add("/part", lambda request: Response(request.stream.read(3)), stream_body=True)
    client = connect(serve())
    client.send(post("/part", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n"))
    answer = client.read_answer()
    assert (answer.body, "Connection" in answer.headers) == (b"abc", False)
    client.send(b"%x\r\n%b\r\n0\r\n\r\n" % (size, bytes(size)))
    if size == 100:
        assert client.get().body == b"hello"
    else:
        assert client.read_to_end() == b""


@pytest.mark.parametrize("framing", ["Content-Length: 38", "Transfer-Encoding: chunked"])
def test_http_C3_handler_that_refuses_in_resolve_keeps_the_connection(
    serve, connect, table, monkeypatch, framing
):
    def resolve(head):
        if head.path == "/refused":
            raise HTTPError(404, "not here")
        return Table.resolve(table, head)

    monkeypatch.setattr(table, "resolve", resolve)
    client = connect(serve())
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n"
    body = smuggled if "Length" in framing else b"26\r\n" + smuggled + b"\r\n0\r\n\r\n"
    client.send(post("/refused", framing, body=body) + post("/path", length(0)))
    assert [client.read_answer().status for _ in range(2)] == [404, 200]
    assert client.get().body == b"hello"
    client.send(post("/refused", framing, "Connection: close"))
    assert client.read_answer().headers["Connection"] == "close"
    assert client.read_to_end() == b""
