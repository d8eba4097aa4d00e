"""The server's log on standard error, written by a thread of its own (sec:R9).

Standard error may be a pipe that nobody reads, and then a write to it lasts for ever. If everyone
wrote what they have to say, each failing controller would cost a worker, and the first warning of
the event loop would end all service. So a line is left in a bounded queue, where those that find it
full are counted, and one thread writes.

It writes to a descriptor of its own: being stuck in `sys.stderr` means holding its lock, and the
end of the process waits for that.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import queue
import sys
import threading
import time

CAPACITY = 10_000  # lines waiting (sec:R9)
_BUSY_REST = 0.05  # seconds until output that is not blocking is tried again
_ENDED = frozenset({errno.EPIPE, errno.EBADF})  # nobody will ever read what is written there
STOP_SECONDS = 2.0  # for writing what is queued at the end of the process

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class QueuedHandler(logging.Handler):
    """Formats on the caller's thread, writes on its own. dropped: lines that were lost."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._lost = threading.Lock()
        self.dropped = 0  # guarded by _lost
        self._is_read = True
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._output = io.FileIO(os.dup(descriptor), "w")
        self._thread = threading.Thread(target=self._run, name="treadle-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record. The caller holds the handler's lock, so this never waits."""
        if not self._is_read:
            return
        if self._lines.qsize() >= CAPACITY:
            with self._lost:
                self.dropped += 1
            return
        try:
            line = self.format(record)
        except (TypeError, ValueError) as error:  # arguments that do not fit the message
            line = f"{record.levelname} {record.name}: {record.msg!r} cannot be logged: {error}"
        self._lines.put(line + "\n")

    def close(self) -> None:
        """Write what is queued, as far as it goes in STOP_SECONDS. Called at the process's end."""
        self._lines.put(None)
        self._thread.join(STOP_SECONDS)
        super().close()

    def _run(self) -> None:
        reported = 0
        try:
            while self._is_read and (line := self._lines.get()) is not None:
                lost = self.dropped
                if lost > reported:
                    line = f"log: {lost - reported} lines dropped, it was too slow or full\n{line}"
                if self._write(line):
                    reported = lost
        finally:
            self._output.close()

    def _write(self, line: str) -> bool:
        """Whether the line was written. A full disk may have room for the next one (sec:F6)."""
        rest = memoryview(line.encode("utf-8", "backslashreplace"))
        try:
            while rest:
                count = self._output.write(rest)
                if count is None:  # somebody has made the descriptor non-blocking
                    time.sleep(_BUSY_REST)
                else:
                    rest = rest[count:]
        except OSError as error:
            # Without a reader there is nowhere left to say so: serving goes on.
            self._is_read = error.errno not in _ENDED
            if self._is_read:
                with self._lost:
                    self.dropped += 1
            return False
        return True


def start_logging() -> None:
    """Have every logger write to standard error, unless the process has its own arrangement."""
    root = logging.getLogger()
    if root.handlers:
        return
    if sys.stderr is None:  # it was closed (`server.py 2>&-`), and its descriptor is another's now
        root.addHandler(logging.NullHandler())
        return
    handler = QueuedHandler(sys.stderr.fileno())
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)
    for name in ("treadle.lanes", "treadle.counters"):  # few lines, and worth knowing
        logging.getLogger(name).setLevel(logging.INFO)
