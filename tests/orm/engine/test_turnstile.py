"""The fair semaphore: order, deadlines, and the race between the two."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from orm.engine.turnstile import Turnstile

DEADLINE = 10.0


def start(target: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def wait_for_waiters(turnstile: Turnstile, count: int) -> None:
    """Queueing has no event to wait on; yield until it has happened or a deadline passes."""
    pause = threading.Event()
    for _ in range(10_000):
        if turnstile.waiting == count:
            return
        pause.wait(0.001)
    raise AssertionError(f"{turnstile.waiting} waiting, not {count}")


def test_as_many_as_permits_pass_at_once() -> None:
    turnstile = Turnstile(2)
    assert turnstile.acquire(0)
    assert turnstile.acquire(0)
    assert not turnstile.acquire(0.001)
    turnstile.release()
    assert turnstile.acquire(0)


def test_sec_D17_waiters_pass_in_the_order_they_came() -> None:
    turnstile = Turnstile(1)
    turnstile.acquire(0)
    passed: list[int] = []

    def wait(number: int) -> None:
        if turnstile.acquire(DEADLINE):
            passed.append(number)
            turnstile.release()

    threads = []
    for number in range(8):
        threads.append(start(lambda number=number: wait(number)))  # type: ignore[misc]
        wait_for_waiters(turnstile, number + 1)
    turnstile.release()
    for thread in threads:
        thread.join(DEADLINE)
    assert passed == list(range(8))


def test_a_release_goes_to_the_waiter_and_not_to_a_newcomer() -> None:
    turnstile = Turnstile(1)
    turnstile.acquire(0)
    leave = threading.Event()
    inside = threading.Event()

    def wait() -> None:
        turnstile.acquire(DEADLINE)
        inside.set()
        leave.wait(DEADLINE)
        turnstile.release()

    thread = start(wait)
    wait_for_waiters(turnstile, 1)
    turnstile.release()
    assert not turnstile.acquire(0)
    assert inside.wait(DEADLINE)
    leave.set()
    thread.join(DEADLINE)
    assert turnstile.acquire(0)


def test_a_waiter_that_timed_out_is_not_handed_the_permit() -> None:
    turnstile = Turnstile(1)
    turnstile.acquire(0)
    assert not turnstile.acquire(0.01)
    assert turnstile.waiting == 0
    turnstile.release()
    assert turnstile.acquire(0)


class _ReleasedMeanwhile(deque[Any]):
    """A queue before whose first waiter somebody leaves, when nobody is seen to wait yet."""

    turnstile: Turnstile

    def append(self, gate: Any) -> None:
        self.turnstile.release()
        super().append(gate)


def test_a_permit_that_gets_free_while_somebody_queues_up_is_taken() -> None:
    turnstile = Turnstile(1)
    turnstile.acquire(0)
    queue = turnstile._waiting = _ReleasedMeanwhile()
    queue.turnstile = turnstile
    assert turnstile.acquire(DEADLINE)
    assert (turnstile.free, turnstile.waiting) == (0, 0)


def test_no_permit_is_lost_or_made_by_a_crowd() -> None:
    turnstile = Turnstile(2)
    inside: list[int] = []
    crowds: list[int] = []

    def pass_often() -> None:
        for number in range(300):
            assert turnstile.acquire(DEADLINE)
            inside.append(number)
            crowds.append(len(inside))
            inside.pop()
            turnstile.release()

    threads = [start(pass_often) for _ in range(8)]
    for thread in threads:
        thread.join(DEADLINE)
    assert len(crowds) == 8 * 300
    assert max(crowds) <= 2
    assert (turnstile.free, turnstile.waiting) == (2, 0)
