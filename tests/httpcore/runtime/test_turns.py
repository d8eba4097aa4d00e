"""How many processor-bound runs may go on at a time (feat:V6, sec:G8)."""

import itertools

import pytest

from httpcore.runtime.processor import waited_by_all
from httpcore.runtime.turns import CALM, LOOK, MAX_REST, REST, Turns

THREADS = 32
STEP = 1 / 16  # seconds; sums of it are exact


class Machine:
    """Looks at turns, with as much of the processor had and waited for as a test says."""

    def __init__(self):
        self.now = self.used = self.waited = self.own = 0.0
        self.cores = 8
        self.turns = Turns(
            lambda: self.used, lambda: self.waited, lambda: self.own, lambda: self.cores
        )
        self.look(0.0)

    def look(self, cores, *, starved=0.0, own=0.0, is_short=True):
        self.now += STEP
        self.used += cores * STEP
        self.waited += starved * STEP
        self.own += own * STEP
        self.turns.look(is_short, self.now, THREADS)
        return self.turns.width


@pytest.fixture
def machine():
    return Machine()


def test_each_step_is_a_look():
    assert STEP >= LOOK


def test_feat_V6_twice_as_many_run_while_the_processor_is_idle(machine):
    assert [machine.look(0.3) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 32, 32]


def test_sec_G8_fewer_run_while_they_hamper_each_other(machine):
    while machine.look(0.3) < THREADS:
        pass
    widths = [machine.look(1.0) for _ in range(12)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 1


def test_feat_V6_what_keeps_a_core_nearly_busy_stays(machine):
    machine.look(0.3)
    machine.look(0.3)
    assert [machine.look(0.9) for _ in range(5)] == [2] * 5


def test_feat_V6_runs_that_leave_the_interpreter_get_a_core_each(machine):
    assert [machine.look(float(machine.turns.width)) for _ in range(4)] == [2, 3, 4, 5]


def test_feat_V6_no_more_are_tried_than_there_are_processors(machine):
    machine.cores = 2
    assert [machine.look(float(machine.turns.width)) for _ in range(4)] == [2, 2, 2, 2]
    assert [machine.look(0.3) for _ in range(3)] == [2, 4, 8]  # these wait for something else


def looks_until_one_more(machine):
    assert machine.look(1.0) == 1
    return next(count for count in itertools.count(1) if machine.look(1.0) == 2)


def test_feat_V6_one_too_many_is_tried_again_after_a_while_longer_each_time(machine):
    assert machine.look(1.0) == 2
    rests = [looks_until_one_more(machine) for _ in range(7)]
    assert rests == [REST + 1, 2 * REST + 1, 4 * REST + 1, 8 * REST + 1] + [MAX_REST + 1] * 3


def test_feat_V6_way_down_from_many_puts_no_trial_off(machine):
    """With 8 cores 7 had work for the next 16 seconds."""
    while machine.look(0.3) < THREADS:
        pass
    while machine.look(1.0) > 1:
        pass
    assert machine.look(1.0) == 2
    assert [looks_until_one_more(machine) for _ in range(2)] == [REST + 1, 2 * REST + 1]


def test_feat_V6_one_more_is_tried_at_once_when_something_else_may_have_come(machine):
    machine.look(1.0)
    assert [looks_until_one_more(machine) for _ in range(3)][-1] == 4 * REST + 1
    assert machine.look(1.0) == 1
    machine.look(0.0, is_short=False)
    assert [machine.look(1.0) for _ in range(3)] == [1] * 3  # nobody waited, for a moment
    for _ in range(int(CALM / STEP)):
        machine.look(0.0, is_short=False)
    assert [machine.look(1.0) for _ in range(2)] == [1, 2]
    assert looks_until_one_more(machine) == REST + 1


def test_time_in_which_nobody_waits_does_not_count(machine):
    assert machine.look(0.0, is_short=False) == 1
    assert [machine.look(0.0) for _ in range(3)] == [1, 1, 2]  # a new beginning


def test_sec_G8_processor_that_others_have_is_not_idle(machine):
    assert [machine.look(0.5, starved=0.4) for _ in range(5)] == [1, 2, 2, 2, 2]
    assert [machine.look(0.5, starved=0.6) for _ in range(2)] == [1, 1]


def test_sec_G8_processor_that_the_loop_itself_takes_is_none_of_theirs(machine):
    """It refuses a flood on one core, and a run has most of another."""
    assert [machine.look(1.2, own=0.35) for _ in range(30)] == [1] * 30
    assert machine.look(1.3, own=0.35) == 2
    assert machine.look(1.3, own=0.35) == 1


def test_sec_G8_thread_that_has_just_become_the_loop_has_had_nothing(machine):
    machine.own = 5.0
    machine.look(0.95)
    machine.own = 0.0
    assert machine.look(0.95) == 2


def test_what_all_threads_have_waited_is_known():
    assert waited_by_all() >= 0.0
