"""The pool lane: who gets a thread, who waits, who is sent away; turned by hand."""

import itertools
import threading
from random import Random

import pytest

from httpcore import Response
from httpcore.contract import Endpoint
from httpcore.protocol.states import State
from httpcore.runtime.backlog import FLOOD, STALE, STANDING
from httpcore.runtime.learning import BUSY, LONG, EndpointRecord
from httpcore.runtime.poller import READ
from httpcore.runtime.pool_lane import RECESS
from httpcore.runtime.pool_watch import STUCK, stack_of
from httpcore.runtime.sizing import INTERVAL


@pytest.fixture
def served(table):
    """Paths in the order in which their endpoints ran."""
    served = []

    def endpoint(request):
        served.append(request.path)
        return Response(b"done")

    for path in ("/slow", "/quick", "/a", "/b", "/c"):
        table.add(path, endpoint, lane="pool")
    return served


def know(rig, path, seconds):
    """Let the loop have learned how long an endpoint takes."""
    record = rig.lanes._make_record(rig.table._endpoints[path])
    record.average = seconds
    return record


def ask_many(rig, path, count):
    clients = [rig.ask(path) for _ in range(count)]
    rig.turn(2)
    return clients


def statuses(clients):
    """Of the answers that are there."""
    return [None if each.has_nothing_to_read() else each.read_answer().status for each in clients]


def test_feat_V1_slow_route_never_takes_the_last_quarter(by_hand, served):
    rig = by_hand(threads=4)
    know(rig, "/slow", 2 * LONG)
    know(rig, "/quick", 0.001)
    ask_many(rig, "/slow", 10)
    assert rig.server._pool._tasks.qsize() == 3
    ask_many(rig, "/quick", 1)
    assert rig.server._pool._tasks.qsize() == 4  # its own thread takes it: three are busy


def test_feat_V1_endpoints_not_known_yet_share_the_part_of_the_slow(by_hand, served):
    rig = by_hand(threads=4)
    ask_many(rig, "/a", 2)
    ask_many(rig, "/b", 2)
    assert rig.server._pool._tasks.qsize() == 3


def test_feat_V1_flood_on_a_slow_route_leaves_room_to_wait_for_others(by_hand, served):
    rig = by_hand(threads=4, queue_per_thread=2)
    know(rig, "/slow", 2 * LONG)
    know(rig, "/quick", 0.001)
    clients = ask_many(rig, "/slow", 20)
    assert statuses(clients).count(503) == 20 - 3 - 6  # three run, three quarters of eight wait
    quick = ask_many(rig, "/quick", 3)
    assert statuses(quick) == [None] * 3
    while rig.work():
        rig.turn(2)
    assert statuses(quick) == [200] * 3


def test_feat_V1_run_that_turns_out_long_counts_as_one_while_it_lasts(by_hand, table, served):
    rig = by_hand(threads=4)
    entered, go_on = threading.Semaphore(0), threading.Event()

    def hang(request):
        entered.release()
        assert go_on.wait(10)
        return Response(b"")

    table.add("/hang", hang, lane="pool")
    know(rig, "/hang", 0.001)
    rig.clock.advance(1)
    ask_many(rig, "/hang", 3)
    workers = [threading.Thread(target=rig.work) for _ in range(3)]
    for worker in workers:
        worker.start()
        assert entered.acquire(timeout=10)
    rig.clock.advance(INTERVAL)
    rig.turn(2)
    assert rig.record("/hang").is_long
    ask_many(rig, "/hang", 2)
    assert rig.server._pool._tasks.qsize() == 0  # the fourth thread is not for them
    know(rig, "/quick", 0.001)
    ask_many(rig, "/quick", 1)
    assert rig.server._pool._tasks.qsize() == 1
    go_on.set()
    for worker in workers:
        worker.join(10)
    rig.settle()
    assert rig.lanes.pool._watch.long_running == 0


def test_sec_T12_more_than_may_wait_are_503_without_a_thread(by_hand, served):
    rig = by_hand(threads=1, queue_per_thread=2)
    clients = ask_many(rig, "/a", 5)
    answers = [each.read_answer() for each in clients if not each.has_nothing_to_read()]
    assert [answer.status for answer in answers] == [503] * 2
    assert {answer.headers["Connection"] for answer in answers} == {"close"}
    assert {answer.headers["Retry-After"] for answer in answers} <= {"1", "2", "3"}
    assert served == []
    rig.settle()
    assert served == ["/a"] * 3


def test_sec_T12_first_come_first_served(by_hand, served):
    rig = by_hand(threads=1)
    for path in ("/a", "/b", "/c"):
        ask_many(rig, path, 1)
    rig.settle()
    assert served == ["/a", "/b", "/c"]


def test_sec_T12_queue_that_stands_serves_the_newest_and_sheds_the_rest(
    by_hand, served, monkeypatch
):
    is_busy = itertools.count(step=100).__next__  # so more threads would not help
    monkeypatch.setattr("httpcore.runtime.pool_watch.time.process_time", is_busy)
    rig = by_hand(threads=1)
    (first,) = ask_many(rig, "/slow", 1)  # has the thread, and nobody works
    (old,) = ask_many(rig, "/a", 1)
    rig.clock.advance(STALE + 0.01)
    rig.turn(2)
    rig.clock.advance(STANDING - 0.02)
    (young,) = ask_many(rig, "/b", 1)
    (newest,) = ask_many(rig, "/c", 1)
    rig.clock.advance(0.03)
    rig.turn(2)
    answer = old.read_answer()
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    rig.settle()
    assert served == ["/slow", "/c", "/b"]
    assert statuses([first, young, newest]) == [200] * 3
    assert rig.lanes.pool._tasks == 0


def test_sec_G8_flood_of_what_is_computed_is_heard_in_bundles(by_hand, served):
    rig = by_hand(threads=1)
    know(rig, "/quick", 0.001).processor = 2 * BUSY
    ask_many(rig, "/quick", 3)
    rig.clock.advance(STALE + 0.01)
    ask_many(rig, "/quick", 3)
    assert rig.loop.recess == 0
    rig.clock.advance(FLOOD + 0.01)
    rig.turn()  # who has waited for so long is sent away
    assert rig.loop.recess == 0
    ask_many(rig, "/quick", 1)
    assert rig.loop.recess == RECESS
    rig.settle()
    assert rig.loop.recess == 0


def test_sec_G8_flood_of_what_only_waits_is_heard_at_once(by_hand, served):
    rig = by_hand(threads=1)
    know(rig, "/quick", 0.001)
    ask_many(rig, "/quick", 3)
    rig.clock.advance(STALE + 0.01)
    ask_many(rig, "/quick", 3)
    rig.clock.advance(FLOOD + 0.01)
    rig.turn()
    ask_many(rig, "/quick", 1)
    assert rig.lanes.pool.waiting == 1
    assert rig.loop.recess == 0


def test_feat_V2_waiting_for_a_place_is_no_waiting_for_a_thread(by_hand, served, table):
    """Else those who waited for their turn would be the first to be sent away."""
    table.add("/one", lambda request: Response(b""), lane="pool", max_concurrency=1, queue=5)
    rig = by_hand(threads=1)
    first, second = ask_many(rig, "/one", 2)
    rig.clock.advance(5.0)
    assert rig.work()
    rig.turn(2)
    for _ in range(3):
        rig.clock.advance(STALE / 4)
        rig.turn()
    rig.settle()
    assert statuses([first, second]) == [200, 200]


def test_feat_V6_pool_that_has_grown_is_filled_at_once(by_hand, served, monkeypatch):
    monkeypatch.setattr("httpcore.runtime.pool_watch.time.process_time", lambda: 0.0)
    rig = by_hand(threads=4)
    pool = rig.server._pool
    know(rig, "/quick", 0.001)
    clients = ask_many(rig, "/quick", 12)
    assert pool._tasks.qsize() == 5
    rig.clock.advance(0.1)
    rig.work()  # this one has waited for long
    rig.clock.advance(INTERVAL)
    rig.turn(2)
    assert pool.size == 5
    assert pool._tasks.qsize() == 6
    rig.settle()
    assert statuses(clients) == [200] * 12


def test_feat_V6_pool_that_cannot_grow_stays_as_it_is(by_hand, served, monkeypatch, caplog):
    rig = by_hand(threads=1)
    pool = rig.server._pool

    def refuse():
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(pool, "_start_thread", refuse)
    rig.lanes.pool._watch._resize(2)
    assert pool.size == 1
    assert "the pool stays at 1 threads: can't start new thread" in caplog.messages
    (client,) = ask_many(rig, "/a", 1)
    rig.settle()
    assert client.read_answer().status == 200


def test_sec_T13_stuck_endpoint_is_logged_once_with_its_stack(by_hand, table, caplog):
    rig = by_hand(threads=1)
    entered, go_on = threading.Event(), threading.Event()

    def hang_in_here(request):
        entered.set()
        assert go_on.wait(10)
        return Response(b"")

    table.add("/hang", hang_in_here, lane="pool")
    ask_many(rig, "/hang", 1)
    worker = threading.Thread(target=rig.work)
    worker.start()
    assert entered.wait(10)
    for _ in range(3):
        rig.clock.advance(STUCK + 1)
        rig.turn(2)
    (record,) = [each for each in caplog.records if "has run for" in each.message]
    assert record.message.startswith("hang_in_here has run for 31 s:\n")
    assert "assert go_on.wait(10)" in record.message
    assert rig.lanes.pool._watch.stuck == 1
    go_on.set()
    worker.join(10)


def test_stack_of_an_ended_thread_is_empty():
    assert stack_of(-1) == ""


def test_sec_T9_watch_looks_again_after_a_want_of_memory(by_hand, served, monkeypatch):
    """The pool never grew again, and nobody told what hangs in it."""
    rig = by_hand()
    watch, sizes = rig.lanes.pool._watch, []
    ask_many(rig, "/a", 1)
    rig.turn()

    def advise(size, seen):
        sizes.append(size)
        if len(sizes) == 1:
            raise MemoryError
        return size

    monkeypatch.setattr(watch._sizer, "advise", advise)
    for _ in range(2):
        rig.clock.advance(INTERVAL + 0.1)
        rig.turn()
    assert len(sizes) == 2
    rig.settle()


def test_watch_stops_looking_when_nothing_runs(by_hand, served):
    rig = by_hand()
    ask_many(rig, "/a", 1)
    rig.settle()
    for _ in range(3):
        rig.clock.advance(INTERVAL + 0.1)
        rig.turn()
    assert not rig.lanes.pool._watch._is_looking


def test_sec_R6_work_that_fails_costs_one_connection_and_no_thread(by_hand, served, monkeypatch):
    rig = by_hand(threads=1)

    def fault(*_):
        raise MemoryError

    monkeypatch.setattr(rig.lanes._responder, "answer", fault)
    client = rig.ask("/a")
    rig.turn(2)
    with pytest.raises(MemoryError):
        rig.work()
    rig.turn()
    assert client.is_closed_by_server()
    monkeypatch.undo()
    (other,) = ask_many(rig, "/a", 1)
    rig.settle()
    assert other.read_answer().status == 200
    assert rig.lanes.pool._tasks == 0


def test_peer_of_a_waiting_request_that_is_cut_off_leaves_the_queue(by_hand, served):
    rig = by_hand(threads=1)
    ask_many(rig, "/slow", 1)
    ask_many(rig, "/a", 1)
    (waiting,) = [each for each in rig.loop.connections.values() if each.state is State.QUEUED]
    rig.loop.drop(waiting)
    rig.settle()
    assert served == ["/slow"]
    assert rig.lanes.pool._tasks == 0


def test_generated_body_of_a_peer_that_has_gone_is_closed_at_the_end(by_hand, table):
    closed = []

    def pieces():
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            closed.append(1)

    table.add("/stream", lambda request: Response(pieces()), lane="pool")
    rig = by_hand()
    ask_many(rig, "/stream", 1)
    rig.settle()
    assert rig.connection().state is State.FLUSHING
    rig.close()
    assert closed == [1]


def test_feat_V6_pool_grows_for_slow_routes_though_they_leave_threads_to_others(
    by_hand, served, monkeypatch
):
    """And though none of their runs comes to an end meanwhile."""
    monkeypatch.setattr("httpcore.runtime.pool_watch.time.process_time", lambda: 0.0)
    rig = by_hand(threads=4)
    pool = rig.server._pool
    ask_many(rig, "/slow", 12)
    assert pool._tasks.qsize() == 3
    sizes = []
    for _ in range(2):
        rig.clock.advance(INTERVAL + 0.1)
        rig.turn(2)
        sizes.append(pool.size)
    assert sizes == [5, 6]
    assert pool._tasks.qsize() == 4


def test_request_behind_a_slowly_read_answer_does_not_keep_the_loop_awake(by_hand, table, served):
    """The socket was watched for writing; it can be written to all the time now."""
    size = 8 * 1024 * 1024
    table.add("/big", lambda request: Response(bytes(size)), lane="pool")
    rig = by_hand()
    client = rig.ask("/big")
    rig.ask("/a", client)
    rig.settle()
    assert rig.connection().state is State.FLUSHING
    reader = threading.Thread(target=client.read_answer)
    reader.start()
    while rig.connection().state is State.FLUSHING:
        rig.turn()
    reader.join(10)
    assert rig.connection().state is State.HANDLING
    assert rig.connection().interest == READ
    rig.settle()
    assert client.read_answer().status == 200


def make_busy(rig, path, seconds):
    record = know(rig, path, seconds)
    record.processor = seconds
    return record


def test_sec_G8_processor_bound_runs_take_turns_and_hold_up_nobody_else(by_hand, served):
    rig = by_hand(threads=4)
    make_busy(rig, "/a", 0.005)
    know(rig, "/quick", 0.005)
    clients = ask_many(rig, "/a", 3)
    assert rig.server._pool._tasks.qsize() == 1
    quick = ask_many(rig, "/quick", 2)
    assert rig.server._pool._tasks.qsize() == 3
    rig.settle()
    assert statuses(clients + quick) == [200] * 5
    assert served == ["/a", "/quick", "/quick", "/a", "/a"]


def test_sec_G8_long_and_short_processor_bound_runs_take_turns_apart(by_hand, served):
    rig = by_hand(threads=4)
    make_busy(rig, "/slow", 2 * LONG)
    make_busy(rig, "/a", 0.005)
    ask_many(rig, "/slow", 2)
    ask_many(rig, "/a", 2)
    assert rig.server._pool._tasks.qsize() == 2
    rig.settle()
    assert rig.lanes.pool._watch.busy_running == [0, 0]


def let_stand(rig):
    """For so long that a line in which too many wait is overload."""
    rig.clock.advance(STALE + 0.01)
    rig.turn()
    rig.clock.advance(STANDING)
    rig.turn()


def test_sec_G8_nobody_is_sent_away_while_there_is_a_thread_for_each(by_hand, served):
    rig = by_hand(threads=4)
    make_busy(rig, "/a", 0.005)
    clients = ask_many(rig, "/a", 4)
    let_stand(rig)
    rig.settle()
    assert statuses(clients) == [200] * 4


def test_sec_G8_crowd_of_others_makes_no_overload_of_those_that_take_turns(by_hand, served):
    rig = by_hand(threads=4, queue_per_thread=10)
    make_busy(rig, "/a", 0.005)
    know(rig, "/quick", 0.005)
    clients = ask_many(rig, "/a", 3)
    ask_many(rig, "/quick", 20)
    let_stand(rig)
    rig.settle()
    assert statuses(clients) == [200] * 3


def test_feat_V6_processor_time_of_a_run_is_learned(by_hand, served):
    rig = by_hand(threads=4)
    ask_many(rig, "/a", 1)
    rig.settle()
    assert 0 < rig.record("/a").processor < 0.1


def test_sec_R6_work_that_fails_is_counted_back_and_costs_its_connection(by_hand, served):
    """Else each such fault would leave the pool one thread short, as the loop counts them."""
    rig = by_hand(threads=1)
    client = rig.connect()

    def fail(connection):
        raise MemoryError

    rig.lanes.pool.submit(fail, rig.connection())
    rig.turn()
    with pytest.raises(MemoryError):
        rig.work()
    rig.turn()
    assert rig.lanes.pool._tasks == 0
    assert client.is_closed_by_server()
    (other,) = ask_many(rig, "/a", 1)
    rig.settle()
    assert other.read_answer().status == 200


@pytest.mark.parametrize("phase", range(4))
def test_feat_V6_runs_are_weighed_by_chance_so_that_each_fourth_may_be_heavy(monkeypatch, phase):
    monkeypatch.setattr("httpcore.runtime.learning.random", Random(phase).random)
    record = EndpointRecord(Endpoint())
    record.note_processor(0.0001)
    averages = []
    for number in range(4000):
        if record.is_to_be_weighed():
            record.note_processor(0.03 if number % 4 == phase else 0.0001)
            averages.append(record.processor)
    assert 900 < len(averages) < 1100
    assert 0.005 < sum(averages) / len(averages) < 0.01
