"""The worker pool and the way back to the loop."""

import queue
import select
import threading

import pytest

from httpcore.counters import faults
from httpcore.runtime import pool as pool_module
from httpcore.runtime.mailbox import Mailbox
from httpcore.runtime.pool import WorkerPool

PATIENCE = 10.0


def refuse_to_start(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def is_readable(mailbox: Mailbox) -> bool:
    return bool(select.select([mailbox], [], [], 0)[0])


def take_all(mailbox: Mailbox) -> int:
    """Make the calls; how many."""
    messages, count = mailbox.open(), 0
    while messages:
        call, arguments = messages.popleft()
        call(*arguments)
        count += 1
    return count


def test_messages_come_in_order_and_once():
    mailbox, seen = Mailbox(), []
    for n in range(5):
        mailbox.post(seen.append, n)
    take_all(mailbox)
    assert (seen, list(mailbox.open())) == ([0, 1, 2, 3, 4], [])
    mailbox.close()


def test_busy_loop_is_not_woken_and_a_waiting_one_once():
    mailbox = Mailbox()
    mailbox.post(list)
    assert not is_readable(mailbox)
    assert not mailbox.may_wait()  # there is mail
    assert take_all(mailbox) == 1
    assert mailbox.may_wait()
    mailbox.post(list)
    mailbox.post(list)
    assert is_readable(mailbox)
    mailbox.drain()
    assert not is_readable(mailbox)
    assert take_all(mailbox) == 2
    mailbox.close()


def test_mail_wakes_a_loop_that_waits_for_nothing_else():
    mailbox = Mailbox()
    assert mailbox.may_wait()
    assert not mailbox.wait(0)
    poster = threading.Thread(target=mailbox.post, args=(list,))
    poster.start()
    assert mailbox.wait(PATIENCE)
    poster.join()
    mailbox.close()


def test_posting_to_a_closed_mailbox_is_harmless():
    mailbox = Mailbox()
    assert mailbox.may_wait()
    mailbox.close()
    mailbox.post(list)


def test_no_message_is_lost_between_many_posters_and_a_waiting_loop():
    mailbox, seen = Mailbox(), []
    posters = [
        threading.Thread(target=lambda: [mailbox.post(seen.append, 1) for _ in range(500)])
        for _ in range(4)
    ]
    for poster in posters:
        poster.start()
    while len(seen) < 2000:
        if mailbox.may_wait():
            assert select.select([mailbox], [], [], PATIENCE)[0], "a wake-up was lost"
            mailbox.drain()
        take_all(mailbox)
    for poster in posters:
        poster.join(PATIENCE)
    mailbox.close()


def test_pool_runs_tasks_and_ends():
    pool, results = WorkerPool(threads=3), queue.Queue()
    pool.start()
    for n in range(10):
        pool.submit(results.put, n)
    assert results.empty()  # until the loop's pass is over
    pool.flush()
    assert sorted(results.get(timeout=PATIENCE) for _ in range(10)) == list(range(10))
    assert pool.stop(PATIENCE) == 0
    assert pool.thread_count == 0


@pytest.mark.parametrize("error", [SystemExit(1), MemoryError(), RuntimeError("ours")])
def test_sec_R6_fault_of_a_task_costs_no_thread(caplog, monkeypatch, error):
    pool, results = WorkerPool(threads=2), queue.Queue()
    counted = faults.value
    pool.start()
    monkeypatch.setattr(threading.Thread, "start", refuse_to_start)
    meeting = threading.Barrier(3)

    def fail(argument: object) -> None:
        raise error

    for n in range(5):
        pool.submit(fail, n)
    for _ in range(2):  # each holds a thread until both are there
        pool.submit(lambda _: (meeting.wait(PATIENCE), results.put(1)), None)
    pool.flush()
    meeting.wait(PATIENCE)
    assert [results.get(timeout=PATIENCE) for _ in range(2)] == [1, 1]
    assert (pool.size, pool.thread_count) == (2, 2)
    assert pool.stop(PATIENCE) == 0
    assert len(caplog.records) == faults.value - counted == 5


def test_sec_R6_fault_that_cannot_even_be_logged_costs_no_thread(monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    pool, results = WorkerPool(threads=1), queue.Queue()
    monkeypatch.setattr(pool_module.logger, "exception", fail)
    pool.start()
    pool.submit(fail, None)
    pool.submit(results.put, 1)
    pool.flush()
    assert results.get(timeout=PATIENCE) == 1
    assert pool.stop(PATIENCE) == 0


def test_stuck_thread_does_not_hold_up_the_end():
    pool, go_on, began = WorkerPool(threads=1), threading.Event(), threading.Event()
    pool.start()
    pool.submit(lambda _: (began.set(), go_on.wait(PATIENCE)), None)
    pool.flush()
    assert began.wait(PATIENCE)
    assert pool.stop(0) == 1
    go_on.set()
    assert pool.stop(PATIENCE) == 0
