"""Who is served first, who is sent away, and how many threads there are (sec:T12, feat:V6)."""

import dataclasses
import itertools

import pytest

from httpcore.runtime.backlog import FLOOD, PATIENCE, SOON, STALE, STANDING, Backlog
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


def pop_all(backlog, now=0.0):
    return [backlog.pop(now) for _ in range(len(backlog))]


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
    assert pop_all(backlog) == [first, second]
    with pytest.raises(IndexError):
        backlog.pop(0.1)


def test_sec_T12_short_wait_is_no_overload_however_long_it_goes_on(backlog):
    for n in range(100):
        now = n * 0.05
        fill(backlog, now)
        assert backlog.shed(now + STALE) == []
        backlog.pop(now + STALE)
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
    backlog.pop(0.2)
    fill(backlog, 0.25)
    backlog.shed(0.3)  # short
    backlog.shed(0.4)  # long again, since now
    backlog.shed(0.8)
    assert not backlog.is_overloaded


def test_sec_T12_overload_serves_the_newest_and_sheds_the_stalest(backlog):
    old, young, newest = OVERLOADED_AT - PATIENCE - 0.01, OVERLOADED_AT - 0.01, OVERLOADED_AT
    assert overload(backlog, old, young, newest) == [0.0, old]
    late = OVERLOADED_AT + SOON
    assert [each.ready_at for each in pop_all(backlog, late)] == [newest, young]


def test_sec_T12_overload_is_over_when_nobody_waits(backlog):
    overload(backlog, OVERLOADED_AT)
    assert backlog.is_overloaded
    backlog.pop(OVERLOADED_AT)
    first, second = fill(backlog, 2.0, 2.01)
    assert not backlog.is_overloaded
    assert backlog.shed(2.09) == []
    assert pop_all(backlog) == [first, second]


def test_sec_G8_in_overload_who_will_not_be_served_soon_is_refused_on_arrival(backlog):
    now = overload_at_a_pace(backlog, SOON / 3)
    admitted = 0
    while backlog.admits(now):
        fill(backlog, now)
        admitted += 1
    assert admitted == 4  # behind three of them it takes SOON
    now += SOON / 3
    backlog.pop(now)
    assert backlog.admits(now)


def test_sec_G8_without_overload_everybody_may_wait(backlog):
    for n in range(1000):
        assert backlog.admits(0.0)
        fill(backlog, 0.0)
        if n % 2:
            backlog.pop(n / 10)


def test_sec_G8_overload_goes_on_through_moments_without_a_queue(backlog):
    now = overload_at_a_pace(backlog, SOON / 2)
    fill(backlog, now, now, now)
    assert not backlog.admits(now)
    pop_all(backlog, now)
    fill(backlog, now + STANDING)
    assert backlog.is_overloaded
    pop_all(backlog, now + STANDING)
    fill(backlog, now + STANDING + 0.001)
    assert not backlog.is_overloaded


def test_sec_G8_those_that_may_wait_are_served_in_order(backlog):
    now = overload_at_a_pace(backlog, SOON / 3)
    first, second = fill(backlog, now, now + 0.001)
    assert backlog.pop(now + SOON) is first
    assert backlog.pop(now + SOON) is second


def test_sec_G8_pace_is_learned_anew_even_if_only_one_may_wait(backlog):
    now = overload_at_a_pace(backlog, 1.0)
    fill(backlog, now)
    assert not backlog.admits(now)
    for _ in range(100):
        now += SOON / 10
        backlog.pop(now)
        fill(backlog, now)
    assert backlog.admits(now)


def overload_at_a_pace(backlog, seconds):
    """Have it overloaded and empty, its requests served one each so many seconds; returns when."""
    overload(backlog, *[OVERLOADED_AT] * 100)
    now = OVERLOADED_AT
    while backlog:
        now += seconds
        backlog.pop(now)
    backlog._refused_at = now  # as others have just been
    return now


def test_sec_T12_old_wait_does_not_count_for_those_that_come_later(backlog):
    fill(backlog, 0.0)
    backlog.shed(STALE + 0.01)
    backlog.pop(STALE + 0.01)
    fill(backlog, 100.0)
    backlog.shed(100.0 + STALE + 0.01)
    assert not backlog.is_overloaded


def test_sec_G8_queue_that_gets_longer_behind_a_long_wait_is_overload_soon(backlog):
    fill(backlog, 0.0, 0.0)
    began = STALE + 0.001
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
        backlog.pop(now)
        assert backlog.shed(now) == []
    assert now < STALE + STANDING


def test_one_that_is_removed_is_not_served(backlog):
    first, second = fill(backlog, 0.0, 0.0)
    backlog.remove(first)
    backlog.remove(first)
    assert len(backlog) == 1
    assert backlog.pop(0.0) is second


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
