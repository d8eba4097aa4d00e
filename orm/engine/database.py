"""A database as everybody above the engines sees it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from typing import Any, Protocol, cast

from orm.engine.blocks import ReadOnlyBlock, TransactionBlock
from orm.engine.cache import BoundedCache
from orm.engine.dialect import Dialect
from orm.engine.driver import Driver, Lease
from orm.engine.explain import explain_text, readable
from orm.engine.limits import time_limit
from orm.engine.local import ThreadState
from orm.engine.log import Hook, Observer, Observers, QueryCount, QueryLog, SlowLog
from orm.engine.parameters import check_sequence
from orm.engine.pipeline import PipelineBlock
from orm.engine.result import Result, Row, Written
from orm.engine.statements import Kind, bind_placeholders, kind_of
from orm.engine.statistics import PoolStatistics
from orm.engine.submitted import Count, Submitted
from orm.engine.tally import QueryStatistics
from orm.engine.transaction import Callback, Unit
from orm.engine.watching import LazyLoads
from orm.errors import QueryError, TransactionError
from orm.records import replace


class Compilable(Protocol):
    """Anything that can write itself as SQL: a query."""

    def compile(self, dialect: Dialect) -> tuple[str, Sequence[Any]]: ...


class Database:
    """Statements, transactions and scopes of one connected database; safe to share by threads.

    A statement runs in the thread's transaction when it is in one, else by itself (autocommit).
    Errors are those of `orm.errors`.
    """

    # What objects do that load a relation one by one; queries look at it.
    lazy_loads = LazyLoads.WARN

    def __init__(self, name: str, driver: Driver) -> None:
        self.name = name
        self.dialect = driver.dialect
        self._driver = driver
        self.thread_state = ThreadState(driver)
        self._observers = Observers()
        self._slow_log: SlowLog | None = None
        # Compiled statements by the keys of `orm.expressions.trace`; the queries' business.
        self.plans: BoundedCache[Any, Any] = BoundedCache()

    def __repr__(self) -> str:
        return f"Database({self.name!r}, {self._driver!r})"

    # Statements

    def run(self, sql: str, params: Sequence[Any] = ()) -> Result:
        """Run a statement written for this dialect: its placeholder, and on MySQL `%%` for `%`."""
        if self._observers.is_active:
            return self._run_observed(sql, params)
        unit = self.thread_state.unit
        return (self._driver if unit is None else unit).run(sql, params)

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        """The rows of a SELECT that the ORM wrote, its parameters in the driver's form already."""
        if self._observers.is_active:
            return self._run_observed(sql, params).rows
        unit = self.thread_state.unit
        return (self._driver if unit is None else unit).fetch(sql, params)

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        """Run an INSERT, UPDATE or DELETE that the ORM wrote, parameters as for `fetch`."""
        if self._observers.is_active:
            result = self._run_observed(sql, params)
            return result.row_count, result.last_row_id
        unit = self.thread_state.unit
        return (self._driver if unit is None else unit).write(sql, params)

    def submit(
        self,
        sql: str,
        params: Sequence[Any],
        then: Callable[[int], object],
        about: object = None,
    ) -> None:
        """Run a write whose answer is not needed at once, and call `then` with the number of rows.

        In `with pipeline():` both may happen later, in order, and an error is raised when the
        answer is read; `about` is named in its note.
        """
        unit = self.thread_state.unit
        if unit is not None and unit.is_pipelined:
            if self._observers.is_active:
                self._submit_observed(unit, Submitted(sql, params, then, about))
            elif unit.is_plain or not unit.sends_ahead:
                unit.run_submitted(sql, params, then, about)
            else:
                unit.submit(Submitted(sql, params, then, about))
        elif unit is None or self._observers.is_active:
            then(self.write(sql, params)[0])
        else:
            then(unit.write(sql, params)[0])

    def _submit_observed(self, unit: Unit, submitted: Submitted) -> None:
        sql, params = self._observers.rewritten(submitted.sql, submitted.params)
        self._observers.tell(sql, params, 0.0, failed=False, rows=None)
        unit.submit(replace(submitted, sql=sql, params=params))

    def count(self, sql: str, params: Sequence[Any]) -> int:
        """Run a write; the number of rows it matched. In a pipeline the number waits for its
        answer until it is looked at."""
        unit = self.thread_state.unit
        if unit is None or not unit.is_pipelined:
            return self.write(sql, params)[0]
        count = Count(unit.settle)
        submit = self._submit_observed if self._observers.is_active else Unit.submit
        submit(unit, Submitted(sql, params, count.take))
        return cast(int, count)

    def pipeline(self) -> PipelineBlock:
        """See `orm.pipeline`."""
        return PipelineBlock(lambda: self.thread_state)

    def _run_observed(self, sql: str, params: Sequence[Any]) -> Result:
        unit = self.thread_state.unit
        observers = self._observers
        sql, params = observers.rewritten(sql, params)
        rows = None
        failed = True
        start = time.perf_counter()
        try:
            result = (self._driver if unit is None else unit).run(sql, params)
            failed = False
            rows = len(result.rows) or max(0, result.row_count)
        finally:
            seconds = time.perf_counter() - start
            observers.tell(sql, params, seconds, failed=failed, rows=rows)
        return result

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Result:
        """Run SQL written by hand, with `?` for every parameter on both engines (sec:D6).

        QueryError when the number of parameters differs; TransactionError for BEGIN, COMMIT and
        the like, which `transaction()` alone sends.
        """
        return self.run(self.bind(sql, params), params)

    def bind(self, sql: str, params: Sequence[Any]) -> str:
        """Rewrite hand-written SQL with `?` into the form `run` takes; checks as `execute`."""
        if kind_of(sql) is Kind.CONTROL:
            raise TransactionError(
                f"{sql[:20]!r} begins or ends a transaction behind the ORM's back; use "
                "`with transaction():`."
            )
        check_sequence(params)
        text, count = bind_placeholders(sql, self.dialect)
        if count != len(params):
            raise QueryError(f"the SQL text has {count} `?`, but {len(params)} parameters came.")
        return text

    def stream(self, sql: str, params: Sequence[Any] = (), size: int = 1000) -> Iterator[list[Row]]:
        """Yield lists of at most `size` rows, in bounded memory, from a connection of its own.

        Inside a transaction the rows come from its connection. On MySQL another statement run
        there before the last row was taken reads the rest of them first, into memory.
        """
        if self._observers.is_active:
            sql, params = self._observers.rewritten(sql, params)
            self._observers.tell(sql, params, 0.0, failed=False, rows=None)
        unit = self.thread_state.unit
        return (self._driver if unit is None else unit).stream(sql, params, size)

    def explain(self, query: Compilable, *, analyze: bool = False) -> str:
        """The plan the engine has for a query, a line for each step: SQLite's as a tree, MySQL's as
        a table. analyze: run it, too, and tell how it went; SQLite cannot (QueryError)."""
        name = self.dialect.name
        sql, params = query.compile(self.dialect)
        asks_version = analyze and name == "mysql"
        version = str(self.run("SELECT VERSION()").rows[0][0]) if asks_version else ""
        text = explain_text(name, sql, version, analyze=analyze)
        return readable(name, self.run(text, params))

    # Scopes

    def transaction(
        self, *, lazy: bool = False, retry: int = 0, isolation: str | None = None
    ) -> TransactionBlock:
        """See `orm.transaction`."""
        return TransactionBlock(
            lambda: self.thread_state, lazy=lazy, retry=retry, isolation=isolation
        )

    def timeout(self, seconds: float) -> AbstractContextManager[None]:
        """`with database.timeout(0.5):` a statement of this thread that runs longer raises
        QueryTimeout (orm:A4). It holds for each statement, and for every database; inside another
        such block it can only be shorter. MySQL, unlike MariaDB, limits SELECT alone."""
        return time_limit(seconds)

    def lease(self) -> Lease:
        """A connection beside this thread's, in a read-only transaction; owed a `rollback`."""
        return self._driver.lease(read_only=True)

    def read_only(self) -> ReadOnlyBlock:
        """`with database.read_only():` every write raises ReadOnly, reads are one snapshot."""
        return ReadOnlyBlock(lambda: self.thread_state)

    @property
    def in_transaction(self) -> bool:
        """This thread is inside `transaction()` or `read_only()`."""
        return self.thread_state.unit is not None

    def on_commit(self, callback: Callback) -> None:
        """See `orm.on_commit`."""
        unit = self.thread_state.unit
        if unit is None:
            callback()
        else:
            unit.on_commit(callback)

    # Watching

    def log_queries(self) -> QueryLog:
        """`with database.log_queries() as log:` is the list of statements, each with its time, its
        rows, the line that made it and what the program was doing (orm:O40, feat:M10)."""
        return QueryLog(self._observers)

    def count_queries(self) -> QueryCount:
        """`with database.count_queries() as counted:` has the `count` of this thread's statements,
        and costs less than a log."""
        return QueryCount(self._observers)

    def query_statistics(self) -> QueryStatistics:
        """Number, time, rows and cache hits of statements by text, while it is started."""
        return QueryStatistics(self._observers, self.plans)

    def log_slow_queries(self, seconds: float) -> None:
        """Warn, on the logger `orm.slow_queries`, of statements that take so long; 0 ends it."""
        if self._slow_log is not None:
            self._observers.remove(self._slow_log)
        self._slow_log = SlowLog(seconds) if seconds else None
        if self._slow_log is not None:
            self._observers.add(self._slow_log, details=False)

    def add_statement_hook(self, hook: Hook) -> None:
        """Show `hook(sql, params)` every statement before it is sent; it may answer another text
        and other parameters, in the forms it got them, to be sent instead.

        Not shown are BEGIN, COMMIT and savepoints. What a hook raises stops the statement.
        """
        self._observers.add_hook(hook)

    def remove_statement_hook(self, hook: Hook) -> None:
        self._observers.remove_hook(hook)

    def add_observer(self, observer: Observer) -> None:
        """Call `observer` after every statement of every thread, on that thread."""
        self._observers.add(observer)

    def remove_observer(self, observer: Observer) -> None:
        self._observers.remove(observer)

    # Life

    def cancel(self, thread: int) -> bool:
        """Stop the statement that another thread (its `threading.get_ident()`) is running on this
        database, and undo the transaction it belongs to; that thread gets Cancelled (feat:V4).

        Returns whether there was one to stop, after a moment: on MySQL that of a connection made
        for the purpose, on SQLite a tenth of a second at most. A COMMIT is never stopped.
        """
        return self._driver.cancel(thread)

    @property
    def statistics(self) -> PoolStatistics:
        """How many connections are open, in use and waited for."""
        return self._driver.statistics

    def backup(self, path: str | PathLike[str]) -> int:
        """Copy a SQLite database, as it is at this moment, into the file `path` while it is in use
        (sec:D20); returns the size in bytes.

        Nobody waits for it. The file appears, or replaces a former one, when the copy is whole,
        checked and on the disk. OperationalError when it cannot be written, and on MySQL, which
        has its own means.
        """
        return self._driver.backup(path)

    def close(self) -> None:
        """Close every connection; the database can be used again and opens new ones.

        TransactionError inside a transaction of this thread.
        """
        if self.thread_state.unit is not None:
            raise TransactionError("the database cannot be closed inside a transaction.")
        self._driver.close()

    def abandon(self) -> None:
        """In the child after a fork: forget connections and transactions of the parent."""
        self.thread_state = ThreadState(self._driver)
        self._driver.abandon()
