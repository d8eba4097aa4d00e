"""An endpoint that hangs on the loop's thread: another thread goes on as the loop.

Each test turns a whole server by hand (`tests.support.byhand`). The thread that hangs is real; when
it hangs, who takes over and what happens before it comes back is said step by step.
"""

import tempfile
import threading

import pytest

from httpcore import Declined, FileBody, HTTPError, Response
from httpcore.protocol.states import State
from httpcore.runtime import lanes
from httpcore.runtime.deadlines import Timer
from httpcore.runtime.hung_runs import AGAIN, PAUSE

PATIENCE = 10.0


class Room:
    """An endpoint that tells when somebody is in it, and keeps them there."""

    def __init__(self, answer=lambda request: Response(b"late")):
        self.answer = answer
        self.entered = threading.Semaphore(0)
        self.exit = threading.Event()
        self.threads = []
        self.views = []

    def __call__(self, request):
        self.threads.append(threading.get_ident())
        self.entered.release()
        assert self.exit.wait(PATIENCE)
        self.views.append(request.disconnected)
        return self.answer(request)

    def wait_for_entry(self):
        assert self.entered.acquire(timeout=PATIENCE)


@pytest.fixture
def room(table):
    room = Room()
    table.add("/hang", room, lane="inline")
    table.add("/quick", lambda request: Response(b"quick"), lane="inline")
    return room


def hang(rig, room, path="/hang"):
    """A client whose request hangs on a loop's thread, and that thread's pass."""
    client = rig.ask(path)
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    return client, turn


def test_feat_V1_others_are_served_while_the_old_holder_hangs(by_hand, room):
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    other = rig.ask("/quick")
    rig.turn()
    assert other.read_answer().body == b"quick"
    room.exit.set()
    assert turn.end() is False
    rig.turn()
    assert client.read_answer().body == b"late"
    assert rig.loop.trespasses == []


def test_feat_V1_connection_goes_on_after_its_run_was_taken_over(by_hand, room):
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    room.exit.set()
    turn.end()
    rig.turn()
    assert client.read_answer().body == b"late"
    rig.ask("/quick", client)
    rig.turn()
    assert client.read_answer().body == b"quick"
    assert rig.loop.trespasses == []


def test_feat_V1_leave_before_take_leaves_the_loop_where_it_is(by_hand, room):
    rig = by_hand()
    client, turn = hang(rig, room)
    seen = rig.loop.baton.sequence
    room.exit.set()
    assert turn.end() is True
    assert rig.loop.baton.take(seen) is None
    assert client.read_answer().body == b"late"
    assert rig.connection().state is State.READING


def test_feat_V1_requests_behind_the_hanging_one_are_answered_once_each(by_hand, room, table):
    """What the pass had not come to: sockets that were ready, and endpoints that were due."""
    rig = by_hand()
    counts = []
    table.add("/count", lambda request: counts.append(1) or Response(b"counted"), lane="inline")
    others = [rig.connect() for _ in range(5)]
    client = rig.ask("/hang")
    for other in others:
        rig.ask("/count", other)
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.take_over(turn)
    rig.turn(2)
    room.exit.set()
    turn.end()
    rig.turn(2)
    assert [other.read_answer().body for other in others] == [b"counted"] * 5
    assert len(counts) == 5
    assert client.read_answer().body == b"late"
    assert rig.loop.trespasses == []


def read_by_mail(rig, *connections):
    """Have the loop read these in one message, not when their sockets are ready."""
    for connection in connections:
        rig.loop.watch(connection, 0)

    def read():
        for connection in connections:
            rig.loop.on_ready[State.READING](connection)

    rig.loop.post(read)


def test_feat_V1_mail_of_the_broken_pass_is_dealt_with_once(by_hand, room):
    rig = by_hand()
    client = rig.ask("/hang", rig.connect())
    done = []
    rig.loop.post(done.append, "before")
    read_by_mail(rig, rig.connection())
    rig.loop.post(done.append, "behind")
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.take_over(turn)
    assert done == ["before", "behind"]  # mail comes before runs
    rig.turn(2)
    room.exit.set()
    turn.end()
    rig.turn(2)
    assert done == ["before", "behind"]
    assert client.read_answer().body == b"late"
    assert rig.loop.trespasses == []


def test_feat_V1_timers_of_the_broken_pass_are_dealt_with_once(by_hand, room):
    rig = by_hand()
    client = rig.ask("/hang", rig.connect())
    calls = []
    rig.loop.deadlines.set(Timer(lambda: calls.append("due")), rig.clock.now + 1)
    rig.clock.advance(2)
    read_by_mail(rig, rig.connection())
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.take_over(turn)
    assert calls == ["due"]  # deadlines come before runs
    rig.turn(2)
    room.exit.set()
    turn.end()
    rig.turn()
    assert (calls, client.read_answer().body) == (["due"], b"late")
    assert rig.loop.trespasses == []


def test_feat_V1_new_holder_may_hang_too(by_hand, room, table):
    second_room = Room(lambda request: Response(b"second"))
    table.add("/second", second_room, lane="inline")
    rig = by_hand()
    first, first_turn = hang(rig, room)
    rig.take_over(first_turn)
    second, second_turn = hang(rig, second_room, "/second")
    assert rig.take_over(second_turn) == 2
    third = rig.ask("/quick")
    rig.turn()
    assert third.read_answer().body == b"quick"
    second_room.exit.set()
    assert second_turn.end() is False
    room.exit.set()
    assert first_turn.end() is False
    rig.turn(2)
    assert [first.read_answer().body, second.read_answer().body] == [b"late", b"second"]
    assert len({*room.threads, *second_room.threads, threading.get_ident()}) == 3
    assert rig.loop.trespasses == []


def raise_exit(request):
    raise SystemExit(3)


def raise_not_found(request):
    raise HTTPError(404, "gone meanwhile")


def fail(request):
    raise RuntimeError("too late")


@pytest.mark.parametrize(
    ("answer", "status"),
    [(raise_exit, 500), (raise_not_found, 404), (fail, 500), (lambda request: "no response", 500)],
)
def test_sec_R6_error_after_the_baton_was_lost_is_an_answer(by_hand, room, answer, status):
    room.answer = answer
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    room.exit.set()
    assert turn.end() is False
    rig.turn()
    assert client.read_answer().status == status
    assert rig.loop.trespasses == []


def test_feat_V1_generated_body_after_the_baton_was_lost_is_made_by_a_worker(by_hand, room):
    makers = []

    def pieces():
        for piece in (b"one", b"two"):
            makers.append(threading.get_ident())
            yield piece

    room.answer = lambda request: Response(pieces())
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    room.exit.set()
    turn.end()
    rig.settle()
    assert client.read_answer().body == b"onetwo"
    # The first is made with the head; the loop's new thread made none (here it works off the pool).
    assert makers[0] == room.threads[0]
    assert rig.loop.trespasses == []


def test_feat_V1_file_after_the_baton_was_lost_is_sent_and_closed(by_hand, room):
    size = 8 * 1024 * 1024  # more than a socket takes: the loop sends the rest
    file = tempfile.TemporaryFile()  # noqa: SIM115 the server closes it
    file.write(bytes(size))
    file.seek(0)
    room.answer = lambda request: Response(FileBody(file, 0, size))
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    room.exit.set()
    turn.end()
    rig.turn()
    assert rig.connection().state is State.FLUSHING
    received = []
    reader = threading.Thread(target=lambda: received.append(client.read_answer().body))
    reader.start()
    while rig.connection().state is State.FLUSHING:
        rig.turn()
    reader.join(PATIENCE)
    assert len(received[0]) == size
    assert file.closed
    assert rig.loop.trespasses == []


def test_feat_V1_peer_that_goes_meanwhile_costs_its_connection_only(by_hand, room):
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    client.reset()
    rig.turn()  # the loop learns of it, but the connection is the old holder's
    assert rig.connection().state is State.HANDLING
    room.exit.set()
    turn.end()
    rig.turn()
    assert room.views == [True]
    assert rig.loop.connections == {}
    assert rig.loop.trespasses == []


def test_feat_V1_connection_dropped_meanwhile_is_released_once(by_hand, room):
    rig = by_hand()
    released = []
    forget, rig.loop.released = rig.loop.released, released.append
    client, turn = hang(rig, room)
    rig.take_over(turn)
    connection = rig.connection()
    rig.loop.drop(connection)
    assert client.is_closed_by_server()
    room.exit.set()
    turn.end()
    rig.turn()
    assert released == [connection]
    assert connection.state is State.CLOSED
    forget(connection)
    assert rig.loop.trespasses == []


def test_sec_R1_server_that_stops_meanwhile_answers_the_hanging_request(by_hand, room):
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    rig.drain.begin(30.0)
    rig.turn()
    assert not rig.loop.is_finished
    room.exit.set()
    turn.end()
    rig.turn()
    answer = client.read_answer()
    assert (answer.body, answer.headers["Connection"]) == (b"late", "close")
    assert client.is_closed_by_server()
    assert rig.loop.trespasses == []


def test_sec_R1_server_that_ends_meanwhile_leaves_nothing_behind(by_hand, room):
    rig = by_hand()
    file = tempfile.TemporaryFile()  # noqa: SIM115 the server closes it
    room.answer = lambda request: Response(FileBody(file, 0, 0))
    client, turn = hang(rig, room)
    rig.take_over(turn)
    rig.drain.begin(0)
    rig.loop.run(rig.loop.baton.holder)
    assert client.is_closed_by_server()
    room.exit.set()
    assert turn.end() is False
    assert file.closed
    assert rig.loop.trespasses == []


def test_feat_V1_forced_inline_stays_inline_with_a_warning(by_hand, room, caplog):
    rig = by_hand()
    _, turn = hang(rig, room)
    rig.take_over(turn)
    room.exit.set()
    turn.end()
    rig.turn()
    assert rig.record("/hang").is_inline
    assert rig.changes == []
    (warning,) = caplog.records
    assert "stays inline, as its route says" in warning.getMessage()


def test_sec_T13_run_that_lost_the_loop_is_told_of_with_its_stack(by_hand, room, caplog):
    rig = by_hand()
    client = rig.connect()
    client.send(b"GET /hang?a=%0a HTTP/1.1\r\nHost: test\r\n\r\n")
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.connection().request_id = "feed"
    rig.take_over(turn)
    (told,) = caplog.messages
    assert "function held up the loop with GET /hang?a=%0a, request feed" in told
    assert "another thread goes on as the loop" in told
    assert "assert self.exit.wait(PATIENCE)" in told  # where it stands
    rig.clock.advance(AGAIN - 0.1)
    rig.turn()
    assert len(caplog.messages) == 1
    rig.clock.advance(0.2)
    rig.turn(2)
    rig.clock.advance(10 * AGAIN)
    rig.turn(2)
    told, again = caplog.records
    assert again.levelname == "ERROR"
    assert "hangs with GET /hang?a=%0a, request feed for 10 s" in again.message
    assert "give what it waits for a time-out" in again.message
    assert "assert self.exit.wait(PATIENCE)" in again.message
    assert rig.lanes._hung.count == 1
    room.exit.set()
    turn.end()
    rig.turn()
    assert client.read_answer().status == 200
    assert rig.lanes._hung._runs == {}


def test_sec_T13_run_that_comes_back_is_told_of_once(by_hand, room, caplog):
    rig = by_hand()
    client, turn = hang(rig, room)
    rig.take_over(turn)
    room.exit.set()
    turn.end()
    rig.turn()
    rig.clock.advance(2 * AGAIN)
    rig.turn(2)
    assert len(caplog.messages) == 1
    assert client.read_answer().status == 200


def test_sec_T13_clients_cannot_fill_the_log_with_stacks(by_hand, room, caplog):
    rig = by_hand()
    for told in (1, 1, 2):
        _, turn = hang(rig, room)
        rig.take_over(turn)
        room.exit.set()
        turn.end()
        room.exit.clear()
        rig.turn()
        assert len(caplog.messages) == told
        rig.clock.advance(PAUSE / 2)


def test_feat_V1_learned_inline_goes_back_to_the_pool(by_hand, table, caplog):
    caplog.set_level("INFO", "treadle.lanes")
    room = Room()
    table.add("/hang", room)
    room.exit.set()
    rig = by_hand()
    client = rig.connect()
    for _ in range(100):
        rig.ask("/hang", client)
        rig.settle()
        client.read_answer()
        room.entered.acquire()
    assert [change.lane for change in rig.changes] == ["inline"]
    room.exit.clear()
    rig.ask("/hang", client)
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.take_over(turn)
    assert [change.lane for change in rig.changes] == ["inline", "pool"]
    assert rig.changes[1].reason == "a run held up the loop"
    assert "runs pool from now on: a run held up the loop" in caplog.text
    room.exit.set()
    turn.end()
    rig.turn()
    assert client.read_answer().body == b"late"


@pytest.fixture
def crowd(by_hand, table):
    """A server, the room of its route /hang, and clients of it that wait in one pass."""

    def make(**policy):
        room = Room(lambda request: Response(b"late"))
        table.add("/hang", room, **policy)
        rig = by_hand()
        clients = [rig.connect() for _ in range(3)]
        for client in clients:
            rig.ask("/hang", client)
        turn = rig.turn_elsewhere()
        room.wait_for_entry()
        return rig, room, clients, turn

    return make


@pytest.mark.parametrize("policy", [{}, {"timeout": 5.0}, {"max_concurrency": 3}])
def test_feat_V1_what_was_due_behind_a_hanging_run_goes_to_workers(crowd, policy):
    """Each would hang the loop once more: 64 of them held it up for 0.4 s."""
    rig, room, clients, turn = crowd(lane="inline", **policy)
    rig.take_over(turn)
    assert (len(rig.loop.due), rig.lanes.pool._tasks) == (0, 2)
    room.exit.set()
    assert turn.end() is False
    rig.settle()
    assert [client.read_answer().body for client in clients] == [b"late"] * 3
    assert rig.record("/hang").places.running == 0
    assert rig.loop.trespasses == []


def test_sec_T9_one_that_finds_no_memory_behind_a_hanging_run_is_dropped_alone(crowd, monkeypatch):
    """It waited for ever, and the client of the run that hung was dropped in its place."""
    rig, room, clients, turn = crowd(lane="inline")
    make, failing = lanes.Ticket, iter([True])

    def make_unless_short(*arguments):
        if next(failing, False):
            raise MemoryError
        return make(*arguments)

    monkeypatch.setattr(lanes, "Ticket", make_unless_short)
    rig.take_over(turn)
    assert clients.pop(1).read_to_end() == b""
    room.exit.set()
    assert turn.end() is False
    rig.settle()
    assert [client.read_answer().body for client in clients] == [b"late"] * 2
    assert rig.record("/hang").places.running == 0


def test_feat_V1_what_was_due_of_other_routes_stays_on_the_loop(by_hand, room):
    rig = by_hand()
    first, second = rig.connect(), rig.connect()
    rig.ask("/hang", first)
    rig.ask("/quick", second)
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.take_over(turn)
    assert len(rig.loop.due) == 1
    rig.turn()
    assert second.read_answer().body == b"quick"
    room.exit.set()
    turn.end()


def test_feat_V1_forced_inline_is_run_by_workers_while_it_hangs(crowd):
    """Or each request of a route that hangs for good would take a thread with it."""
    rig, room, clients, turn = crowd(lane="inline")
    rig.take_over(turn)
    later = rig.ask("/hang")
    rig.turn()
    assert (rig.record("/hang").lane, rig.changes) == ("pool", [])
    assert rig.server._pool._tasks.qsize() == 3
    assert rig.record("/hang").is_long  # so it leaves a quarter of the threads to others
    room.exit.set()
    turn.end()
    rig.settle()
    assert [each.read_answer().body for each in (*clients, later)] == [b"late"] * 4
    assert rig.record("/hang").lane == "inline"


def test_feat_V24_request_that_waited_for_a_place_is_logged_with_the_lane_it_ran_in(by_hand, table):
    table.add("/one", lambda request: Response(b"one"), max_concurrency=1, queue=1)
    rig = by_hand()
    clients = [rig.connect(), rig.connect()]
    for client in clients:
        rig.ask("/one", client)
    rig.turn()
    rig.record("/one")._enter("inline")  # as if it had qualified meanwhile
    lanes = sorted(each.timing.lane for each in rig.loop.connections.values())
    rig.settle()
    assert lanes == ["pool", "pool"]
    assert sorted(each.timing.lane for each in rig.loop.connections.values()) == ["inline", "pool"]


def test_feat_V1_ticketed_run_that_was_taken_over_gives_its_place_back(by_hand, table):
    room = Room()
    table.add("/one", room, lane="inline", max_concurrency=1, queue=1)
    rig = by_hand()
    first, turn = hang(rig, room, "/one")
    rig.take_over(turn)
    second = rig.ask("/one")
    third = rig.ask("/one")
    rig.turn()
    assert third.read_answer().status == 503
    record = rig.record("/one")
    assert (record.places.running, record.places.waiting) == (1, 1)
    room.exit.set()
    turn.end()
    rig.turn(2)
    assert [first.read_answer().body, second.read_answer().body] == [b"late"] * 2
    assert (record.places.running, record.places.waiting) == (0, 0)
    assert rig.loop.trespasses == []


def test_feat_V3_time_out_of_a_run_that_was_taken_over_is_504(by_hand, table):
    room = Room()
    table.add("/one", room, lane="inline", max_concurrency=1, timeout=2.0)
    rig = by_hand()
    client, turn = hang(rig, room, "/one")
    rig.take_over(turn)
    rig.clock.advance(2.1)
    rig.turn(2)
    assert client.read_answer().status == 504
    record = rig.record("/one")
    assert record.places.running == 1  # until the endpoint has really ended
    room.exit.set()
    turn.end()
    rig.turn()
    assert room.views == [True]
    assert record.places.running == 0
    assert client.is_closed_by_server()
    assert rig.loop.trespasses == []


def test_feat_V3_request_that_was_due_when_its_time_was_over_is_not_run(by_hand, room, table):
    """It waits behind the hanging one in the same pass."""
    runs = []
    table.add("/one", lambda request: runs.append(1) or Response(b""), lane="inline", timeout=2.0)
    rig = by_hand()
    first = rig.connect()
    hanging = rig.connection()
    second = rig.connect()
    (behind,) = set(rig.loop.connections.values()) - {hanging}
    rig.ask("/hang", first)
    rig.ask("/one", second)
    read_by_mail(rig, hanging, behind)
    turn = rig.turn_elsewhere()
    room.wait_for_entry()
    rig.take_over(turn)
    assert list(rig.loop.due) == [behind]
    rig.clock.advance(2.1)
    rig.turn(2)
    assert second.read_answer().status == 504
    room.exit.set()
    turn.end()
    rig.turn()
    assert (runs, rig.record("/one").places.running) == ([], 0)
    assert first.read_answer().body == b"late"
    assert rig.loop.trespasses == []


def test_sec_R6_what_no_run_may_raise_costs_one_connection(by_hand, room):
    rig = by_hand()

    def fault(connection, ticket):
        raise MemoryError

    run, rig.loop.run_endpoint = rig.loop.run_endpoint, fault
    client = rig.ask("/quick")
    rig.turn()
    assert client.is_closed_by_server()
    rig.loop.run_endpoint = run
    other = rig.ask("/quick")
    rig.turn()
    assert other.read_answer().body == b"quick"


def test_sec_R6_listener_of_lane_changes_that_fails_costs_nothing(by_hand, table, caplog):
    table.add("/learned", lambda request: Response(b"answer"))
    rig = by_hand()

    def fault(change):
        raise SystemExit

    rig.tell = fault
    client = rig.connect()
    for _ in range(101):
        rig.ask("/learned", client)
        rig.settle()
        assert client.read_answer().body == b"answer"
    assert rig.record("/learned").is_inline
    assert "telling of a lane change failed" in caplog.text


@pytest.mark.parametrize(("seconds", "lane"), [(0.003, "pool"), (0.0001, "inline")])
def test_feat_V1_run_that_declines_is_timed_like_any_other(by_hand, table, seconds, lane):
    """It was taken to last as long as the run before on its connection."""

    def decline(request):
        rig.clock.advance(seconds)
        raise Declined

    def other(request):
        rig.clock.advance(0.003 - seconds)
        return Response(b"other")

    table.add("/other", other, lane="pool")
    table.add("/declines", decline)
    rig = by_hand()
    client = rig.connect()
    rig.ask("/declines")
    rig.settle()
    rig.record("/declines")._enter("inline")
    rig.ask("/other", client)
    rig.settle()
    rig.ask("/declines", client)
    rig.settle()
    assert rig.record("/declines").lane == lane
