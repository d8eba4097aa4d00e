"""Looking after the pool while it works: is it large enough, and does anything in it hang?"""

import logging
import sys
import time
import traceback
from collections.abc import Callable

from httpcore.runtime.deadlines import Timer
from httpcore.runtime.learning import LONG, WEIGHT
from httpcore.runtime.service import Service
from httpcore.runtime.sizing import INTERVAL, Interval, PoolSizer
from httpcore.runtime.tickets import Ticket

logger = logging.getLogger("treadle.server")

STUCK = 30.0  # seconds of one run; then its stack is logged, once (sec:T13)


class PoolWatch:
    """Looks four times a second, but only while something runs or the pool has grown.

    waiting_since: tells when the one came that has waited longest for a thread, None = nobody does.
    running: tickets that were handed over and have not come back; long_running: how many of them
    count as long; busy_running: how many as processor-bound, of those that do not and that do.
    stuck: runs reported so far.
    """

    def __init__(self, service: Service, waiting_since: Callable[[], float | None]) -> None:
        self._loop = service.loop
        self._pool = service.pool
        self._sizer = PoolSizer(service.config.threads)
        self._waiting_since = waiting_since
        self._timer = Timer(self._look)
        self._is_looking = False
        self._seen = Interval()
        self._seen_at = self._processor = 0.0
        self.running: set[Ticket] = set()
        self.long_running = 0
        self.busy_running = [0, 0]
        self.stuck = 0

    def add(self, ticket: Ticket, tasks: int) -> None:
        """It is handed over, and makes so many tasks."""
        self.running.add(ticket)
        self.long_running += ticket.is_long
        if ticket.is_busy:
            self.busy_running[ticket.is_long] += 1
            self._pool.precedence.contest()
        self.begin(tasks)

    def begin(self, tasks: int) -> None:
        """There is work for the pool, for so many threads."""
        if tasks > self._seen.peak:
            self._seen.peak = tasks
        if not self._is_looking:
            self._is_looking = True
            self._restart()

    def end(self, ticket: Ticket) -> None:
        """It has come back."""
        self.running.discard(ticket)
        self.long_running -= ticket.is_long
        self.busy_running[ticket.is_long] -= ticket.is_busy
        if ticket.taken_at:
            self._seen.taken += 1
            self._seen.waited += ticket.taken_at - ticket.ready_at

    def _look(self) -> None:
        try:
            self._look_around(self._seen)
        finally:  # once without memory is not to be the last time
            if self._seen.peak or self.running or self._pool.size > self._sizer.least:
                self._restart()
            else:
                self._is_looking = False

    def _look_around(self, seen: Interval) -> None:
        seen.elapsed = self._loop.now - self._seen_at
        seen.processor = time.process_time() - self._processor
        since = self._waiting_since()
        if since is not None:  # who still waits counts, too, when no run comes to its end
            seen.taken += 1
            seen.waited += self._loop.now - since
        self._resize(self._sizer.advise(self._pool.size, seen))
        for ticket in self.running:
            self._look_at(ticket)
        if any(self.busy_running):
            self._pool.precedence.contest()
        else:
            self._pool.precedence.settle()

    def _restart(self) -> None:
        self._seen = Interval(peak=len(self.running))
        self._seen_at, self._processor = self._loop.now, time.process_time()
        self._loop.deadlines.set(self._timer, self._loop.now + INTERVAL)

    def _resize(self, size: int) -> None:
        if size == self._pool.size:
            return
        try:
            self._pool.resize(size)
        except RuntimeError as error:  # the system has no more threads for us
            logger.warning("the pool stays at %d threads: %s", self._pool.size, error)
        else:
            logger.info("the pool has %d threads now", size)

    def _look_at(self, ticket: Ticket) -> None:
        if not ticket.taken_at:
            return
        seconds = self._loop.now - ticket.taken_at
        if seconds > LONG:
            # Known before it returns, so that not all threads are lost to a route that hangs.
            ticket.record.average = max(ticket.record.average, LONG + seconds * WEIGHT)
            if not ticket.is_long:
                self._make_long(ticket)
        if seconds > STUCK and not ticket.is_reported:
            ticket.is_reported = True
            self.stuck += 1
            name = ticket.record.endpoint.name
            logger.warning("%s has run for %.0f s:\n%s", name, seconds, stack_of(ticket.thread))

    def _make_long(self, ticket: Ticket) -> None:
        ticket.is_long = True
        self.long_running += 1
        self.busy_running[False] -= ticket.is_busy
        self.busy_running[True] += ticket.is_busy


def stack_of(thread: int) -> str:
    """Where a thread stands, as a traceback shows it; "" when it has ended."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame is not None else ""
