"""Readers that keep a snapshot between statements: `read_only()` blocks and streams (sec:D21).

While one is held, no checkpoint can empty the WAL behind it, so the WAL grows with every write. A
snapshot that is older than its ceiling and stands in the way is ended by the caretaker; the next
thing its owner asks of it is a QueryTimeout.

Owner and caretaker never meet inside the connection: each statement, and each batch of a stream,
holds the lock, and the caretaker ends a snapshot only when it gets the lock at once. What runs has
its own time limit.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from orm.engine.result import Result, Row, Written
from orm.engine.sqlite.connection import SqliteConnection
from orm.engine.stacks import Stack, take_stack
from orm.errors import QueryTimeout


class Snapshot:
    """A reader connection in use for more than one statement, by one thread at a time."""

    def __init__(self, connection: SqliteConnection) -> None:
        self.since = time.monotonic()
        self.stack: Stack = take_stack()
        self._connection = connection
        self._lock = threading.Lock()
        self._streams: list[Iterator[list[Row]]] = []
        self._ended_after = 0.0

    @contextmanager
    def _using(self) -> Iterator[SqliteConnection]:
        with self._lock:
            if self._ended_after:
                raise QueryTimeout(
                    f"SQLite: this read-only block or stream was open for {self._ended_after:.1f} "
                    "s while writes piled up behind it, so its snapshot was given up "
                    "(snapshot_limit); read in shorter pieces."
                )
            yield self._connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        with self._using() as connection:
            return connection.run(sql, params)

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        with self._using() as connection:
            return connection.fetch(sql, params)

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        with self._using() as connection:
            return connection.write(sql, params)

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        batches = self._connection.stream(sql, params, size)
        self._streams.append(batches)
        try:
            while (batch := self._next(batches)) is not None:
                yield batch
        finally:
            with self._lock:
                batches.close()  # type: ignore[attr-defined]  # it is a generator
                self._streams.remove(batches)

    def _next(self, batches: Iterator[list[Row]]) -> list[Row] | None:
        with self._using():
            return next(batches, None)

    def control(self, sql: str) -> None:
        """BEGIN, COMMIT or ROLLBACK; the end of what has ended already is no fault."""
        with self._lock:
            if not self._ended_after:
                self._connection.control(sql)

    def end(self) -> bool:
        """Caretaker: give the snapshot up, unless it is at work; returns whether it was."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            for batches in self._streams:
                batches.close()  # type: ignore[attr-defined]
            if self._connection.in_transaction:
                self._connection.control("ROLLBACK")
            self._ended_after = self.age
        finally:
            self._lock.release()
        return True

    @property
    def is_ended(self) -> bool:
        return self._ended_after > 0

    @property
    def age(self) -> float:
        """Seconds since it was taken."""
        return time.monotonic() - self.since


class Snapshots:
    """Those of one database that are held now."""

    def __init__(self) -> None:
        self._held: dict[Snapshot, None] = {}  # the operations used are atomic

    def hold(self, connection: SqliteConnection) -> Snapshot:
        """Take a reader into account; owed a `drop`."""
        snapshot = Snapshot(connection)
        self._held[snapshot] = None
        return snapshot

    def drop(self, snapshot: Snapshot) -> None:
        self._held.pop(snapshot, None)

    def oldest_first(self) -> list[Snapshot]:
        return sorted(self._held.copy(), key=lambda snapshot: snapshot.since)

    def end_older_than(self, seconds: float, tell: Callable[[Snapshot], object]) -> None:
        """End what is older; `tell` is called for each."""
        for snapshot in self.oldest_first():
            if snapshot.age > seconds and not snapshot.is_ended and snapshot.end():
                tell(snapshot)
