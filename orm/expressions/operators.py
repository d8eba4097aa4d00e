"""Python's operators on expressions: what `==` and arithmetic take, and what they make.

`Expression` does the work; what is said here is for type checkers first.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from uuid import UUID

    from orm.expressions.base import Arithmetic, Condition
    from orm.expressions.subselect import Subselect

T_co = TypeVar("T_co", covariant=True)

# What any expression may be compared with.
_Other: TypeAlias = "Operators[Any] | Subselect | None"


class _Untyped:
    """No value is of this class: only an expression of unknown kind passes for one of it."""


class Operators(Generic[T_co]):
    """The operators of an expression that gives a `T_co`."""

    __hash__ = object.__hash__

    # What fits beside each kind of expression, for type checkers. Anything else makes a bool to
    # them (by the other side's `==`), and where() takes none: `where(Note.title == 3)` is an error.
    # An expression of unknown kind (Any, a field of one's own) takes anything.

    @overload  # type: ignore[override]
    def __eq__(self: "Operators[bool | None]", other: "bool | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[int | None]", other: "int | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[str | None]", other: "str | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[float | None]", other: "float | _Other") -> "Condition": ...
    @overload
    def __eq__(
        self: "Operators[Decimal | None]", other: "Decimal | int | str | _Other"
    ) -> "Condition": ...
    @overload
    def __eq__(
        self: "Operators[datetime | None]", other: "datetime | str | _Other"
    ) -> "Condition": ...
    @overload
    def __eq__(self: "Operators[date | None]", other: "date | str | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[time | None]", other: "time | str | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[timedelta | None]", other: "timedelta | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[UUID | None]", other: "UUID | str | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[bytes | None]", other: "bytes | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[Enum | None]", other: "Enum | str | _Other") -> "Condition": ...
    @overload
    def __eq__(self: "Operators[_Untyped | None]", other: object) -> "Condition": ...
    def __eq__(self, other: object) -> "Condition":
        raise NotImplementedError

    @overload  # type: ignore[override]
    def __ne__(self: "Operators[bool | None]", other: "bool | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[int | None]", other: "int | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[str | None]", other: "str | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[float | None]", other: "float | _Other") -> "Condition": ...
    @overload
    def __ne__(
        self: "Operators[Decimal | None]", other: "Decimal | int | str | _Other"
    ) -> "Condition": ...
    @overload
    def __ne__(
        self: "Operators[datetime | None]", other: "datetime | str | _Other"
    ) -> "Condition": ...
    @overload
    def __ne__(self: "Operators[date | None]", other: "date | str | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[time | None]", other: "time | str | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[timedelta | None]", other: "timedelta | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[UUID | None]", other: "UUID | str | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[bytes | None]", other: "bytes | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[Enum | None]", other: "Enum | str | _Other") -> "Condition": ...
    @overload
    def __ne__(self: "Operators[_Untyped | None]", other: object) -> "Condition": ...
    def __ne__(self, other: object) -> "Condition":
        raise NotImplementedError

    def _arithmetic(self, operator: str, other: Any, *, is_reflected: bool = False) -> "Arithmetic":
        """`self operator other`, or the other way round."""
        raise NotImplementedError

    def __add__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("+", other)

    def __radd__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("+", other, is_reflected=True)

    def __sub__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("-", other)

    def __rsub__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("-", other, is_reflected=True)

    def __mul__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("*", other)

    def __rmul__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("*", other, is_reflected=True)

    def __truediv__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("/", other)

    def __rtruediv__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("/", other, is_reflected=True)

    def __mod__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("%", other)

    def __rmod__(self, other: Any) -> "Arithmetic":
        return self._arithmetic("%", other, is_reflected=True)
