"""What the operating system kept from a thread, so that no endpoint is blamed for it.

On a machine that is busy with something else, the loop's thread is put aside for some milliseconds
at any point, in the middle of a quick run, too. By the clock that run was slow, and the loop hung.
With one other busy process on the loop's core, endpoints of 10 us were sent back to the pool every
second run of a hundred milliseconds; by the figures here they stay where they are.

Both need Linux. Elsewhere the clock alone decides.
"""

import os
import sys
import threading

if sys.platform == "linux":
    import resource

    def _usage() -> tuple[float, int]:
        """Processor time of this thread in seconds, and how often it has gone to wait."""
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return usage.ru_utime + usage.ru_stime, usage.ru_nvcsw

else:

    def _usage() -> tuple[float, int]:
        return 0.0, -1


class Stopwatch:
    """For the loop's thread: how much of a time by the clock was its own doing."""

    __slots__ = ("_processor", "_waits")

    def __init__(self) -> None:
        self._processor, self._waits = 0.0, -1

    def start(self) -> None:
        """To be called shortly before (0.3 us)."""
        self._processor, self._waits = _usage()

    def own_part(self, seconds: float) -> float:
        """Of `seconds` by the clock since `start`, at most what the thread has worked meanwhile.

        All of them when it has waited for something: for a lock, a database, another thread.
        """
        processor, waits = _usage()
        if waits < 0 or waits != self._waits:
            return seconds
        return min(seconds, processor - self._processor)


class RunQueue:
    """How long the thread that made this has ever waited for a processor that others had."""

    def __init__(self) -> None:
        try:
            path = f"/proc/self/task/{threading.get_native_id()}/schedstat"
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def delay(self) -> float:
        """Any thread: seconds; 0.0 where the system does not say (4 us)."""
        try:
            return int(os.pread(self._file, 128, 0).split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
