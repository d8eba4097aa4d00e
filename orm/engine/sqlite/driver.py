"""Who uses which SQLite connection, and when (sec:D17, sec:D18).

SQLite takes one writer at a time. Two connections of a process that both write wait for each other
by polling, out of order, and fail after busy_timeout; in releases 3.7.0 to 3.51.2 two that write
and checkpoint at once can even lose data (https://www.sqlite.org/wal.html#walresetbug). So a
process has ONE writer connection, and threads queue for it in order:

  - A transaction takes the writer with BEGIN IMMEDIATE and keeps it until it ends. Never a deferred
    BEGIN: upgrading a read lock fails at once when another process wrote in between.
  - A statement outside a transaction that does not begin like a read takes it for that statement.
  - Reads outside transactions use reader connections: snapshots that neither wait for the writer
    nor delay it. Inside a transaction reads go to the writer, so they see what was written.

Checkpoints run on the writer only, as part of its own commits; readers have them switched off, and
`close` closes the writer last, because the last connection to close checkpoints as well.

A database in memory belongs to its connection, so there is only the writer, and every statement
queues for it.

After a fork the child must not even close what it inherited: closing would checkpoint and drop the
parent's file locks. `abandon` keeps the objects alive, unused, and starts with new ones.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from orm.engine import limits
from orm.engine.dialect import SQLITE_DIALECT
from orm.engine.options import SqliteOptions
from orm.engine.result import Result, Row, Written
from orm.engine.sqlite.connection import SqliteConnection
from orm.engine.sqlite.lease import SqliteLease
from orm.engine.statements import Kind, kind_of
from orm.engine.statistics import PoolStatistics
from orm.engine.turnstile import Turnstile
from orm.errors import LockTimeout, ReadOnly

_inherited: list[object] = []  # connections of the parent process, never touched again


class SqliteDriver:
    """One SQLite database: a writer connection behind a turnstile, and a pool of readers."""

    dialect = SQLITE_DIALECT

    def __init__(self, path: str, options: SqliteOptions) -> None:
        self._path = path
        self._options = options
        self._start()

    def _start(self) -> None:
        self._turn = Turnstile(1)
        self._writer: SqliteConnection | None = None  # used by whoever passed the turnstile
        self._writer_user = 0  # the thread that has it; read for messages only
        self._readers: deque[SqliteConnection] = deque()  # idle ones; its methods are atomic
        self._generation = object()

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        if not self._path:
            return self.run(sql, params).rows
        generation = self._generation
        reader = self._take_reader()
        try:
            return reader.fetch(sql, params)
        finally:
            self._return_reader(reader, generation)

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        writer = self._take_writer()
        try:
            return writer.write(sql, params)
        finally:
            self._turn.release()

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        if self._path and kind_of(sql) is Kind.READ:
            generation = self._generation
            reader = self._take_reader()
            try:
                return reader.run(sql, params)
            except ReadOnly:
                pass  # WITH ... INSERT: nothing was done, the writer does it
            finally:
                self._return_reader(reader, generation)
        writer = self._take_writer()
        try:
            return writer.run(sql, params)
        finally:
            self._turn.release()

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Batches from a snapshot of their own; a database in memory reads them all at once, or
        its one connection would be locked while the caller works on a batch."""
        if not self._path:
            rows = self.run(sql, params).rows
            for start in range(0, len(rows), size):
                yield rows[start : start + size]
            return
        generation = self._generation
        reader = self._take_reader()
        try:
            yield from reader.stream(sql, params, size)
        finally:
            self._return_reader(reader, generation)

    def lease(self, *, read_only: bool, isolation: str | None = None) -> SqliteLease:
        """isolation: nothing to do, for every transaction is serializable (orm:O26)."""
        if read_only and self._path:
            reader = self._take_reader()
            give_back = partial(self._return_reader, reader, self._generation)
            return SqliteLease(reader, "BEGIN", give_back)
        return SqliteLease(self._take_writer(), "BEGIN IMMEDIATE", self._turn.release)

    def _take_reader(self) -> SqliteConnection:
        try:
            return self._readers.pop()
        except IndexError:
            pass
        if self._writer is None:
            # The writer makes the file and switches it to WAL, which a reader cannot.
            self._take_writer()
            self._turn.release()
        return SqliteConnection(self._path, self._options, reader=True)

    def _return_reader(self, reader: SqliteConnection, generation: object) -> None:
        if generation is self._generation and len(self._readers) < self._options.pool_size:
            self._readers.append(reader)
        else:
            reader.close()

    def _take_writer(self) -> SqliteConnection:
        """Pass the turnstile; the caller owes a release."""
        if not self._turn.acquire(self._options.writer_wait):
            raise LockTimeout(
                f"SQLite, {self._path or 'in memory'}: the writer connection stayed in use by "
                f"{self._user_name()} for {self._options.writer_wait:g} s (writer_wait), "
                f"{self._turn.waiting} more are waiting; keep transactions short."
            )
        self._writer_user = threading.get_ident()
        return self._writer or self._open_writer()

    def _open_writer(self) -> SqliteConnection:
        try:
            self._writer = SqliteConnection(self._path, self._options, reader=False)
        except BaseException:
            self._turn.release()
            raise
        return self._writer

    def _user_name(self) -> str:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        return names.get(self._writer_user, "a thread that has ended")

    def cancel(self, thread: int) -> bool:
        return limits.cancel_thread(thread)

    @property
    def statistics(self) -> PoolStatistics:
        """Of the writer; readers are made as they are needed."""
        return PoolStatistics(
            size=1,
            in_use=1 - self._turn.free,
            idle=len(self._readers),
            waiting=self._turn.waiting,
        )

    def close(self) -> None:
        """Close idle readers at once, those in use when they come back, the writer last and when
        its current user is done."""
        self._generation = object()
        while self._readers:
            self._readers.pop().close()
        if not self._turn.acquire(self._options.writer_wait):
            raise LockTimeout(
                f"SQLite, {self._path or 'in memory'}: cannot close while a transaction of "
                f"{self._user_name()} is open."
            )
        try:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        finally:
            self._turn.release()

    def abandon(self) -> None:
        _inherited.extend((self._writer, self._readers))
        self._start()
