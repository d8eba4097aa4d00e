"""A copy of a database in use, by SQLite's backup interface (sec:D20).

Copying the file by other means misses what is still in the WAL, or catches it half written. The
copy here is one snapshot: whatever is written meanwhile is not in it, and nobody waits for it. It
grows under another name, is checked and on the disk before it takes its own, so that a file of
that name is always a whole backup.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path

from orm.engine.sqlite.checkup import quick_check
from orm.engine.sqlite.errors import map_error
from orm.errors import OperationalError

_PAGES_PER_STEP = 2048
_MODE = 0o600  # it holds what the database holds: password hashes, for one


def write_backup(
    copy: Callable[[sqlite3.Connection], None], source: str, to: str | PathLike[str]
) -> int:
    """Write the backup file `to`, replacing one of that name; returns its size in bytes.

    copy: copies the snapshot into a connection. OperationalError when the file cannot be written,
    is the database itself, or turns out damaged.
    """
    target = Path(to).absolute()
    if target.exists() and source and os.path.samefile(source, target):
        raise OperationalError(f"SQLite, {source}: a backup needs a file of its own.")
    partial = target.with_name(target.name + ".partial")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, _MODE))
        _fill(copy, partial)
        size = partial.stat().st_size
        partial.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise OperationalError(f"the backup {target} cannot be written: {error}.") from error
    finally:
        with suppress(OSError):
            partial.unlink()
    return size


def _fill(copy: Callable[[sqlite3.Connection], None], partial: Path) -> None:
    connection = sqlite3.connect(partial, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")  # it is synced once, below
        copy(connection)
        faults = quick_check(connection)
    except sqlite3.Error as error:
        raise map_error(error, str(partial)) from error
    finally:
        connection.close()
    if faults:
        raise OperationalError(f"the database is damaged, so is a backup of it: {faults[0]}.")
    _sync(partial)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def copy_snapshot(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy what `source` sees now, in steps, inside a transaction, or the writes of others would
    make each step begin anew."""
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(target, pages=_PAGES_PER_STEP)
    finally:
        source.execute("ROLLBACK")
