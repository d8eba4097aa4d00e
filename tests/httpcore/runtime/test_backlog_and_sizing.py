"""Who is served first, who is sent away, and how many threads there are (sec:T12, feat:V6)."""

import dataclasses
import itertools

import pytest

from httpcore.runtime.backlog import FLOOD, PATIENCE, STALE, STANDING, Backlog
from httpcore.runtime.sizing import INTERVAL, Interval, PoolSizer
from httpcore.runtime.sizing import PATIENCE as QUIET_LOOKS


@dataclasses.dataclass(eq=False)
class Waiting:
    """What a backlog knows of a ticket."""

    ready_at: float


@pytest.fixture
def backlog():
    return Backlog()


def fill(backlog, *times):
    waiting = [Waiting(time) for time in times]
    for each in waiting:
        backlog.push(each)
    return waiting


OVERLOADED_AT = STALE + STANDING + 0.02


def overload(backlog, *times):
    """Have it stand for long enough, with more that came at `times`; returns who is sent away."""
    fill(backlog, 0.0)
    backlog.shed(0.0)
    backlog.shed(STALE + 0.01)
    fill(backlog, *times)
    return [each.ready_at for each in backlog.shed(OVERLOADED_AT)]


def test_sec_T12_first_come_first_served(backlog):
    first, second = fill(backlog, 0.0, 0.1)
    assert [backlog.pop(), backlog.pop()] == [first, second]
    with pytest.raises(IndexError):
        backlog.pop()


def test_sec_T12_short_wait_is_no_overload_however_long_it_goes_on(backlog):
    for n in range(100):
        now = n * 0.05
        fill(backlog, now)
        assert backlog.shed(now + STALE) == []
        backlog.pop()
    assert not backlog.is_overloaded


def test_sec_T12_long_wait_counts_after_half_a_second_of_it(backlog):
    fill(backlog, 0.0)
    assert backlog.shed(STALE + 0.001) == []
    assert backlog.shed(STALE + STANDING) == []
    assert not backlog.is_overloaded
    backlog.shed(STALE + STANDING + 0.002)
    assert backlog.is_overloaded


def test_sec_T12_wait_that_is_short_once_more_is_forgiven(backlog):
    fill(backlog, 0.0)
    backlog.shed(0.2)
    backlog.pop()
    fill(backlog, 0.25)
    backlog.shed(0.3)  # short
    backlog.shed(0.4)  # long again, since now
    backlog.shed(0.8)
    assert not backlog.is_overloaded


def test_sec_T12_overload_serves_the_newest_and_sheds_the_stalest(backlog):
    old, young, newest = OVERLOADED_AT - PATIENCE - 0.01, OVERLOADED_AT - 0.01, OVERLOADED_AT
    assert overload(backlog, old, young, newest) == [0.0, old]
    assert [backlog.pop().ready_at, backlog.pop().ready_at] == [newest, young]


def test_sec_T12_overload_is_over_when_nobody_waits(backlog):
    overload(backlog, OVERLOADED_AT)
    assert backlog.is_overloaded
    backlog.pop()
    first, second = fill(backlog, 2.0, 2.01)
    assert not backlog.is_overloaded
    assert backlog.shed(2.09) == []
    assert [backlog.pop(), backlog.pop()] == [first, second]


def test_sec_T12_old_wait_does_not_count_for_those_that_come_later(backlog):
    fill(backlog, 0.0)
    backlog.shed(STALE + 0.01)
    backlog.pop()
    fill(backlog, 100.0)
    backlog.shed(100.0 + STALE + 0.01)
    assert not backlog.is_overloaded


def test_sec_G8_queue_that_gets_longer_behind_a_long_wait_is_overload_soon(backlog):
    fill(backlog, 0.0, 0.0)
    began = PATIENCE + 0.001
    assert backlog.shed(began) == []
    fill(backlog, began, began)
    assert backlog.shed(began + FLOOD - 0.001) == []
    assert [each.ready_at for each in backlog.shed(began + FLOOD)] == [0.0, 0.0, began, began]
    assert backlog.is_overloaded


def test_sec_G8_burst_that_is_being_served_is_no_flood(backlog):
    fill(backlog, *[0.0] * 40)
    now = PATIENCE
    while len(backlog) > 20:
        now += FLOOD / 2
        backlog.pop()
        assert backlog.shed(now) == []
    assert now < STALE + STANDING


def test_one_that_is_removed_is_not_served(backlog):
    first, second = fill(backlog, 0.0, 0.0)
    backlog.remove(first)
    backlog.remove(first)
    assert len(backlog) == 1
    assert backlog.pop() is second


BUSY = Interval(elapsed=INTERVAL, processor=0.05, waited=1.0, taken=100, peak=32)


@pytest.fixture
def sizer():
    return PoolSizer(32)


def test_feat_V6_pool_grows_by_a_quarter_while_requests_wait_and_the_processor_is_idle(sizer):
    assert sizer.advise(32, BUSY) == 40


def test_feat_V6_pool_grows_up_to_four_times(sizer):
    size = 32
    for _ in range(20):
        size = sizer.advise(size, dataclasses.replace(BUSY, peak=size))
    assert size == 128


@pytest.mark.parametrize(
    "change",
    [
        {"processor": 0.9 * INTERVAL},  # they would only take turns
        {"waited": 0.1},  # 1 ms each
        {"taken": 0, "waited": 0.0},
        {"peak": 31},  # not all of them were busy
    ],
)
def test_feat_V6_pool_does_not_grow_otherwise(sizer, change):
    assert sizer.advise(32, dataclasses.replace(BUSY, **change)) == 32


def test_feat_V6_pool_goes_back_step_by_step(sizer):
    idle = Interval(elapsed=INTERVAL, peak=1)
    size, sizes = 128, [128]
    for _ in range(10 * QUIET_LOOKS):
        size = sizer.advise(size, idle)
        sizes.append(size)
    assert sizes[QUIET_LOOKS - 1] == 128
    assert sizes[QUIET_LOOKS] == 96
    assert sizes[-1] == 32
    assert all(0.7 * before <= after for before, after in itertools.pairwise(sizes))


def test_feat_V6_pool_that_was_needed_meanwhile_stays(sizer):
    idle = Interval(elapsed=INTERVAL, peak=1)
    needed = Interval(elapsed=INTERVAL, peak=60)
    for _ in range(10):
        for _ in range(QUIET_LOOKS - 1):
            assert sizer.advise(64, idle) == 64
        assert sizer.advise(64, needed) == 64


def test_feat_V6_smallest_pool_grows_and_goes_back():
    sizer = PoolSizer(1)
    assert sizer.advise(1, dataclasses.replace(BUSY, peak=1)) == 2
    for _ in range(QUIET_LOOKS):
        size = sizer.advise(2, Interval(elapsed=INTERVAL))
    assert size == 1
