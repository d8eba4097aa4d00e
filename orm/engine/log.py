"""Watching statements: what is known of each, the log of a block, who listens and who rewrites."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock, get_ident
from types import TracebackType
from typing import Any, Final, Self

from orm import later
from orm.engine.callers import Caller, find_caller
from orm.engine.context import describe
from orm.later import logging
from orm.records import Record, field
from orm.types.base import shorten
from orm.types.secret import MASK, Secret

query_logger: Final = later.logger("orm.queries")
slow_logger: Final = later.logger("orm.slow_queries")

# Parameters that a line shows.
_MOST_SHOWN: Final = 20


class Statement(Record):
    """One statement as it was sent.

    params: in the driver's form, `***` for those of secret fields. seconds: until its answer was
    read; 0 for what is only sent (a pipeline, a stream). rows: how many were read, or matched by a
    write; None when that is not known. caller: the line of the program that made it. context: what
    the program was doing, such as the request's id. The last two are None and empty unless an
    observer asked for them.
    """

    sql: str
    params: tuple[Any, ...]
    seconds: float
    failed: bool = False
    rows: int | None = None
    caller: Caller | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        failed = " FAILED" if self.failed else ""
        rows = "" if self.rows is None else f"  {self.rows} rows"
        shown = ", ".join(param if param is MASK else shorten(param) for param in self._shown())
        more = len(self.params) - _MOST_SHOWN
        ending = f", and {more} more" if more > 0 else ""
        places = [str(self.caller)] if self.caller is not None else []
        places += [f"{name} {text}" for name, text in self.context.items()]
        where = f"  ({', '.join(places)})" if places else ""
        return f"{self.seconds * 1000:8.2f} ms{failed}{rows}  {self.sql}  [{shown}{ending}]{where}"

    def _shown(self) -> tuple[Any, ...]:
        return self.params[:_MOST_SHOWN]


def make_statement(
    sql: str,
    params: Sequence[Any],
    seconds: float,
    *,
    failed: bool,
    rows: int | None,
    with_details: bool,
) -> Statement:
    """What an observer is told; details are the caller and the context."""
    masked = tuple([MASK if isinstance(param, Secret) else param for param in params])
    if not with_details:
        return Statement(sql, masked, seconds, failed, rows)
    return Statement(sql, masked, seconds, failed, rows, find_caller(), describe())


Observer = Callable[[Statement], object]

# Sees the text and the parameters of a statement before it is sent; others to send, or None.
Hook = Callable[[str, Sequence[Any]], tuple[str, Sequence[Any]] | None]


class Observers:
    """Who watches one database: immutable tuples, replaced under a lock, read without."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.current: tuple[Observer, ...] = ()
        self.hooks: tuple[Hook, ...] = ()
        self.detailed: tuple[Observer, ...] = ()
        self.is_active = False

    def add(self, observer: Observer, *, details: bool = True) -> None:
        with self._lock:
            self.current = (*self.current, observer)
            if details:
                self.detailed = (*self.detailed, observer)
            self.is_active = True

    def remove(self, observer: Observer) -> None:
        with self._lock:
            self.current = _without(self.current, observer)
            self.detailed = _without(self.detailed, observer)
            self.is_active = bool(self.current or self.hooks)

    def add_hook(self, hook: Hook) -> None:
        with self._lock:
            self.hooks = (*self.hooks, hook)
            self.is_active = True

    def remove_hook(self, hook: Hook) -> None:
        with self._lock:
            self.hooks = _without(self.hooks, hook)
            self.is_active = bool(self.current or self.hooks)

    def rewritten(self, sql: str, params: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        """What the hooks make of a statement, one after the other."""
        for hook in self.hooks:
            sql, params = hook(sql, params) or (sql, params)
        return sql, params

    def tell(
        self, sql: str, params: Sequence[Any], seconds: float, *, failed: bool, rows: int | None
    ) -> None:
        """Tell every observer of a statement."""
        observers = self.current
        if observers:
            details = bool(self.detailed)
            statement = make_statement(
                sql, params, seconds, failed=failed, rows=rows, with_details=details
            )
            for observer in observers:
                observer(statement)


def _without(items: tuple[Any, ...], gone: Any) -> tuple[Any, ...]:
    # `==`, not `is`: a bound method is a new object each time it is named.
    return tuple(item for item in items if item != gone)


class _Watch:
    """A block during which an observer listens."""

    _details = True

    def __init__(self, observers: Observers) -> None:
        self._observers = observers
        self._observer: Observer = self._take

    def _take(self, statement: Statement) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._observers.add(self._observer, details=self._details)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._observers.remove(self._observer)


class QueryLog(_Watch, Sequence[Statement]):
    """`with database.log_queries() as log:` collects the statements of every thread.

    It is the list of them, also after the block. BEGIN, COMMIT and savepoints are not in it.
    """

    def __init__(self, observers: Observers) -> None:
        super().__init__(observers)
        self._statements: list[Statement] = []

    def _take(self, statement: Statement) -> None:
        self._statements.append(statement)

    def __getitem__(self, index: Any) -> Any:
        return self._statements[index]

    def __len__(self) -> int:
        return len(self._statements)

    def __str__(self) -> str:
        return "\n".join(map(str, self._statements))


class QueryCount(_Watch):
    """`with database.count_queries() as counted:` counts the statements of this thread, and keeps
    how often each text came (of the first 100 texts)."""

    _details = False
    _MOST_TEXTS = 100

    def __init__(self, observers: Observers) -> None:
        super().__init__(observers)
        self._thread = get_ident()
        self.count = 0
        self.seconds = 0.0
        self._texts: dict[str, int] = {}

    def _take(self, statement: Statement) -> None:
        if get_ident() != self._thread:
            return
        self.count += 1
        self.seconds += statement.seconds
        if statement.sql in self._texts or len(self._texts) < self._MOST_TEXTS:
            self._texts[statement.sql] = self._texts.get(statement.sql, 0) + 1

    @property
    def most_frequent(self) -> tuple[str, int]:
        """The text that came most often, and how often."""
        if not self._texts:
            return "", 0
        return max(self._texts.items(), key=lambda item: item[1])


def log_statement(statement: Statement) -> None:
    """An observer that logs every statement (feat:M10)."""
    query_logger.info("%s", str(statement).strip())


def log_statements(add: Callable[[Observer], None]) -> None:
    """Begin to log; the logger shows it unless the program has said otherwise."""
    if query_logger.level == logging.NOTSET:
        query_logger.setLevel(logging.INFO)
    add(log_statement)


class SlowLog:
    """An observer that logs, as a warning of the logger `orm.slow_queries`, what took too long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, statement: Statement) -> None:
        if statement.seconds >= self.seconds:
            detailed = Statement(
                statement.sql,
                statement.params,
                statement.seconds,
                statement.failed,
                statement.rows,
                statement.caller or find_caller(),
                statement.context or describe(),
            )
            slow_logger.warning("slow query: %s", str(detailed).strip())
