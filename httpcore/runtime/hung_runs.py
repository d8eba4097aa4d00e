"""Runs that have lost the loop: where they hang is told, with what to do about it (sec:T13).

A run is told of when the loop was taken from it, and once more when it has still not come back
after a while: then it hangs for good, and its thread with it. Only the loop uses this; of the other
thread it asks for nothing but where it stands.
"""

import logging

from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import Timer
from httpcore.runtime.logformats import escape
from httpcore.runtime.loop import Loop
from httpcore.runtime.pool_watch import stack_of

logger = logging.getLogger("treadle.server")

AGAIN = 10.0  # seconds after a take-over: who hangs still is told of once more
PAUSE = 10.0  # seconds between two reports of take-overs of one route, which clients can provoke

_ADVICE = {
    True: "stays inline, as its route says, but workers run it until this run is over: take "
    'lane="inline" away, or make it quicker',
    False: "runs in the pool from now on",
}


class HungRuns:
    """count: of runs that were found hanging for `AGAIN` seconds."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._runs: dict[Connection, _Run] = {}
        self.count = 0

    def begin(self, connection: Connection, thread: int) -> None:
        """The loop was just taken from this thread, which runs the connection's endpoint."""
        run = _Run(connection, thread, Timer(lambda: self._look(connection)))
        self._runs[connection] = run
        now, record = self._loop.now, connection.record
        self._loop.deadlines.set(run.timer, now + AGAIN)
        if now - record.told_at >= PAUSE:
            record.told_at = now
            logger.warning(
                "%s held up the loop with %s; another thread goes on as the loop, and the route "
                "%s. It stands at\n%s",
                *(run.name, run.request, _ADVICE[record.is_forced], stack_of(thread)),
            )

    def end(self, connection: Connection) -> None:
        """It has come back."""
        run = self._runs.pop(connection, None)
        if run is not None:
            self._loop.deadlines.remove(run.timer)

    def _look(self, connection: Connection) -> None:
        run = self._runs[connection]
        self.count += 1
        logger.error(
            "%s hangs with %s for %.0f s since it held up the loop, and keeps a thread. A thread "
            "cannot be ended from outside: give what it waits for a time-out. It stands at\n%s",
            *(run.name, run.request, AGAIN, stack_of(run.thread)),
        )


class _Run:
    """request: its line, and its id if it has one. Both may be gone when the run is told of."""

    __slots__ = ("name", "request", "thread", "timer")

    def __init__(self, connection: Connection, thread: int, timer: Timer) -> None:
        head = connection.head
        line = f"{head.method} {head.target}" if head is not None else "no request"
        identity = f", request {connection.request_id}" if connection.request_id else ""
        self.name = connection.record.endpoint.name
        self.request = escape(line + identity)
        self.thread = thread
        self.timer = timer
