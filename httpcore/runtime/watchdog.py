"""The thread that looks whether the loop still turns, and takes it over when it does not.

It ticks every 5 ms while endpoints run inline, and sleeps while none does. A run it meets twice has
lasted for a whole tick; unless the loop's thread had no processor for most of it, the watchdog
takes the baton (see `baton`), sets up its own successor and becomes the loop. Nothing has to be
free or be started for the service to go on: the thread that notices is the thread that takes over.
So a handler that suddenly hangs costs the others 5 to 10 ms, once.
"""

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
        had_processor = self._waited() < TICK / 2
        return self._baton.take(sequence) if sequence == seen and had_processor else None

    def _run(self) -> None:
        quiet = 0
        while not self._stopping.is_set():
            time.sleep(TICK)
            before = self._seen
            holder = self.tick()
            if holder is not None:
                self._take_over(holder)
                return
            quiet = quiet + 1 if self._seen == before else 0
            if quiet > QUIET_TICKS:
                self._baton.sleep(self._seen, NAP)
                quiet = 0
