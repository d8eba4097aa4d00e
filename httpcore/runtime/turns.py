"""How many processor-bound runs may go on at a time (feat:V6, sec:G8).

Such runs take turns at the interpreter. Many at once get no more done than a few: each only takes
as many times longer, and the loop, which gives the interpreter away at every system call, queues
behind all of them to have it back. So no more of them are handed over than keep the processor busy.
That may still be many, when they also wait for a database, or compute where the interpreter is not
needed, as password hashes do. What is needed shows in the processor time that the process gets:

    less than it could get     they wait for something else: twice as many
    all that so many can use   they do not hamper each other: one more, tried now and then
    all that there is          they do: a quarter less
"""

import time
from collections.abc import Callable

LOOK = 0.05  # seconds between two looks, while anybody waits for a turn
IDLE = 0.8  # of one core, or less: the processor could do more
FULL = 0.95  # of one core, or more: it could not
FREE = 0.9  # of a core for each run, or more: they do not hamper each other
REST = 20  # looks until one more is tried again that was too many


class Turns:
    """Only the loop uses it. width: how many may run. processor: seconds the process has had."""

    def __init__(self, processor: Callable[[], float] = time.process_time) -> None:
        self.width = 1
        self._processor = processor
        self._since: float | None = None
        self._used = 0.0
        self._rest = 0

    def look(self, is_short: bool, now: float, most: int) -> None:
        """At the end of a pass. is_short: somebody waits for a turn; most: threads there are."""
        if not is_short:
            self._since = None
        elif self._since is None:
            self._begin(now)
        elif now - self._since >= LOOK:
            self._adjust((self._processor() - self._used) / (now - self._since), most)
            self._begin(now)

    def _begin(self, now: float) -> None:
        self._since, self._used = now, self._processor()

    def _adjust(self, cores: float, most: int) -> None:
        """cores: that the process has kept busy."""
        if cores < IDLE:
            self.width = min(most, 2 * self.width)
        elif cores >= FREE * self.width:
            self._rest -= 1
            if self._rest < 0:
                self.width = min(most, self.width + 1)
        elif cores > FULL:
            self.width -= max(1, self.width // 4)
            self._rest = REST
