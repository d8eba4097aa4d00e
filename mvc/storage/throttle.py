"""Counts of failed logins, shared by processes and kept over a restart (sec:A4).

A login route may run in a transaction that is undone when it refuses by an exception, and the
count in the database with it. This process therefore counts in memory as well; the stricter of
the two decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from mvc.auth.throttle import MAX_FAILURES, WINDOW_SECONDS, MemoryThrottle
from mvc.storage.models import LoginFailures
from orm import now


class DatabaseThrottle:
    """A `LoginThrottle` over the table `login_failures`. clock: naive UTC."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self._clock = clock
        self._local = MemoryThrottle()

    def seconds_to_wait(self, key: str) -> int:
        row = LoginFailures.select().where(LoginFailures.key == key).first()
        shared = 0
        if row is not None and row.failures >= MAX_FAILURES:
            left = (row.ends_at - self._clock()).total_seconds()
            # A clock set back must not prolong the wait beyond one window (sec:R13).
            shared = math.ceil(min(max(left, 0.0), WINDOW_SECONDS))
        return max(shared, self._local.seconds_to_wait(key))

    def count_failure(self, key: str) -> None:
        self._local.count_failure(key)
        current = self._clock()
        is_running = (LoginFailures.key == key) & (LoginFailures.ends_at > current)
        more = LoginFailures.update(failures=LoginFailures.failures + 1).where(is_running)
        if more.execute() == 0:
            LoginFailures.delete().where(LoginFailures.ends_at <= current).execute()
            ends_at = current + timedelta(seconds=WINDOW_SECONDS)
            LoginFailures.upsert({"key": key, "failures": 1, "ends_at": ends_at}, key=["key"])

    def forget(self, key: str) -> None:
        self._local.forget(key)
        LoginFailures.delete().where(LoginFailures.key == key).execute()
