"""`with transaction():`, `@transaction(retry=5)` and `with read_only():`."""

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from orm.engine.isolation import check_isolation
from orm.engine.local import ThreadState
from orm.engine.retry import may_run_again, pause
from orm.engine.transaction import Unit
from orm.errors import OrmError, TransactionError
from orm.later import inspect

P = ParamSpec("P")
R = TypeVar("R")


class TransactionBlock:
    """A transaction as a context manager: commits at the end, undoes on an exception.

    Inside another block of the same thread and database it is a savepoint.
    """

    _is_committed = False
    _undo = False
    _state: ThreadState | None = None
    _unit: Unit | None = None
    _savepoint: int | None = None

    def __init__(
        self,
        state: Callable[[], ThreadState],
        *,
        lazy: bool,
        retry: int,
        isolation: str | None = None,
    ) -> None:
        self._find_state = state
        self._lazy = lazy
        self._retry = retry
        self._isolation = None if isolation is None else check_isolation(isolation)

    def __enter__(self) -> Self:
        if self._unit is not None:
            raise TransactionError("this block is in use; call transaction() for each `with`.")
        if self._retry:
            raise TransactionError(
                "a `with` block cannot be run again; retry= works on a function: "
                "@transaction(retry=5)."
            )
        state = self._find_state()
        unit = state.unit
        if unit is None:
            unit = Unit(state.driver, read_only=False, isolation=self._isolation)
            if not self._lazy:
                unit.begin()
            state.unit = unit
        else:
            self._nest(unit)
        self._undo = False
        self._state = state
        self._unit = unit
        return self

    def _nest(self, unit: Unit) -> None:
        if self._isolation is not None:
            raise TransactionError(
                f"isolation={self._isolation!r} is for a whole transaction, and this block is "
                "inside another; give it to the outermost one."
            )
        self._savepoint = unit.enter_savepoint()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        unit = self._unit
        state = self._state
        if unit is None or state is None:
            raise TransactionError("this block was left before it was entered.")
        self._unit = self._state = None
        undo = self._undo or kind is not None
        if self._savepoint is not None:
            savepoint, self._savepoint = self._savepoint, None
            unit.leave_savepoint(savepoint, undo=undo)
            return
        state.unit = None
        if undo:
            unit.rollback()
            return
        unit.commit()
        self._is_committed = True
        if unit.has_callbacks:
            run_callbacks(unit)

    @property
    def is_committed(self) -> bool:
        """The block has ended and its work is stored, whatever an on_commit callback raised."""
        return self._is_committed

    def rollback(self) -> None:
        """Undo at the end of the block although no exception leaves it."""
        self._undo = True

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Run `function` in a transaction; again, from its start, when the database undid it.

        Only the outermost transaction can be run again: in a nested one the error goes on to it.
        What an on_commit callback raises is no reason either: the transaction is stored.
        Raises TransactionError for a generator or coroutine function, whose body would run after
        the transaction has ended.
        """
        for is_deferred in (
            inspect.isgeneratorfunction,
            inspect.iscoroutinefunction,
            inspect.isasyncgenfunction,
        ):
            if is_deferred(function):
                raise TransactionError(
                    f"@transaction cannot wrap {function.__qualname__}: its body runs later; use "
                    "`with transaction():` inside it."
                )

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            tries_left = 0 if self._find_state().unit is not None else self._retry
            while True:
                block = TransactionBlock(
                    self._find_state, lazy=self._lazy, retry=0, isolation=self._isolation
                )
                try:
                    with block:
                        return function(*args, **kwargs)
                except OrmError as error:
                    if block._is_committed or not tries_left or not may_run_again(error):
                        raise
                tries_left -= 1
                pause()

        return run


def run_callbacks(unit: Unit) -> None:
    """Run every callback of a committed unit; the first error is raised after the last one ran."""
    first: Exception | None = None
    for callback in unit.take_callbacks():
        try:
            callback()
        except Exception as error:
            first = first or error
    if first is not None:
        first.add_note("raised by an on_commit callback; the transaction itself is committed.")
        raise first


class ReadOnlyBlock:
    """A scope in which every write raises ReadOnly.

    The outermost block of a thread also reads from one snapshot; inside a transaction it only
    forbids writing.
    """

    def __init__(self, state: Callable[[], ThreadState]) -> None:
        self._find_state = state
        self._state: ThreadState | None = None
        self._owns_unit = False

    def __enter__(self) -> Self:
        state = self._state = self._find_state()
        self._owns_unit = state.unit is None
        if state.unit is None:
            state.unit = Unit(state.driver, read_only=True)
        else:
            state.unit.enter_read_only()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        state, self._state = self._state, None
        if state is None or state.unit is None:
            raise TransactionError("this block was left before it was entered.")
        unit = state.unit
        if not self._owns_unit:
            unit.leave_read_only()
            return
        state.unit = None
        if kind is not None:
            unit.rollback()
            return
        unit.commit()
        run_callbacks(unit)
