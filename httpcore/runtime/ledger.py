"""What each connection holds of the memory budget (sec:T9).

Counted is what can grow with the number of clients: a request head that comes in pieces, a body
while it is collected and handled, what came early behind a request, and of an answer what its peer
has not taken yet. A request that came whole and whose answer the socket took whole never shows up
here. One connection's part that its client decides on is at most `MOST_INPUT`; the other is one
answer, or one piece of a generated one, whose size the application decides on. Files are sent from
the disk and count nothing.

When the budget is spent nobody who is being served is cut off. New requests with bodies are refused
on their heads, and so are GETs whose answer turns out to be large, all with 503 and Retry-After;
small ones go on. Connections that are idle longest are closed, for the kernel's buffers take memory
as well. What is held is given back as its exchanges end, so service returns by itself; clients that
read or write too slowly are cut by their time-outs.
"""

import logging
from collections.abc import Callable

from httpcore.config import KIB
from httpcore.counters import Counter
from httpcore.runtime.connection import Connection
from httpcore.runtime.loop import Loop
from httpcore.runtime.memory import Budget

logger = logging.getLogger("treadle.server")

# Bytes, with the default limits: a request-line and fields, a collected body, what has come early
# behind them, and one read beyond that.
MOST_INPUT = (8 + 32 + 64 + 64 + 64) * KIB

EVICT_SECONDS = 1.0  # between two searches for idle connections
REPORT_SECONDS = 60.0  # between two warnings


class Ledger:
    """The loop's, but for `is_spent` and `refused`, which any thread may look at.

    evict: closes idle connections. refused: requests that were turned away.
    """

    def __init__(self, loop: Loop, limit: int) -> None:
        self._loop = loop
        self._budget = Budget(limit)
        self._evict_at = self._report_at = 0.0
        self.evict: Callable[[], object] = lambda: None
        self.refused = Counter()

    @property
    def is_spent(self) -> bool:
        return self._budget.is_spent

    def admit(self, connection: Connection, count: int) -> bool:
        """Let the connection hold `count` bytes, or refuse its request."""
        self.settle(connection)
        if self._budget.take(count):
            connection.held = count
            return True
        self._relieve()
        self.refused.rise()
        return False

    def hold(self, connection: Connection, count: int) -> None:
        """It holds `count` bytes now, be there room for them or not."""
        self.settle(connection)
        was_spent = self._budget.is_spent
        self._budget.hold(count)
        connection.held = count
        if self._budget.is_spent and not was_spent:
            self._relieve()

    def settle(self, connection: Connection) -> None:
        """It holds nothing any more."""
        if connection.held:
            self._budget.give(connection.held)
            connection.held = 0

    def _relieve(self) -> None:
        now = self._loop.now
        if now >= self._evict_at:
            self._evict_at = now + EVICT_SECONDS
            self.evict()
        if now >= self._report_at:
            self._report_at = now + REPORT_SECONDS
            logger.warning(
                "memory_budget (%d bytes) is spent: bodies and large answers are refused",
                self._budget.limit,
            )
