"""Watching statements: the log of a block, and the hook that tests count with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it was sent; `seconds` is the time until its answer was read."""

    sql: str
    params: tuple[Any, ...]
    seconds: float
    failed: bool = False

    def __str__(self) -> str:
        failed = " FAILED" if self.failed else ""
        return f"{self.seconds * 1000:8.2f} ms{failed}  {self.sql}  {list(self.params)!r}"


Observer = Callable[[Statement], object]


class Observers:
    """The observers of one database: an immutable tuple, replaced under a lock, read without."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.current: tuple[Observer, ...] = ()

    def add(self, observer: Observer) -> None:
        with self._lock:
            self.current = (*self.current, observer)

    def remove(self, observer: Observer) -> None:
        with self._lock:
            self.current = tuple(other for other in self.current if other is not observer)


class QueryLog(Sequence[Statement]):
    """`with database.log_queries() as log:` collects the statements of every thread.

    It is the list of them, also after the block. BEGIN, COMMIT and savepoints are not in it.
    """

    def __init__(self, observers: Observers) -> None:
        self._observers = observers
        self._statements: list[Statement] = []
        self._observer: Observer = self._statements.append

    def __enter__(self) -> Self:
        self._observers.add(self._observer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._observers.remove(self._observer)

    def __getitem__(self, index: Any) -> Any:
        return self._statements[index]

    def __len__(self) -> int:
        return len(self._statements)

    def __str__(self) -> str:
        return "\n".join(map(str, self._statements))
