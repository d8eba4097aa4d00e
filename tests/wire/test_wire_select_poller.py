"""What matters most, with `select` alone: systems without epoll get the same server.

The exchanges as data run on it, too (`test_wire_exchanges.py`); this is what data cannot say.
"""

import contextlib
import selectors
import socket
import threading

import pytest

from httpcore import FileBody, Response
from httpcore.runtime.poller import SelectorPoller
from tests.support.wire import FakeClock, RawClient, wait_until

SIZE = 5_000_000
FD_SETSIZE = 1024  # select(2) takes no descriptor from here on


def make_poller() -> SelectorPoller:
    return SelectorPoller(selectors.SelectSelector())


@pytest.mark.parametrize("kind", ["bytes", "file", "stream"])
def test_large_answers_arrive_whole(serve, connect, table, tmp_path, kind):
    path = tmp_path / "file"
    path.write_bytes(b"x" * SIZE)
    bodies = {
        "bytes": lambda: b"x" * SIZE,
        "file": lambda: FileBody(path.open("rb"), 0, SIZE),
        "stream": lambda: iter([b"x" * 50_000] * (SIZE // 50_000)),
    }
    table.add("/large", lambda request: Response(bodies[kind]()))
    client = connect(serve(poller=make_poller), receive_buffer=8192)
    client.send(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_answer().body == b"x" * SIZE
    assert client.read_answer().body == b"hello"


@pytest.mark.parametrize("streamed", [False, True])
def test_large_bodies_arrive_whole(serve, connect, table, streamed):
    table.add("/size", lambda r: Response(b"%d" % len(r.stream.read())), stream_body=streamed)
    client = connect(serve(poller=make_poller))
    size = 900_000
    client.send(b"POST /size HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % size)
    client.send(b"x" * size)
    assert client.read_answer().body == b"%d" % size
    assert client.get().body == b"hello"


def test_idle_connections_cost_nothing_and_wake_up(serve, connect):
    server = serve(poller=make_poller)
    idle = [connect(server) for _ in range(300)]
    for client in idle:
        assert client.get().status == 200
    for client in reversed(idle):
        assert client.get().status == 200


def test_time_outs_are_kept(serve, connect):
    clock = FakeClock()
    server = serve(poller=make_poller, clock=clock)
    silent = connect(server)
    silent.send(b"GET / HT")
    other = connect(server)
    assert other.get().status == 200
    clock.advance(21)
    assert connect(server).get().status == 200
    assert silent.read_answer().status == 408


def test_stop_lets_the_request_in_flight_end(serve, connect, table):
    go_on, began = threading.Event(), threading.Event()

    def endpoint(request):
        began.set()
        go_on.wait(10)
        return Response(b"done")

    table.add("/busy", endpoint)
    server = serve(poller=make_poller)
    client = connect(server)
    client.send(b"GET /busy HTTP/1.1\r\nHost: test\r\n\r\n")
    assert began.wait(10)
    stopping = threading.Thread(target=server.stop, args=(10,))
    stopping.start()
    go_on.set()
    assert client.read_answer().body == b"done"
    client.close()
    stopping.join(10)
    assert not stopping.is_alive()


def test_sec_T8_more_connections_than_select_takes_are_survived(serve, connect):
    """Whoever comes beyond is turned away; those who are in are served, and all is well after."""
    server = serve(poller=make_poller)
    first = connect(server)
    assert first.get().status == 200
    with contextlib.ExitStack() as crowd:
        for _ in range(FD_SETSIZE):
            crowd.enter_context(socket.create_connection(server.address, 10))
        assert first.get().status == 200
    wait_until(lambda: _is_served(server.address), "service to be back")


def _is_served(address):
    with RawClient(address) as client, contextlib.suppress(EOFError, ConnectionError):
        return client.get().body == b"hello"
    return False


def test_http_C6_upgraded_connection_is_no_longer_watched(serve, connect, table):
    def echo(connection):
        while data := connection.receive():
            connection.send(data)

    table.add("/chat", lambda request: request.upgrade("echo", echo))
    server = serve(poller=make_poller)
    client = connect(server)
    client.send(b"GET /chat HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
    assert client.read_head().status == 101
    for word in (b"one", b"two"):
        client.send(word)
        assert client.read_exactly(3) == word
        assert connect(server).get().body == b"hello"
    client.sock.shutdown(socket.SHUT_WR)
    assert client.is_closed_by_server()
