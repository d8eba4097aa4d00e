"""The deadline wheel and the pace of transfers."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore.runtime.deadlines import NEVER, TICK, DeadlineWheel, Timer, Transfer


def make_timer() -> Timer:
    return Timer(lambda: None)


def test_expires_within_a_tick_after_the_deadline():
    wheel, timer = DeadlineWheel(), make_timer()
    wheel.set(timer, 10.0)
    assert list(wheel.pop_expired(9.99)) == []
    assert list(wheel.pop_expired(10.0 + TICK)) == [timer]
    assert list(wheel.pop_expired(100.0)) == []
    assert wheel.wait(100.0) is None


def test_later_deadline_costs_no_new_entry():
    wheel, timer = DeadlineWheel(), make_timer()
    wheel.set(timer, 10.0)
    wheel.set(timer, 20.0)
    assert timer.entry_at == 10.0
    assert list(wheel.pop_expired(15.0)) == []
    assert list(wheel.pop_expired(20.1)) == [timer]


def test_earlier_deadline_moves_the_entry():
    wheel, timer = DeadlineWheel(), make_timer()
    wheel.set(timer, 20.0)
    wheel.set(timer, 10.0)
    assert wheel.wait(9.0) == pytest.approx(1.0)
    assert list(wheel.pop_expired(10.1)) == [timer]


def test_removed_ones_never_expire():
    wheel, timer = DeadlineWheel(), make_timer()
    wheel.set(timer, 10.0)
    wheel.remove(timer)
    wheel.remove(timer)
    assert list(wheel.pop_expired(11.0)) == []


def test_those_that_are_not_taken_come_with_the_next_call():
    wheel, timers = DeadlineWheel(), [make_timer() for _ in range(5)]
    for timer in timers:
        wheel.set(timer, 10.0)
    taken = list(islice(wheel.pop_expired(11.0), 2))
    assert wheel.wait(11.0) == 0.0
    rest = [timer for timer in timers if timer not in taken]
    wheel.remove(rest[0])
    wheel.set(rest[1], 20.0)
    assert list(wheel.pop_expired(11.0)) == [rest[2]]
    assert list(wheel.pop_expired(20.1)) == [rest[1]]
    assert wheel.wait(20.1) is None


def test_one_that_expires_may_set_itself_again():
    wheel, timer = DeadlineWheel(), make_timer()
    wheel.set(timer, 10.0)
    for expired in wheel.pop_expired(10.1):
        wheel.set(expired, 20.0)
    assert list(wheel.pop_expired(20.1)) == [timer]


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 50)), max_size=40))
def test_each_expires_once_between_its_last_deadline_and_a_tick_later(moves):
    wheel = DeadlineWheel()
    timers = [make_timer() for _ in range(6)]
    last: dict[int, float] = {}
    for index, deadline in moves:
        wheel.set(timers[index], deadline)
        last[index] = deadline
    expired_at: dict[int, float] = {}
    for step in range(int(60 / TICK)):
        now = step * TICK
        for timer in wheel.pop_expired(now):
            index = timers.index(timer)
            assert index not in expired_at
            expired_at[index] = now
    assert expired_at.keys() == last.keys()
    for index, now in expired_at.items():
        assert last[index] <= now <= last[index] + 2 * TICK


def make_transfer(**changes: float) -> Transfer:
    options = {"progress": 20.0, "grace": 10.0, "minimum_rate": 500, "total": 300.0} | changes
    return Transfer(1000.0, **options)


def test_sec_T2_nothing_in_the_grace_period_is_too_slow():
    assert make_transfer().deadline == 1010.0


def test_sec_T2_average_since_the_start_counts():
    transfer = make_transfer()
    transfer.advance(1005.0, 10_000)
    assert transfer.deadline == 1020.0


def test_sec_T2_progress_and_total_bound_a_quick_start():
    transfer = make_transfer()
    transfer.advance(1001.0, 10**9)
    assert transfer.deadline == 1021.0
    transfer.advance(1290.0, 1)
    assert transfer.deadline == 1300.0


def test_rate_zero_means_no_minimum():
    assert make_transfer(minimum_rate=0, progress=NEVER, total=NEVER).deadline == NEVER


def test_time_in_which_nobody_asked_for_more_does_not_count():
    transfer = make_transfer()
    transfer.advance(1001.0, 10**6)
    transfer.resume(1101.0)
    assert transfer.deadline == 1121.0
    transfer.advance(1102.0, 0)
    assert transfer.deadline == 1122.0
