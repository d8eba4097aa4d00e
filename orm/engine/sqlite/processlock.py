"""One process at a time writes and checkpoints a SQLite file (sec:D18).

SQLite's own locks let one process checkpoint while another writes. In releases 3.7.0 to 3.51.2
that can lose data (https://www.sqlite.org/wal.html#walresetbug), so here both need the lock of a
file beside the database, `<database>-lock`, which is never deleted.

    KEPT      from the start on, when nobody else has the lock: it stays locked, and a transaction
              costs nothing more. Who wants it appends a byte to the file; the caretaker looks at
              its length every few milliseconds and, between two transactions, -> SHARED
    SHARED    locked for each transaction, for as long as the writer connection is open

The lock belongs to the open file (flock), not to the process: two databases of one process on the
same file exclude each other too. A child after a fork closes its copy, which unlocks nothing. When
a process dies the system unlocks.

Other programs that write, such as the sqlite3 shell, are held off by SQLite's own locks only.
"""

import importlib
import os
import time
from typing import Any

from orm.errors import LockTimeout

# Seconds between two looks of the caretaker at who wants the lock, and between two tries to get it.
WATCH_EVERY = 0.050
_TRY_EVERY = 0.001

# The one that keeps the lock needs a moment to notice, however impatient the other is.
_HANDOVER = 4 * WATCH_EVERY

_MODE = 0o600


def _load_flock() -> Any:
    """None where there is no such lock (Windows): then SQLite's own must do."""
    try:
        return importlib.import_module("fcntl")
    except ImportError:
        return None


_fcntl = _load_flock()


class ProcessLock:
    """Used by whoever passed the driver's turnstile; `is_wanted` by anybody."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1
        self._length = 0  # of the file when the lock was taken to keep
        self._is_kept = False
        self.is_shared = False  # `acquire` and `release` are due for each transaction

    def open(self) -> bool:
        """Take the lock to keep; False when somebody else has it. Raises OSError."""
        if _fcntl is None:
            return True
        self._file = os.open(self._path + "-lock", os.O_RDWR | os.O_CREAT | os.O_APPEND, _MODE)
        self._is_kept = self._try()
        self.is_shared = not self._is_kept
        self._length = os.fstat(self._file).st_size
        return self._is_kept

    def _try(self) -> bool:
        try:
            _fcntl.flock(self._file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def acquire(self, timeout: float) -> None:
        """Lock for one transaction; LockTimeout when others keep it for `timeout` seconds."""
        if self._try():
            return
        os.write(self._file, b".")
        deadline = time.monotonic() + timeout + _HANDOVER
        while not self._try():
            if time.monotonic() > deadline:
                raise LockTimeout(
                    f"SQLite, {self._path}: another process was writing for {timeout:g} s; try "
                    "again, or raise busy_timeout."
                )
            time.sleep(_TRY_EVERY)

    def release(self) -> None:
        """The transaction is over."""
        _fcntl.flock(self._file, _fcntl.LOCK_UN)

    @property
    def is_wanted(self) -> bool:
        """Somebody waits for the lock that is kept here."""
        try:
            return self._is_kept and os.fstat(self._file).st_size != self._length
        except OSError:  # closed at this moment
            return False

    def share(self) -> None:
        """Keep the lock no longer."""
        self._is_kept = False
        self.is_shared = True
        self.release()

    def close(self) -> None:
        """Let go of the file, and of the lock with it."""
        file, self._file = self._file, -1
        self._is_kept = self.is_shared = False
        if file >= 0:
            os.close(file)
