"""Time-outs and minimum rates, on a clock that the tests move (sec:T1-T3, http:C7)."""

import logging
import threading

import pytest

from httpcore import Response, Timeouts
from tests.support.wire import FakeClock, RawClient, wait_until

TICK = 0.06  # a little more than the wheel's granularity


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def server(serve, clock):
    """One worker, so that the loop hears of answers in the order in which clients get them."""
    return serve(clock=clock, threads=1)


@pytest.fixture
def settle(server, connect):
    """Let the loop deal with all that was sent so far, and look at the clock again."""
    client = connect(server)

    def settle() -> None:
        for _ in range(2):
            assert client.get().status == 200

    settle()
    return settle


def assert_open(client):
    assert client.has_nothing_to_read()


def test_sec_T1_silent_connection_is_closed_after_10_s(server, connect, settle, clock):
    client = connect(server)
    settle()
    clock.advance(9.9)
    settle()
    assert_open(client)
    clock.advance(0.1 + TICK)
    settle()
    assert client.is_closed_by_server()


def test_sec_T1_head_must_be_whole_20_s_after_its_first_byte(server, connect, settle, clock):
    """A dribble of one byte a second does not help."""
    client = connect(server)
    client.send(b"GET / HTTP/1.1\r\nX: ")
    settle()
    for _ in range(19):
        clock.advance(1)
        client.send(b"x")
        settle()
    assert_open(client)
    clock.advance(1 + TICK)
    settle()
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (408, "close")
    assert client.is_closed_by_server()


def test_http_R1_late_head_of_a_head_request_is_answered_without_a_body(
    server, connect, settle, clock
):
    client = connect(server)
    client.send(b"HEAD / HTTP/1.1\r\n")
    settle()
    clock.advance(20 + TICK)
    settle()
    assert client.read_answer(is_head=True).status == 408
    assert client.is_closed_by_server()


def test_http_C7_second_request_has_its_own_head_deadline(server, connect, settle, clock):
    client = connect(server)
    client.get()
    clock.advance(14)
    client.send(b"GET / HTT")
    settle()
    clock.advance(19)
    settle()
    assert_open(client)
    client.send(b"P/1.1\r\nHost: test\r\n\r\n")
    assert client.read_answer().status == 200


def test_idle_connection_is_closed_after_15_s(server, connect, settle, clock):
    client = connect(server)
    client.get()
    settle()
    clock.advance(14.9)
    settle()
    assert_open(client)
    clock.advance(0.1 + TICK)
    settle()
    assert client.is_closed_by_server()


def test_keep_alive_counts_from_the_last_answer(server, connect, settle, clock):
    client = connect(server)
    for _ in range(5):
        assert client.get().status == 200
        clock.advance(14)


def test_sec_T2_body_without_progress_for_20_s_is_408(server, connect, settle, clock):
    client = connect(server)
    client.send(b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 900000\r\n\r\n")
    client.send(bytes(100_000))
    settle()
    clock.advance(19)
    settle()
    assert_open(client)
    clock.advance(1 + TICK)
    settle()
    assert client.read_answer().status == 408
    assert client.is_closed_by_server()


def test_sec_T2_body_slower_than_500_bytes_a_second_is_408(server, connect, settle, clock):
    client = connect(server)
    client.send(b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 900000\r\n\r\n")
    for _ in range(10):
        client.send(bytes(400))
        settle()
        assert_open(client)
        clock.advance(1)
    clock.advance(TICK)
    settle()
    assert client.read_answer().status == 408


def test_sec_T2_body_takes_300_s_at_most(server, connect, settle, clock):
    client = connect(server)
    client.send(b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 900000\r\n\r\n")
    for _ in range(30):
        client.send(bytes(10_000))
        settle()
        assert_open(client)
        clock.advance(10)
    clock.advance(TICK)
    settle()
    assert client.read_answer().status == 408


def test_sec_T3_reader_without_progress_is_cut(serve, connect, table, clock, caplog):
    caplog.set_level(logging.INFO, "treadle.server")
    table.add("/large", lambda request: Response(bytes(50_000_000)))
    server = serve(clock=clock)
    client = connect(server, receive_buffer=65536)
    client.send(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n")
    client.read_head()

    def is_cut() -> bool:
        # The kernel goes on moving bytes between its own buffers for some real time.
        clock.advance(10)
        with RawClient(server.address) as probe:
            probe.get()
        return any("reads too slowly" in record.getMessage() for record in caplog.records)

    wait_until(is_cut, "the reader to be cut")
    with pytest.raises((EOFError, ConnectionResetError)):
        client.read_exactly(50_000_000)


def test_sec_P10_lingering_ends_after_5_s(server, connect, settle, clock):
    client = connect(server)
    client.send(b"BROKEN\r\n\r\n")
    assert client.read_answer().status == 400
    assert client.is_closed_by_server()  # its side; ours stays open
    settle()
    clock.advance(5 + TICK)
    settle()
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        for _ in range(100):
            client.send(b"more")


def test_streamed_body_without_progress_is_408(serve, connect, table):
    """The worker waits in real time, so the time-out is made short here."""
    table.add("/stream", lambda request: Response(request.stream.read()), stream_body=True)
    server = serve(timeouts=Timeouts(body_progress=0.05))
    client = connect(server)
    client.send(b"POST /stream HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nabc")
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (408, "close")


def test_connection_that_is_old_is_told_to_close(server, connect, clock):
    client = connect(server)
    for _ in range(300):
        assert "Connection" not in client.get().headers
        clock.advance(12)
    assert client.get().headers["Connection"] == "close"


def test_endpoint_may_take_its_time_between_reads(serve, connect, table, clock):
    """Only waiting for the client counts against it."""
    read_on = threading.Event()

    def endpoint(request):
        first = request.stream.read(3)
        clock.advance(1000)
        read_on.set()
        return Response(first + request.stream.read())

    table.add("/stream", endpoint, stream_body=True)
    client = connect(serve(clock=clock))
    client.send(b"POST /stream HTTP/1.1\r\nHost: test\r\nContent-Length: 6\r\n\r\nabc")
    assert read_on.wait(10)
    client.send(b"def")
    assert client.read_answer().body == b"abcdef"


def test_sec_T5_idle_connections_are_kept_for_2_s_when_nearly_full(serve, connect, clock):
    server = serve(clock=clock, threads=1, max_connections=10)
    clients = [connect(server) for _ in range(9)]
    for client in clients:
        client.get()
    clients[-1].get()
    for _ in range(2):
        clients[0].get()  # so that the loop has seen the last one idle
    clock.advance(2 + TICK)
    for _ in range(2):
        clients[0].get()
    assert clients[-1].is_closed_by_server()
