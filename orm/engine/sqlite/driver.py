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

Checkpoints run on the writer only, as part of its own commits and, when the WAL has grown too long,
between two of its transactions; readers have them switched off, and `close` closes the writer last,
because the last connection to close checkpoints as well.

A database in memory belongs to its connection, so there is only the writer, and every statement
queues for it.

After a fork the child must not even close what it inherited: closing would checkpoint and drop the
parent's file locks. `abandon` keeps the objects alive, unused, and starts with new ones.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from os import PathLike
from typing import Any

from orm.engine import limits
from orm.engine.dialect import SQLITE_DIALECT
from orm.engine.options import SqliteOptions
from orm.engine.result import Result, Row, Written
from orm.engine.sqlite.caretaker import Caretaker
from orm.engine.sqlite.checkup import Checkup
from orm.engine.sqlite.connection import SqliteConnection
from orm.engine.sqlite.lease import SqliteLease
from orm.engine.sqlite.snapshots import Snapshot, Snapshots
from orm.engine.sqlite.writer import Writer
from orm.engine.statements import Kind, kind_of
from orm.engine.statistics import PoolStatistics
from orm.errors import ReadOnly
from orm.later import backup

_inherited: list[object] = []  # connections of the parent process, never touched again


class SqliteDriver:
    """One SQLite database: a writer connection behind a turnstile, and a pool of readers."""

    dialect = SQLITE_DIALECT

    def __init__(self, path: str, options: SqliteOptions) -> None:
        self._path = path
        self._options = options
        self._start()

    def _start(self) -> None:
        self._writer = Writer(self._path, self._options, self._look_after)
        self._take_writer, self._release_writer = self._writer.take, self._writer.release
        self._readers: deque[SqliteConnection] = deque()  # idle ones; its methods are atomic
        self._generation = object()
        self._snapshots = Snapshots()
        self._caretaker = Caretaker(self._path, self._options, self._writer, self._snapshots)
        self._checkup: Checkup | None = None

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
            self._release_writer()

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
            self._release_writer()

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
        snapshot = self._snapshots.hold(reader)
        try:
            yield from snapshot.stream(sql, params, size)
        finally:
            self._return_snapshot(snapshot, reader, generation)

    def lease(self, *, read_only: bool, isolation: str | None = None) -> SqliteLease:
        """isolation: nothing to do, for every transaction is serializable (orm:O26)."""
        if read_only and self._path:
            reader = self._take_reader()
            snapshot = self._snapshots.hold(reader)
            give_back = partial(self._return_snapshot, snapshot, reader, self._generation)
            return SqliteLease(snapshot, "BEGIN", give_back)
        return SqliteLease(self._take_writer(), "BEGIN IMMEDIATE", self._release_writer)

    def _take_reader(self) -> SqliteConnection:
        try:
            return self._readers.pop()
        except IndexError:
            pass
        self._writer.prepare()
        return SqliteConnection(self._path, self._options, reader=True)

    def _return_reader(self, reader: SqliteConnection, generation: object) -> None:
        if generation is self._generation and len(self._readers) < self._options.pool_size:
            self._readers.append(reader)
        else:
            reader.close()

    def _return_snapshot(
        self, snapshot: Snapshot, reader: SqliteConnection, generation: object
    ) -> None:
        self._snapshots.drop(snapshot)
        self._return_reader(reader, generation)

    def _look_after(self, writer: Writer) -> None:
        """The writer was opened, by the thread that has it now."""
        self._caretaker.wake()
        if writer.was_left_open:
            self._checkup = Checkup(self._path)
            self._checkup.start()

    def backup(self, path: str | PathLike[str]) -> int:
        reader = self._take_reader() if self._path else self._take_writer()
        generation = self._generation
        try:
            return backup.write_backup(reader.copy_to, self._path, path)
        finally:
            if self._path:
                self._return_reader(reader, generation)
            else:
                self._release_writer()

    def cancel(self, thread: int) -> bool:
        return limits.cancel_thread(thread)

    @property
    def statistics(self) -> PoolStatistics:
        """Of the writer; readers are made as they are needed."""
        return PoolStatistics(
            size=1,
            in_use=self._writer.in_use,
            idle=len(self._readers),
            waiting=self._writer.waiting,
        )

    def close(self) -> None:
        """Close idle readers at once, those in use when they come back, the writer last and when
        its current user is done."""
        self._caretaker.stop()
        if self._checkup is not None:
            self._checkup.stop()
        self._generation = object()
        while self._readers:
            self._readers.pop().close()
        self._writer.close()

    def abandon(self) -> None:
        _inherited.extend((self._writer.abandon(), self._readers))
        self._start()
