"""The right to answer: whoever comes second is told so (feat:V3)."""

import itertools
import threading

import pytest

from httpcore.runtime.tickets import Stage, Ticket


class Exchange:
    """What a ticket takes from a connection."""

    body = b"the body"


@pytest.fixture
def ticket():
    return Ticket(Exchange(), None, None, ready_at=1.0, places=None)


def test_body_goes_with_the_ticket(ticket):
    body, ticket.connection.body = ticket.connection.body, b""
    assert ticket.body == body


def test_answer_first_deadline_second(ticket):
    assert ticket.take(2.0)
    assert ticket.settle()
    assert not ticket.cancel()
    assert not ticket.withdraw()
    assert not ticket.is_withdrawn()


def test_deadline_first_answer_second(ticket):
    assert ticket.take(2.0)
    assert not ticket.cancel()
    assert ticket.withdraw()
    assert not ticket.settle()
    assert ticket.is_withdrawn()


def test_deadline_before_anybody_has_begun(ticket):
    assert not ticket.withdraw()
    assert ticket.cancel()
    assert not ticket.take(2.0)
    assert (ticket.taken_at, ticket.thread) == (0.0, 0)


def test_taking_notes_when_and_who(ticket):
    ticket.take(2.0)
    assert (ticket.taken_at, ticket.thread) == (2.0, threading.get_ident())


WORKER = ("take", "settle")
LOOP = ("cancel", "withdraw")


@pytest.mark.parametrize("places", list(itertools.combinations(range(4), 2)))
def test_every_order_gives_the_answer_to_one(ticket, places):
    """A worker takes and settles; the loop cancels and, where it cannot, withdraws."""
    worker, loop = iter(WORKER), iter(LOOP)
    won = set()
    for step in range(4):
        name = next(worker if step in places else loop)
        is_first = ticket.take(2.0) if name == "take" else getattr(ticket, name)()
        if is_first and name != "take":
            won.add("worker" if name == "settle" else "loop")
    assert len(won) <= 1
    assert ticket.stage in (Stage.SETTLED, Stage.WITHDRAWN)
    assert won == {"worker" if ticket.stage is Stage.SETTLED else "loop"}


def test_threads_that_come_at_the_same_moment():
    for _ in range(200):
        ticket = Ticket(Exchange(), None, None, ready_at=0.0, places=None)
        ticket.take(1.0)
        barrier, won = threading.Barrier(2), []

        def come(act, barrier=barrier, won=won):
            barrier.wait()
            won.append(act())

        threads = [
            threading.Thread(target=come, args=(act,)) for act in (ticket.settle, ticket.withdraw)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == [False, True]
