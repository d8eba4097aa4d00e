"""One SQLite connection: its settings, statements with a time limit, errors in our words."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any

from orm.engine import limits
from orm.engine.limits import cancelled
from orm.engine.options import SqliteOptions
from orm.engine.parameters import encode_parameters
from orm.engine.result import Result, Row, Written
from orm.engine.sqlite import functions
from orm.engine.sqlite.errors import FUNCTION_FAILED, UNIQUE_INDEXES, map_error, unique_lookup
from orm.engine.sqlite.fitting import take_refusal
from orm.errors import Cancelled, IntegrityError, OrmError
from orm.later import backup

# Virtual machine steps between two looks at the clock: some milliseconds, and no cost to measure.
_STEPS_PER_CHECK = 100_000

# Milliseconds that a checkpoint waits for readers, and everybody who writes for it.
_CHECKPOINT_WAIT = 500

_NEVER = float("inf")
_LONGEST = 1e9  # seconds of a statement without a limit
_CANCELLED = -1.0  # a deadline that is over for that reason

_FAULTS = (sqlite3.Error, OverflowError, UnicodeError)


class SqliteConnection:
    """A connection that is used by one thread at a time; the driver sees to that.

    A reader refuses writes (`query_only`) and never checkpoints; the writer alone does, after its
    own commits (sec:D17, sec:D18).
    """

    __slots__ = (
        "_busy_timeout",
        "_change",
        "_connection",
        "_deadline",
        "_execute",
        "_path",
        "_timeout",
    )

    def __init__(self, path: str, options: SqliteOptions, *, reader: bool) -> None:
        self._path = path
        self._timeout = options.statement_timeout or _LONGEST
        self._busy_timeout = round(options.busy_timeout * 1000)
        # Of the running statement; None: it has not been looked at yet.
        self._deadline: float | None = None
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
        self._execute = self._connection.execute
        # One cursor for all writes: a new one for each costs 0.15 us, a thirtieth of a save().
        self._change = self._connection.cursor().execute
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
            settings |= {"journal_mode": "WAL", "journal_size_limit": str(options.wal_limit)}
        for name, value in settings.items():
            self._connection.execute(f"PRAGMA {name}={value}").close()
        functions.install(self._connection)
        self._connection.set_progress_handler(self._is_overdue, _STEPS_PER_CHECK)

    def _is_overdue(self) -> bool:
        """The clock of a statement starts at the first of these calls, some milliseconds late:
        most statements end before it and never look at a clock."""
        now = time.monotonic()
        if self._deadline is None:
            seconds = min(self._timeout, limits.current.seconds or self._timeout)
            self._deadline = now + limits.within(seconds)
        if self._deadline < _NEVER and limits.take_cancel():
            self._deadline = _CANCELLED
        return now > self._deadline

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        params = encode_parameters(params, "sqlite")
        if cancelled:
            self._obey()
        self._deadline = None
        try:
            cursor = self._execute(sql, params)
            return Result(cursor.fetchall(), cursor.rowcount, cursor.lastrowid, cursor.description)
        except _FAULTS as error:
            raise self._explain(error) from error

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        """The rows of a SELECT whose parameters have SQLite's form already.

        The module refuses a parameter that has not (a Secret) before anything runs: then the
        statement goes the way of all others, which unwraps it or says what is wrong.
        """
        if cancelled:
            self._obey()
        self._deadline = None
        try:
            return self._execute(sql, params).fetchall()
        except sqlite3.ProgrammingError:
            return self.run(sql, params).rows
        except _FAULTS as error:
            raise self._explain(error) from error

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        """Run an INSERT, UPDATE or DELETE whose parameters have SQLite's form already."""
        if cancelled:
            self._obey()
        self._deadline = None
        try:
            cursor = self._change(sql, params)
        except sqlite3.ProgrammingError:
            result = self.run(sql, params)
            return result.row_count, result.last_row_id
        except _FAULTS as error:
            raise self._explain(error) from error
        return cursor.rowcount, cursor.lastrowid

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Yield lists of at most `size` rows; the time limit counts for each of them."""
        params = encode_parameters(params, "sqlite")
        cursor = self._connection.cursor()
        try:
            self._deadline = None
            cursor.execute(sql, params)
            while rows := cursor.fetchmany(size):
                yield rows
                self._deadline = None
        except _FAULTS as error:
            raise self._explain(error) from error
        finally:
            cursor.close()

    def control(self, sql: str) -> None:
        """BEGIN, COMMIT, ROLLBACK: no parameters, no rows, no time limit of their own."""
        self._deadline = _NEVER
        try:
            self._execute(sql)
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def checkpoint(self) -> bool:
        """Bring the WAL into the database and cut it to nothing; False when readers that are still
        at it, or another program, did not let it (sec:D21)."""
        self._deadline = _NEVER
        try:
            self._execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT}").close()
            try:
                is_busy = self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self._execute(f"PRAGMA busy_timeout={self._busy_timeout}").close()
        except sqlite3.Error as error:
            raise self._explain(error) from error
        return not is_busy

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy the database, as it is now, into an empty one."""
        self._deadline = _NEVER
        backup.copy_snapshot(self._connection, target)

    def _obey(self) -> None:
        """Begin nothing when this thread is to stop: a short statement ends before it looks."""
        if limits.take_cancel():
            raise self._cancelled()

    def _cancelled(self) -> Cancelled:
        return Cancelled(f"SQLite, {self._path or 'in memory'}: stopped from outside.")

    def _explain(self, error: Exception) -> OrmError:
        if self._deadline == _CANCELLED:
            return self._cancelled()
        refusal = take_refusal() if FUNCTION_FAILED in str(error) else None
        if refusal is not None:
            return refusal
        mapped = map_error(error, self._path)
        lookup = unique_lookup(mapped) if isinstance(mapped, IntegrityError) else None
        if lookup is not None and isinstance(mapped, IntegrityError):
            row = self._connection.execute(UNIQUE_INDEXES, lookup).fetchone()
            mapped.constraint = row[0] if row else None
        return mapped

    def close(self) -> None:
        self._connection.set_progress_handler(None, 0)
        self._connection.close()
