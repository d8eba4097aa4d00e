"""What all connections together may hold (sec:T9)."""

import contextlib
import socket
import threading

import pytest

from httpcore import Limits, Response
from httpcore.runtime.ledger import MOST_INPUT
from tests.support.wire import RawClient, wait_until

KIB = 1024
LARGE = 256 * KIB


@pytest.fixture
def table(table):
    def answer(request):
        request.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * KIB)
        return Response(bytes(LARGE))

    table.add("/large", answer)
    return table


def held(server):
    return server._drain._ledger._budget.held


def ask(client, path="/large", method="GET"):
    client.send(f"{method} {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())


def announce(client, size, path="/echo"):
    client.send(f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {size}\r\n\r\n".encode())


@pytest.fixture
def spent(serve, connect):
    """A server whose budget of 1 MiB is held by clients that do not read."""
    server = serve(memory_budget=1024 * KIB)
    slow = [connect(server, receive_buffer=4 * KIB) for _ in range(6)]
    for client in slow:
        ask(client)
    wait_until(lambda: server._drain._ledger.is_spent, "the budget to be spent")
    return server, slow


def test_sec_T9_slow_readers_of_large_answers_leave_room_for_small_ones(spent, connect):
    server, slow = spent
    client = connect(server)
    answer = client.get("/large")
    assert (answer.status, answer.headers["Retry-After"] in ("1", "2", "3")) == (503, True)
    assert connect(server).get().body == b"hello"
    other = connect(server)
    announce(other, 10)
    assert other.read_answer().status == 503
    assert server._drain._ledger.refused.value >= 2
    served = [client.read_answer() for client in slow]
    assert {answer.status for answer in served} <= {200, 503}  # the sixth may have come too late
    assert sum(len(answer.body) == LARGE for answer in served) >= 4
    wait_until(lambda: not held(server), "what was held to be given back")
    assert len(connect(server).get("/large").body) == LARGE
    other = connect(server)
    announce(other, 10)
    other.send(b"0123456789")
    assert other.read_answer().body == b"0123456789"


def test_sec_T9_answer_to_a_request_that_may_have_changed_something_is_not_replaced(spent, connect):
    server, _ = spent
    client = connect(server)
    ask(client, method="POST")
    assert len(client.read_answer().body) == LARGE


def test_sec_T9_idle_connections_make_room_first(serve, connect):
    server = serve(memory_budget=100 * KIB)
    idle = connect(server)
    assert idle.get().status == 200
    client = connect(server, receive_buffer=4 * KIB)
    ask(client)
    assert idle.is_closed_by_server()
    assert len(client.read_answer().body) == LARGE


def test_sec_T9_bodies_are_refused_before_they_are_read(serve, connect):
    server = serve(memory_budget=64 * KIB)
    first, second = connect(server), connect(server)
    announce(first, 60 * KIB)
    wait_until(lambda: held(server) == 60 * KIB, "the first body to be expected")
    announce(second, 10 * KIB)
    answer = second.read_answer()
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    first.send(bytes(60 * KIB))
    assert len(first.read_answer().body) == 60 * KIB  # who is being served goes on
    wait_until(lambda: not held(server), "what was held to be given back")
    second = connect(server)
    announce(second, 10 * KIB)
    second.send(bytes(10 * KIB))
    assert second.read_answer().status == 200


def test_sec_T9_gated_body_is_refused_too(serve, connect, table):
    table.add("/gated", lambda request: Response(b"ok"), gate=lambda head: None)
    server = serve(memory_budget=60 * KIB)
    client = connect(server)
    announce(client, 100 * KIB, "/gated")
    assert client.read_answer().status == 503


@pytest.mark.parametrize("phase", ["head", "body", "early", "answer"])
def test_sec_T14_client_that_goes_leaves_nothing_held(serve, connect, table, phase):
    go_on, begun = threading.Event(), threading.Event()

    def wait(request):
        begun.set()
        go_on.wait(10)
        return Response()

    table.add("/wait", wait)
    server = serve()
    client = connect(server, receive_buffer=4 * KIB)
    if phase == "head":
        client.send(b"GET / HTTP/1.1\r\nHost: te")
    elif phase == "body":
        announce(client, 10)
    elif phase == "early":
        ask(client, "/wait")
        assert begun.wait(10)
        client.send(b"GET / HTTP/1.1\r\n")
    else:
        ask(client)
    wait_until(lambda: held(server) > 0, "something to be held")
    client.reset()
    go_on.set()
    wait_until(lambda: not server._loop.connections, "the connection to be forgotten")
    wait_until(lambda: held(server) == 0, "what it held to be given back, its last step")


def test_sec_T9_what_a_client_can_make_us_hold_is_bounded(serve, connect, table, monkeypatch):
    """A body in memory, and behind it as much as we take."""
    go_on, begun = threading.Event(), threading.Event()

    def wait(request):
        begun.set()
        go_on.wait(10)
        return Response(str(request.stream.size).encode())

    table.add("/wait", wait)
    server = serve()
    client = connect(server)
    size = Limits().body_in_memory
    announce(client, size, "/wait")
    client.send(bytes(size))
    assert begun.wait(10)
    (connection,) = server._loop.connections.values()
    flood = threading.Thread(target=send_until_full, args=(client,))
    flood.start()
    wait_until(lambda: connection.interest == 0, "reading to stop")
    assert size + Limits().pipelined <= held(server) <= MOST_INPUT
    assert connection.parser.buffered + size <= MOST_INPUT
    go_on.set()
    flood.join(10)


def send_until_full(client: RawClient) -> None:
    client.sock.settimeout(0.2)
    with contextlib.suppress(OSError):
        client.send(bytes(32 * KIB * KIB))


def test_sec_T9_spent_budget_is_told_once_a_minute(spent, connect, caplog):
    server, _ = spent
    for _ in range(3):
        assert connect(server).get("/large").status == 503
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    assert len([each for each in records if "memory_budget" in each.getMessage()]) == 1
