"""Statements and transactions on MySQL and MariaDB."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from orm.engine.dialect import MYSQL_DIALECT
from orm.engine.mysql.connection import MysqlConnection
from orm.engine.mysql.pool import Pool
from orm.engine.options import MysqlOptions
from orm.engine.result import Result, Row
from orm.engine.statements import Kind, kind_of
from orm.engine.url import DatabaseURL
from orm.errors import CommitUnknown, Disconnected, OrmError


class MysqlDriver:
    """One MySQL database behind a pool."""

    dialect = MYSQL_DIALECT

    def __init__(self, url: DatabaseURL, options: MysqlOptions) -> None:
        self._url = url
        self._options = options
        self._pool = Pool(url, options)

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        """A read that met a dead connection is sent once more, on a new one (sec:D11). A write is
        not: it may have been done."""
        connection = self._pool.acquire()
        try:
            return connection.run(sql, params)
        except Disconnected:
            self._pool.distrust_idle()
            if kind_of(sql) is not Kind.READ:
                raise
        finally:
            self._pool.release(connection)
        return self._run_again(sql, params)

    def _run_again(self, sql: str, params: Sequence[Any]) -> Result:
        connection = self._pool.acquire()
        try:
            return connection.run(sql, params)
        finally:
            self._pool.release(connection)

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        connection = self._pool.acquire()
        try:
            yield from connection.stream(sql, params, size)
        finally:
            self._pool.release(connection)

    def lease(self, *, read_only: bool) -> "MysqlLease":
        """BEGIN on a dead connection is sent again on a new one: nothing was done yet."""
        begin = "START TRANSACTION READ ONLY" if read_only else "START TRANSACTION"
        connection = self._pool.acquire()
        try:
            return self._begin(connection, begin)
        except Disconnected:
            self._pool.distrust_idle()
        return self._begin(self._pool.acquire(), begin)

    def _begin(self, connection: MysqlConnection, begin: str) -> "MysqlLease":
        give_back = partial(self._pool.release, connection)
        try:
            connection.run(begin, ())
        except BaseException:
            give_back()
            raise
        return MysqlLease(connection, give_back)

    def close(self) -> None:
        self._pool.close()

    def abandon(self) -> None:
        """The sockets are shared with the parent; dropping ours says nothing to the server."""
        self._pool = Pool(self._url, self._options)


class MysqlLease:
    """One transaction on one connection."""

    def __init__(self, connection: MysqlConnection, give_back: Callable[[], None]) -> None:
        self._connection = connection
        self._give_back = give_back

    @property
    def is_lost(self) -> bool:
        return not self._connection.is_open

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        return self._connection.run(sql, params)

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Read whole at the start: an unread answer would block the transaction's connection."""
        rows = self._connection.run(sql, params).rows
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def commit(self) -> None:
        try:
            self._connection.run("COMMIT", ())
        except Disconnected as error:
            self._give_back()
            raise CommitUnknown(
                f"the connection was lost during COMMIT ({error}): the transaction may or may not "
                "be stored; look before running it again.",
                code=error.code,
            ) from error
        except BaseException:
            self.rollback()
            raise
        self._give_back()

    def rollback(self) -> None:
        try:
            if self._connection.is_open:
                self._connection.run("ROLLBACK", ())
        except OrmError:
            self._connection.close()
        finally:
            self._give_back()
