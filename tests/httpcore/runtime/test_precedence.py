"""Who has the processor first: the loop or its workers (feat:V6)."""

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from httpcore import Response
from httpcore.runtime import precedence as module
from httpcore.runtime.loop import ASLEEP, IN_A_ROW
from httpcore.runtime.pool import WorkerPool
from httpcore.runtime.precedence import LATE, LONG, NICENESS, REST, WEIGHT, Precedence
from tests.support.wire import FakeClock

PATIENCE = 10.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="batch threads are Linux's")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pool(clock: FakeClock) -> Iterator[WorkerPool]:
    pool = WorkerPool(threads=2, clock=clock)
    pool.start()
    yield pool
    assert pool.stop(PATIENCE) == 0


def of_each(pool: WorkerPool, look: Callable[[int], int]) -> list[int]:
    """What `look` says of each worker's thread; all have begun, and none has ended."""
    found: queue.Queue[int] = queue.Queue()
    meeting = threading.Barrier(pool.size)

    def meet(_: object) -> None:
        meeting.wait(PATIENCE)
        found.put(look(threading.get_native_id()))

    for _ in range(pool.size):
        pool.submit(meet, None)
    pool.flush()
    return [found.get(timeout=PATIENCE) for _ in range(pool.size)]


def niceness(thread: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread)


def test_feat_V6_workers_are_nicer_than_the_loop_and_never_interrupt_it(pool):
    own = niceness(threading.get_native_id())
    assert of_each(pool, niceness) == [min(own + NICENESS, 19)] * 2
    assert of_each(pool, os.sched_getscheduler) == [os.SCHED_BATCH] * 2
    assert os.sched_getscheduler(threading.get_native_id()) == os.SCHED_OTHER


def test_feat_V6_workers_are_ordinary_threads_while_one_computes(pool, clock):
    assert of_each(pool, niceness)  # all have begun
    pool.precedence.contest()
    assert of_each(pool, os.sched_getscheduler) == [os.SCHED_OTHER] * 2
    clock.advance(REST / 2)
    pool.precedence.settle()
    assert of_each(pool, os.sched_getscheduler) == [os.SCHED_OTHER] * 2
    clock.advance(REST / 2)
    pool.precedence.settle()
    assert of_each(pool, os.sched_getscheduler) == [os.SCHED_BATCH] * 2


def test_feat_V6_worker_that_begins_meanwhile_is_an_ordinary_thread_too(pool):
    pool.precedence.contest()
    pool.resize(3)
    assert of_each(pool, os.sched_getscheduler) == [os.SCHED_OTHER] * 3


def test_sec_R6_worker_that_has_ended_is_no_worker_any_more(pool, clock):
    before = set(of_each(pool, lambda thread: thread))
    assert pool.precedence._workers == before
    assert pool.stop(PATIENCE) == 0
    assert not pool.precedence._workers  # the system may give its number to another


def test_sec_G2_who_comes_back_late_from_giving_way_does_so_no_more(clock, monkeypatch):
    """Somebody computes on the same core, and would keep it for a slice of time each time."""
    given: list[float] = []

    def give(seconds: float) -> Callable[[], None]:
        return lambda: (given.append(seconds), clock.advance(seconds))[0]

    precedence = Precedence(clock)
    monkeypatch.setattr(module.os, "sched_yield", give(LATE / 2))
    precedence.give_way()
    precedence.give_way()
    monkeypatch.setattr(module.os, "sched_yield", give(LATE * 2))
    for _ in range(3):
        precedence.give_way()
    assert given == [LATE / 2, LATE / 2, LATE * 2]
    clock.advance(REST)
    precedence.settle()
    precedence.give_way()
    assert given[3:] == [LATE * 2]


def test_sec_G2_so_does_who_gives_much_all_the_time(clock, monkeypatch):
    """Runs of 0.3 ms each, say: none keeps the core, and together they have most of it."""
    monkeypatch.setattr(module.os, "sched_yield", lambda: clock.advance(3 * LONG))
    precedence = Precedence(clock)
    precedence.give_way()
    assert not precedence.is_contested  # once is nothing
    for _ in range(round(1 / WEIGHT)):
        precedence.give_way()
    assert precedence.is_contested


def test_sec_G2_moments_all_the_time_are_what_it_is_for(clock, monkeypatch):
    monkeypatch.setattr(module.os, "sched_yield", lambda: clock.advance(LONG / 2))
    precedence = Precedence(clock)
    for _ in range(100):
        precedence.give_way()
    assert not precedence.is_contested


def test_feat_V6_policy_that_the_process_was_given_is_kept(clock, monkeypatch):
    """By `chrt -i 0`, for example: its workers would come before the loop."""
    monkeypatch.setattr(module.os, "sched_getscheduler", lambda _: os.SCHED_IDLE)
    monkeypatch.setattr(module.os, "sched_setscheduler", None)  # not to be called
    precedence = Precedence(clock)
    thread = threading.Thread(target=precedence.enlist)
    thread.start()
    thread.join(PATIENCE)
    assert len(precedence._workers) == 1
    clock.advance(REST)
    precedence.settle()
    precedence.contest()
    assert precedence.is_contested


def test_sec_R6_sandbox_that_comes_later_leaves_workers_as_they_are(pool, monkeypatch, clock):
    def forbid(*_: object) -> None:
        raise PermissionError("seccomp")

    assert of_each(pool, niceness)  # all have begun
    monkeypatch.setattr(module.os, "sched_setscheduler", forbid)
    pool.precedence.contest()
    assert not pool.precedence.is_contested  # batch threads need a loop that gives way
    pool.precedence.contest()
    assert of_each(pool, os.sched_getscheduler) == [os.SCHED_BATCH] * 2


@pytest.mark.parametrize("call", ["nice", "sched_setscheduler"])
def test_sec_R6_worker_of_a_sandbox_works_all_the_same(monkeypatch, clock, call):
    def forbid(*_: object) -> None:
        raise PermissionError("seccomp")

    monkeypatch.setattr(module.os, call, forbid)
    pool = WorkerPool(threads=2, clock=clock)
    pool.start()
    assert len(of_each(pool, niceness)) == 2
    assert pool.precedence.is_contested is (call != "nice")
    clock.advance(2 * REST)
    pool.precedence.settle()
    assert pool.precedence.is_contested is (call != "nice")
    assert pool.stop(PATIENCE) == 0


def test_feat_V6_no_batch_threads_no_giving_way(monkeypatch, clock):
    monkeypatch.delattr(module.os, "SCHED_BATCH")
    monkeypatch.delattr(module.os, "sched_yield")
    precedence = Precedence(clock)
    precedence.give_way()
    clock.advance(REST)
    precedence.settle()
    precedence.give_way()
    assert precedence.is_contested


@pytest.fixture
def ways(by_hand, table, monkeypatch):
    """A server by hand, and how often its loop has given way."""
    table.add("/", lambda request: Response(b"page"), lane="inline")
    table.add("/slow", lambda request: Response(b"slow"), lane="pool")
    rig, given = by_hand(), []
    monkeypatch.setattr(module.os, "sched_yield", lambda: given.append(1))
    return rig, given


def ask_all(rig, clients):
    for each in clients:
        rig.ask("/", each)
    rig.turn()
    assert {each.read_answer().body for each in clients} == {b"page"}


def test_feat_V6_loop_gives_way_within_a_long_stage_while_anybody_works(ways):
    rig, given = ways
    crowd = [rig.connect() for _ in range(IN_A_ROW)]
    ask_all(rig, crowd)
    assert not given  # there is no worker that could wait
    slow = rig.ask("/slow")
    rig.turn()
    ask_all(rig, crowd)
    assert len(given) == 3  # when they were read, run and sent
    rig.settle()
    assert slow.read_answer().body == b"slow"


def test_feat_V6_loop_gives_way_between_short_stages_unless_it_has_slept(ways, monkeypatch):
    rig, given = ways
    crowd = [rig.connect() for _ in range(IN_A_ROW // 4)]
    rig.ask("/slow")
    rig.turn()
    ask_all(rig, crowd)  # each is two steps: read, and about to be run
    assert not given
    ask_all(rig, crowd)
    assert len(given) == 1
    poll = rig.loop._watch.poll

    def sleep_and_poll(timeout: float) -> object:
        rig.clock.advance(2 * ASLEEP)
        return poll(timeout)

    monkeypatch.setattr(rig.loop._watch, "poll", sleep_and_poll)
    for _ in range(4):
        ask_all(rig, crowd)
    assert len(given) == 1
    rig.settle()


def test_feat_V6_core_is_contested_as_long_as_a_busy_endpoint_runs(ways):
    rig, given = ways
    precedence = rig.server._pool.precedence
    first = rig.ask("/slow")
    rig.settle()
    assert not precedence.is_contested
    rig.record("/slow").processor = 0.1
    rig.ask("/slow", first)
    rig.turn()
    assert precedence.is_contested
    crowd = [rig.connect() for _ in range(IN_A_ROW)]
    ask_all(rig, crowd)
    assert not given
    rig.clock.advance(2 * REST)
    rig.turn()
    assert precedence.is_contested  # it still runs
    rig.settle()
    rig.clock.advance(REST / 2)
    rig.turn()
    assert precedence.is_contested  # a run like it may come at any moment
    rig.clock.advance(REST)
    rig.turn()
    assert not precedence.is_contested
