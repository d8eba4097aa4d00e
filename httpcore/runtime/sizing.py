"""How many threads the pool should have (feat:V6).

Threads help while requests wait for one and the processor is idle, that is, while endpoints mostly
wait for something else: a database, a disk, another service. They harm when the processor is busy,
for they would only take turns at it. So the pool grows by a quarter while both hold, up to four
times its first size, and goes back step by step after it was not needed for a while.
"""

from dataclasses import dataclass

INTERVAL = 0.25  # seconds between two looks
NOTICEABLE = 0.002  # seconds of waiting in the queue, on average
IDLE_SHARE = 0.8  # of one core used, or less: one core is what an interpreter can use
GROWTH = 4  # a quarter at a time
MOST = 4  # times the first size
PATIENCE = 40  # quiet looks (10 s) before a step back


@dataclass(slots=True)
class Interval:
    """What happened since the last look. waited: seconds in the queue, of `taken` requests.

    processor: seconds of processor time; elapsed: seconds; peak: most threads busy at once.
    """

    elapsed: float = 0.0
    processor: float = 0.0
    waited: float = 0.0
    taken: int = 0
    peak: int = 0


class PoolSizer:
    """least: threads to start with, and never fewer."""

    def __init__(self, least: int) -> None:
        self.least = least
        self._most = MOST * least
        self._quiet = 0

    def advise(self, size: int, seen: Interval) -> int:
        """The size the pool should have now, given the one it has."""
        waits = seen.taken > 0 and seen.waited / seen.taken > NOTICEABLE
        if waits and seen.peak >= size:
            self._quiet = 0
            is_idle = seen.processor < IDLE_SHARE * seen.elapsed
            return min(self._most, size + max(1, size // GROWTH)) if is_idle else size
        is_needed = seen.peak > size - max(1, size // GROWTH)
        self._quiet = 0 if is_needed else self._quiet + 1
        if self._quiet < PATIENCE:
            return size
        self._quiet = 0
        return max(self.least, size - max(1, size // GROWTH))
