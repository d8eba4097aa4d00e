"""The pool lane: requests that wait for a worker thread, and what the workers make of them.

At most as many requests as there are threads, and a quarter more to keep these busy while the loop
is, have been handed over at a time. The rest wait here, on the loop's side, where they can be shed
or reordered without a lock. Those whose endpoints take long wait apart, for they may have three
quarters of the threads, and of the room to wait: a slow route never takes the last thread, nor the
last place.

All of it belongs to the loop, but for `_run_*`, which the workers run.
"""

from collections.abc import Callable

from httpcore.protocol.states import Event
from httpcore.runtime.backlog import Backlog
from httpcore.runtime.connection import Connection
from httpcore.runtime.learning import EndpointRecord
from httpcore.runtime.pool_watch import PoolWatch
from httpcore.runtime.service import Service
from httpcore.runtime.tickets import Ticket

LONG_SHARE = 0.75  # of the threads, and of the places to wait, may be taken by long runs
AHEAD = 4  # one in so many threads finds its next request waiting in the pool's own queue

# What comes of a run (see `tickets.Work`), and of going on with a connection.
Ran = Callable[[Ticket, Event | None], None]
WentOn = Callable[[Connection, Event | None], None]


class PoolLane:
    """ran, went_on: told what workers have done. shed: told of tickets that nobody will run."""

    def __init__(
        self, service: Service, ran: Ran, went_on: WentOn, shed: Callable[[Ticket], None]
    ) -> None:
        self._loop = service.loop
        self._threads = service.pool
        self._ran = ran
        self._went_on = went_on
        self._shed = shed
        self._capacity = service.config.threads * service.config.queue_per_thread
        self._backlog, self._long = Backlog(), Backlog()
        self._tasks = 0  # handed over: tickets, and pieces of generated bodies
        self._watch = PoolWatch(service, self._waiting_since)

    def has_room(self, record: EndpointRecord) -> bool:
        """Whether one more may wait for a thread; else it is refused at once (sec:T12)."""
        size, waiting_long = self._threads.size, len(self._long)
        if record.is_long:
            behind = waiting_long + self._watch.long_running - _most_long(size)
            if behind >= self._capacity * LONG_SHARE:
                return False
        return len(self._backlog) + waiting_long + self._tasks - size < self._capacity

    def enter(self, ticket: Ticket) -> None:
        """Have a worker run it, as soon as one may."""
        ticket.is_long = ticket.record.is_long
        (self._long if ticket.is_long else self._backlog).push(ticket)

    def remove(self, ticket: Ticket) -> None:
        """It is not to be run; nothing happens when it was handed over already."""
        (self._long if ticket.is_long else self._backlog).remove(ticket)

    def submit(self, work: Callable[[Connection], Event | None], connection: Connection) -> None:
        """Have a worker go on with an exchange that was admitted before, whatever waits."""
        self._count_task()
        self._threads.submit(self._run_work, (work, connection))

    def before_wait(self) -> None:
        """At the end of each pass: send away who waited too long, let the workers begin."""
        for backlog in (self._backlog, self._long):
            if backlog:
                for ticket in backlog.shed(self._loop.now):
                    self._shed(ticket)
        self._refill()
        self._threads.flush()

    def _refill(self) -> None:
        """Hand over as much as the threads can take."""
        size = self._threads.size
        most, most_long = size + size // AHEAD, _most_long(size)
        while self._long and self._watch.long_running < most_long and self._tasks < most:
            self._hand_over(self._long.pop())
        while self._backlog and self._tasks < most:
            self._hand_over(self._backlog.pop())
        if self._long or self._backlog:
            self._watch.begin(size)  # all threads that may be are busy

    def _waiting_since(self) -> float | None:
        """When the one came that has waited longest for a thread, if anybody does."""
        waiting = (each.waiting_since for each in (self._backlog, self._long) if each)
        return min(waiting, default=None)

    def _hand_over(self, ticket: Ticket) -> None:
        if ticket.holds_place:
            ticket.connection.advance(Event.HANDED_OVER)
        self._watch.add(ticket)
        self._count_task()
        self._threads.submit(self._run_ticket, ticket)

    def _count_task(self) -> None:
        self._tasks += 1
        self._watch.begin(self._tasks)

    def _run_ticket(self, ticket: Ticket) -> None:
        event = None
        try:
            if ticket.take(self._loop.clock()):
                event = Event.DISCONNECTED  # should the work fail, which it never does (sec:R6)
                event = ticket.work(ticket.connection, ticket)
        finally:
            self._loop.post(self._on_ticket, ticket, event)

    def _run_work(self, task: tuple[Callable[[Connection], Event | None], Connection]) -> None:
        work, connection = task
        self._loop.post(self._on_work, connection, work(connection))

    def _on_ticket(self, ticket: Ticket, event: Event | None) -> None:
        self._tasks -= 1
        self._watch.end(ticket)
        self._ran(ticket, event)

    def _on_work(self, connection: Connection, event: Event | None) -> None:
        self._tasks -= 1
        self._went_on(connection, event)


def _most_long(threads: int) -> int:
    return int(threads * LONG_SHARE) or 1
