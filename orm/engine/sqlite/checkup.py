"""A look at a database file that was not closed by who wrote it last (sec:D20).

SQLite recovers by itself what was committed. This is about the rest: a disk that lied, a file that
was copied or moved without its WAL. It reads the whole file, so a thread of its own does it, beside
the first requests.
"""

import sqlite3
import threading
import time

from orm import later
from orm.engine.sqlite import functions
from orm.engine.sqlite.errors import map_error

_JOIN_SECONDS = 5.0

logger = later.logger("orm.sqlite")


def quick_check(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the file, a line each; empty when nothing is.

    Checks of columns and indexes call functions and collations of ours."""
    functions.install(connection)
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    return [] if found == ["ok"] else found


class Checkup:
    """One `PRAGMA quick_check` in the background, its outcome in the log."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._is_stopped = False
        self._lock = threading.Lock()  # guards the two above
        self._thread = threading.Thread(target=self._work, name="orm-sqlite-check", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait for the outcome."""
        self._thread.join()

    def stop(self) -> None:
        """Give up, for the database is being closed."""
        with self._lock:
            self._is_stopped = True
            if self._connection is not None:
                self._connection.interrupt()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _work(self) -> None:
        start = time.monotonic()
        try:
            faults = self._look()
        except sqlite3.Error as error:
            if not self._is_stopped:
                self._tell_damage([str(map_error(error, self._path))])
            return
        if faults:
            self._tell_damage(faults)
        else:
            seconds = time.monotonic() - start
            logger.info(
                "%s was not closed properly; it was checked in %.1f s and is whole",
                self._path,
                seconds,
            )

    def _look(self) -> list[str]:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            with self._lock:
                if self._is_stopped:
                    return []
                self._connection = connection
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("PRAGMA query_only=ON")
            return quick_check(connection)
        finally:
            with self._lock:
                self._connection = None
            connection.close()

    def _tell_damage(self, faults: list[str]) -> None:
        logger.error(
            "%s was not closed properly and is DAMAGED: restore a backup (%s)",
            self._path,
            "; ".join(faults[:5]),
        )
