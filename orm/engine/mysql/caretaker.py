"""A thread that looks after a pool: idle connections end in time, kept ones are reported (sec:D15).

While a connection is in use for long, its server may hang: then it is probed.

It lives as long as the pool has connections and is started again with the next one, so a database
that nobody uses has no thread.
"""

import logging
import sys
import threading
import time
from typing import Protocol

from orm.engine.mysql.pooled import PooledConnection
from orm.engine.stacks import format_stack, take_stack

_TICK = 1.0

# Seconds after which an answer is so late that its server may hang.
_LATE = 3.0

logger = logging.getLogger("orm.pool")


class Lender(Protocol):
    """The pool as its caretaker sees it."""

    def borrowed(self) -> dict[PooledConnection, int]:
        """The connections in use, and the thread of each."""

    def probe(self, late: list[PooledConnection]) -> None:
        """See whether the server in use can be reached, and hang up on `late` if not."""

    def close_unused(self) -> bool:
        """Close what was idle for too long; returns whether any connection is left."""


class Caretaker:
    """leak_after: seconds after which a borrowed connection is logged, once; 0 is never."""

    def __init__(self, lender: Lender, leak_after: float) -> None:
        self._lender = lender
        self._leak_after = leak_after or float("inf")
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._reported: dict[PooledConnection, float] = {}

    def wake(self) -> None:
        """A connection was opened: see to it that the thread runs."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="orm-pool-caretaker", daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        pause, empty = threading.Event(), 0
        while True:
            pause.wait(min(_TICK, self._leak_after / 2))
            self.look()
            with self._lock:
                empty = 0 if self._lender.close_unused() else empty + 1
                if empty > 1:  # a connection that changes hands is not seen for a moment
                    self._thread = None
                    return

    def look(self) -> None:
        """Log every connection that is in use for too long."""
        now = time.monotonic()
        borrowed = self._lender.borrowed()
        late = []
        self._reported = {key: at for key, at in self._reported.items() if key in borrowed}
        for connection, thread in borrowed.items():
            since = connection.borrowed_at
            if now - since > _LATE:
                late.append(connection)
            if now - since > self._leak_after and self._reported.get(connection) != since:
                self._reported[connection] = since
                self._report(connection, thread, now - since)
        if late:
            self._lender.probe(late)

    def _report(self, connection: PooledConnection, thread: int, seconds: float) -> None:
        names = {each.ident: each.name for each in threading.enumerate()}
        stack, place = connection.stack, "borrowed at"
        if stack is None:
            frame = sys._current_frames().get(thread)
            stack, place = (take_stack(frame) if frame else ()), "its thread is at"
        logger.warning(
            "a connection to %s:%d is in use for %.1f s (leak_after) by thread %r; %s:\n%s",
            *connection.host,
            seconds,
            names.get(thread, thread),
            place,
            format_stack(stack),
        )
