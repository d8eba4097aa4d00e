"""What an engine offers to `Database`: statements of their own, and connections for transactions.

A statement outside a transaction goes through `Driver.run`, where the engine picks the connection.
A transaction leases one connection; whoever holds the lease is its only user and ends it with
exactly one `commit` or `rollback`, which give the connection back.
"""

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any, Protocol

from orm.engine.dialect import Dialect
from orm.engine.result import Result, Row, Written
from orm.engine.statistics import PoolStatistics
from orm.engine.submitted import Submitted


class Statements(Protocol):
    """What runs statements. `fetch` and `write` are `run` for those that the ORM itself has
    written, whose parameters have the driver's form already; an engine may do them in less time."""

    def run(self, sql: str, params: Sequence[Any]) -> Result: ...

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        """The rows of a SELECT."""
        return self.run(sql, params).rows

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        """Run an INSERT, UPDATE or DELETE."""
        result = self.run(sql, params)
        return result.row_count, result.last_row_id


class Pipeline(Protocol):
    """Sends statements of one transaction ahead of their answers (see orm.engine.pipeline).

    fault: the first error among the answers read.
    """

    fault: BaseException | None

    def add(self, submitted: Submitted) -> None:
        """Take a statement; may send, and raise the error of an earlier one."""

    def settle(self) -> None:
        """Read every answer that is due; raises the first error among them."""

    def drop(self) -> None:
        """Read every answer that is due and forget it."""


class Lease(Statements, Protocol):
    """One connection with an open transaction, held by one thread."""

    @property
    def is_lost(self) -> bool:
        """The engine has ended the transaction by itself, or the connection is gone."""

    def run(self, sql: str, params: Sequence[Any]) -> Result: ...

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]: ...

    def open_pipeline(self) -> Pipeline | None:
        """What sends ahead on this connection; None where every statement waits for its answer."""
        return None

    def commit(self) -> None:
        """Commit and give the connection back, whatever happens.

        CommitUnknown when the connection was lost meanwhile; any other error means that nothing
        was committed.
        """

    def rollback(self) -> None:
        """Undo and give the connection back. Never raises: a connection that cannot roll back is
        closed, which undoes the transaction too, and the error that led here stays visible."""


class Driver(Statements, Protocol):
    """One engine bound to one database."""

    @property
    def dialect(self) -> Dialect: ...

    def run(self, sql: str, params: Sequence[Any]) -> Result: ...

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]: ...

    def lease(self, *, read_only: bool, isolation: str | None = None) -> Lease:
        """Take a connection and begin a transaction on it; isolation: one of `isolation.LEVELS`,
        None for the engine's own."""

    def cancel(self, thread: int) -> bool:
        """See `Database.cancel`."""

    def backup(self, path: str | PathLike[str]) -> int:
        """See `Database.backup`."""

    @property
    def statistics(self) -> PoolStatistics:
        """What the connections are doing."""

    def close(self) -> None:
        """Close every connection; the driver opens new ones when it is used again."""

    def abandon(self) -> None:
        """In the child after a fork: forget the parent's connections without touching them."""
