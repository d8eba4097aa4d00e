"""What clients sent in vain, counted.

A line in the log for each would let a client fill the disk, and no trace at all would hide why a
field does not arrive (http:F4, sec:P7, P15). Of aborted requests there is a line, too, if there is
an access log. The counts are of the process, from its start.
"""

import threading


class Counter:
    """A number that any thread may raise; none is lost. Ordinary requests never take its lock."""

    __slots__ = ("_lock", "_value")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = 0  # guarded by _lock

    @property
    def value(self) -> int:
        with self._lock:
            return self._value

    def rise(self, by: int = 1) -> None:
        with self._lock:
            self._value += by


# Fields dropped for an underscore in their name.
dropped_fields = Counter()
# Further values of fields that have one value only; the first one counts.
repeated_fields = Counter()
# Requests whose clients went away, or were cut, after the head and before any answer.
aborted_requests = Counter()
