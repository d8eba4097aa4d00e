"""Where the access log's lines go: a file by its name, or standard output.

Only the log's thread writes, so there is no lock. A file that was renamed or deleted is noticed
within a second and opened anew, so that logrotate needs no signal. What a full disk did not take is
lost and said to be; the next write is tried like any other, and starts on a line of its own.
"""

import errno
import io
import logging
import os
import sys
import time
from collections.abc import Callable

logger = logging.getLogger("treadle.server")

CHECK_SECONDS = 1.0  # how often the file's name is looked at
BUSY_REST = 0.05  # seconds until output that is not blocking is tried again
# Nobody will ever read what is written to a pipe or terminal that fails like this.
_ENDED = frozenset({errno.EPIPE, errno.EBADF})


class LinesLost(Exception):
    """Lines that could not be written. count: how many; is_final: no later one can be, either."""

    def __init__(self, count: int, reason: str, is_final: bool) -> None:
        super().__init__(reason)
        self.count = count
        self.is_final = is_final


class LogFile:
    """`destination`: a path, or "-" for standard output.

    clock: monotonic seconds. Raises OSError when the file cannot be opened, its text one readable
    line.
    """

    def __init__(self, destination: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = None if destination == "-" else destination
        self._clock = clock
        self._check_at = clock() + CHECK_SECONDS
        self._is_torn = False  # the last line was not written whole
        self._is_stray = False  # the file is no longer where its name is, and cannot be made there
        self._file = _open_file(self._path) if self._path else _open_standard_output()

    def write(self, lines: bytes) -> None:
        """Write whole lines. Raises LinesLost."""
        self._follow()
        data = b"\n" + lines if self._is_torn else lines
        rest = memoryview(data)
        try:
            while rest:
                count = self._file.write(rest)
                if count is None:  # a descriptor that somebody has made non-blocking
                    time.sleep(BUSY_REST)
                else:
                    rest = rest[count:]
        except OSError as error:
            written = len(data) - len(rest)
            self._is_torn = data[written - 1] != ord("\n") if written else self._is_torn
            ending = len(data) - len(lines)  # of the torn line, which was counted when it tore
            lost = lines.count(b"\n", max(0, written - ending))
            raise LinesLost(lost, error.strerror or "error", error.errno in _ENDED) from error
        self._is_torn = False

    def close(self) -> None:
        self._file.close()

    def _follow(self) -> None:
        """Open the file anew when its name leads elsewhere (feat:S30)."""
        if self._path is None or self._clock() < self._check_at:
            return
        self._check_at = self._clock() + CHECK_SECONDS
        if self._is_in_place(self._path):
            return
        try:
            replacement = _open_file(self._path)
        except OSError as error:
            if not self._is_stray:
                logger.warning("%s; going on with the file that had this name", error)
            self._is_stray = True
            return
        self._file.close()
        self._file = replacement
        self._is_torn = self._is_stray = False

    def _is_in_place(self, path: str) -> bool:
        try:
            return os.path.samestat(os.stat(path), os.fstat(self._file.fileno()))
        except OSError:
            return False


def _open_file(path: str) -> io.FileIO:
    try:
        return io.FileIO(path, "a", opener=_open_without_waiting)
    except OSError as error:
        if error.errno == errno.ENXIO:
            reason = "nobody reads from this pipe; start its reader first"
        else:
            reason = f"{error.strerror}; make its folder writable"
        raise OSError(
            f"cannot write the access log {path}: {reason}, or choose another file, - or off"
        ) from error


def _open_without_waiting(path: str, flags: int) -> int:
    """The descriptor of the file. Opening a named pipe would last until somebody reads from it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)


def _open_standard_output() -> io.FileIO:
    """A descriptor of our own: a writer stuck in it must not hold a lock of `sys.stdout`."""
    sys.stdout.flush()
    return io.FileIO(os.dup(1), "w")
