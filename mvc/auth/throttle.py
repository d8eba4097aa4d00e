"""Counting failed logins per account and network, so that guessing is slow (sec:A4).

The account alone would let anyone lock it out, the address alone would let a botnet guess; the pair
stops the guesser and leaves the owner, at another address, alone. The count starts anew after a
minute, so nobody is ever locked out for good.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

MAX_FAILURES = 5  # per window
WINDOW_SECONDS = 60.0

_MAX_ENTRIES = 10_000  # pairs kept in memory; beyond it those whose window is over are dropped


class LoginThrottle(Protocol):
    """Failure counts by key (see `throttle_key`)."""

    def seconds_to_wait(self, key: str) -> int:
        """0 when a login may be tried, else how long to wait."""
        ...

    def count_failure(self, key: str) -> None: ...

    def forget(self, key: str) -> None:
        """A login succeeded: earlier failures no longer count."""
        ...


def throttle_key(account: str, address: str) -> str:
    """One key for an account (its comparable name) and a client's network: IPv4 /24, IPv6 /64."""
    try:
        prefix = 24 if ipaddress.ip_address(address).version == 4 else 64
        network = str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
    except ValueError:
        network = address
    return hashlib.sha256(f"{len(account)}:{account}{network}".encode()).hexdigest()


class MemoryThrottle:
    """Counts in this process. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}  # failures, end; guarded by _lock

    def seconds_to_wait(self, key: str) -> int:
        with self._lock:
            failures, end = self._windows.get(key, (0, 0.0))
        left = end - self._clock()
        return math.ceil(left) if failures >= MAX_FAILURES and left > 0 else 0

    def count_failure(self, key: str) -> None:
        now = self._clock()
        with self._lock:
            if len(self._windows) >= _MAX_ENTRIES:
                self._windows = {k: w for k, w in self._windows.items() if w[1] > now}
            failures, end = self._windows.get(key, (0, 0.0))
            if end <= now:
                failures, end = 0, now + WINDOW_SECONDS
            self._windows[key] = (failures + 1, end)

    def forget(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)
