"""How long a thread was kept from the processor, so that no endpoint is blamed for it.

On a machine that is busy with something else, the loop's thread is put aside for some milliseconds
at any point, in the middle of a quick run, too. By the clock that run was slow, and the loop hung.
With one other busy process on the loop's core, endpoints of 10 us were sent back to the pool every
hundred milliseconds; less what they waited for a processor, they stay where they are.

Linux counts that wait for each thread. Elsewhere it is taken for nothing.
"""

import contextlib
import os

_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)


class RunQueue:
    """What a thread has waited for a processor that others had.

    thread: its number with the system, None when that is nobody's yet.
    The watchdog marks at every tick; so what has passed since the mark is of the last 5 ms.
    """

    def __init__(self, thread: int | None) -> None:
        self._file = -1
        if thread is not None:
            with contextlib.suppress(OSError):
                self._file = os.open(f"/proc/self/task/{thread}/schedstat", _FLAGS)
        self._marked = self._waited()

    def mark(self) -> float:
        """Watchdog: seconds waited since the last mark; a new one begins."""
        waited, self._marked = self._marked, self._waited()
        return self._marked - waited

    def since_mark(self) -> float:
        """Any thread: seconds waited since the last mark."""
        return self._waited() - self._marked

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def _waited(self) -> float:
        """Seconds since the thread began; 0.0 where the system does not say (3 us)."""
        try:
            return int(os.pread(self._file, 128, 0).split()[1]) / 1e9
        except (OSError, AttributeError, IndexError, ValueError):
            return 0.0


def usable_cores() -> int:
    """How many processors the process may use; 1 where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def waited_by_all() -> float:
    """Seconds for which this process's threads have waited for a processor; 0.0 where unknown.

    Some 50 us for each thread. It may be less than before, when a thread has ended.
    """
    with contextlib.suppress(OSError):
        return sum(map(_waited_by, os.listdir("/proc/self/task"))) / 1e9
    return 0.0


def _waited_by(thread: str) -> int:
    """Nanoseconds; 0 when it has just ended."""
    try:
        with open(f"/proc/self/task/{thread}/schedstat", "rb", buffering=0) as file:
            return int(file.read(128).split()[1])
    except (OSError, IndexError, ValueError):
        return 0
