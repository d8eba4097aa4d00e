"""Functions of SQL, by a table of what each is called and what it gives."""

from collections.abc import Iterable
from functools import partial, reduce
from typing import Any, ClassVar, Final

from orm.errors import QueryError
from orm.expressions.base import (
    BOOLEAN,
    Condition,
    Expression,
    Value,
    condition,
    literal,
)
from orm.expressions.patterns import Searchable, ignores_case
from orm.expressions.subselect import Subselect
from orm.expressions.windows import Frame, Window, overlaid
from orm.expressions.writer import Writer
from orm.types.base import ValueType, shorten
from orm.types.numbers import (
    BooleanType,
    ComputedDecimalType,
    DecimalType,
    FloatType,
    IntegerType,
    SumType,
    arithmetic_type,
)
from orm.types.text import TextType

_TEXT: Final = TextType()
_INTEGER: Final = IntegerType(64)


class Function(Searchable[Any]):
    """`NAME(argument, ...)`."""

    parts: ClassVar[tuple[str, ...] | None] = ("arguments",)
    traits: ClassVar[tuple[str, ...]] = ("name", "type")

    def __init__(
        self, name: str, arguments: tuple[Expression[Any], ...], value_type: ValueType | None
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.type = value_type

    @property
    def label(self) -> str:
        return self.name.lower()

    def over(
        self,
        window: Frame | None = None,
        *,
        partition_by: Any = None,
        order_by: Any = None,
        frame: str | None = None,
    ) -> Window[Any]:
        """The function over a window of rows: see `orm.expressions.windows`."""
        return Window(self, overlaid(window, partition_by, order_by, frame))

    def write(self, writer: Writer) -> None:
        writer.text(f"{self.name}(")
        writer.join(self.arguments)
        writer.text(")")
        write_collation(writer, self)


def write_collation(writer: Writer, result: Expression[Any]) -> None:
    """To SQLite what a function gives has no collation; MySQL lets it inherit the column's."""
    if writer.is_mysql:
        return
    if ignores_case(result):
        writer.text(" COLLATE ignore_case")
    elif isinstance(result.type, DecimalType) and result.type.is_text_in_sqlite:
        writer.text(" COLLATE decimal")


class Aggregate(Function):
    """A function over the rows of a group; with `distinct` over each value once."""

    parts: ClassVar[tuple[str, ...] | None] = ("arguments",)
    traits = ("name", "type", "distinct")

    def __init__(
        self,
        name: str,
        argument: Expression[Any] | None,
        value_type: ValueType | None,
        distinct: bool = False,
    ) -> None:
        super().__init__(name, () if argument is None else (argument,), value_type)
        self.distinct = distinct

    def write(self, writer: Writer) -> None:
        if writer.stand_in(self):
            return
        writer.text(f"{self.name}(")
        writer.text("DISTINCT " if self.distinct else "")
        writer.text("" if self.arguments else "*")
        writer.join(self.arguments)
        writer.text(")")
        write_collation(writer, self)


def count(
    expression: Any = None,
    *,
    distinct: bool = False,
    filter: Any = None,  # noqa: A002
) -> Aggregate:
    """Rows in the group, or with an expression those where it is not NULL.

    filter (of any aggregate): count only the rows for which this condition holds.
    """
    if expression is None and distinct:
        raise QueryError(
            "count(distinct=True) needs the expression to count, as in count(Note.id)."
        )
    if expression is None and filter is not None:
        expression = literal(1)
    return Aggregate("COUNT", _filtered(expression, filter), _INTEGER, distinct)


def _filtered(expression: Any, filter: Any) -> Any:  # noqa: A002
    """The expression where the condition holds, else NULL, which no aggregate counts."""
    if expression is not None and not isinstance(expression, Expression):
        raise QueryError(
            f"an aggregate takes an expression such as Note.id, not {shorten(expression)}."
        )
    return expression if filter is None else case(when(filter, expression))


def sum_(
    expression: Any,
    *,
    distinct: bool = False,
    filter: Any = None,  # noqa: A002
) -> Aggregate:
    """The sum; NULL (None) over no rows. Of integers and truth values an int, on both engines."""
    expression = _filtered(expression, filter)
    value_type = expression.type
    if isinstance(value_type, (IntegerType, BooleanType)):
        value_type = SumType()
    elif isinstance(value_type, DecimalType):
        value_type = ComputedDecimalType(value_type.places)
    return Aggregate("SUM", expression, value_type, distinct)


# MySQL gives a mean of Decimals this many places more than they have; so do we everywhere.
_MEAN_PLACES: Final = 4


def avg(
    expression: Any,
    *,
    distinct: bool = False,
    filter: Any = None,  # noqa: A002
) -> Aggregate:
    """The mean: a Decimal with four places more of Decimals, else a float."""
    expression = _filtered(expression, filter)
    value_type = expression.type
    if isinstance(value_type, (DecimalType, ComputedDecimalType)):
        places = None if value_type.places is None else value_type.places + _MEAN_PLACES
        return Aggregate("AVG", expression, ComputedDecimalType(places), distinct)
    if isinstance(value_type, (IntegerType, BooleanType)):
        expression = expression * 1.0  # of integers MySQL would give four places only
    return Aggregate("AVG", expression, FloatType(), distinct)


def min_(expression: Any, *, filter: Any = None) -> Aggregate:  # noqa: A002
    """The least value that is not NULL; NULL (None) over no rows."""
    expression = _filtered(expression, filter)
    return Aggregate("MIN", expression, expression.type)


def max_(expression: Any, *, filter: Any = None) -> Aggregate:  # noqa: A002
    """The greatest value that is not NULL; NULL (None) over no rows."""
    expression = _filtered(expression, filter)
    return Aggregate("MAX", expression, expression.type)


def lower(expression: Any) -> Function:
    """The text in small letters, those of every alphabet on both engines."""
    return Function("LOWER", (expression,), TextType(ci=ignores_case(expression)))


def upper(expression: Any) -> Function:
    """The text in capitals, those of every alphabet on both engines."""
    return Function("UPPER", (expression,), TextType(ci=ignores_case(expression)))


class Choice(Searchable[Any]):
    """One of several expressions: what COALESCE and CASE have in common.

    All have the type of the first, or what arithmetic would make of several kinds of numbers. A
    large Decimal is text to SQLite where a column gives it and a number where it was computed:
    adding 0 to a mixture makes all of them numbers.
    """

    def _choose_type(self, results: Iterable[Expression[Any]]) -> None:
        types = [result.type for result in results if result.type is not None]
        self.type = types[0] if types else None
        self._is_mixed = len({type(item) for item in types}) > 1
        if self._is_mixed:
            self.type = reduce(partial(arithmetic_type, "+"), types)
        self._is_mixed = self._is_mixed and isinstance(self.type, ComputedDecimalType)

    def write(self, writer: Writer) -> None:
        is_made_number = self._is_mixed and not writer.is_mysql
        writer.text("(" if is_made_number else "")
        self._write_choice(writer)
        writer.text(" + 0)" if is_made_number else "")
        write_collation(writer, self)

    def _write_choice(self, writer: Writer) -> None:
        raise NotImplementedError


class Coalesce(Choice):
    parts = ("arguments",)

    def __init__(self, arguments: tuple[Expression[Any], ...]) -> None:
        self.arguments = arguments
        self._choose_type(arguments)

    def _write_choice(self, writer: Writer) -> None:
        writer.text("COALESCE(")
        writer.join(self.arguments)
        writer.text(")")


def coalesce(first: Any, *others: Any) -> Coalesce:
    """The first argument that is not NULL."""
    if not others:
        raise QueryError("coalesce() needs something to fall back to.")
    if not isinstance(first, Expression):
        first = literal(first)
    return Coalesce((first, *(first.operand(other) for other in others)))


class Concat(Searchable[str]):
    """Texts one after the other; NULL when one is NULL."""

    parts = ("pieces",)

    type = _TEXT

    def __init__(self, pieces: tuple[Expression[Any], ...]) -> None:
        self.pieces = pieces

    def write(self, writer: Writer) -> None:
        writer.text("CONCAT(" if writer.is_mysql else "(")
        writer.join(self.pieces, ", " if writer.is_mysql else " || ")
        writer.text(")")


def concat(*parts: Any) -> Concat:
    """The parts as one text; plain values among them are taken as they are."""
    if not parts:
        raise QueryError("concat() needs at least one part.")
    return Concat(tuple(p if isinstance(p, Expression) else literal(p) for p in parts))


class When:
    """One branch of `case`: a condition and what it gives."""

    def __init__(self, test: Any, result: Any) -> None:
        self.test = condition(test)
        self.result = result


def when(test: Condition, result: Any) -> When:
    """A branch for `case`: `result`, a value or an expression, where `test` holds."""
    return When(test, result)


class Case(Choice):
    """`CASE WHEN ... THEN ... ELSE ... END`."""

    parts = ("tests", "results", "default")

    def __init__(self, branches: tuple[When, ...], default: Any) -> None:
        results = [branch.result for branch in branches] + [default]
        typed = next((r for r in results if isinstance(r, Expression)), None)
        if typed is None:
            typed = next((literal(r) for r in results if r is not None), Value(None, None))
        self.tests = tuple([branch.test for branch in branches])
        self.results = tuple([typed.operand(branch.result) for branch in branches])
        self.default = None if default is None else typed.operand(default)
        last = () if self.default is None else (self.default,)
        self._choose_type((*self.results, *last))

    def _write_choice(self, writer: Writer) -> None:
        writer.text("CASE")
        for test, result in zip(self.tests, self.results, strict=True):
            writer.text(" WHEN ")
            test.write(writer)
            writer.text(" THEN ")
            result.write(writer)
        if self.default is not None:
            writer.text(" ELSE ")
            self.default.write(writer)
        writer.text(" END")


def case(*branches: When | tuple[Any, Any], default: Any = None) -> Case:
    """The result of the first branch whose condition holds: `case(when(test, 1), default=0)`.

    A branch may also be a plain pair (test, result).
    """
    if not branches:
        raise QueryError("case() needs at least one when(condition, result).")
    return Case(tuple(b if isinstance(b, When) else When(*b) for b in branches), default)


class Exists(Condition):
    parts = ("query",)

    type = BOOLEAN

    def __init__(self, query: Subselect) -> None:
        self.query = query

    def write(self, writer: Writer) -> None:
        writer.text("EXISTS (")
        self.query.write_subselect(writer)
        writer.text(")")


def exists(query: Subselect) -> Exists:
    """True when the query has a row; it may refer to the tables of the query around it."""
    if not isinstance(query, Subselect):
        raise QueryError(f"exists() takes a query, not {shorten(query)}.")
    return Exists(query)
