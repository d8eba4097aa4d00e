"""When to give up on a connection, at next to no cost for each request.

Deadlines lie in buckets of a twentieth of a second. A connection has at most one entry. Moving its
deadline later, which every request on a persistent connection does, only writes an attribute: the
entry is looked at when its bucket is due, and put further on if the deadline has moved. So the
cost is one entry per connection and some ten seconds, not one per request.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

TICK = 0.05  # seconds; a deadline may be noticed this much late

NEVER = math.inf


class Timed(Protocol):
    """What the wheel needs of a connection. Both are NEVER at first, `entry_at` is the wheel's."""

    deadline: float
    entry_at: float


class DeadlineWheel:
    """Only the loop's thread uses it. Times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._buckets: dict[int, set[Timed]] = {}
        self._next_tick: int | None = None
        self._due: deque[Timed] = deque()  # out of their bucket, not looked at yet

    def set(self, timed: Timed, deadline: float) -> None:
        """Give `timed` this deadline instead of the one it had."""
        timed.deadline = deadline
        if deadline < timed.entry_at:
            self._move_entry(timed, deadline)

    def remove(self, timed: Timed) -> None:
        """Forget it, as when its connection has closed."""
        timed.deadline = NEVER
        if timed.entry_at != NEVER:
            self._buckets[_tick_of(timed.entry_at)].discard(timed)
            timed.entry_at = NEVER

    def wait(self, now: float) -> float | None:
        """Seconds until something may be due, None when nothing ever will."""
        if self._due:
            return 0.0
        if self._next_tick is None:
            return None
        return max(0.0, self._next_tick * TICK - now)

    def pop_expired(self, now: float) -> Iterator[Timed]:
        """Those whose deadline has passed, once; who is not taken now comes at the next call. The
        deadline stays as it is, so that who deals with it later can tell whether it was moved."""
        while self._next_tick is not None and self._next_tick * TICK <= now:
            bucket = self._buckets.pop(self._next_tick)
            self._next_tick = min(self._buckets, default=None)
            for timed in bucket:
                timed.entry_at = NEVER
            self._due.extend(bucket)
        while self._due:
            timed = self._due.popleft()
            if timed.deadline <= now:
                yield timed
            elif timed.deadline != NEVER:
                self.set(timed, timed.deadline)

    def _move_entry(self, timed: Timed, deadline: float) -> None:
        if timed.entry_at != NEVER:
            self._buckets[_tick_of(timed.entry_at)].discard(timed)
        timed.entry_at = deadline
        tick = _tick_of(deadline)
        self._buckets.setdefault(tick, set()).add(timed)
        if self._next_tick is None or tick < self._next_tick:
            self._next_tick = tick


class Timer:
    """A call to be made at a deadline."""

    __slots__ = ("call", "deadline", "entry_at")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.deadline = NEVER
        self.entry_at = NEVER


def _tick_of(deadline: float) -> int:
    return math.ceil(deadline / TICK)


class Transfer:
    """One body on its way in or out, and when its peer counts as too slow (sec:T2, sec:T3).

    The deadline is the earliest of: `progress` seconds after the last byte, the moment at which
    the average since the start falls under `minimum_rate` bytes a second (never before `grace`
    seconds are over), and `total` seconds after the start. moved: bytes so far.
    """

    __slots__ = ("_grace", "_last", "_progress", "_rate", "_start", "_total", "moved")

    def __init__(
        self,
        now: float,
        *,
        progress: float,
        grace: float,
        minimum_rate: int,
        total: float = NEVER,
    ) -> None:
        self._start = self._last = now
        self.moved = 0
        self._progress = progress
        self._grace = grace
        self._rate = minimum_rate
        self._total = total

    def advance(self, now: float, size: int) -> None:
        """Count `size` bytes that moved just now."""
        self.moved += size
        self._last = now

    def resume(self, now: float) -> None:
        """Do not count the time since the last byte: it was our side that did not ask for more."""
        self._start += now - self._last
        self._last = now

    @property
    def deadline(self) -> float:
        by_rate = max(self._grace, self.moved / self._rate) if self._rate else NEVER
        return min(self._last + self._progress, self._start + by_rate, self._start + self._total)
