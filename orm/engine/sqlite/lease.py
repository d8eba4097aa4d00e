"""One transaction on one SQLite connection."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from orm.engine.result import Result, Row
from orm.engine.sqlite.connection import SqliteConnection
from orm.engine.sqlite.snapshots import Snapshot
from orm.errors import OrmError


class SqliteLease:
    """Begins in the constructor; `give_back` is called exactly once, also when that fails."""

    def __init__(
        self, connection: SqliteConnection | Snapshot, begin: str, give_back: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._give_back = give_back
        # The connection's own: the ORM's statements in a transaction go one call less deep.
        self.fetch = connection.fetch
        self.write = connection.write
        try:
            connection.control(begin)
        except BaseException:
            give_back()
            raise

    @property
    def is_lost(self) -> bool:
        # SQLite rolls back by itself when the disk is full, memory is short or a write that was
        # interrupted cannot be undone alone.
        return not self._connection.in_transaction

    def open_pipeline(self) -> None:
        """There is no way to go that answers could be waited for on."""

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        return self._connection.run(sql, params)

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        return self._connection.stream(sql, params, size)

    def commit(self) -> None:
        try:
            self._connection.control("COMMIT")
        except BaseException:
            self.rollback()
            raise
        self._give_back()

    def rollback(self) -> None:
        try:
            if self._connection.in_transaction:
                with suppress(OrmError):
                    self._connection.control("ROLLBACK")
        finally:
            self._give_back()
