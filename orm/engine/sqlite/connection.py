"""One SQLite connection: its settings, statements with a time limit, errors in our words."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any

from orm.engine.options import SqliteOptions
from orm.engine.parameters import encode_parameters
from orm.engine.result import Result, Row
from orm.engine.sqlite import functions
from orm.engine.sqlite.errors import UNIQUE_INDEXES, map_error, unique_lookup
from orm.errors import IntegrityError, OrmError

# Virtual machine steps between two looks at the clock: some milliseconds, and no cost to measure.
_STEPS_PER_CHECK = 100_000

# After a checkpoint the WAL file is cut to this size (sec:D21).
_WAL_LIMIT = 64 * 1024 * 1024

_FAULTS = (sqlite3.Error, OverflowError, UnicodeError)


class SqliteConnection:
    """A connection that is used by one thread at a time; the driver sees to that.

    A reader refuses writes (`query_only`) and never checkpoints; the writer alone does, after its
    own commits (sec:D17, sec:D18).
    """

    __slots__ = ("_connection", "_deadline", "_path", "_timeout")

    def __init__(self, path: str, options: SqliteOptions, *, reader: bool) -> None:
        self._path = path
        self._timeout = options.statement_timeout or float("inf")
        self._deadline = float("inf")
        try:
            self._connection = sqlite3.connect(
                path or ":memory:",
                timeout=options.busy_timeout,  # before anything else: journal_mode needs it too
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
        except sqlite3.Error as error:
            raise map_error(error, path) from error
        try:
            self._configure(options, reader)
        except sqlite3.Error as error:
            self._connection.close()
            raise map_error(error, path) from error

    def _configure(self, options: SqliteOptions, reader: bool) -> None:
        settings = {
            "foreign_keys": "ON",
            "synchronous": options.synchronous,
        }
        if reader:
            settings |= {"wal_autocheckpoint": "0", "query_only": "ON"}
        else:
            settings |= {"journal_mode": "WAL", "journal_size_limit": str(_WAL_LIMIT)}
        for name, value in settings.items():
            self._connection.execute(f"PRAGMA {name}={value}").close()
        functions.install(self._connection)
        self._connection.set_progress_handler(self._is_overdue, _STEPS_PER_CHECK)

    def _is_overdue(self) -> bool:
        return time.monotonic() > self._deadline

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        params = encode_parameters(params, "sqlite")
        self._deadline = time.monotonic() + self._timeout
        try:
            cursor = self._connection.execute(sql, params)
            return Result(cursor.fetchall(), cursor.rowcount, cursor.lastrowid, cursor.description)
        except _FAULTS as error:
            raise self._explain(error) from error

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Yield lists of at most `size` rows; the time limit counts for each of them."""
        params = encode_parameters(params, "sqlite")
        cursor = self._connection.cursor()
        try:
            self._deadline = time.monotonic() + self._timeout
            cursor.execute(sql, params)
            while rows := cursor.fetchmany(size):
                yield rows
                self._deadline = time.monotonic() + self._timeout
        except _FAULTS as error:
            raise self._explain(error) from error
        finally:
            cursor.close()

    def control(self, sql: str) -> None:
        """BEGIN, COMMIT, ROLLBACK: no parameters, no rows, no time limit of their own."""
        self._deadline = float("inf")
        try:
            self._connection.execute(sql)
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> OrmError:
        mapped = map_error(error, self._path)
        lookup = unique_lookup(mapped) if isinstance(mapped, IntegrityError) else None
        if lookup is not None and isinstance(mapped, IntegrityError):
            row = self._connection.execute(UNIQUE_INDEXES, lookup).fetchone()
            mapped.constraint = row[0] if row else None
        return mapped

    def close(self) -> None:
        self._connection.set_progress_handler(None, 0)
        self._connection.close()
