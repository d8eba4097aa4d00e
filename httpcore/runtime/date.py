"""The Date field (RFC 9110 section 6.6.1), written once a second."""

import time
from collections.abc import Callable

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_date(seconds: float) -> bytes:
    """IMF-fixdate of a time since the epoch: b"Sun, 06 Nov 1994 08:49:37 GMT"."""
    t = time.gmtime(seconds)
    return (
        f"{_DAYS[t.tm_wday]}, {t.tm_mday:02d} {MONTHS[t.tm_mon - 1]} {t.tm_year:04d} "
        f"{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d} GMT"
    ).encode("ascii")


class DateCache:
    """Calling it gives the current date; safe from any thread."""

    def __init__(self, wall_clock: Callable[[], float] = time.time) -> None:
        self._wall_clock = wall_clock
        # One tuple, replaced whole: no thread ever pairs a second with another one's text.
        self._cached: tuple[int, bytes] = (-1, b"")

    def __call__(self) -> bytes:
        now = int(self._wall_clock())
        cached = self._cached
        if cached[0] != now:
            cached = self._cached = (now, format_date(now))
        return cached[1]
