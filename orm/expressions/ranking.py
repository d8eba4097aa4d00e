"""Functions that only make sense over a window: rank, row_number, lag and the like."""

from typing import Any, ClassVar, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, Value, literal
from orm.expressions.functions import Function
from orm.expressions.windows import Frame
from orm.expressions.writer import Writer
from orm.types.base import shorten
from orm.types.numbers import FloatType, IntegerType

_INTEGER: Final = IntegerType(64)


class WindowFunction(Function):
    """A function that needs `.over(...)`."""

    parts: ClassVar[tuple[str, ...] | None] = ("arguments",)
    traits = ("name", "type")

    def write(self, writer: Writer) -> None:
        raise QueryError(f"{self.label}() needs a window: {self.label}().over(order_by=...).")

    def write_over(self, writer: Writer, frame: Frame) -> None:
        writer.text(f"{self.name}(")
        writer.join(self.arguments)
        writer.text(") OVER (")
        frame.write(writer)
        writer.text(")")


class Neighbour(WindowFunction):
    """LAG or LEAD. MariaDB knows no default, so the rows without a neighbour are told by a LAG of a
    constant, which is NULL only there."""

    parts = ("arguments", "default")
    traits = ("name", "type")

    def __init__(
        self, name: str, of: Expression[Any], by: int, default: Expression[Any] | None
    ) -> None:
        super().__init__(name, (of, Value(by, _INTEGER)), of.type)
        self.default = default

    def write_over(self, writer: Writer, frame: Frame) -> None:
        if self.default is None:
            super().write_over(writer, frame)
            return
        writer.text(f"CASE WHEN {self.name}(1, ")
        self.arguments[1].write(writer)
        writer.text(") OVER (")
        frame.write(writer)
        writer.text(") IS NULL THEN ")
        self.default.write(writer)
        writer.text(" ELSE ")
        super().write_over(writer, frame)
        writer.text(" END")


def row_number() -> WindowFunction:
    """1, 2, 3 ... in the window's order."""
    return WindowFunction("ROW_NUMBER", (), _INTEGER)


def rank() -> WindowFunction:
    """The place; equal rows share one, and the next is as many further."""
    return WindowFunction("RANK", (), _INTEGER)


def dense_rank() -> WindowFunction:
    """The place; equal rows share one, and the next follows at once."""
    return WindowFunction("DENSE_RANK", (), _INTEGER)


def percent_rank() -> WindowFunction:
    """The place from 0 to 1."""
    return WindowFunction("PERCENT_RANK", (), FloatType())


def cume_dist() -> WindowFunction:
    """Which part of the rows comes no later, above 0 to 1."""
    return WindowFunction("CUME_DIST", (), FloatType())


def ntile(number: int) -> WindowFunction:
    """Which of so many parts, as equal as can be, the row is in; from 1."""
    return WindowFunction("NTILE", (Value(_positive(number, "ntile()"), _INTEGER),), _INTEGER)


def lag(expression: Any, by: int = 1, default: Any = None) -> WindowFunction:
    """The value `by` rows before; `default` (None) where there is no such row."""
    return _neighbour("LAG", expression, by, default)


def lead(expression: Any, by: int = 1, default: Any = None) -> WindowFunction:
    """The value `by` rows after; `default` (None) where there is no such row."""
    return _neighbour("LEAD", expression, by, default)


def first_value(expression: Any) -> WindowFunction:
    """The value of the frame's first row."""
    return _value("FIRST_VALUE", expression)


def last_value(expression: Any) -> WindowFunction:
    """The value of the frame's last row (which is the current one, unless a frame says more)."""
    return _value("LAST_VALUE", expression)


def nth_value(expression: Any, number: int) -> WindowFunction:
    """The value of the frame's row `number`, from 1; None before there is one."""
    return _value("NTH_VALUE", expression, Value(_positive(number, "nth_value()"), _INTEGER))


def _neighbour(name: str, given: Any, by: int, default: Any) -> Neighbour:
    of = _expression(given, name)
    fallback = None if default is None else of.operand(default)
    return Neighbour(name, of, _positive(by, f"{name.lower()}(by=)"), fallback)


def _value(name: str, given: Any, *more: Expression[Any]) -> WindowFunction:
    of = _expression(given, name)
    return WindowFunction(name, (of, *more), of.type)


def _expression(given: Any, name: str) -> Expression[Any]:
    return given if isinstance(given, Expression) else literal(given)


def _positive(number: Any, where: str) -> int:
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31:
        return number
    raise QueryError(f"{where} takes an int above 0, not {shorten(number)}.")
