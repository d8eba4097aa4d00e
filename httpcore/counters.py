"""What went wrong, counted.

A line in the log for each would let a client fill the disk, and no trace at all would hide why a
field does not arrive (http:F4, sec:P7, P15). So there are numbers: those with a name are of the
process, from its start, and `Server.counters` shows them beside its own.
"""

import threading


class Counter:
    """A number that any thread may raise; none is lost. Ordinary requests never take its lock.

    name: of one that belongs to the process; it is made once, while its module is imported.
    """

    __slots__ = ("_lock", "_value")

    def __init__(self, name: str = "") -> None:
        self._lock = threading.Lock()
        self._value = 0  # guarded by _lock
        if name:
            _named[name] = self

    @property
    def value(self) -> int:
        with self._lock:
            return self._value

    def rise(self, by: int = 1) -> None:
        with self._lock:
            self._value += by


_named: dict[str, Counter] = {}


def process_counts() -> dict[str, int]:
    """The values of all counters with names."""
    return {name: counter.value for name, counter in _named.items()}


# Fields dropped for an underscore in their name.
dropped_fields = Counter("dropped_fields")
# Further values of fields that have one value only; the first one counts.
repeated_fields = Counter("repeated_fields")
# Requests whose clients went away, or were cut, after the head and before any answer.
aborted_requests = Counter("aborted_requests")
# Generated bodies that failed, or were too short, after their head was sent (feat:V20).
broken_answers = Counter("broken_answers")
# Faults that only a connection or a task was lost by, each with its traceback in the log (sec:R6).
faults = Counter("faults")
