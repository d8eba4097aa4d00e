"""Clients that stop in the middle of a request body: what they are told, and what the log says."""

import socket
import threading

import pytest

from httpcore import Response, counters
from tests.support.wire import wait_until


def post(path, *fields, body=b""):
    lines = [f"POST {path} HTTP/1.1", "Host: test", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@pytest.fixture
def reading(table):
    """Set once the endpoint that reads its body itself has begun with it."""
    begun = threading.Event()

    def endpoint(request):
        begun.set()
        return Response(request.stream.read())

    table.add("/stream", endpoint, stream_body=True)
    return begun


@pytest.fixture
def lines(tmp_path):
    """The access log's lines, once there are so many."""

    def read(count):
        path = tmp_path / "access.log"
        wait_until(lambda: path.read_bytes().count(b"\n") >= count, "lines of the access log")
        return path.read_text().splitlines()

    return read


@pytest.mark.parametrize("path", ["/stream", "/echo"])
@pytest.mark.parametrize(
    ("field", "sent", "missing"),
    [
        ("Content-Length: 10", b"1234", b"after 4 of 10 bytes"),
        ("Transfer-Encoding: chunked", b"4\r\n1234\r\n", b"before its last chunk"),
        ("Transfer-Encoding: chunked", b"4\r\n12", b"before its last chunk"),
    ],
)
def test_http_M6_half_closed_in_a_body_is_400_and_then_closed(
    serve, connect, table, reading, tmp_path, lines, path, field, sent, missing
):
    """RFC 9112 section 8: the client may still read, so it is told what was wrong."""
    server = serve(access_log=str(tmp_path / "access.log"))
    client = connect(server)
    client.send(post(path, field, body=sent))
    client.sock.shutdown(socket.SHUT_WR)
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert missing in answer.body or path == "/echo"
    assert b"ended before the request did" in answer.body or path == "/stream"
    assert client.is_closed_by_server()
    (line,) = lines(1)
    assert f'"POST {path} HTTP/1.1" 400 ' in line
    assert connect(server).get("/").status == 200


@pytest.mark.parametrize("path", ["/stream", "/echo"])
def test_sec_T14_reset_in_a_body_is_a_499_in_the_log_and_counted(
    serve, connect, reading, tmp_path, lines, path
):
    before = counters.aborted_requests.value
    server = serve(access_log=str(tmp_path / "access.log"))
    client = connect(server)
    client.send(post(path, "Content-Length: 10", "Expect: 100-continue"))
    assert client.read_head().status == 100  # so the server waits for the body now
    client.send(b"1234")
    client.reset()
    (line,) = lines(1)
    assert line.endswith(f'"POST {path} HTTP/1.1" 499 -')
    assert counters.aborted_requests.value == before + 1


def test_sec_T14_client_that_goes_between_requests_leaves_no_line(serve, connect, tmp_path, lines):
    server = serve(access_log=str(tmp_path / "access.log"))
    client = connect(server)
    assert client.get("/").status == 200
    client.reset()
    connect(server).get("/path")
    assert [line.split()[6] for line in lines(2)] == ["/", "/path"]


def test_sec_R1_body_that_the_end_of_the_server_cuts_is_a_499(serve, connect, tmp_path, lines):
    server = serve(access_log=str(tmp_path / "access.log"))
    client = connect(server)
    client.send(post("/echo", "Content-Length: 10", "Expect: 100-continue"))
    assert client.read_head().status == 100
    server.stop(0)
    (line,) = lines(1)
    assert line.endswith('"POST /echo HTTP/1.1" 499 -')
