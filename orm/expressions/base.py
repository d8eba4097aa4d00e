"""The expression: what has a value in SQL, with Python's operators to build larger ones.

A plain value beside an operator takes the type of the expression on the left, so it is checked
and converted as if it were assigned to that column: `Note.created_at < "yesterday"` fails here
and not in the database (sec:D5).
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from orm.errors import DataError, QueryError
from orm.expressions.literals import typed_literal
from orm.expressions.operators import Operators, T_co
from orm.expressions.subselect import Subselect
from orm.expressions.trace import Trace
from orm.expressions.writer import Node, Writer
from orm.names import check_identifier
from orm.types.base import Refused, ValueType, shorten
from orm.types.numbers import BooleanType, IntegerType, arithmetic_type
from orm.types.text import TextType

BOOLEAN = BooleanType()


class Expression(Operators[T_co], Node):
    """A value in SQL. `type` is what it holds, None when that is not known."""

    type: ValueType | None = None

    @property
    def label(self) -> str:
        """How messages and result columns call it."""
        return type(self).__name__.lower()

    def operand(self, value: Any) -> "Expression[Any]":
        """The other side of an operator: an expression as it is, a value under this one's type."""
        if isinstance(value, Expression):
            return value
        if isinstance(value, Subselect):
            return SubselectValue(value)
        if value is None:
            return Value(None, None)
        return Value(self.accept(value), self.type) if self.type else literal(value)

    def accept(self, value: Any) -> Any:
        """`value` as this expression's type has it; DataError naming the expression otherwise."""
        if self.type is None:
            return value
        try:
            return self.type.accept(value)
        except Refused as refusal:
            raise DataError(f"{self.label} {refusal}.") from None

    def __bool__(self) -> bool:
        raise QueryError(
            f"{self.label} is an expression and has no truth value in Python: combine conditions "
            "with & | ~ (and parentheses), not with and, or, not."
        )

    __hash__ = object.__hash__

    if not TYPE_CHECKING:  # `Operators` says to type checkers what fits

        def __eq__(self, other):
            return NullCheck(self, True) if other is None else Operation("=", self, other)

        def __ne__(self, other):
            return NullCheck(self, False) if other is None else Operation("<>", self, other)

    def __lt__(self, other: Any) -> "Condition":
        return Operation("<", self, other)

    def __le__(self, other: Any) -> "Condition":
        return Operation("<=", self, other)

    def __gt__(self, other: Any) -> "Condition":
        return Operation(">", self, other)

    def __ge__(self, other: Any) -> "Condition":
        return Operation(">=", self, other)

    def in_(self, values: "Iterable[Any] | Subselect") -> "Condition":
        """One of `values`, or of a query's single column; nothing is in an empty list."""
        return Membership(self, values, True)

    def not_in(self, values: "Iterable[Any] | Subselect") -> "Condition":
        return Membership(self, values, False)

    def is_null(self, yes: bool = True) -> "Condition":
        return NullCheck(self, yes)

    def between(self, low: Any, high: Any) -> "Condition":
        """From `low` to `high`, both included."""
        return Between(self, low, high)

    def as_(self, name: str) -> "Labelled[T_co]":
        """This expression as result column `name`."""
        return Labelled(self, check_identifier(name, "a label"))

    def asc(self, *, nulls: Literal["first", "last"] | None = None) -> "Ordered[T_co]":
        """Ascending, for order_by(); NULLs come first unless `nulls` says otherwise."""
        return Ordered(self, False, nulls)

    def desc(self, *, nulls: Literal["first", "last"] | None = None) -> "Ordered[T_co]":
        """Descending, for order_by(); NULLs come last unless `nulls` says otherwise."""
        return Ordered(self, True, nulls)

    def __neg__(self) -> "Negated":
        return Negated(self)

    def _arithmetic(self, operator: str, other: Any, *, is_reflected: bool = False) -> "Arithmetic":
        for side in (self, other):
            if isinstance(side, Expression) and side.type is not None and side.type.is_calendar:
                raise QueryError(
                    f"{side.label} is a date or a time, which {operator} means nothing to: shift() "
                    "moves one, seconds_between() tells how far two are apart."
                )
            # Both engines would make numbers of texts, and different ones: 0 and 0.0.
            if isinstance(side, Expression) and isinstance(side.type, TextType):
                raise QueryError(f"{side.label} is text: concat() joins it, cast() makes numbers.")
        if is_reflected:
            return Arithmetic(operator, _arithmetic_operand(self, other), self)
        return Arithmetic(operator, self, other)

    # Of a boolean column, too: `Note.is_open & ~Note.is_locked`.

    def __and__(self, other: "Expression[Any]") -> "Condition":
        return Logic("AND", condition(self), condition(other))

    def __or__(self, other: "Expression[Any]") -> "Condition":
        return Logic("OR", condition(self), condition(other))

    def __xor__(self, other: "Expression[Any]") -> "Condition":
        """Exactly one of both holds."""
        return Operation("<>", condition(self), condition(other))

    def __invert__(self) -> "Condition":
        return Not(condition(self))


class Condition(Expression[bool]):
    """An expression that is true or false."""

    type: ValueType | None = BOOLEAN


class Value(Expression[T_co]):
    """A bound parameter."""

    def __init__(self, value: Any, value_type: ValueType | None) -> None:
        self.value = value
        self.type = value_type

    def trace(self, trace: Trace) -> None:
        values = trace.values
        following = len(values)
        number = trace.numbers.setdefault(id(self), following)
        if number == following:
            values.append(self)
        trace.key += (self.type or Value, number)

    def write(self, writer: Writer) -> None:
        writer.value(self)


class SubselectValue(Expression[Any]):
    """A query of one column, used as a value."""

    parts = ("query",)

    def __init__(self, query: Subselect) -> None:
        self.query = query
        self.type = query.subselect_type()

    def write(self, writer: Writer) -> None:
        writer.text("(")
        self.query.write_subselect(writer)
        writer.text(")")


class Labelled(Expression[T_co]):
    """An expression with a name of its own in the result; elsewhere it is just the expression."""

    parts = ("inner",)
    traits = ("name",)

    def __init__(self, inner: Expression[T_co], name: str) -> None:
        self.inner = inner
        self.name = name
        self.type = inner.type

    @property
    def label(self) -> str:
        return self.name

    def write(self, writer: Writer) -> None:
        if not writer.stand_in(self.inner):
            self.inner.write(writer)


class Negated(Expression[Any]):
    """`-x`: the number's negative, or descending order inside order_by()."""

    parts = ("inner",)

    def __init__(self, inner: Expression[Any]) -> None:
        self.inner = inner
        self.type = arithmetic_type("-", inner.type, inner.type)

    def write(self, writer: Writer) -> None:
        writer.text("(-")
        self.inner.write(writer)
        writer.text(")")


class Ordered(Expression[T_co]):
    """One item of an order: an expression, a direction, and where NULLs go.

    Both engines put NULLs first in ascending order. Where they are wanted on the other side, SQLite
    is told so (`NULLS LAST`), and MySQL, which has no words for it, sorts by `x IS NULL` before.
    """

    parts = ("inner",)
    traits = ("is_descending", "nulls")

    def __init__(
        self,
        inner: Expression[T_co],
        is_descending: bool,
        nulls: Literal["first", "last"] | None = None,
    ) -> None:
        self.inner = inner
        self.is_descending = is_descending
        self.nulls = nulls
        self.type = inner.type

    @property
    def label(self) -> str:
        return self.inner.label

    @property
    def has_nulls_first(self) -> bool:
        return not self.is_descending if self.nulls is None else self.nulls == "first"

    @property
    def reversed(self) -> "Ordered[T_co]":
        """The same order from its end."""
        return Ordered(
            self.inner, not self.is_descending, "last" if self.has_nulls_first else "first"
        )

    def write(self, writer: Writer) -> None:
        is_told = self.has_nulls_first is self.is_descending
        if is_told and writer.is_mysql:
            self.inner.write(writer)
            writer.text(" IS NOT NULL, " if self.has_nulls_first else " IS NULL, ")
        self.inner.write(writer)
        writer.text(" DESC" if self.is_descending else "")
        if is_told and not writer.is_mysql:
            writer.text(" NULLS FIRST" if self.has_nulls_first else " NULLS LAST")


class Operation(Condition):
    """Two sides and a comparison operator."""

    parts = ("left", "right")
    traits = ("operator",)

    def __init__(self, operator: str, left: Expression[Any], right: Any) -> None:
        self.operator = operator
        self.left = left
        self.right = left.operand(right)

    def trace(self, trace: Trace) -> None:
        """As of every class, without asking what kinds of parts there are."""
        trace.key += (Operation, self.operator)
        self.left.trace(trace)
        self.right.trace(trace)

    def write(self, writer: Writer) -> None:
        _write_enclosed(writer, self.left)
        writer.text(f" {self.operator} ")
        _write_enclosed(writer, self.right)


def _write_enclosed(writer: Writer, side: Expression[Any]) -> None:
    """One side of a comparison; a condition there needs parentheses."""
    is_open = isinstance(side, Condition) and not isinstance(side, Logic)
    writer.text("(" if is_open else "")
    side.write(writer)
    writer.text(")" if is_open else "")


class Arithmetic(Expression[Any]):
    """Two sides and `+ - * / %`, always in parentheses.

    `/` is true division of doubles on both engines: SQLite would divide integers, MySQL give four
    more places than the dividend has. `%` has the dividend's sign, for fractions too.
    """

    parts = ("left", "right")
    traits = ("operator",)

    def __init__(self, operator: str, left: Expression[Any], right: Any) -> None:
        self.operator = operator
        self.left = left
        self.right = _arithmetic_operand(left, right)
        self.type = arithmetic_type(operator, self.left.type, self.right.type)

    def write(self, writer: Writer) -> None:
        if self.operator == "%" and (writer.is_mysql or not isinstance(self.type, IntegerType)):
            # A bare % is the placeholder sign of MySQL's driver; SQLite's would cut fractions.
            writer.text("MOD(")
            writer.join((self.left, self.right))
            writer.text(")")
            return
        writer.text("(")
        self.left.write(writer)
        writer.text(" * 1e0 / " if self.operator == "/" else f" {self.operator} ")
        self.right.write(writer)
        writer.text(")")


def _arithmetic_operand(known: Expression[Any], value: Any) -> Expression[Any]:
    # A factor or a summand need not fit the column: price * Decimal("1.075"), level + 70_000.
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return literal(value)
    return known.operand(value)


class NullCheck(Condition):
    parts = ("inner",)
    traits = ("is_null_wanted",)

    def __init__(self, inner: Expression[Any], is_null: bool) -> None:
        self.inner = inner
        self.is_null_wanted = is_null

    def write(self, writer: Writer) -> None:
        self.inner.write(writer)
        writer.text(" IS NULL" if self.is_null_wanted else " IS NOT NULL")


class Between(Condition):
    parts = ("inner", "low", "high")

    def __init__(self, inner: Expression[Any], low: Any, high: Any) -> None:
        self.inner = inner
        self.low = inner.operand(low)
        self.high = inner.operand(high)

    def write(self, writer: Writer) -> None:
        self.inner.write(writer)
        writer.text(" BETWEEN ")
        self.low.write(writer)
        writer.text(" AND ")
        self.high.write(writer)


class Membership(Condition):
    parts = ("inner", "query", "items")
    traits = ("is_in",)

    def __init__(
        self, inner: Expression[Any], values: "Iterable[Any] | Subselect", is_in: bool
    ) -> None:
        self.inner = inner
        self.is_in = is_in
        self.query = values if isinstance(values, Subselect) else None
        self.items: tuple[Expression[Any], ...] = ()
        if self.query is not None:
            self.query.subselect_type()
            return
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise QueryError(f"{inner.label}.in_() takes a list or a query, not {shorten(values)}.")
        self.items = tuple([inner.operand(value) for value in values])

    def write(self, writer: Writer) -> None:
        if self.query is None and not self.items:
            writer.text("1 = 0" if self.is_in else "1 = 1")
            return
        self.inner.write(writer)
        writer.text(" IN (" if self.is_in else " NOT IN (")
        if self.query is not None:
            self.query.write_list(writer)
        else:
            writer.join(self.items)
        writer.text(")")


class Logic(Condition):
    """Conditions all joined by AND, or all by OR.

    A chain is kept flat, whatever its length: engines limit how deep parentheses go, Python how
    deep calls do.
    """

    parts = ("conditions",)
    traits = ("operator",)

    def __init__(self, operator: str, left: Condition, right: Condition) -> None:
        self.operator = operator
        self.conditions = (*self._conditions_of(left), *self._conditions_of(right))

    def _conditions_of(self, side: Condition) -> tuple[Condition, ...]:
        if isinstance(side, Logic) and side.operator == self.operator:
            return side.conditions
        return (side,)

    def write(self, writer: Writer) -> None:
        writer.text("(")
        writer.join(self.conditions, f" {self.operator} ")
        writer.text(")")


class Not(Condition):
    parts = ("inner",)

    def __init__(self, inner: Condition) -> None:
        self.inner = inner

    def write(self, writer: Writer) -> None:
        writer.text("NOT (")
        self.inner.write(writer)
        writer.text(")")


def condition(value: Any) -> Condition:
    """`value` as a condition; a boolean column counts as one (`Note.is_open & ...`)."""
    if isinstance(value, Condition):
        return value
    if isinstance(value, Expression) and isinstance(value.type, BooleanType):
        return Operation("=", value, True)
    raise QueryError(
        f"{shorten(value)} is not a condition: compare columns, as in Note.title == 'x'."
    )


def literal(value: Any) -> Value[Any]:
    """A plain value as an expression, typed by itself: `select(constant(0).as_("depth"))`.

    QueryError when no column could hold it.
    """
    return Value(*typed_literal(value))
