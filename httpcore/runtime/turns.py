"""How many processor-bound runs may go on at a time (feat:V6, sec:G8).

Such runs take turns at the interpreter. Many at once get no more done than a few: each only takes
as many times longer, and the loop, which gives the interpreter away at every system call, queues
behind all of them to have it back. So no more of them are handed over than keep the processor busy.
That may still be many, when they also wait for a database, or compute where the interpreter is not
needed, as password hashes do. What is needed shows in the processor time that the process gets:

    less than it could get     they wait for something else: twice as many
    all that so many can use   they do not hamper each other: one more, tried now and then, as long
                               as there are more processors than runs
    all that there is          they do: a quarter less, and twice as long until the next trial

What the loop itself takes is none of theirs: while it refuses a flood, on another core, one run at
a time would look like one that has a core to itself. What it leaves of its core is given up: it may
want that back at any moment.

Little may also mean that others have the processor: what the threads have waited for it counts as
if they had had it. That is asked only when it matters, since it takes a millisecond or two.
"""

import math
import time
from collections.abc import Callable

from httpcore.runtime.processor import usable_cores, waited_by_all

LOOK = 0.05  # seconds between two looks, while anybody waits for a turn
IDLE = 0.8  # of one core, or less: the processor could do more
FULL = 0.95  # of one core, or more: it could not
FREE = 0.9  # of a core for each run, or more: they do not hamper each other
REST = 20  # looks until one more is tried again that was too many, twice as many each time
MAX_REST = 16 * REST  # and never more: who runs meanwhile takes twice as long
CALM = 1.0  # seconds in which nobody waits: what comes then may be something else


class Turns:
    """Only the loop uses it. width: how many may run.

    processor, starved, own: seconds of the processor that the process has had, that its threads
    have waited for, and that the calling thread has had. cores: processors it may use.
    """

    def __init__(
        self,
        processor: Callable[[], float] = time.process_time,
        starved: Callable[[], float] = waited_by_all,
        own: Callable[[], float] = time.thread_time,
        cores: Callable[[], int] = usable_cores,
    ) -> None:
        self.width = 1
        self._processor = processor
        self._starved = starved
        self._own = own
        self._cores = cores
        self._since: float | None = None
        self._looked_at = -math.inf
        self._used = self._used_own = 0.0
        self._waited: float | None = None  # until the last look, when that found it idle
        self._rest = 0  # looks until one more is tried
        self._next_rest = REST

    def look(self, is_short: bool, now: float, most: int) -> None:
        """At the end of a pass. is_short: somebody waits for a turn; most: threads there are."""
        if not is_short:
            self._since = self._waited = None
        elif self._since is None:
            if now - self._looked_at > CALM:
                self._rest, self._next_rest = 0, REST
            self._begin(now)
        elif now - self._since >= LOOK:
            self._adjust(now - self._since, most)
            self._begin(now)

    def _begin(self, now: float) -> None:
        self._since = self._looked_at = now
        self._used, self._used_own = self._processor(), self._own()

    def _adjust(self, seconds: float, most: int) -> None:
        cores = (self._processor() - self._used) / seconds
        own = max(0.0, self._own() - self._used_own) / seconds
        before, self._waited = self._waited, None
        if cores < IDLE:
            self._waited = self._starved()
            if before is None:
                return  # to be sure, ask for what was waited for from now on
            cores += max(0.0, self._waited - before) / seconds
        if cores < IDLE:
            self.width, self._next_rest = min(most, 2 * self.width), REST
        elif cores - own >= FREE * self.width:
            self._rest -= 1
            if self._rest < 0 and self.width < min(most, self._cores()):
                self.width += 1
        elif cores > FULL and self.width > 1:
            self.width -= max(1, self.width // 4)
            if self._rest < 0:  # one more was tried; a long way down is no failure of that
                self._rest, self._next_rest = self._next_rest, min(2 * self._next_rest, MAX_REST)
