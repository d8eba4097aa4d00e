"""A computed value on its way into a column: held to what the column takes (sec:D5).

A plain value is checked by its field before anything is sent; what an expression gives only the
database knows. MySQL and MariaDB check it (we ask for strict mode). SQLite's columns have no
bounds, so there a function of ours checks it, rounds it by the same rule, and refuses it in the
field's name (see `orm.engine.sqlite.fitting`).
"""

from typing import Any, Final, NamedTuple

from orm.expressions.base import Condition, Expression, Labelled, Value
from orm.expressions.calls import Call
from orm.expressions.columns import Column
from orm.expressions.moments import held_to_calendar
from orm.expressions.writer import Writer
from orm.types.base import ValueType
from orm.types.numbers import FloatType
from orm.types.text import TextType

_BITS: Final = {"boolean": 8, "tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}

# Kinds without parameters.
_UNBOUNDED: Final = {
    "float": "ORM_FIT_FLOAT",
    "date": "ORM_FIT_DATE",
    "duration": "ORM_FIT_DURATION",
}

_SIZED: Final = frozenset({"string", "enum", "uuid", "bytes"})


class _Check(NamedTuple):
    """A function of SQLite's and its arguments between the value and the field's label."""

    function: str
    bounds: tuple[int, ...]


class Fitted(Expression[Any]):
    """What `inner` gives, rounded to the places of the field, or a DataError that names it."""

    parts = ("inner", "_named")
    traits = ("_before", "_after", "_is_whole")

    def __init__(self, field: Any, inner: Expression[Any], check: _Check) -> None:
        self.inner = inner
        self.type = field.value_type
        # No part of the text: the name of a class can be any.
        self._named: Value[str] = Value(field.label, TextType())
        bounds = "".join(f", {bound}" for bound in (*check.bounds, int(field.secret)))
        self._before, self._after = f"{check.function}(", f"{bounds}, "
        self._is_whole = field.kind in _BITS

    def of(self, inner: Expression[Any]) -> "Fitted":
        """The same check of something else."""
        copy = self.__class__.__new__(self.__class__)
        copy.__dict__.update(self.__dict__, inner=inner)
        return copy

    def write(self, writer: Writer) -> None:
        if not writer.is_mysql:
            writer.text(self._before)
            self.inner.write(writer)
            writer.text(self._after)
            self._named.write(writer)
            writer.text(")")
        elif self._is_whole and isinstance(self.inner.type, FloatType):
            # Halves go away from zero, as those of a Decimal: of a double they would go to even.
            writer.text("CAST(")
            self.inner.write(writer)
            writer.text(" AS DECIMAL(65, 30))")
        else:
            self.inner.write(writer)


def fitted(field: Any, expression: Expression[Any]) -> Expression[Any]:
    """The expression as it may be stored in the field; itself when it fits anyway."""
    check = _check_of(field.value_type)
    if check is None or _is_fit(expression, field.value_type):
        return expression
    if isinstance(expression, Call):
        expression = held_to_calendar(expression, field)
    return Fitted(field, expression, check)


def _check_of(value_type: ValueType) -> _Check | None:
    """None for what has no bounds."""
    bits = _BITS.get(value_type.kind)
    if bits is not None:
        return _Check("ORM_FIT_INTEGER", (bits,))
    if value_type.kind == "decimal":
        return _Check("ORM_FIT_DECIMAL", (value_type.digits or 0, value_type.places or 0))
    if value_type.kind in _UNBOUNDED:
        return _Check(_UNBOUNDED[value_type.kind], ())
    if value_type.kind == "datetime":
        return _Check("ORM_FIT_MOMENT", (int(value_type.tz),))
    if value_type.kind in _SIZED and value_type.length is not None:
        return _Check("ORM_FIT_TEXT", (value_type.length,))
    return None


def _is_fit(expression: Expression[Any], wanted: ValueType) -> bool:
    """Is it a value already, a truth value, or a column with the same bounds?"""
    inner = expression.inner if isinstance(expression, Labelled) else expression
    if isinstance(inner, Condition):
        return wanted.kind in _BITS
    if isinstance(inner, Value):
        return inner.type is wanted
    if not isinstance(inner, Column) or inner.field is None or inner.source.is_derived:
        return False
    return _bounds(inner.field.value_type) == _bounds(wanted)


def _bounds(value_type: ValueType) -> tuple[Any, ...]:
    return (value_type.kind, value_type.length, value_type.digits, value_type.places)
