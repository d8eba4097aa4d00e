"""SQLite's errors, mapped by result code (https://www.sqlite.org/rescode.html).

The message is read for names only: which columns or which constraint, and which table is missing.
"""

import re
import sqlite3
from collections.abc import Callable

from orm.errors import (
    DataError,
    DiskFull,
    IntegrityError,
    LockTimeout,
    OperationalError,
    OrmError,
    QueryTimeout,
    ReadOnly,
)

# All that SQLite says of an exception in a function of Python's.
FUNCTION_FAILED = "user-defined function raised exception"

_PRIMARY_CODE = 0xFF  # the low byte of an extended result code

_CLASSES: dict[int, Callable[..., OrmError]] = {
    sqlite3.SQLITE_BUSY: LockTimeout,
    sqlite3.SQLITE_LOCKED: LockTimeout,
    sqlite3.SQLITE_INTERRUPT: QueryTimeout,
    sqlite3.SQLITE_READONLY: ReadOnly,
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_TOOBIG: DataError,
    sqlite3.SQLITE_MISMATCH: DataError,
    sqlite3.SQLITE_RANGE: DataError,
}

_REMEDIES = {
    sqlite3.SQLITE_BUSY: "another process is writing; try again, or raise busy_timeout",
    sqlite3.SQLITE_INTERRUPT: "it ran longer than statement_timeout; add an index or a limit",
    sqlite3.SQLITE_CANTOPEN: "its folder must exist (reset.py makes it) and be yours to write",
    sqlite3.SQLITE_READONLY: "write outside a read-only scope, to a file you may write",
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database; name another one",
}

# "UNIQUE constraint failed: users.name, users.mail", "CHECK constraint failed: ck_age",
# "UNIQUE constraint failed: index 'uq_users_lower'"; a foreign key has no tail.
_CONSTRAINT = re.compile(r"constraint failed: (?:index '(?P<index>.+)'|(?P<names>.+))")
_MISSING_TABLE = re.compile(r"no such table: (?:\w+\.)?(?P<table>.+)")


def map_error(error: Exception, path: str) -> OrmError:
    """The error of ours for one that `sqlite3` raised on the database `path`."""
    if isinstance(error, (OverflowError, UnicodeError)):
        return DataError(f"SQLite cannot store the value: {error}.")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # the module's own complaints: wrong count of bindings, closed connection
        return OperationalError(f"SQLite: {error}.")
    primary = code & _PRIMARY_CODE
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return _integrity_error(str(error), code)
    missing = _MISSING_TABLE.fullmatch(str(error))
    if missing:
        remedy = "`python -m mvc migrate` or orm.create_all() creates the tables of the models"
    else:
        remedy = _REMEDIES.get(primary, "")
    text = f"SQLite, {path or 'in memory'}: {error}" + (f"; {remedy}." if remedy else ".")
    return _CLASSES.get(primary, OperationalError)(text, code=code)


def _integrity_error(message: str, code: int) -> IntegrityError:
    constraint: str | None = None
    columns: list[str] = []
    match = _CONSTRAINT.search(message)
    if match and match["index"]:
        constraint = match["index"]
    elif match and code == sqlite3.SQLITE_CONSTRAINT_CHECK:
        constraint = match["names"]
    elif match:
        columns = [name.rpartition(".")[2] for name in match["names"].split(", ")]
    if code in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID):
        constraint = "PRIMARY"
    return IntegrityError(message, constraint=constraint, columns=columns, code=code)


# The table of a violated unique constraint stands only in the message.
_UNIQUE_TABLE = re.compile(r"UNIQUE constraint failed: (?P<table>.+?)\.[^.,]+(?:,|$)")

UNIQUE_INDEXES = (
    "SELECT name FROM pragma_index_list(?) AS list WHERE list.\"unique\" AND origin <> 'pk'"
    " AND ? = (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(list.name)"
    " ORDER BY seqno))"
)


def unique_lookup(error: IntegrityError) -> tuple[str, str] | None:
    """The parameters of UNIQUE_INDEXES that find the name of a violated unique index."""
    if error.constraint is not None or error.code != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
        return None
    match = _UNIQUE_TABLE.search(str(error))
    return (match["table"], ", ".join(error.columns)) if match else None
