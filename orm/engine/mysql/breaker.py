"""A fuse against a database that cannot be reached (sec:D14).

    CLOSED     connections are opened; after FAILURES failures in a row within WINDOW -> OPEN
    OPEN       every attempt is refused at once, so that requests do not pile up behind time-outs;
               PROBE_EVERY seconds after the last failure -> PROBING
    PROBING    one caller tries for all; well -> CLOSED, badly -> OPEN

CLOSED and healthy is the state without `_refuse_until`; asking takes one attribute read then.
"""

import time
from collections import deque
from threading import Lock

from orm.errors import OrmError, Unavailable

FAILURES = 5
WINDOW = 10.0
# Half the second that a server may be back before the first good answer (sec:G7).
PROBE_EVERY = 0.5
# A probe that never tells how it ended is given up: longer than any connect_timeout in use.
_PROBE_LIMIT = 10.0


class Breaker:
    """Safe to use from any thread."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._lock = Lock()
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._refuse_until: float | None = None
        self._cause: OrmError | None = None

    @property
    def is_open(self) -> bool:
        return self._refuse_until is not None

    def admit(self) -> None:
        """Return when the caller may try; else raise Unavailable."""
        if not self.is_open:
            return
        with self._lock:
            now, until = time.monotonic(), self._refuse_until
            if until is None:
                return
            if now >= until:
                self._refuse_until = now + _PROBE_LIMIT
                return
            wait, cause = min(until - now, PROBE_EVERY), self._cause
        raise Unavailable(
            f"{self._where} failed {FAILURES} times in a row ({cause}); the next attempt is in "
            f"{wait:.1f} s at most.",
            retry_after=wait,
            code=getattr(cause, "code", None),
        ) from cause

    def note_failure(self, error: OrmError) -> None:
        with self._lock:
            now = time.monotonic()
            self._failures.append(now)
            self._cause = error
            is_row = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW
            if is_row or self._refuse_until is not None:
                self._refuse_until = now + PROBE_EVERY

    def note_success(self) -> None:
        if not self._failures and self._refuse_until is None:
            return
        with self._lock:
            self._failures.clear()
            self._refuse_until = self._cause = None
