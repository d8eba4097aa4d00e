"""What the loop has learned about one endpoint, and which lane follows from it.

    POOL ---- 100 runs in a row under 0.2 ms ----------------------------> INLINE
    INLINE -- a run over 2 ms, more than one in twenty over 0.2 ms, ------> POOL
              a take-over by the watchdog, or a generated body

Each way back doubles the runs it takes to come again, up to 64 times. Only the call of the endpoint
is timed: sending releases the interpreter, and what it then waits for is other threads' work.
`lane="inline"` and `lane="pool"` are obeyed whatever the times are; but while a run that was taken
over has not come back, workers run what follows. Each of 64 that wait for the same database would
else hold up everybody in turn, and take a thread with it.

Only the loop writes here, from the times that come back with each connection.
"""

import math
from random import random

from httpcore.contract import Endpoint
from httpcore.runtime.places import KeyedPlaces

QUICK = 0.0002  # seconds
SLOW = 0.002
LONG = 0.05  # on average: such endpoints may hold only a part of the pool
STREAK = 100  # quick runs in a row to qualify
MAX_STREAK = 64 * STREAK
WINDOW = 100  # inline runs over which late ones are counted
MAX_LATE = WINDOW // 20
WEIGHT = 0.1  # of the newest run in the average
BUSY = 0.0005  # seconds of processor time on average: such endpoints take turns in the pool
# One run in so many is asked for that, by chance, and each until one has taken any: it takes two
# system calls. Each fourth would be the heavy one always, or never, of requests that come in turns.
WEIGHED = 4

INLINE = "inline"  # runs on the loop's thread
POOL = "pool"


class EndpointRecord:
    """lane: `INLINE` or `POOL`. runs: on the loop, ever. average: seconds of a run in the pool;
    processor: seconds of processor time in it.

    is_forced: its route says inline. hanging: runs that were taken over and have not come back.
    told_at: when its last take-over was in the log, on the loop's clock.
    places: for its requests to run in, and to wait for.
    The methods that note a run return why the lane has just changed, or None.
    """

    __slots__ = (
        "_is_learning",
        "_late",
        "_needed",
        "_streak",
        "_window",
        "average",
        "endpoint",
        "hanging",
        "is_forced",
        "is_inline",
        "is_ticketed",
        "lane",
        "places",
        "processor",
        "runs",
        "told_at",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        # Whoever reads its body from the wire waits for a peer: never on the loop.
        self._is_learning = endpoint.lane == "auto" and not endpoint.stream_body
        self.is_forced = endpoint.lane == "inline" and not endpoint.stream_body
        self._enter(INLINE if self.is_forced else POOL)
        self.hanging = 0
        self.is_ticketed = endpoint.timeout is not None or endpoint.max_concurrency is not None
        self.average = 2 * LONG  # unknown: long until a few runs have shown otherwise
        self.processor = 0.0
        self.places = KeyedPlaces(endpoint)
        self._needed = STREAK
        self._streak = self._late = self._window = 0
        self.runs = 0
        self.told_at = -math.inf

    @property
    def is_long(self) -> bool:
        return self.average > LONG

    @property
    def is_busy(self) -> bool:
        """Whether its runs are more than a moment's work for the processor."""
        return self.processor > BUSY

    def note_pooled(self, seconds: float) -> str | None:
        """A run in the pool has ended."""
        self.average += WEIGHT * (seconds - self.average)
        if not self._is_learning or self.is_inline:
            return None
        if seconds > QUICK:
            self._streak = 0
            return None
        self._streak += 1
        if self._streak < self._needed:
            return None
        self._enter(INLINE)
        self._window, self._late = self.runs, 0
        return f"{self._streak} runs in a row under {QUICK * 1000:g} ms"

    def is_to_be_weighed(self) -> bool:
        """Whether to measure what the next run in the pool takes of the processor."""
        return not self.processor or random() * WEIGHED < 1.0

    def note_processor(self, seconds: float) -> None:
        """What a run in the pool has taken of the processor."""
        self.processor += (WEIGHT if self.processor else 1.0) * (seconds - self.processor)

    def note_late(self, seconds: float) -> str | None:
        """A run on the loop was no quick one; these are only counted, in `runs`."""
        if seconds > SLOW:
            return self.leave_loop(f"a run took {seconds * 1000:.1f} ms")
        if self.runs - self._window >= WINDOW:
            self._window, self._late = self.runs, 0
        self._late += 1
        if self._late > MAX_LATE:
            return self.leave_loop(f"more than one run in twenty over {QUICK * 1000:g} ms")
        return None

    def leave_loop(self, reason: str) -> str | None:
        """Back to the pool, unless the route says inline; it has to qualify again, for longer."""
        if not (self._is_learning and self.is_inline):
            return None
        self._enter(POOL)
        self._streak = 0
        self._needed = min(2 * self._needed, MAX_STREAK)
        return reason

    def lose_loop(self, reason: str) -> str | None:
        """A run of it was taken over: the next ones may well hang, too, and count as long."""
        self.hanging += 1
        self.average = max(self.average, 2 * LONG)
        moved = self.leave_loop(reason)
        self._enter(POOL)
        return moved

    def come_back(self) -> None:
        """A run that was taken over is over; behind the last one, a forced one is inline again."""
        self.hanging -= 1
        if self.is_forced and not self.hanging:
            self._enter(INLINE)

    def stay_pooled(self) -> None:
        """It makes generated bodies, which only a worker may pull."""
        self._is_learning = self.is_forced = False
        self._enter(POOL)

    def _enter(self, lane: str) -> None:
        self.lane = lane
        self.is_inline = lane == INLINE
