"""A semaphore that lets waiters pass in the order they came, each with a deadline: the end of its
own wait, or that of the work it does (feat:V18).

`threading.Lock` and `Semaphore` promise no order: under load a thread that releases and asks again
usually wins, and an unlucky one waits for seconds. Here a permit is never free while somebody
waits: `release` hands it to the oldest waiter, under the mutex, and a newcomer finds none.

The race that matters: a waiter times out at the moment it is handed the permit. Both take the
mutex; whoever finds the waiter no longer queued knows that the permit has changed hands, so the
late waiter keeps it instead of losing it for ever.
"""

from collections import deque
from threading import Lock

from orm.engine.limits import within


class Turnstile:
    """`permits` threads may be inside at once."""

    def __init__(self, permits: int) -> None:
        self._mutex = Lock()
        self._free = permits  # guarded by _mutex
        self._waiting: deque[Lock] = deque()  # guarded by _mutex; each lock is held by its waiter

    def pass_at_once(self) -> bool:
        """Pass if that can be done without waiting."""
        with self._mutex:
            if not self._free:
                return False
            self._free -= 1
            return True

    def acquire(self, timeout: float) -> bool:
        """Pass within `timeout` seconds, or return False."""
        with self._mutex:
            if self._free:
                self._free -= 1
                return True
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=within(timeout)):
            return True
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        return True  # handed over between the time-out and the mutex

    def release(self) -> None:
        """Leave; the oldest waiter passes."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    @property
    def free(self) -> int:
        """How many may pass without waiting at this moment."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many threads wait at this moment."""
        return len(self._waiting)
