"""The one connection of this process that writes, for one thread at a time (sec:D17, sec:D18).

Threads pass a turnstile in the order they came; other processes are kept out by the process lock,
see there. Both are held from before BEGIN until after COMMIT, and for a checkpoint, so no two of
these ever meet.
"""

import os
import sqlite3
import threading
from collections.abc import Callable

from orm import later
from orm.engine.options import SqliteOptions
from orm.engine.sqlite.connection import SqliteConnection
from orm.engine.sqlite.place import is_of_another_kind, network_filesystem
from orm.engine.sqlite.processlock import ProcessLock
from orm.engine.sqlite.releases import has_wal_reset_bug
from orm.engine.turnstile import Turnstile
from orm.errors import LockTimeout

logger = later.logger("orm.sqlite")

# The caretaker's turn; it comes again.
_SHORT_WAIT = 1.0


class Writer:
    """Safe to use from any thread.

    opened: called when a connection to a file was made. was_left_open: the last process that
    wrote did not close the database.
    """

    def __init__(
        self, path: str, options: SqliteOptions, opened: Callable[["Writer"], object]
    ) -> None:
        self._path = path
        self._options = options
        self._opened = opened
        self._turn = Turnstile(1)
        self._lock = ProcessLock(path)
        # Used by whoever passed the turnstile, as is the next.
        self._connection: SqliteConnection | None = None
        self._is_shared = False
        # The thread that has it, and how many had it; read for messages only.
        self.user = 0
        self.turns = 0
        self.was_left_open = False

    def take(self) -> SqliteConnection:
        """Pass the turnstile; the caller owes a release. LockTimeout when it does not move."""
        if not self._turn.acquire(self._options.writer_wait):
            raise LockTimeout(
                f"SQLite, {self._path or 'in memory'}: the writer connection stayed in use by "
                f"{self.user_name()} for {self._options.writer_wait:g} s (writer_wait), "
                f"{self._turn.waiting} more are waiting; keep transactions short."
            )
        self.user = threading.get_ident()
        self.turns += 1
        connection = self._connection
        return self._take_slowly() if connection is None or self._is_shared else connection

    def _take_slowly(self) -> SqliteConnection:
        try:
            connection = self._connection or self._open()
            if self._is_shared:
                self._lock.acquire(self._options.busy_timeout)
        except BaseException:
            self._turn.release()
            raise
        return connection

    def prepare(self) -> None:
        """See to it that the connection is open. Only it can make the file and switch it to WAL,
        so readers need it to have been there; they do not wait for another process's writer."""
        if self._connection is not None:
            return
        if self._turn.acquire(self._options.writer_wait):
            try:
                if self._connection is None:
                    self._open()
            finally:
                self._turn.release()

    def release(self) -> None:
        if self._is_shared:
            self._lock.release()
        self._turn.release()

    # Opening

    def _open(self) -> SqliteConnection:
        try:
            if self._path:
                self._enter_place()
            connection = SqliteConnection(self._path, self._options, reader=False)
        except BaseException:
            self._leave_place()
            raise
        self._connection = connection
        if self._path:
            self._opened(self)
        return connection

    def _enter_place(self) -> None:
        """Take the process lock; without it (a folder that is missing, or not ours to write, a
        file of another kind) SQLite says what is wrong better than we could."""
        try:
            if is_of_another_kind(self._path):
                return
            is_alone = self._lock.open()
        except OSError:
            return
        self._is_shared = self._lock.is_shared
        self.was_left_open = is_alone and wal_size(self._path) > 0
        if self._is_shared:
            self._warn_of_others()
        if kind := network_filesystem(self._path):
            logger.warning(
                "%s lies on a network file system (%s), whose locks may fail and damage it: move "
                "it to a local disk, or use MySQL or MariaDB (sec:D20)",
                self._path,
                kind,
            )

    def _warn_of_others(self) -> None:
        if has_wal_reset_bug():
            logger.warning(
                "%s is written by another process too, and SQLite %s can then lose data when a "
                "program without our lock writes (https://www.sqlite.org/wal.html#walresetbug): "
                "update SQLite to 3.51.3, 3.50.7 or 3.44.6, or serve with one worker (sec:D18)",
                self._path,
                sqlite3.sqlite_version,
            )

    def _leave_place(self) -> None:
        self._lock.close()
        self._is_shared = False

    # What the caretaker does, between two transactions

    @property
    def is_wanted(self) -> bool:
        """Another process wants to write, and this one keeps the lock."""
        return self._lock.is_wanted

    def share(self) -> None:
        """From now on lock for each transaction only."""
        if not self._turn.acquire(_SHORT_WAIT):
            return
        try:
            if self._connection is not None and not self._is_shared:
                self._lock.share()
                self._is_shared = True
                self._warn_of_others()
        finally:
            self._turn.release()

    def checkpoint(self) -> bool:
        """Empty the WAL; False when readers, or a transaction, did not let it."""
        if not self._turn.acquire(_SHORT_WAIT):
            return False
        is_locked = False
        try:
            if self._connection is None:
                return True
            if self._is_shared:
                self._lock.acquire(_SHORT_WAIT)
                is_locked = True
            return self._connection.checkpoint()
        except LockTimeout:
            return False
        finally:
            if is_locked:
                self._lock.release()
            self._turn.release()

    # Telling

    def user_name(self) -> str:
        """Of the thread that has the connection, or had it last."""
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        return names.get(self.user, "a thread that has ended")

    @property
    def in_use(self) -> int:
        return 1 - self._turn.free

    @property
    def waiting(self) -> int:
        """Threads that wait for their turn."""
        return self._turn.waiting

    # Ending

    def close(self) -> None:
        """Close when the current user is done; LockTimeout when that takes too long."""
        if not self._turn.acquire(self._options.writer_wait):
            raise LockTimeout(
                f"SQLite, {self._path or 'in memory'}: cannot close while a transaction of "
                f"{self.user_name()} is open."
            )
        try:
            if self._connection is not None:
                self._close_connection()
        finally:
            self._turn.release()

    def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.close()  # the last one of all to close checkpoints as well
        finally:
            self._leave_place()

    def abandon(self) -> SqliteConnection | None:
        """In the child after a fork: let go of the parent's lock; returns its connection."""
        self._leave_place()
        return self._connection


def wal_size(path: str) -> int:
    """Bytes of the write-ahead log of a database."""
    try:
        return os.stat(path + "-wal").st_size
    except OSError:
        return 0
