"""The worker pool and the way back to the loop."""

import queue
import select
import threading

from httpcore.runtime.mailbox import Mailbox
from httpcore.runtime.pool import WorkerPool

PATIENCE = 10.0


def is_readable(mailbox: Mailbox) -> bool:
    return bool(select.select([mailbox], [], [], 0)[0])


def test_messages_come_in_order_and_once():
    mailbox, seen = Mailbox(), []
    for n in range(5):
        mailbox.post(seen.append, n)
    for call, arguments in mailbox.take():
        call(*arguments)
    assert (seen, mailbox.take()) == ([0, 1, 2, 3, 4], [])
    mailbox.close()


def test_busy_loop_is_not_woken_and_a_waiting_one_once():
    mailbox = Mailbox()
    mailbox.post(print)
    assert not is_readable(mailbox)
    assert not mailbox.may_wait()  # there is mail
    mailbox.take()
    assert mailbox.may_wait()
    mailbox.post(print)
    mailbox.post(print)
    assert is_readable(mailbox)
    mailbox.drain()
    assert not is_readable(mailbox)
    assert len(mailbox.take()) == 2
    mailbox.close()


def test_posting_to_a_closed_mailbox_is_harmless():
    mailbox = Mailbox()
    assert mailbox.may_wait()
    mailbox.close()
    mailbox.post(print)


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
        for call, arguments in mailbox.take():
            call(*arguments)
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


def test_sec_R6_thread_that_dies_is_replaced(caplog):
    pool, results = WorkerPool(threads=1), queue.Queue()
    pool.start()

    def die(argument: object) -> None:
        raise SystemExit(argument)

    for n in range(3):
        pool.submit(die, n)
        pool.submit(results.put, n)
        pool.flush()
        assert results.get(timeout=PATIENCE) == n
    assert pool.stop(PATIENCE) == 0
    assert len(caplog.records) == 3


def test_stuck_thread_does_not_hold_up_the_end():
    pool, go_on, began = WorkerPool(threads=1), threading.Event(), threading.Event()
    pool.start()
    pool.submit(lambda _: (began.set(), go_on.wait(PATIENCE)), None)
    pool.flush()
    assert began.wait(PATIENCE)
    assert pool.stop(0) == 1
    go_on.set()
    assert pool.stop(PATIENCE) == 0
