"""Who runs the event loop: exactly one thread, the holder of the baton.

Theory
------
The loop's thread runs quick endpoints itself (`lanes`). One that suddenly hangs would hold up every
connection, so then another thread takes the baton and goes on as the loop, while the old holder
finishes its request like any worker. The rules that make this safe:

* The baton can be taken only while its holder is inside a run, that is, inside user code and the
  sending of its answer. There it touches one connection, which is HANDLING and so its own, and
  nothing of the loop's.
* Every run has a number of its own, and it is taken by that number. So one that is over, or has
  been followed by another, cannot be taken, however late the watchdog comes.
* `leave` and `take` decide under one lock, so exactly one of them wins. A holder whose `leave` says
  no has lost the baton, perhaps long ago: it posts its result to the mailbox like a worker, and
  never touches the loop again.

`sequence` is even between runs and odd inside one. Only the holder moves it on, but for `take`,
which ends the run in the holder's place. Entering needs no lock: in an even state nobody else
writes. Nothing here relies on the interpreter's lock.
"""

import threading


class Baton:
    """`holder` numbers the threads that have run the loop, from 0."""

    __slots__ = ("_lock", "_sleeper", "holder", "is_unwatched", "sequence")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sleeper = threading.Event()
        self.holder = 0
        self.sequence = 0
        self.is_unwatched = False

    def enter(self) -> None:
        """Holder: a run begins."""
        self.sequence += 1
        if self.is_unwatched:
            self.is_unwatched = False
            self._sleeper.set()

    def leave(self, holder: int) -> bool:
        """The thread that entered as `holder`: the run is over; False if the baton was taken."""
        with self._lock:
            if self.holder != holder:
                return False
            self.sequence += 1
            return True

    def take(self, sequence: int) -> int | None:
        """Watchdog: become the holder, if the run of this number still lasts.

        Returns the new holder's number, None when there is nothing to take.
        """
        with self._lock:
            if self.sequence != sequence or not sequence & 1:
                return None
            self.sequence += 1
            self.holder += 1
            return self.holder

    def sleep(self, sequence: int, timeout: float) -> None:
        """Watchdog: sleep until the next run begins, at most `timeout` seconds.

        sequence: what it saw last. A run may begin while it lies down: it says so first and then
        looks again, and the holder counts first and then looks who sleeps.
        """
        self._sleeper.clear()
        self.is_unwatched = True
        if self.sequence == sequence:
            self._sleeper.wait(timeout)
        self.is_unwatched = False

    def wake(self) -> None:
        """Let a sleeping watchdog look around."""
        self._sleeper.set()
