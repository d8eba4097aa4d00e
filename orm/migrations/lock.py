"""Only one process at a time changes the schema of a database (orm:A8).

MySQL: GET_LOCK on a connection of its own, whose end frees it, also that of a killed process. Such
a lock is known to one server: in a cluster, migrate through one node.

SQLite: an exclusive transaction on an empty database beside the real one, `app.db-migrations`. It
is the same kind of lock, works wherever SQLite does, and the kernel drops it with the process.
"""

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from orm.engine.database import Database
from orm.errors import LockTimeout

# Seconds that one GET_LOCK waits: below the time limit of a statement.
_TURN: Final = 1

# MySQL's longest name of a lock.
_LONGEST: Final = 64


@contextmanager
def migration_lock(database: Database, wait: float) -> Iterator[None]:
    """Hold the lock; LockTimeout when another process has it for more than `wait` seconds."""
    lock = _mysql_lock if database.dialect.name == "mysql" else _sqlite_lock
    with lock(database, wait):
        yield


def _busy(place: str, wait: float) -> LockTimeout:
    return LockTimeout(
        f"{place}: another process has been migrating this database for {wait:g} s; wait for it, "
        "or give more time (--wait SECONDS)."
    )


@contextmanager
def _mysql_lock(database: Database, wait: float) -> Iterator[None]:
    deadline = time.monotonic() + wait
    lease = database.lease()
    try:
        name = _lock_name(str(lease.run("SELECT DATABASE()", ()).rows[0][0]))
        while lease.run("SELECT GET_LOCK(%s, %s)", (name, _TURN)).rows[0][0] != 1:
            if time.monotonic() > deadline:
                raise _busy(name, wait)
        try:
            yield
        finally:
            lease.run("SELECT RELEASE_LOCK(%s)", (name,))
    finally:
        lease.rollback()


def _lock_name(database: str) -> str:
    name = f"treadle migrations {database}"
    if len(name) <= _LONGEST:
        return name
    return f"treadle migrations {hashlib.sha256(database.encode()).hexdigest()[:40]}"


@contextmanager
def _sqlite_lock(database: Database, wait: float) -> Iterator[None]:
    path = next(row[2] for row in database.run("PRAGMA database_list").rows if row[1] == "main")
    if not path:  # in memory: nobody else sees it
        yield
        return
    beside = f"{path}-migrations"
    connection = sqlite3.connect(beside, timeout=wait, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise _busy(beside, wait) from error
        yield
    finally:
        connection.close()
