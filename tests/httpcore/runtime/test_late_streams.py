"""A route's `timeout` bounds a generated body, too, and resumed bodies leave threads to others.

A whole server, turned by hand; its clock moves when told to.
"""

import threading

import pytest

from httpcore import Response
from httpcore.counters import broken_answers
from httpcore.protocol.states import State

PATIENCE = 10.0
TIMEOUT = 2.0
PIECE = bytes(1 << 20)


class Producer:
    """A generated body that hangs before each piece but the first, and tells when it is closed."""

    def __init__(self):
        self.asked, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.made = 0
        self.is_closed = False

    def pieces(self):
        try:
            yield b"first"
            while True:
                self.asked.release()
                assert self.go_on.acquire(timeout=PATIENCE)
                self.made += 1
                yield b"next"
        finally:
            self.is_closed = True


@pytest.fixture
def producer(table):
    producer = Producer()
    table.add(
        "/hang",
        lambda request: Response(producer.pieces()),
        lane="pool",
        timeout=TIMEOUT,
        max_concurrency=1,
    )
    return producer


@pytest.fixture
def large(table):
    """Closed bodies of a route whose clients do not read as fast as it makes them."""
    closed = []

    def pieces():
        try:
            for _ in range(20):
                yield PIECE
        finally:
            closed.append(1)

    table.add("/large", lambda request: Response(pieces()), lane="pool", timeout=TIMEOUT)
    return closed


def hang(rig, producer, request=b"GET /hang HTTP/1.1\r\nHost: t\r\n\r\n"):
    """A client with the first piece of its body, and the thread on which the next one hangs."""
    client = rig.connect()
    client.send(request)
    rig.turn(2)
    worker = threading.Thread(target=rig.work, daemon=True)
    worker.start()
    assert producer.asked.acquire(timeout=PATIENCE)
    return client, worker


def pass_time(rig):
    rig.clock.advance(TIMEOUT + 0.1)
    rig.turn(2)


def test_feat_V3_body_whose_producer_hangs_is_broken_off(by_hand, producer, caplog):
    rig = by_hand()
    client, worker = hang(rig, producer)
    rig.connection().request_id = "feed"
    pass_time(rig)
    assert client.read_head().status == 200
    assert client.read_to_end() == b"5\r\nfirst\r\n"  # no last chunk: it shows (feat:V20)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "its generated body was broken off after 2 s" in record.message
    assert "(request feed)" in record.message
    assert not producer.is_closed
    assert rig.record("/hang").places.running == 1  # it still holds its place, and the thread
    producer.go_on.release()
    worker.join(PATIENCE)
    assert producer.is_closed
    rig.settle()
    assert (rig.record("/hang").places.running, rig.loop.connections) == (0, {})


def test_feat_V20_reset_shows_a_1_0_client_that_its_body_was_broken_off(by_hand, producer):
    rig = by_hand()
    client, worker = hang(rig, producer, b"GET /hang HTTP/1.0\r\nHost: t\r\n\r\n")
    pass_time(rig)
    producer.go_on.release()
    worker.join(PATIENCE)
    assert (producer.is_closed, producer.made) == (True, 1)
    rig.turn(2)
    assert rig.loop.connections == {}
    with pytest.raises(ConnectionResetError):
        client.read_to_end()


def test_feat_V3_body_whose_reader_is_slow_is_broken_off_and_its_producer_closed(
    by_hand, large, caplog
):
    rig = by_hand()
    client = rig.ask("/large")
    rig.settle()
    assert rig.connection().state is State.FLUSHING
    pass_time(rig)
    rig.settle()
    assert (large, rig.loop.connections) == ([1], {})
    assert "broken off after 2 s" in caplog.text
    client.read_head()
    assert not client.read_to_end().endswith(b"0\r\n\r\n")


def test_feat_V3_body_that_is_made_in_time_may_be_read_later(by_hand, table, caplog):
    table.add(
        "/two",
        lambda request: Response(iter([PIECE, PIECE * 8])),
        lane="pool",
        timeout=TIMEOUT,
    )
    rig = by_hand()
    client = rig.ask("/two")
    rig.settle()
    received = client.sock.recv(1 << 20)
    while b"\r\n0\r\n\r\n" not in received[-100:]:
        rig.settle()
        if rig.connection().answer is None or rig.connection().answer.body.is_complete:
            rig.clock.advance(TIMEOUT)
        received += client.sock.recv(1 << 20)
    assert caplog.records == []


def test_feat_V3_deadline_between_the_answer_and_its_mail_is_not_forgotten(by_hand, producer):
    """The ticket was settled when the deadline came, and what hangs since is a generated body."""
    rig = by_hand()
    _, worker = hang(rig, producer)
    connection = rig.connection()
    connection.state = State.HANDLING  # as the loop may have read it just before
    pass_time(rig)
    connection.state = State.STREAMING
    rig.clock.advance(0.1)
    rig.turn(2)
    producer.go_on.release()
    worker.join(PATIENCE)
    assert producer.is_closed
    rig.settle()
    assert rig.loop.connections == {}


def test_sec_T13_resumed_bodies_count_as_long_and_leave_a_thread(by_hand, table, large):
    table.add("/quick", lambda request: Response(b"quick"), lane="pool")
    rig = by_hand(threads=4)
    clients = [rig.ask("/large") for _ in range(6)]
    rig.settle()
    pool = rig.lanes.pool
    assert [each.state for each in rig.loop.connections.values()] == [State.FLUSHING] * 6
    for client in clients:
        drain(rig, client)
    rig.turn()
    assert rig.server._pool._tasks.qsize() == pool._watch.long_running == 3
    rig.lanes._make_record(rig.table._endpoints["/quick"]).average = 0.001
    rig.ask("/quick")
    rig.turn(2)
    assert rig.server._pool._tasks.qsize() == 4
    for client in clients:
        client.close()
    rig.settle()
    assert (pool._tasks, pool._watch.long_running, len(large)) == (0, 0, 6)


def test_sec_R1_bodies_that_wait_to_be_resumed_are_closed_at_the_end(by_hand, large):
    rig = by_hand(threads=1)
    clients = [rig.ask("/large") for _ in range(3)]
    rig.settle()
    for client in clients:
        drain(rig, client)
    rig.turn()
    assert rig.server._pool._tasks.qsize() == 1
    rig.close()
    assert len(large) == 3


def drain(rig, client):
    """Read until the server has nothing more for this client but what is still to be made."""
    client.sock.setblocking(False)
    states = {each.fd: each.state for each in rig.loop.connections.values()}
    while {each.fd: each.state for each in rig.loop.connections.values()} == states:
        try:
            client.sock.recv(1 << 20)
        except BlockingIOError:
            rig.turn()


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_sec_H4_body_that_fails_in_any_way_is_a_reset_behind_1_0(by_hand, table, error):
    def pieces():
        yield b"first"
        raise error

    table.add("/fails", lambda request: Response(pieces()))
    rig = by_hand()
    client = rig.connect()
    before = broken_answers.value
    client.send(b"GET /fails HTTP/1.0\r\nHost: t\r\n\r\n")
    rig.settle()
    with pytest.raises(ConnectionResetError):
        client.read_to_end()
    assert broken_answers.value == before + 1


def test_http_C4_body_that_fails_ends_in_stages_where_it_shows(by_hand, table):
    """The reset that unread input makes would take the end of the answer before with it."""

    def pieces():
        yield b"first"
        raise ValueError

    table.add("/fails", lambda request: Response(pieces()))
    rig = by_hand()
    client = rig.ask("/fails")
    client.send(b"GET /fails HTTP/1.1\r\nHost: t\r\n\r\n")
    rig.settle()
    assert rig.connection().state is State.LINGERING
    client.read_head()
    assert client.read_to_end() == b"5\r\nfirst\r\n"
    client.close()
    rig.turn(2)
    assert rig.loop.connections == {}
