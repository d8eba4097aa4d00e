"""Who runs the loop: every order in which its holder and the watchdog can come."""

import itertools
import threading

import pytest

from httpcore.runtime import watchdog as watchdog_module
from httpcore.runtime.baton import Baton
from httpcore.runtime.watchdog import NAP, TICK, Watchdog
from tests.support.wire import wait_until

PATIENCE = 10.0


class Watcher:
    """A watchdog that is asked to tick by hand."""

    def __init__(self, baton: Baton) -> None:
        self.tick = Watchdog(baton, lambda holder: None).tick


def test_feat_V1_run_met_twice_is_taken():
    baton = Baton()
    watcher = Watcher(baton)
    baton.enter()
    assert watcher.tick() is None
    assert watcher.tick() == 1
    assert baton.leave(0) is False


def test_feat_V1_run_that_ends_between_two_ticks_is_not_taken():
    baton = Baton()
    watcher = Watcher(baton)
    baton.enter()
    assert watcher.tick() is None
    assert baton.leave(0)
    assert watcher.tick() is None
    assert baton.holder == 0


def test_feat_V1_next_run_is_not_taken_for_the_one_before():
    baton = Baton()
    watcher = Watcher(baton)
    baton.enter()
    assert watcher.tick() is None
    assert baton.leave(0)
    baton.enter()
    assert watcher.tick() is None
    assert baton.leave(0)


def starved_watchdog(*waits):
    """The baton in a run, and a watchdog that the loop's thread has waited for the processor."""
    baton, seconds = Baton(), iter(waits)
    baton.enter()
    return baton, Watchdog(baton, lambda holder: None, lambda: next(seconds))


def test_feat_V1_run_without_a_processor_is_not_taken():
    _, watchdog = starved_watchdog(0.0, *[TICK] * 50)
    assert [watchdog.tick() for _ in range(51)] == [None] * 51


def test_feat_V1_run_that_gets_a_processor_in_pieces_is_taken_all_the_same():
    """With four others on its core it has a fifth of each tick, and never half of one."""
    _, watchdog = starved_watchdog(*[TICK * 0.8] * 4)
    assert [watchdog.tick() for _ in range(4)] == [None, None, None, 1]


def test_feat_V1_pieces_of_two_runs_are_not_added_up():
    baton, watchdog = starved_watchdog(*[TICK * 0.8] * 6)
    assert [watchdog.tick() for _ in range(3)] == [None] * 3
    baton.leave(0)
    baton.enter()
    assert [watchdog.tick() for _ in range(3)] == [None] * 3


def test_feat_V1_late_watchdog_cannot_take_what_it_saw_before():
    baton = Baton()
    baton.enter()
    seen = baton.sequence
    baton.leave(0)
    assert baton.take(seen) is None
    baton.enter()
    assert baton.take(seen) is None
    assert baton.leave(0)


def test_feat_V1_nothing_is_taken_between_two_runs():
    baton = Baton()
    watcher = Watcher(baton)
    assert [watcher.tick() for _ in range(3)] == [None] * 3
    baton.enter()
    baton.leave(0)
    assert [watcher.tick() for _ in range(3)] == [None] * 3


def test_feat_V1_new_holder_can_lose_the_baton_too():
    baton = Baton()
    first, second = Watcher(baton), Watcher(baton)
    baton.enter()
    first.tick()
    assert first.tick() == 1
    baton.enter()
    second.tick()
    assert second.tick() == 2
    assert [baton.leave(0), baton.leave(1)] == [False, False]
    baton.enter()
    assert baton.leave(2)


def test_feat_V1_one_run_is_taken_once():
    baton = Baton()
    baton.enter()
    seen = baton.sequence
    assert baton.take(seen) == 1
    assert baton.take(seen) is None


RUNS = 3


def holder_steps(baton, events):
    """One thread that is the loop: its atomic steps, until it has lost the baton."""
    for run in range(RUNS):
        baton.enter()
        events.append(("entered", run))
        yield
        if not baton.leave(0):
            events.append(("lost", run))
            return
        events.append(("left", run))
        yield


def watchdog_steps(baton, events):
    """A watchdog whose reading and taking are two steps, as another thread may come in between."""
    seen = 0
    for _ in range(4):
        sequence = baton.sequence
        is_met_again = sequence == seen
        seen = sequence
        yield
        if is_met_again and baton.take(sequence) is not None:
            events.append(("taken", None))
            return
        yield


SCHEDULES = list(itertools.combinations(range(2 * RUNS + 8), 2 * RUNS))


def test_feat_V1_every_interleaving_leaves_one_holder():
    """3,003 of them: all orders of three runs and four ticks, step by step."""
    outcomes = set()
    for schedule in SCHEDULES:
        baton, events = Baton(), []
        holder, watchdog = holder_steps(baton, events), watchdog_steps(baton, events)
        for step in range(2 * RUNS + 8):
            next(holder if step in schedule else watchdog, None)
        next(holder, None)  # what is left of a run ends at last
        taken = [index for index, (what, _) in enumerate(events) if what == "taken"]
        lost = [run for what, run in events if what == "lost"]
        assert len(taken) == baton.holder <= 1
        assert bool(lost) == bool(taken)
        if taken:
            before, after = events[taken[0] - 1], events[taken[0] + 1]
            # Between the entering of a run and its end, and by none but that run is it noticed.
            assert before[0] == "entered"
            assert after == ("lost", before[1])
            assert events[-1] == after
        outcomes.add(tuple(what for what, _ in events))
    assert len(outcomes) > 3  # none, and each of the three runs taken


def test_feat_V1_threads_that_hang_and_take_over_never_meet_in_the_loop():
    """Real threads, in whatever order they come: the loop's data has one user at any time."""
    baton, inside, trespasses = Baton(), [], []
    passes, is_over = [0], threading.Event()

    def touch_the_loop() -> None:
        inside.append(threading.get_ident())
        if len(inside) > 1:
            trespasses.append(tuple(inside))
        passes[0] += 1
        inside.pop()

    def be_the_loop(holder: int) -> None:
        while not is_over.is_set():
            touch_the_loop()
            baton.enter()
            if passes[0] % 7 == 0:
                pauses.wait(0.0005)
            if not baton.leave(holder):
                return

    pauses = threading.Event()
    threads = [threading.Thread(target=be_the_loop, args=(0,))]
    threads[0].start()
    watcher = Watcher(baton)
    while baton.holder < 100:
        if (holder := watcher.tick()) is not None:
            threads.append(threading.Thread(target=be_the_loop, args=(holder,)))
            threads[-1].start()
    is_over.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert trespasses == []
    assert baton.holder == 100


class Sleeper:
    """Stands in for the event a watchdog sleeps by; a run may begin at any of its steps."""

    def __init__(self) -> None:
        self.is_set = False
        self.slept_through = False
        self.on_clear = self.on_wait = lambda: None

    def clear(self) -> None:
        self.is_set = False
        self.on_clear()

    def set(self) -> None:
        self.is_set = True

    def wait(self, timeout: float) -> None:
        assert timeout == NAP
        self.on_wait()
        self.slept_through = not self.is_set


@pytest.fixture
def sleeper():
    return Sleeper()


@pytest.fixture
def baton(sleeper):
    baton = Baton()
    baton._sleeper = sleeper
    return baton


def test_watchdog_sleeps_while_no_run_begins(baton, sleeper):
    baton.sleep(0, NAP)
    assert sleeper.slept_through
    assert not baton.is_unwatched


def test_run_that_begins_before_the_watchdog_says_it_sleeps_is_seen_by_its_second_look(
    baton, sleeper
):
    sleeper.on_clear = baton.enter
    sleeper.on_wait = lambda: pytest.fail("it sleeps though a run has begun")
    baton.sleep(0, NAP)


def test_run_that_begins_while_the_watchdog_sleeps_wakes_it(baton, sleeper):
    sleeper.on_wait = baton.enter
    baton.sleep(0, NAP)
    assert not sleeper.slept_through
    assert not baton.is_unwatched


def test_run_that_begins_between_the_announcement_and_the_second_look_is_seen():
    class SlowBaton(Baton):
        """A run begins as soon as it is said that nobody watches."""

        @property
        def is_unwatched(self):
            return self.__dict__.get("flag", False)

        @is_unwatched.setter
        def is_unwatched(self, flag):
            self.__dict__["flag"] = flag
            if flag:
                self.enter()

    baton = SlowBaton()
    baton._sleeper = sleeper = Sleeper()
    sleeper.on_wait = lambda: pytest.fail("it sleeps though a run has begun")
    baton.sleep(0, NAP)
    assert sleeper.is_set


def test_only_the_first_run_pays_for_waking(baton, sleeper):
    sleeper.on_wait = baton.enter
    baton.sleep(0, NAP)
    sleeper.is_set = False
    baton.leave(0)
    baton.enter()
    assert not sleeper.is_set


def test_watchdog_thread_takes_over_and_ends_with_that():
    baton, held = Baton(), []
    watchdog = Watchdog(baton, held.append)
    before = threading.active_count()
    baton.enter()
    watchdog.start()
    wait_until(lambda: bool(held), "the take-over")
    watchdog.stop()
    assert held == [1]
    assert threading.active_count() <= before + 1


def test_feat_V1_watchdog_does_not_sleep_over_a_run_that_waits_for_a_processor(monkeypatch):
    monkeypatch.setattr(watchdog_module, "QUIET_TICKS", 1)

    class SleeplessBaton(Baton):
        def sleep(self, sequence, timeout):
            slept.append(sequence)

    baton, held, slept, ticks = SleeplessBaton(), [], [], itertools.count()
    baton.enter()
    waited = lambda: TICK if next(ticks) < 10 else 0.0  # noqa: E731
    Watchdog(baton, held.append, waited).start()
    wait_until(lambda: bool(held), "the take-over")
    assert slept == []


def test_sec_T9_watchdog_goes_on_watching_after_a_want_of_memory():
    baton, held, failing = Baton(), [], iter([MemoryError(), MemoryError()])

    def waited():
        if (error := next(failing, None)) is not None:
            raise error
        return 0.0

    baton.enter()
    Watchdog(baton, held.append, waited).start()
    wait_until(lambda: bool(held), "the take-over")


def test_sec_T9_watchdog_goes_on_watching_where_it_had_no_memory_to_sleep(monkeypatch):
    monkeypatch.setattr(watchdog_module, "QUIET_TICKS", 1)

    class ShortBaton(Baton):
        def sleep(self, sequence, timeout):
            self.enter()
            raise MemoryError

    held = []
    Watchdog(ShortBaton(), held.append).start()
    wait_until(lambda: bool(held), "the take-over")


def test_stopped_watchdog_ends_though_it_sleeps():
    watchdog = Watchdog(Baton(), lambda holder: None)
    watchdog.start()
    (thread,) = (each for each in threading.enumerate() if each.name == "treadle-watchdog-1")
    watchdog.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
