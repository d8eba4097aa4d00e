"""Who has the processor first, when the loop and its workers want it at once.

Theory
------
The system is fair to threads. It knows nothing of the clients behind them, nor that only one of
them can have the interpreter. Left to itself it does three things that a server pays for:

- A worker whose query is answered is let in at once, in the midst of the loop's work: mostly to
  find that the loop has the interpreter, and to be let in a second time when it has not. So workers
  are *batch* threads here, which never interrupt anybody. They run when the loop waits, one after
  the other, and each finds the interpreter free. A route that blocks for 0.3 ms serves 15 % more.
- A loop that never has to wait would keep them out for whole slices of time. So it *gives way*
  between its steps. Each worker then has the moment it needs, and the loop goes on: beside 32
  clients of a route that takes 10 ms, it answers 10 % more others than when it was interrupted.
- A worker that computes would get half of a core that the loop could use all the time. So workers
  are a little nicer: a third is theirs then, and beside one such run the loop answers a third more.

The first two are right only while everybody wants moments. Who computes keeps what he is given for
as long as the system lets him, and as long as the interpreter does: some milliseconds each time,
while batch threads would wait behind him. So as soon as a processor-bound endpoint is handed over,
or giving way takes the loop too long (to a process of somebody else, perhaps, or to runs of 0.3 ms
each), the core is *contested*: workers are ordinary threads, and nobody gives way, until it has
been quiet for a while.

All of this is Linux's; on other systems threads have the processor as it comes. It is left alone,
too, where the process was started under another policy than the usual one (`chrt`).
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable

# Above the loop's: of a contended core a worker has a third then, the loop two.
NICENESS = 3

LATE = 0.002  # seconds for giving way once: somebody keeps what he is given
LONG = 0.0003  # on average: all together they want more than the loop itself has in between
WEIGHT = 0.1  # of the newest in that average
REST = 1.0  # seconds for which a core counts as contested


class Precedence:
    """clock: in seconds, monotonic.

    is_contested: whether somebody computes; always so where there are no batch threads to be had.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._workers: set[int] = set()  # numbers of the system; guarded by _lock
        self._average = 0.0  # seconds for giving way
        self._is_possible = (
            hasattr(os, "SCHED_BATCH") and os.sched_getscheduler(0) == os.SCHED_OTHER
        )
        self._contested_at = clock()
        self.is_contested = not self._is_possible

    def enlist(self) -> None:
        """The calling thread is a worker from now on."""
        if sys.platform == "linux":  # elsewhere niceness is the whole process's
            with contextlib.suppress(OSError):  # a sandbox may forbid it
                os.nice(NICENESS)
            with self._lock:
                self._workers.add(threading.get_native_id())
                if not self.is_contested:
                    self._set_policy([threading.get_native_id()])

    def dismiss(self) -> None:
        """The calling thread ends."""
        with self._lock:
            self._workers.discard(threading.get_native_id())

    def give_way(self) -> None:
        """Loop: let the workers that wait for the processor have their moments."""
        if self.is_contested:
            return
        began = self._clock()
        os.sched_yield()
        seconds = self._clock() - began
        self._average += WEIGHT * (seconds - self._average)
        if seconds > LATE or self._average > LONG:
            self.contest()

    def contest(self) -> None:
        """Loop: somebody computes."""
        self._contested_at = self._clock()
        self._average = 0.0
        self._become(True)

    def settle(self) -> None:
        """Loop: nobody does at the moment, as far as can be seen."""
        if self._clock() - self._contested_at >= REST:
            self._become(False)

    def _become(self, is_contested: bool) -> None:
        if is_contested is self.is_contested or not self._is_possible:
            return
        with self._lock:
            self.is_contested = is_contested
            self._set_policy(self._workers)

    def _set_policy(self, workers: Iterable[int]) -> None:
        if sys.platform == "linux":
            policy = os.SCHED_OTHER if self.is_contested else os.SCHED_BATCH
            try:
                for worker in workers:
                    with contextlib.suppress(ProcessLookupError):  # it has just ended
                        os.sched_setscheduler(worker, policy, os.sched_param(0))
            except OSError:  # a sandbox forbids it, or has begun to: they stay as they are
                self._is_possible, self.is_contested = False, not self.is_contested
