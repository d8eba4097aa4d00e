"""The thread that looks whether the loop still turns, and takes it over when it does not.

It ticks every 5 ms while endpoints run inline, and sleeps while none does. A run it meets twice has
lasted for a whole tick; as soon as the loop's thread has had a processor for half a tick of it, in
pieces where others compute on that core, the watchdog takes the baton (see `baton`), sets up its
own successor and becomes the loop. Nothing has to be free or be started for the service to go on:
the thread that notices is the thread that takes over. So a handler that suddenly hangs costs the
others 5 to 10 ms, once.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from httpcore.runtime.addressspace import start_thread
from httpcore.runtime.baton import Baton

logger = logging.getLogger("treadle.server")

TICK = 0.005  # seconds
QUIET_TICKS = 20  # without a run, then it sleeps
NAP = 1.0  # seconds at most, whatever wakes it


class Watchdog:
    """take_over: runs the loop as the holder it is given, until that thread's part is over.

    waited: seconds for which the loop's thread has waited for a processor since it was asked last.
    """

    def __init__(
        self,
        baton: Baton,
        take_over: Callable[[int], None],
        waited: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._baton = baton
        self._take_over = take_over
        self._waited = waited
        self._stopping = threading.Event()
        self._seen = 0
        self._had = 0.0  # seconds of a processor that the run it has met had meanwhile

    def start(self) -> None:
        """Begin to watch, with a thread of its own. Raises RuntimeError when none can be had."""
        number = self._baton.holder + 1
        name = f"treadle-watchdog-{number}"
        start_thread(threading.Thread(target=self._run, name=name, daemon=True))

    def stop(self) -> None:
        self._stopping.set()
        self._baton.wake()

    def tick(self) -> int | None:
        """Look at the loop: the new holder's number when this thread has just become that."""
        sequence, seen = self._baton.sequence, self._seen
        self._seen = sequence
        had = max(0.0, TICK - self._waited())
        self._had = self._had + had if sequence == seen else 0.0
        return self._baton.take(sequence) if self._had > TICK / 2 else None

    def _run(self) -> None:
        quiet = 0
        while not self._stopping.is_set():
            time.sleep(TICK)
            before, holder = self._seen, None
            with contextlib.suppress(MemoryError):
                holder = self.tick()
            if holder is not None:
                self._take_over(holder)
                return
            is_run = self._seen & 1  # one that waits for a processor is none to sleep over
            quiet = quiet + 1 if self._seen == before and not is_run else 0
            if quiet > QUIET_TICKS:
                quiet = 0
                with contextlib.suppress(MemoryError):
                    self._baton.sleep(self._seen, NAP)
