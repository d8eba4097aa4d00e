"""A database whose statements end after a while: what `Query.timeout` runs on (orm:A4)."""

from collections.abc import Iterator, Sequence
from typing import Any

from orm.engine.database import Database
from orm.engine.limits import time_limit
from orm.engine.result import Row


class LimitedDatabase:
    """As the database itself, but for the time that reading takes."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        with time_limit(self._seconds):
            return self._database.fetch(sql, params)

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """The limit is in force while rows are read, not while the caller works on them."""
        batches = self._database.stream(sql, params, size)
        while True:
            with time_limit(self._seconds):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch
