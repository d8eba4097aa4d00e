"""Persistence, pipelining and the end of connections (http:C1-C6)."""

import http.client
import socket
import threading

import pytest
import requests

from httpcore import HTTPError, Response
from httpcore.runtime.poller import EpollPoller, SelectorPoller

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.mark.parametrize("poller", [EpollPoller, SelectorPoller])
def test_http_C1_one_connection_serves_many_requests(serve, connect, poller):
    client = connect(serve(poller=poller))
    for _ in range(5):
        answer = client.get()
        assert (answer.status, answer.body) == (200, b"hello")
        assert "Connection" not in answer.headers


@pytest.mark.parametrize("field", ["Connection: close", "Connection: Keep-Alive, CLOSE"])
def test_http_C1_close_among_the_options_ends_the_connection(serve, connect, field):
    client = connect(serve())
    assert client.get("/", field).headers["Connection"] == "close"
    assert client.is_closed_by_server()


def test_http_C1_version_1_0_closes_unless_keep_alive_is_asked_for(serve, connect):
    server = serve()
    client = connect(server)
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    answer = client.read_answer()
    assert (answer.version, answer.headers["Connection"]) == ("HTTP/1.1", "keep-alive")
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert client.read_answer().body == b"hello"
    assert client.is_closed_by_server()


def test_http_C2_sixteen_pipelined_requests_are_answered_in_order(serve, connect):
    client = connect(serve())
    requests_ = [f"GET /path?{n} HTTP/1.1\r\nHost: test\r\n\r\n".encode() for n in range(16)]
    client.send(b"".join(requests_))
    assert [client.read_answer().body for _ in range(16)] == [
        f"/path?{n}".encode() for n in range(16)
    ]


def test_http_C2_pipelined_bodies_stay_with_their_requests(serve, connect):
    client = connect(serve())
    post = b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n"
    client.send(post + b"one" + GET + post + b"two" + GET)
    assert [client.read_answer().body for _ in range(4)] == [b"one", b"hello", b"two", b"hello"]


def test_http_C2_a_bad_request_behind_a_good_one_does_not_cost_its_answer(serve, connect):
    client = connect(serve())
    client.send(GET + b"BROKEN\r\n\r\n" + GET)
    assert client.read_answer().status == 200
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert client.is_closed_by_server()


def test_http_C2_what_is_read_ahead_is_bounded(serve, connect, table):
    """Behind a busy request the server reads some 64 KiB and leaves the rest to the kernel."""
    go_on = threading.Event()
    table.add("/wait", lambda request: Response(str(go_on.wait(10)).encode()))
    client = connect(serve())
    client.send(b"GET /wait HTTP/1.1\r\nHost: test\r\n\r\n")
    count = 2000
    sender = threading.Thread(target=client.send, args=(GET * count,))
    sender.start()
    go_on.set()
    assert client.read_answer().body == b"True"
    assert all(client.read_answer().body == b"hello" for _ in range(count))
    sender.join(10)


def test_http_byte_by_byte_request_is_understood(serve, connect):
    client = connect(serve())
    data = b"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    for byte in data + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n":
        client.send(bytes([byte]))
    assert client.read_answer().body == b"abcde"


def test_http_C4_half_closed_client_gets_its_answer(serve, connect):
    client = connect(serve())
    client.send(GET + GET)
    client.sock.shutdown(socket.SHUT_WR)
    assert [client.read_answer().body for _ in range(2)] == [b"hello", b"hello"]
    assert client.is_closed_by_server()


def test_http_M6_half_a_body_runs_no_handler(serve, connect, table):
    calls = []
    table.add("/count", lambda request: calls.append(1) or Response())
    client = connect(serve())
    client.send(b"POST /count HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.read_answer().status == 400
    assert calls == []


def test_http_C6_upgrade_is_ignored_and_http2_is_505(serve, connect):
    server = serve()
    answer = connect(server).get("/", "Connection: Upgrade", "Upgrade: h2c")
    assert (answer.status, answer.body) == (200, b"hello")
    client = connect(server)
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert client.read_answer().status == 505
    assert client.is_closed_by_server()


def test_http_R1_answers_without_a_body_have_none(serve, connect, table):
    table.add("/204", lambda request: Response(status=204))
    table.add("/304", lambda request: Response(status=304))
    client = connect(serve())
    client.send(b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n" + GET)
    assert client.read_answer(is_head=True).headers["Content-Length"] == "5"
    assert client.read_answer().body == b"hello"
    for path in ("/204", "/304"):
        answer = client.get(path)
        assert not {"Content-Length", "Transfer-Encoding"} & set(answer.headers)
    assert client.get().body == b"hello"


def test_http_R1_default_fields_stand_on_every_answer(serve, connect):
    server = serve()
    assert connect(server).get().headers["X-Content-Type-Options"] == "nosniff"
    client = connect(server)
    client.send(b"BROKEN\r\n\r\n")
    answer = client.read_answer()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Date"].endswith(" GMT")


def test_standard_library_client_and_requests_are_served(serve):
    server = serve()
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    for body in (b"one", b"x" * 100_000):
        connection.request("POST", "/echo", body=body)
        assert connection.getresponse().read() == body
    connection.request("POST", "/echo", body=iter([b"a", b"bc"]), encode_chunked=True)
    assert connection.getresponse().read() == b"abc"
    connection.close()
    with requests.Session() as session:
        for n in range(5):
            answer = session.get(f"{server.url}/query", params={"n": n}, timeout=10)
            assert answer.text == f"n={n}"
        assert session.post(f"{server.url}/echo", data=b"y" * 500_000, timeout=10).ok


def test_http_C2_many_refusals_in_a_row_keep_the_connection(serve, connect, table):
    def resolve(head, resolve=table.resolve):
        if head.path == "/refused":
            raise HTTPError(400, "not this host")
        return resolve(head)

    table.resolve = resolve
    client = connect(serve())
    count = 1000
    client.send(b"GET /refused HTTP/1.1\r\nHost: test\r\n\r\n" * count + GET)
    assert all(client.read_answer().status == 400 for _ in range(count))
    assert client.read_answer().body == b"hello"
