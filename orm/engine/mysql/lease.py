"""One transaction on one connection, and what its end can mean.

COMMIT ends in one of three ways: the server said yes; it said that it undid the transaction (1213,
1205, 1290); or neither, because the connection was lost, the node left its cluster (1047, 1180) or
anything else went wrong. Then nobody knows: of four commits during which a node was killed three
were there afterwards. That is CommitUnknown, and never a reason to run the work again (sec:D12).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from orm.engine import limits
from orm.engine.driver import Lease
from orm.engine.isolation import statement_for
from orm.engine.mysql.hosts import REFUSALS
from orm.engine.mysql.pipeline import Pipeline
from orm.engine.mysql.pooled import PooledConnection
from orm.engine.result import Result, Row, Written
from orm.errors import (
    Cancelled,
    CommitUnknown,
    Deadlock,
    LockTimeout,
    OperationalError,
    OrmError,
    ServerReadOnly,
)

# After these at COMMIT the server has undone the transaction.
_UNDONE = (Deadlock, LockTimeout, ServerReadOnly)


class Owner(Protocol):
    """The pool a connection goes back to."""

    def claim(self, connection: PooledConnection) -> bool: ...

    def release(self, connection: PooledConnection, *, is_claimed: bool = False) -> None: ...

    def distrust(self, connection: PooledConnection, error: OperationalError) -> None: ...


def begin(connection: PooledConnection, *, read_only: bool, isolation: str | None) -> None:
    """Start a transaction; the isolation level is that of this one alone."""
    if isolation is not None:
        connection.prepare(statement_for(isolation))
    connection.run("START TRANSACTION READ ONLY" if read_only else "START TRANSACTION", ())


class MysqlLease(Lease):
    """wrote: called after a COMMIT of a transaction that may have written."""

    def __init__(
        self,
        owner: Owner,
        connection: PooledConnection,
        *,
        read_only: bool,
        wrote: Callable[[], None] | None = None,
    ) -> None:
        self._owner = owner
        self._connection = connection
        self._read_only = read_only
        self._wrote = wrote
        self._is_claimed = False

    @property
    def is_lost(self) -> bool:
        return not self._connection.is_open or self._connection.is_cancelled

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        connection = self._connection
        if connection.is_cancelled:
            raise _cancelled()
        limit = limits.current.seconds
        try:
            if limit is None:
                return connection.run(sql, params)
            return connection.run_limited(sql, params, limit)
        except REFUSALS as error:
            self._owner.distrust(connection, error)
            raise

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        connection = self._connection
        if connection.is_cancelled or limits.current.seconds is not None:
            return self.run(sql, params).rows
        try:
            return connection.fetch(sql, params)
        except REFUSALS as error:
            self._owner.distrust(connection, error)
            raise

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        result = self.run(sql, params)
        return result.row_count, result.last_row_id

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """As they come; another statement reads what is left of them first, into memory."""
        if self._connection.is_cancelled:
            raise _cancelled()
        limit = limits.current.seconds
        text = sql if limit is None else limits.with_limit(sql, limit)
        try:
            yield from self._connection.stream(text, params, size, in_transaction=True)
        except REFUSALS as error:
            self._owner.distrust(self._connection, error)
            raise

    def open_pipeline(self) -> Pipeline | None:
        return self._connection.open_pipeline()

    def commit(self) -> None:
        self._is_claimed = self._owner.claim(self._connection)
        if not self._is_claimed:
            self.rollback()
            raise _cancelled()
        try:
            self._connection.run("COMMIT", ())
        except _UNDONE:
            self.rollback()
            raise
        except OrmError as error:
            self._abandon(error)
            if not self._read_only:
                raise _unknown(error) from error
        except BaseException:
            self._abandon()
            raise
        else:
            self._give_back()
        if self._wrote is not None and not self._read_only:
            self._wrote()

    def rollback(self) -> None:
        try:
            # What is unread may be long; closing undoes the transaction as well.
            if self.is_lost or self._connection.has_unread_rows:
                self._connection.close()
            else:
                self._connection.run("ROLLBACK", ())
        except OrmError:
            self._connection.close()
        finally:
            self._give_back()

    def _abandon(self, error: OrmError | None = None) -> None:
        if isinstance(error, OperationalError):
            self._owner.distrust(self._connection, error)
        self._connection.close()
        self._give_back()

    def _give_back(self) -> None:
        self._owner.release(self._connection, is_claimed=self._is_claimed)


def _cancelled() -> Cancelled:
    return Cancelled("the transaction was cancelled from outside; nothing of it is stored.")


def _unknown(error: OrmError) -> CommitUnknown:
    return CommitUnknown(
        f"COMMIT got no clear answer ({error}): the transaction may or may not be stored; look "
        "before running it again.",
        code=getattr(error, "code", None),
    )
