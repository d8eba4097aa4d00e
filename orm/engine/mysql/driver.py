"""Statements and transactions on MySQL and MariaDB.

What is sent again, and what is not, for a statement outside a transaction (sec:D11-D14; a
transaction is its owner's to run again, see `orm.engine.retry`):

    the server undid it (1213)                    again after a pause
    the server refused it (1047, 1290, 1836)      again, on another connection or server
    the connection was lost: a read               again, on another connection
    the connection was lost: anything else        CommitUnknown, for it may have been done
    its own COMMIT failed (1180)                  CommitUnknown, for it may have been done

With replicas, reads outside of transactions go to them, except for a while after a write of the
same thread, which might not have arrived there yet.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from os import PathLike
from typing import Any, TypeVar

from orm.engine import limits, retry
from orm.engine.dialect import MYSQL_DIALECT
from orm.engine.driver import Driver
from orm.engine.mysql.errors import COMMIT_FAILED, UNUSABLE, is_answer
from orm.engine.mysql.hosts import REFUSALS
from orm.engine.mysql.lease import MysqlLease, begin
from orm.engine.mysql.pool import Pool
from orm.engine.mysql.pooled import PooledConnection
from orm.engine.mysql.replicas import Replicas
from orm.engine.options import MysqlOptions
from orm.engine.result import Result, Row, Written
from orm.engine.statements import Kind, kind_of
from orm.engine.statistics import PoolStatistics
from orm.engine.url import DatabaseURL
from orm.errors import CommitUnknown, Deadlock, Disconnected, OperationalError, ReadOnly

T = TypeVar("T")
Run = Callable[[PooledConnection, str, Sequence[Any]], T]


class MysqlDriver(Driver):
    """One MySQL database behind a pool."""

    dialect = MYSQL_DIALECT

    def __init__(self, url: DatabaseURL, options: MysqlOptions) -> None:
        self._url = url
        self._options = options
        self._start()

    def _start(self) -> None:
        self._pool = Pool(self._url, self._options)
        self._replicas = Replicas(self._url, self._options) if self._options.replicas else None

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        """One statement in autocommit mode, sent again where that is safe."""
        limit = limits.current.seconds
        if limit is None:
            return self._run(PooledConnection.run, sql, params)
        return self._run(partial(PooledConnection.run_limited, seconds=limit), sql, params)

    def _run(self, run: Run[T], sql: str, params: Sequence[Any], tries: int = 0) -> T:
        while True:
            if self._replicas is None:
                pool = self._pool
                connection = pool.acquire()
            else:
                pool, connection = self._borrow(sql, is_first=not tries)
            try:
                return run(connection, sql, params)
            except OperationalError as error:
                _judge(pool, connection, sql, error, tries)
            finally:
                pool.release(connection)
                if self._replicas is not None and kind_of(sql) is not Kind.READ:
                    self._replicas.pin()
            if tries:
                retry.pause()
            tries += 1

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        if limits.current.seconds is not None:
            return self.run(sql, params).rows
        if self._replicas is not None:
            return self._run(PooledConnection.fetch, sql, params)
        pool = self._pool
        connection = pool.acquire()
        try:
            return connection.fetch(sql, params)
        except OperationalError as error:
            _judge(pool, connection, sql, error, 0)
        finally:
            pool.release(connection)
        return self._run(PooledConnection.fetch, sql, params, tries=1)

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        result = self.run(sql, params)
        return result.row_count, result.last_row_id

    def _borrow(self, sql: str, *, is_first: bool) -> tuple[Pool, PooledConnection]:
        replicas = self._replicas
        if replicas is not None and is_first and kind_of(sql) is Kind.READ:
            found = replicas.borrow()
            if found is not None:
                return found
        return self._pool, self._pool.acquire()

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Begins again on another connection as long as nothing was given out."""
        for tries in range(retry.STATEMENT_TRIES):
            batches = self._stream_once(sql, params, size, is_first=not tries)
            try:
                first = next(batches, None)
            except REFUSALS:
                if tries == retry.STATEMENT_TRIES - 1:
                    raise
                continue
            with closing(batches):
                if first is not None:
                    yield first
                    yield from batches
            return

    def _stream_once(
        self, sql: str, params: Sequence[Any], size: int, *, is_first: bool
    ) -> Generator[list[Row], None, None]:
        pool, connection = self._borrow(sql, is_first=is_first)
        connection.remember_borrower()
        limit = limits.current.seconds
        try:
            text = sql if limit is None else limits.with_limit(sql, limit)
            yield from connection.stream(text, params, size)
        except REFUSALS as error:
            pool.distrust(connection, error)
            raise
        finally:
            pool.release(connection)

    def lease(self, *, read_only: bool, isolation: str | None = None) -> MysqlLease:
        """BEGIN on a dead connection is sent again on a new one: nothing was done yet."""
        found = self._replicas.borrow() if self._replicas and read_only else None
        tries = 0
        while True:
            pool, connection = found or (self._pool, self._pool.acquire())
            found = None
            connection.remember_borrower()
            try:
                begin(connection, read_only=read_only, isolation=isolation)
            except BaseException as error:
                if isinstance(error, REFUSALS):
                    pool.distrust(connection, error)
                pool.release(connection)
                tries += 1
                if not isinstance(error, REFUSALS) or tries == retry.STATEMENT_TRIES:
                    raise
            else:
                pin = self._replicas.pin if self._replicas else None
                return MysqlLease(pool, connection, read_only=read_only, wrote=pin)

    def cancel(self, thread: int) -> bool:
        """Stop what the thread with this identifier runs here; see `Database.cancel`."""
        is_told = self._pool.cancel(thread)
        return (self._replicas is not None and self._replicas.pool.cancel(thread)) or is_told

    def backup(self, path: str | PathLike[str]) -> int:
        raise OperationalError(
            f"{self._url}: the data of MySQL and MariaDB is the server's to copy; use "
            f"`mariadb-dump --single-transaction` or mariadb-backup for {path}."
        )

    @property
    def statistics(self) -> PoolStatistics:
        return self._pool.statistics

    def close(self) -> None:
        self._pool.close()
        if self._replicas is not None:
            self._replicas.pool.close()

    def abandon(self) -> None:
        """The sockets are shared with the parent; dropping ours says nothing to the server."""
        self._start()


def _judge(
    pool: Pool, connection: PooledConnection, sql: str, error: OperationalError, tries: int
) -> None:
    """Return when the statement may be sent again; else raise what its caller is to see."""
    is_refused = error.code in UNUSABLE
    is_lost = isinstance(error, Disconnected)
    is_commit_failed = error.code == COMMIT_FAILED
    if is_lost or is_refused or is_commit_failed:
        pool.distrust(connection, error)
    if is_commit_failed:
        raise _unknown("the server failed to commit", error) from error
    if tries + 1 >= retry.STATEMENT_TRIES:
        raise error
    if is_refused or isinstance(error, Deadlock):
        return
    is_read = kind_of(sql) is Kind.READ
    if is_lost and not is_read and not is_answer(error.code):
        raise _unknown("the connection was lost during a write", error) from error
    # A replica refuses WITH ... UPDATE, which begins like a read.
    if not is_read or not (is_lost or isinstance(error, ReadOnly)):
        raise error


def _unknown(what: str, error: OperationalError) -> CommitUnknown:
    return CommitUnknown(
        f"{what} ({error}): it may or may not be stored; look before doing it again.",
        code=error.code,
    )
