"""A progress bar on standard error, for work that takes more than a moment."""

import sys
import time
from typing import TextIO

_WIDTH = 30  # characters
_INTERVAL = 0.1  # seconds between two drawings on a terminal
_LOG_STEP = 10  # per cent between two lines where there is no terminal


class Progress:
    """Counts up to `total`. On a terminal one line is redrawn; elsewhere a line each tenth."""

    def __init__(self, title: str, total: int, stream: TextIO | None = None) -> None:
        self._title = title
        self._total = max(total, 1)
        self._stream = stream or sys.stderr
        self._done = 0
        self._next_time = 0.0
        self._next_percent = 0

    def advance(self, amount: int) -> None:
        self._done = min(self._done + amount, self._total)
        percent = 100 * self._done // self._total
        if self._stream.isatty():
            if self._done == self._total or time.monotonic() >= self._next_time:
                self._next_time = time.monotonic() + _INTERVAL
                self._draw(percent, "\r", "\n" if self._done == self._total else "")
        elif percent >= self._next_percent:
            self._next_percent = percent - percent % _LOG_STEP + _LOG_STEP
            self._draw(percent, "", "\n")

    def _draw(self, percent: int, start: str, end: str) -> None:
        bar = "#" * (_WIDTH * percent // 100)
        count = f"{self._done:,} of {self._total:,}"
        self._stream.write(f"{start}{self._title} [{bar:.<{_WIDTH}}] {percent:3}% {count}{end}")
        self._stream.flush()
