"""A statement whose answer is read later, and a number that is not known yet."""

from collections.abc import Callable, Sequence
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, Protocol

from orm.engine.result import Written
from orm.errors import TransactionError
from orm.records import Record


class Runs(Protocol):
    """Whatever runs statements."""

    def write(self, sql: str, params: Sequence[Any]) -> Written: ...


class Submitted(Record, frozen=False):
    """A statement in a pipeline.

    then: called with the number of rows; what it raises counts as the statement's error.
    about: what the statement is for, an object or a text, named in the note on an error.
    """

    sql: str
    params: Sequence[Any]
    then: Callable[[int], object]
    about: object = None

    def run(self, statements: Runs) -> None:
        """Without a pipeline: at once."""
        try:
            self.then(statements.write(self.sql, self.params)[0])
        except BaseException as error:
            self.add_note(error)
            raise

    def add_note(self, error: BaseException) -> None:
        """Say on the error whose it is."""
        subject = self.sql[:60] if self.about is None else self.about
        error.add_note(f"in a pipeline, of the statement for {subject!r}; the pipeline is undone.")


def _operator(compute: Callable[[int, Any], Any]) -> Any:
    return lambda self, other: compute(int(self), int(other) if type(other) is Count else other)


class Count:
    """The number of rows a statement in a pipeline matched: reads the answers when it is used.

    It compares, adds and prints like the int it stands for; `int(count)` is that int.
    """

    __slots__ = ("_settle", "_value")

    def __init__(self, settle: Callable[[], None]) -> None:
        """settle: reads the answers that are due."""
        self._settle = settle
        self._value: int | None = None

    def take(self, row_count: int) -> None:
        self._value = row_count

    def __int__(self) -> int:
        if self._value is None:
            self._settle()
        if self._value is None:
            raise TransactionError("this count is of a statement in a pipeline that was undone.")
        return self._value

    __index__ = __int__
    __eq__ = _operator(eq)
    __ne__ = _operator(ne)
    __lt__ = _operator(lt)
    __le__ = _operator(le)
    __gt__ = _operator(gt)
    __ge__ = _operator(ge)
    __add__ = __radd__ = _operator(add)
    __mul__ = __rmul__ = _operator(mul)
    __sub__ = _operator(sub)

    def __bool__(self) -> bool:
        return bool(int(self))

    def __hash__(self) -> int:
        return hash(int(self))

    def __repr__(self) -> str:
        return repr(int(self))

    def __format__(self, form: str) -> str:
        return format(int(self), form)
