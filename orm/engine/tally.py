"""Statistics of statements by their text: how often, how long, how many rows (orm:O40)."""

from collections.abc import Iterator
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

from orm.engine.cache import BoundedCache
from orm.engine.log import Observers, Statement
from orm.records import Record

# Texts kept apart; what comes after them is counted together, under OTHERS.
_MOST_TEXTS: Final = 500
OTHERS: Final = "(others)"


class TextStatistics(Record, frozen=False):
    """The statements of one text. seconds: the sum; slowest: of one. compiled: how often the text
    was written; the other times it came from the cache of compiled queries."""

    sql: str
    count: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    rows: int = 0
    failed: int = 0
    compiled: int = 0

    @property
    def average(self) -> float:
        return self.seconds / self.count if self.count else 0.0

    @property
    def cache_hits(self) -> int:
        return max(0, self.count - self.compiled)

    def add(self, statement: Statement) -> None:
        self.count += 1
        self.seconds += statement.seconds
        self.slowest = max(self.slowest, statement.seconds)
        self.rows += max(0, statement.rows or 0)
        self.failed += statement.failed


class QueryStatistics:
    """`with database.query_statistics() as statistics:` or `start()` and `stop()`.

    Iterating gives a `TextStatistics` for each text, the one that took the most time first.
    """

    def __init__(self, observers: Observers, plans: "BoundedCache[Any, Any]") -> None:
        self._observers = observers
        self._plans = plans
        self._lock = Lock()
        self._texts: dict[str, TextStatistics] = {}

    def start(self) -> Self:
        self._observers.add(self._take, details=False)
        self._plans.listener = self._compiled
        return self

    def stop(self) -> None:
        self._observers.remove(self._take)
        self._plans.listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _take(self, statement: Statement) -> None:
        with self._lock:
            self._of(statement.sql).add(statement)

    def _compiled(self, sql: str) -> None:
        with self._lock:
            self._of(sql).compiled += 1

    def _of(self, sql: str) -> TextStatistics:
        found = self._texts.get(sql)
        if found is None:
            if len(self._texts) >= _MOST_TEXTS:
                sql = OTHERS
            found = self._texts.setdefault(sql, TextStatistics(sql))
        return found

    def __iter__(self) -> Iterator[TextStatistics]:
        with self._lock:
            found = [item for item in self._texts.values() if item.count]
        return iter(sorted(found, key=lambda item: -item.seconds))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __str__(self) -> str:
        lines = ["  count   sum ms   avg ms   max ms     rows  cached  statement"]
        lines += [
            f"{item.count:7} {item.seconds * 1e3:8.2f} {item.average * 1e3:8.2f} "
            f"{item.slowest * 1e3:8.2f} {item.rows:8} {item.cache_hits:7}  {item.sql}"
            for item in self
        ]
        return "\n".join(lines)
