"""Transactions: one unit of work per thread and database, nested blocks as savepoints.

    state      statement            nested block          block ends well      block ends badly
    WAITING    BEGIN -> ACTIVE      BEGIN, SAVEPOINT      DONE (nothing sent)  DONE (nothing sent)
    ACTIVE     runs                 SAVEPOINT             COMMIT -> DONE       ROLLBACK -> DONE
    BROKEN     TransactionError     TransactionError      TransactionError     the error goes on

The outermost block owns the unit; a lazy one starts WAITING. A unit breaks when the database ended
the transaction underneath it (a deadlock, a lost connection, a full disk) or when a lock was not
granted: both engines then undo the whole of it, not one statement (sec:D13). Its connection is
given back at once, so that its locks are free; the blocks around only unwind. A block that
swallowed the error cannot end well any more, because nothing of it was stored.

An ordinary failed statement, such as a violated constraint, undoes only itself on both engines: the
block may catch the error and go on.

Callbacks of `on_commit` run after the outermost COMMIT, in order, outside the transaction; those
registered inside a savepoint that is undone are dropped with it.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any

from orm.engine.driver import Driver, Lease, Pipeline
from orm.engine.result import Result, Row, Written
from orm.engine.retry import is_undone
from orm.engine.statements import Kind, kind_of
from orm.engine.submitted import Submitted
from orm.errors import OrmError, ReadOnly, TransactionError

Callback = Callable[[], object]


class State(Enum):
    WAITING = "BEGIN is not sent yet"
    ACTIVE = "open"
    BROKEN = "undone by the database"


class Unit:
    """The open transaction of one thread on one database."""

    # Class attributes until they change: a unit is made for each short transaction.
    _lease: Lease | None = None
    _depth = 0  # of savepoints
    _cause: OrmError | None = None
    is_pipelined = False  # statements may be submitted instead of run
    _pipelines = 0  # open pipeline blocks
    _pipeline: Pipeline | None = None  # what they send ahead with
    is_plain = False  # the engine was asked for one, and has none
    _fault: BaseException | None = None  # of a statement submitted in them

    def __init__(self, driver: Driver, *, read_only: bool, isolation: str | None = None) -> None:
        self._driver = driver
        self._isolation = isolation
        self._read_only_depth = int(read_only)
        self._is_snapshot = read_only
        self._callbacks: list[Callback] = []

    @property
    def state(self) -> State:
        if self._cause is not None:
            return State.BROKEN
        return State.WAITING if self._lease is None else State.ACTIVE

    def begin(self) -> Lease:
        """BEGIN, unless it was sent already; TransactionError when the unit is broken."""
        if self._lease is not None:
            return self._lease
        if self._cause is not None:
            raise self._broken("no further statement can run in it") from self._cause
        self._lease = self._driver.lease(read_only=self._is_snapshot, isolation=self._isolation)
        return self._lease

    def run(self, sql: str, params: Sequence[Any]) -> Result:
        self._check(sql)
        lease = self.begin()
        try:
            return lease.run(sql, params)
        except OrmError as error:
            self._break_if_lost(lease, error)
            raise

    def fetch(self, sql: str, params: Sequence[Any]) -> list[Row]:
        lease = self._lease or self.begin()
        try:
            return lease.fetch(sql, params)
        except OrmError as error:
            self._break_if_lost(lease, error)
            raise

    def write(self, sql: str, params: Sequence[Any]) -> Written:
        if self._read_only_depth:
            self._check(sql)
        lease = self._lease or self.begin()
        try:
            return lease.write(sql, params)
        except OrmError as error:
            self._break_if_lost(lease, error)
            raise

    def stream(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        self._check(sql)
        lease = self.begin()
        try:
            yield from lease.stream(sql, params, size)
        except OrmError as error:
            self._break_if_lost(lease, error)
            raise

    def _check(self, sql: str) -> None:
        kind = kind_of(sql)
        if self._read_only_depth and kind is not Kind.READ:
            raise ReadOnly(
                f"a statement that {kind.value} is not allowed inside a read-only scope: "
                f"{sql[:60]!r}; run it outside of `read_only()`."
            )
        if kind is Kind.SCHEMA and not self._driver.dialect.transactional_ddl:
            raise TransactionError(
                f"MySQL commits a transaction when the schema changes: {sql[:60]!r}; run it "
                "outside of `transaction()`."
            )

    def _break_if_lost(self, lease: Lease, error: OrmError) -> None:
        if is_undone(error) or lease.is_lost:
            self._break(lease, error)

    def _break(self, lease: Lease, error: OrmError) -> None:
        self._cause = error
        self._lease = self._pipeline = None
        self._callbacks.clear()
        lease.rollback()

    def _broken(self, what: str) -> TransactionError:
        cause = self._cause
        return TransactionError(
            f"the transaction was undone by {type(cause).__name__} ({cause}): {what}; leave the "
            "block, and run it again from its start."
        )

    def commit(self) -> None:
        """End the unit well; callbacks are the caller's to run once it has let go of the unit."""
        if self._cause is not None:
            raise self._broken("nothing of it is stored") from self._cause
        if self._lease is not None:
            lease, self._lease = self._lease, None
            lease.commit()

    def rollback(self) -> None:
        """End the unit and undo it; never raises."""
        self._callbacks.clear()
        if self._lease is not None:
            lease, self._lease = self._lease, None
            lease.rollback()

    def enter_savepoint(self) -> int:
        """Returns the mark that `leave_savepoint` takes: how many callbacks there were."""
        self.settle()
        lease = self.begin()
        try:
            lease.run(f"SAVEPOINT s{self._depth}", ())
        except OrmError as error:
            self._break(lease, error)
            raise
        self._depth += 1
        return len(self._callbacks)

    def leave_savepoint(self, mark: int, *, undo: bool) -> None:
        self._depth -= 1
        if self._cause is not None:
            if undo:
                return  # the error is on its way up, and nothing is left to undo
            raise self._broken("nothing of it is stored") from self._cause
        lease = self.begin()
        try:
            if undo:
                del self._callbacks[mark:]
                lease.run(f"ROLLBACK TO SAVEPOINT s{self._depth}", ())
            lease.run(f"RELEASE SAVEPOINT s{self._depth}", ())
        except OrmError as error:
            self._break(lease, error)
            if not undo:
                raise

    # Pipelines (see orm.engine.pipeline)

    def enter_pipeline(self) -> None:
        self._pipelines += 1
        self.is_pipelined = True

    def leave_pipeline(self, *, undo: bool) -> None:
        """Read the answers that are due; TransactionError when an error of one was swallowed."""
        self._pipelines -= 1
        self.is_pipelined = self._pipelines > 0
        try:
            if not undo:
                self.settle()
            elif self._pipeline is not None:
                self._pipeline.drop()
        finally:
            fault = self._take_fault()
        if fault is not None and not undo:
            raise TransactionError(
                f"a statement in this pipeline failed ({fault}), and those sent after it have run: "
                "the pipeline is undone; let the error leave the block."
            ) from fault

    def _take_fault(self) -> BaseException | None:
        """The first error of a submitted statement since this was asked last."""
        fault, self._fault = self._fault, None
        if self._pipeline is not None:
            fault, self._pipeline.fault = fault or self._pipeline.fault, None
        return fault

    @property
    def sends_ahead(self) -> bool:
        """Can the engine send statements ahead of the answers to those before?"""
        if self._pipeline is not None:
            return True
        if not self.is_plain:
            self._pipeline = (self._lease or self.begin()).open_pipeline()
            self.is_plain = self._pipeline is None
        return not self.is_plain

    def submit(self, submitted: Submitted) -> None:
        """Run a statement of a pipeline, or send it ahead where the engine can."""
        if self._read_only_depth:
            self._check(submitted.sql)
        lease = self._lease or self.begin()
        try:
            pipeline = self._pipeline or lease.open_pipeline()
            if pipeline is not None:
                self._pipeline = pipeline
                pipeline.add(submitted)
            else:
                submitted.run(lease)
        except BaseException as error:
            self._note_fault(lease, error)
            raise

    def run_submitted(
        self, sql: str, params: Sequence[Any], then: Callable[[int], object], about: object
    ) -> None:
        """As submit(), in the shortest way, where nothing is sent ahead."""
        if self._read_only_depth:
            self._check(sql)
        lease = self._lease or self.begin()
        try:
            then(lease.write(sql, params)[0])
        except BaseException as error:
            Submitted(sql, params, then, about).add_note(error)
            self._note_fault(lease, error)
            raise

    def settle(self) -> None:
        """Read the answers of submitted statements, in order; raises the first error."""
        lease = self._lease
        if self._pipeline is None or lease is None:
            return
        try:
            self._pipeline.settle()
        except BaseException as error:
            self._note_fault(lease, error)
            raise

    def _note_fault(self, lease: Lease, error: BaseException) -> None:
        self._fault = error
        if isinstance(error, OrmError):
            self._break_if_lost(lease, error)

    def enter_read_only(self) -> None:
        self._read_only_depth += 1

    def leave_read_only(self) -> None:
        self._read_only_depth -= 1

    def on_commit(self, callback: Callback) -> None:
        self._callbacks.append(callback)

    @property
    def has_callbacks(self) -> bool:
        return bool(self._callbacks)

    def take_callbacks(self) -> list[Callback]:
        callbacks, self._callbacks = self._callbacks, []
        return callbacks
