"""`max_concurrency`, `queue`, `queue_timeout` and `timeout`: who is answered what, and when a place
is free again (feat:V2, V3, V21). A whole server, turned by hand; its clock moves when told to."""

import threading

import pytest

from httpcore import ClientDisconnected, HTTPError, ProtocolError, Response
from httpcore.protocol.states import State

PATIENCE = 10.0
TIMEOUT = 2.0


class Worker:
    """A thread that does what a worker would do next, and may hang in it."""

    def __init__(self, rig):
        self._thread = threading.Thread(target=rig.work, daemon=True)
        self._thread.start()

    def end(self):
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


class Room:
    """An endpoint that tells when somebody is in it, and keeps them there."""

    def __init__(self, answer=lambda request: Response(b"late")):
        self.answer = answer
        self.entered, self.exit = threading.Semaphore(0), threading.Event()
        self.views = []

    def __call__(self, request):
        self.entered.release()
        assert self.exit.wait(PATIENCE)
        self.views.append(request.disconnected)
        return self.answer(request)


@pytest.fixture
def room(table):
    room = Room()
    table.add("/room", room, lane="pool", timeout=TIMEOUT, max_concurrency=1)
    return room


def hang(rig, room, path="/room"):
    """A client whose request hangs in the room, and the thread it hangs on."""
    client = rig.ask(path)
    rig.turn(2)
    worker = Worker(rig)
    assert room.entered.acquire(timeout=PATIENCE)
    return client, worker


def pass_time(rig, seconds=TIMEOUT + 0.1):
    rig.clock.advance(seconds)
    rig.turn(2)


# Time-outs, by where the request is when it comes.


def test_feat_V3_time_out_in_the_queue(by_hand, table):
    runs = []
    table.add("/other", lambda request: Response(b""), lane="pool")
    table.add("/one", lambda request: runs.append(1), lane="pool", timeout=TIMEOUT)
    rig = by_hand(threads=1)
    rig.ask("/other")
    client = rig.ask("/one")
    rig.turn(2)
    assert State.QUEUED in {each.state for each in rig.loop.connections.values()}
    pass_time(rig)
    assert client.read_answer().status == 504
    rig.settle()
    assert (runs, rig.record("/one").places.running) == ([], 0)


def test_feat_V3_time_out_before_a_worker_has_begun(by_hand, table):
    runs = []
    table.add(
        "/one", lambda request: runs.append(1), lane="pool", timeout=TIMEOUT, max_concurrency=1
    )
    rig = by_hand()
    client = rig.ask("/one")
    rig.turn(2)
    assert rig.connection().state is State.HANDLING
    pass_time(rig)
    assert client.read_answer().status == 504
    assert rig.record("/one").places.running == 0  # nobody runs it, so nobody holds its place
    rig.settle()
    assert runs == []
    assert rig.lanes.pool._tasks == 0


def test_feat_V3_time_out_while_the_endpoint_runs(by_hand, room):
    rig = by_hand()
    client, worker = hang(rig, room)
    pass_time(rig)
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (504, "close")
    assert rig.record("/room").places.running == 1
    refused = rig.ask("/room")
    rig.turn()
    assert refused.read_answer().status == 503  # the place is still held
    room.exit.set()
    worker.end()
    rig.turn()
    assert room.views == [True]  # it may see that nobody waits any more
    assert rig.record("/room").places.running == 0
    assert rig.lanes.pool._tasks == 0


def test_feat_V3_connection_ends_in_stages_after_a_504(by_hand, room):
    rig = by_hand()
    client, worker = hang(rig, room)
    pass_time(rig)
    assert client.read_answer().status == 504
    assert client.is_closed_by_server()
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n" * 100)  # no reset
    rig.turn()
    assert rig.connection().state is State.LINGERING
    client.close()
    rig.turn(2)
    assert rig.loop.connections == {}
    room.exit.set()
    worker.end()
    rig.turn()
    assert rig.record("/room").places.running == 0


def test_feat_V3_time_out_while_waiting_for_a_place(by_hand, table, room):
    table.add("/room", room, lane="pool", timeout=TIMEOUT, max_concurrency=1, queue=1)
    rig = by_hand()
    _, worker = hang(rig, room)
    rig.clock.advance(1.0)
    client = rig.ask("/room")
    rig.turn()
    pass_time(rig)
    assert client.read_answer().status == 504
    record = rig.record("/room")
    assert (record.places.running, record.places.waiting) == (1, 0)
    room.exit.set()
    worker.end()
    rig.settle()
    assert record.places.running == 0


def test_feat_V2_waiting_for_a_place_has_its_own_time(by_hand, table, room):
    table.add("/room", room, lane="pool", max_concurrency=1, queue=1, queue_timeout=1.0)
    rig = by_hand()
    first, worker = hang(rig, room)
    client = rig.ask("/room")
    rig.turn()
    pass_time(rig, 1.1)
    answer = client.read_answer()
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    room.exit.set()
    worker.end()
    rig.turn()
    assert first.read_answer().body == b"late"


def test_feat_V2_time_of_waiting_ends_with_the_waiting(by_hand, table, room):
    table.add("/room", room, lane="pool", max_concurrency=1, queue=1, queue_timeout=1.0)
    rig = by_hand()
    first, worker = hang(rig, room)
    client = rig.ask("/room")
    rig.turn()
    room.exit.set()
    worker.end()
    rig.turn(2)
    assert first.read_answer().status == 200
    pass_time(rig, 5.0)
    rig.settle()
    assert client.read_answer().status == 200


def test_feat_V2_places_go_to_those_who_wait_in_order(by_hand, table):
    order = []
    table.add(
        "/one",
        lambda request: order.append(request.head.query_string) or Response(b""),
        lane="pool",
        max_concurrency=1,
        queue=3,
    )
    rig = by_hand()
    clients = [rig.ask(f"/one?{n}") for n in range(5)]
    rig.turn()
    assert clients[4].read_answer().status == 503
    rig.settle()
    assert order == ["0", "1", "2", "3"]


def test_feat_V2_client_that_goes_while_it_waits_keeps_nobody(by_hand, table, room):
    table.add("/room", room, lane="pool", max_concurrency=1, queue=1)
    rig = by_hand()
    _, worker = hang(rig, room)
    rig.ask("/room")
    rig.turn()
    (waiting,) = [each for each in rig.loop.connections.values() if each.state is State.QUEUED]
    rig.loop.drop(waiting)
    record = rig.record("/room")
    assert (record.places.running, record.places.waiting) == (1, 0)
    room.exit.set()
    worker.end()
    rig.settle()
    assert record.places.running == 0


def test_feat_V2_generated_body_holds_its_place_until_it_ends(by_hand, table):
    table.add(
        "/stream",
        lambda request: Response(bytes(1 << 20) for _ in range(20)),
        max_concurrency=1,
        lane="pool",
    )
    rig = by_hand()
    client = rig.ask("/stream")
    rig.settle()
    assert rig.connection().state is State.FLUSHING
    assert rig.record("/stream").places.running == 1
    client.reset()
    rig.settle()
    assert rig.record("/stream").places.running == 0


def test_feat_V2_inline_generated_body_holds_its_place_until_it_ends(by_hand, table):
    table.add(
        "/stream",
        lambda request: Response(iter([b"one", b"two"])),
        max_concurrency=1,
        lane="inline",
    )
    rig = by_hand()
    client = rig.ask("/stream")
    rig.turn()
    assert rig.record("/stream").places.running == 1
    rig.settle()
    assert client.read_answer().body == b"onetwo"
    assert rig.record("/stream").places.running == 0


# The answer and the deadline at the same moment.


def test_feat_V3_answer_just_before_the_deadline_is_sent(by_hand, room):
    rig = by_hand()
    client, worker = hang(rig, room)
    rig.clock.advance(TIMEOUT + 0.1)
    room.exit.set()
    worker.end()  # posted, and the deadline is over, too: both are found in the same pass
    rig.turn()
    assert client.read_answer().status == 200
    rig.turn(2)
    assert rig.connection().state is State.READING  # and the connection goes on
    room.exit.set()
    rig.ask("/room", client)
    rig.settle()
    assert client.read_answer().status == 200


def test_feat_V3_deadline_that_comes_before_the_mail_leaves_the_answer_alone(by_hand, room):
    """The worker has the right to answer, but has not said yet that it did."""
    rig = by_hand()
    client, worker = hang(rig, room)
    posted = []
    post, rig.loop.post = rig.loop.post, lambda *message: posted.append(message)
    room.exit.set()
    worker.end()
    pass_time(rig)
    assert rig.connection().state is State.HANDLING
    rig.loop.post = post
    for message in posted:
        post(*message)
    rig.turn()
    assert client.read_answer().status == 200
    assert rig.connection().state is State.READING


def test_feat_V3_pipelined_request_does_not_inherit_a_deadline(by_hand, table, room):
    table.add("/next", lambda request: Response(b"next"), lane="pool")
    rig = by_hand()
    client, worker = hang(rig, room)
    rig.ask("/next", client)
    rig.turn()
    rig.clock.advance(TIMEOUT + 0.1)
    room.exit.set()
    worker.end()
    rig.settle()
    assert [client.read_answer().body for _ in range(2)] == [b"late", b"next"]


def test_feat_V3_keep_alive_is_not_cut_short_by_an_old_deadline(by_hand, room):
    rig = by_hand()
    client, worker = hang(rig, room)
    room.exit.set()
    worker.end()
    rig.turn()
    assert client.read_answer().status == 200
    pass_time(rig)
    assert rig.connection().state is State.READING


# What becomes of a late answer.


def test_feat_V3_late_generated_body_is_closed_and_not_sent(by_hand, room):
    closed = []

    def pieces():
        try:
            yield b"never sent"
        finally:
            closed.append(threading.get_ident())

    room.answer = lambda request: Response(pieces())
    rig = by_hand()
    client, worker = hang(rig, room)
    pass_time(rig)
    room.exit.set()
    worker.end()
    rig.turn()
    assert client.read_answer().status == 504
    assert client.read_to_end() == b""
    assert len(closed) == 1


@pytest.mark.parametrize("error", [RuntimeError("late"), SystemExit(1), OSError("late")])
def test_feat_V3_late_error_is_logged(by_hand, room, caplog, error):
    def fail(request):
        raise error

    room.answer = fail
    rig = by_hand()
    client, worker = hang(rig, room)
    pass_time(rig)
    room.exit.set()
    worker.end()
    rig.turn()
    (record,) = [each for each in caplog.records if each.exc_info]
    assert record.exc_info[1] is error
    assert "Room" in record.message or "/room" in record.message
    assert client.read_answer().status == 504
    assert rig.record("/room").places.running == 0


def test_feat_V3_endpoint_may_read_its_body_after_the_time_out(by_hand, table):
    bodies = []
    room = Room(lambda request: bodies.append(request.stream.read()) or Response(b""))
    table.add("/room", room, lane="pool", timeout=TIMEOUT)
    rig = by_hand()
    client = rig.connect()
    client.send(b"POST /room HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")
    client.send(bytes(100_000))  # in a file: larger than what is kept in memory
    while rig.connection().state is State.READING:
        rig.turn()
    rig.turn(2)
    worker = Worker(rig)
    assert room.entered.acquire(timeout=PATIENCE)
    pass_time(rig)
    assert client.read_answer().status == 504
    room.exit.set()
    worker.end()
    rig.turn()
    assert [len(body) for body in bodies] == [100_000]


def test_feat_V3_body_of_a_request_that_nobody_has_begun_is_closed(by_hand, table):
    table.add("/one", lambda request: Response(b""), lane="pool", timeout=TIMEOUT)
    rig = by_hand()
    client = rig.connect()
    client.send(b"POST /one HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")
    client.send(bytes(100_000))
    while rig.connection().state is State.READING:
        rig.turn()
    rig.turn(2)
    body = rig.connection().body
    pass_time(rig)
    assert client.read_answer().status == 504
    with pytest.raises(ValueError, match="closed file"):
        body.read()


def test_feat_V3_worker_that_takes_the_ticket_just_before_the_time_out_keeps_the_body(
    by_hand, table
):
    """The loop takes the connection back between the taking and the first look at the body."""
    bodies = []
    table.add(
        "/one",
        lambda request: bodies.append(request.stream.read()) or Response(b""),
        lane="pool",
        timeout=TIMEOUT,
    )
    rig = by_hand()
    client = rig.connect()
    client.send(b"POST /one HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody")
    rig.turn(2)
    ticket = rig.connection().ticket
    work = ticket.work

    def hesitate(connection, ticket):
        pass_time(rig)
        return work(connection, ticket)

    ticket.work = hesitate
    rig.settle()
    assert bodies == [b"body"]
    assert client.read_answer().status == 504


# `request.time_left`, and bodies that are read while they arrive.


def test_feat_V3_time_counts_from_the_moment_the_request_is_whole(by_hand, table):
    deadlines = []
    table.add(
        "/one",
        lambda request: deadlines.append(request.deadline) or Response(b""),
        lane="pool",
        timeout=TIMEOUT,
    )
    rig = by_hand()
    client = rig.connect()
    client.send(b"POST /one HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbo")
    rig.turn()
    pass_time(rig, 5.0)
    client.send(b"dy")
    rig.settle()
    assert client.read_answer().status == 200
    assert deadlines == [rig.clock.now + TIMEOUT]


def test_feat_V3_next_request_of_a_connection_has_its_own_time(by_hand, table):
    deadlines = []
    table.add("/free", lambda request: deadlines.append(request.deadline) or Response(b""))
    table.add("/one", lambda request: Response(b""), timeout=TIMEOUT)
    rig = by_hand()
    client = rig.connect()
    for path in ("/one", "/free"):
        rig.ask(path, client)
        rig.settle()
        client.read_answer()
    assert deadlines == [None]


def test_feat_V3_endpoint_that_waits_for_its_body_gets_504_and_lets_go(by_hand, table):
    ends, entered = [], threading.Event()

    def upload(request):
        entered.set()
        try:
            request.stream.read()
        except (HTTPError, ClientDisconnected) as error:
            ends.append(type(error))
            raise
        return Response(b"")

    table.add("/upload", upload, stream_body=True, timeout=TIMEOUT, max_concurrency=1)
    rig = by_hand()
    client = rig.connect()
    client.send(b"POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n12345")
    rig.turn(2)
    worker = Worker(rig)
    assert entered.wait(PATIENCE)
    pass_time(rig)
    assert client.read_answer().status == 504
    assert rig.record("/upload").places.running == 1
    client.close()
    rig.turn()
    worker.end()
    rig.turn(2)
    # Who sees the end of the stream first, the endpoint or the loop, is not ours to say.
    assert ends in ([ProtocolError], [ClientDisconnected])
    assert rig.record("/upload").places.running == 0
    assert rig.loop.connections == {}


def test_feat_V3_parser_stays_with_the_endpoint_that_reads_by_it(by_hand, table):
    """The loop, which ends the connection, must not touch what another thread is using."""
    room = Room(lambda request: Response(request.stream.read()))
    table.add("/upload", room, stream_body=True, timeout=TIMEOUT)
    rig = by_hand()
    client = rig.connect()
    client.send(b"POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n12345")
    rig.turn(2)
    worker = Worker(rig)
    assert room.entered.acquire(timeout=PATIENCE)
    parser = rig.connection().parser
    pass_time(rig)
    assert client.read_answer().status == 504
    assert rig.connection().parser is not parser
    assert parser.buffered == 5
    room.exit.set()
    worker.end()
    rig.turn()


def test_feat_V3_nobody_is_invited_behind_a_504(by_hand, table):
    room = Room(lambda request: Response(request.stream.read(1)))
    table.add("/upload", room, stream_body=True, timeout=TIMEOUT)
    rig = by_hand()
    client = rig.connect()
    client.send(
        b"POST /upload HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    )
    rig.turn(2)
    worker = Worker(rig)
    assert room.entered.acquire(timeout=PATIENCE)
    pass_time(rig)
    assert client.read_answer().status == 504
    room.exit.set()
    rig.loop.drop(rig.connection())
    worker.end()
    rig.turn()
    assert client.read_to_end() == b""


# Refused before the body is read.


@pytest.fixture
def announce(by_hand):
    """Send the head of a request that waits for `100 Continue`; gives its client."""

    def announce(rig, path, size=9):
        client = rig.connect()
        client.send(
            f"POST {path} HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
            f"Content-Length: {size}\r\n\r\n".encode()
        )
        rig.turn()
        return client

    return announce


def test_feat_V21_full_route_refuses_before_the_body(by_hand, room, announce):
    rig = by_hand()
    _, worker = hang(rig, room)
    client = announce(rig, "/room")
    answer = client.read_answer()  # and not 100
    assert (answer.status, answer.headers["Connection"]) == (503, "close")
    room.exit.set()
    worker.end()


def test_feat_V21_full_inline_route_refuses_before_the_body(by_hand, table, announce):
    table.add(
        "/stream", lambda request: Response(iter([b"1", b"2"])), lane="inline", max_concurrency=1
    )
    rig = by_hand()
    rig.ask("/stream")
    rig.turn()  # its pieces are still to be made: the place is held
    assert announce(rig, "/stream").read_answer().status == 503


def test_feat_V21_full_pool_refuses_before_the_body(by_hand, table, announce):
    table.add("/one", lambda request: Response(b""), lane="pool")
    rig = by_hand(threads=1, queue_per_thread=1)
    for _ in range(2):
        rig.ask("/one")
    rig.turn(2)
    assert announce(rig, "/one").read_answer().status == 503


def test_feat_V21_body_that_is_too_large_is_refused_before_it_comes(by_hand, table, announce):
    table.add("/one", lambda request: Response(b""), lane="pool", max_body=8)
    rig = by_hand()
    assert announce(rig, "/one").read_answer().status == 413
    client = announce(rig, "/one", 8)
    assert client.read_head().status == 100
    client.send(bytes(8))
    rig.settle()
    assert client.read_answer().status == 200


def test_feat_V21_gate_of_an_inline_route_waits_in_the_bounded_queue(by_hand, table, announce):
    table.add("/other", lambda request: Response(b""), lane="pool")
    table.add("/one", lambda request: Response(b""), lane="inline", gate=lambda head: None)
    rig = by_hand(threads=1, queue_per_thread=1)
    for _ in range(2):
        rig.ask("/other")
    rig.turn(2)
    assert announce(rig, "/one").read_answer().status == 503


def test_feat_V2_gate_holds_no_place(by_hand, table, announce):
    table.add(
        "/one",
        lambda request: Response(request.stream.read()),
        lane="pool",
        gate=lambda head: None,
        max_concurrency=1,
    )
    rig = by_hand()
    client = announce(rig, "/one")
    rig.settle()
    assert client.read_head().status == 100
    assert rig.record("/one").places.running == 0
    client.send(b"123456789")
    rig.settle()
    assert client.read_answer().body == b"123456789"


def test_sec_R1_request_that_waits_is_answered_before_the_server_ends(by_hand, table, room):
    table.add("/room", room, lane="pool", max_concurrency=1, queue=1)
    rig = by_hand()
    first, worker = hang(rig, room)
    second = rig.ask("/room")
    rig.turn()
    rig.drain.begin(30.0)
    room.exit.set()
    worker.end()
    rig.settle()
    assert [each.read_answer().status for each in (first, second)] == [200, 200]
