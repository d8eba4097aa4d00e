"""The pool lane: requests that wait for a worker thread, and what the workers make of them.

At most as many requests as there are threads, and a quarter more to keep these busy while the loop
is, have been handed over at a time. The rest wait here, on the loop's side, where they can be shed
or reordered without a lock. They wait in four lines, for not all may have all of the threads:

- Those whose endpoints take long may have three quarters of the threads, and of the room to wait: a
  slow route never takes the last thread, nor the last place. Generated bodies that are taken up
  again count as long, too.
- Those that are bound by the processor take turns (`turns`), the long and the others apart: a
  report of two seconds does not hold up pages of five milliseconds. Nor do many that come to be
  refused: the loop hears of them in bundles, and loses 5 % of what could be computed instead of 9.

All of it belongs to the loop, but for `_run_*`, which the workers run.
"""

import time
from collections import deque
from collections.abc import Callable

from httpcore.protocol.states import Event
from httpcore.runtime.backlog import Backlog
from httpcore.runtime.connection import Connection
from httpcore.runtime.learning import EndpointRecord
from httpcore.runtime.pool_watch import PoolWatch
from httpcore.runtime.service import Service
from httpcore.runtime.tickets import Ticket
from httpcore.runtime.turns import Turns

LONG_SHARE = 0.75  # of the threads, and of the places to wait, may be taken by long runs
RECESS = 0.002  # seconds between two looks at a flood that runs have to compete with
AHEAD = 4  # one in so many threads finds its next request waiting in the pool's own queue

# What a worker does with a connection that was admitted before.
Work = Callable[[Connection], Event | None]
# What comes of a run (see `tickets.Work`), and of going on with a connection.
Ran = Callable[[Ticket, Event | None], None]
WentOn = Callable[[Connection, Event | None], None]

# Looked up for every request, which costs four times as much at the enumeration.
_HANDED_OVER = Event.HANDED_OVER
_DISCONNECTED = Event.DISCONNECTED

_LINES = ((True, False), (True, True), (False, True), (False, False))  # is long, is busy


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
        self._lines = {each: Backlog() for each in _LINES}
        self._busy_lines = [line for (_, is_busy), line in self._lines.items() if is_busy]
        self._resumed: deque[tuple[Work, Connection]] = deque()
        self._turns = Turns()
        self._is_waiting = False  # anybody, in any line; so who looks for nobody looks once
        self._tasks = 0  # handed over: tickets, and pieces of generated bodies
        self._watch = PoolWatch(service, self._waiting_since)

    def has_room(self, record: EndpointRecord) -> bool:
        """Whether one more may wait for a thread; else it is refused at once (sec:T12)."""
        if not self._is_waiting and self._tasks < self._threads.size:
            return True
        size, lines = self._threads.size, self._lines
        if not lines[record.is_long, record.is_busy].admits(self._loop.now):
            return False
        waiting_long = len(lines[True, False]) + len(lines[True, True])
        if record.is_long:
            behind = waiting_long + self._watch.long_running - _most_long(size)
            if behind >= self._capacity * LONG_SHARE:
                return False
        return self.waiting + self._tasks - size < self._capacity

    @property
    def waiting(self) -> int:
        """How many wait for a thread."""
        return sum(map(len, self._lines.values()))

    def enter(self, ticket: Ticket) -> None:
        """Have a worker run it, as soon as one may."""
        record = ticket.record
        ticket.is_long, ticket.is_busy = record.is_long, record.is_busy
        if not self._is_waiting and self._may_go(ticket.is_long, ticket.is_busy):
            self._hand_over(ticket)  # mostly so: no line to be looked through at the pass's end
            return
        self._lines[ticket.is_long, ticket.is_busy].push(ticket)
        self._is_waiting = True

    def remove(self, ticket: Ticket) -> None:
        """It is not to be run; nothing happens when it was handed over already."""
        self._lines[ticket.is_long, ticket.is_busy].remove(ticket)

    def submit(self, work: Work, connection: Connection) -> None:
        """Have a worker end what was admitted before, whatever waits."""
        self._count_task()
        self._threads.submit(self._run_work, (work, connection))

    def resume(self, work: Work, connection: Connection) -> None:
        """Have a worker make more of a generated body.

        What its producer does then nobody knows: it counts as a long run. It goes before those that
        wait, since it was admitted before.
        """
        self._resumed.append((work, connection))
        self._is_waiting = True

    def supply(self) -> None:
        """Send away who waited too long, let the workers have what they may."""
        if self._is_waiting:
            self._shed_stale()
            self._refill()
            self._watch_waiting()
        self._threads.flush()

    def give_way(self) -> None:
        """Let workers that wait for the processor have it for a moment, if anybody works."""
        if self._tasks:
            self._threads.precedence.give_way()

    def _shed_stale(self) -> None:
        for (is_long, is_busy), line in self._lines.items():
            for ticket in line.shed(self._loop.now, self._is_crowd(is_long, is_busy)):
                self._shed(ticket)

    def _is_crowd(self, is_long: bool, is_busy: bool) -> bool:
        """Whether there are more than threads, so that a line that stands may be overload.

        With a thread for each they would all go on at once, none of them faster. Those that take
        turns wait for each other only, whatever there is of others.
        """
        if is_busy:
            there = len(self._lines[is_long, True]) + self._watch.busy_running[is_long]
        else:
            there = self.waiting + self._tasks
        return there > self._threads.size

    def _refill(self) -> None:
        """Hand over as much as the threads can take."""
        most = _most_long(self._threads.size)
        while self._resumed and (self._watch.long_running < most or self._loop.is_stopping):
            self._count_task()
            self._watch.long_running += 1
            self._threads.submit(self._run_resumed, self._resumed.popleft())
        for (is_long, is_busy), line in self._lines.items():
            while line and self._may_go(is_long, is_busy):
                self._hand_over(line.pop(self._loop.now))

    def _may_go(self, is_long: bool, is_busy: bool) -> bool:
        """Whether one more of this kind may be handed over."""
        size, watch = self._threads.size, self._watch
        if self._tasks >= size + size // AHEAD:
            return False
        if is_long and watch.long_running >= _most_long(size):
            return False
        return not is_busy or watch.busy_running[is_long] < self._turns.width

    def _watch_waiting(self) -> None:
        lines, size = self._lines, self._threads.size
        is_flooded = any(line and line.is_overloaded for line in self._busy_lines)
        self._loop.recess = RECESS if is_flooded else 0.0
        self._is_waiting = any(lines.values()) or bool(self._resumed)
        self._turns.look(bool(lines[False, True] or lines[True, True]), self._loop.now, size)
        if lines[False, False] or lines[True, False]:
            self._watch.begin(size)  # all threads that may be are busy

    def _waiting_since(self) -> float | None:
        """When the one came that has waited longest for a thread, if anybody does."""
        waiting = (each.waiting_since for each in self._lines.values() if each)
        return min(waiting, default=None)

    def _hand_over(self, ticket: Ticket) -> None:
        if ticket.holds_place:
            ticket.connection.advance(_HANDED_OVER)
            ticket.is_weighed = ticket.record.is_to_be_weighed()
        self._tasks += 1
        self._watch.add(ticket, self._tasks)
        self._threads.submit(self._run_ticket, ticket)

    def _count_task(self) -> None:
        self._tasks += 1
        self._watch.begin(self._tasks)

    def _run_ticket(self, ticket: Ticket) -> None:
        event = None
        try:
            if ticket.take(self._loop.clock()):
                event = _DISCONNECTED  # should the work fail, which it never does (sec:R6)
                began = time.thread_time() if ticket.is_weighed else 0.0
                event = ticket.work(ticket.connection, ticket)
                if ticket.is_weighed:
                    ticket.processor = time.thread_time() - began
        finally:
            self._loop.post(self._on_ticket, ticket, event)

    def _run_work(self, task: tuple[Work, Connection]) -> None:
        self._run_for(task, self._on_work)

    def _run_resumed(self, task: tuple[Work, Connection]) -> None:
        self._run_for(task, self._on_resumed)

    def _run_for(self, task: tuple[Work, Connection], on_end: WentOn) -> None:
        work, connection = task
        event: Event | None = Event.DISCONNECTED  # should the work fail: see `_run_ticket`
        try:
            event = work(connection)
        finally:
            self._loop.post(on_end, connection, event)

    def _on_ticket(self, ticket: Ticket, event: Event | None) -> None:
        self._tasks -= 1
        self._watch.end(ticket)
        if ticket.processor:
            ticket.record.note_processor(ticket.processor)
        self._ran(ticket, event)

    def _on_resumed(self, connection: Connection, event: Event | None) -> None:
        self._watch.long_running -= 1
        self._on_work(connection, event)

    def _on_work(self, connection: Connection, event: Event | None) -> None:
        self._tasks -= 1
        self._went_on(connection, event)


def _most_long(threads: int) -> int:
    return int(threads * LONG_SHARE) or 1
