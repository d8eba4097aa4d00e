"""cast(): a value as one of another kind, by the same rules on both engines."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, literal
from orm.expressions.patterns import Searchable
from orm.expressions.writer import Writer
from orm.types.base import ValueType, shorten
from orm.types.dates import DateTimeType, DateType
from orm.types.numbers import ComputedDecimalType, DecimalType, FloatType, IntegerType
from orm.types.text import TextType

# Text compares exactly, blanks at its end included, as in our columns; each server knows one of the
# two collations and takes the other for a comment.
EXACT: Final = " /*M! COLLATE utf8mb4_nopad_bin*/ /*!80000 COLLATE utf8mb4_0900_bin*/"

_FRACTIONAL: Final = (FloatType, DecimalType, ComputedDecimalType)

# How each kind is written, the value in place of {}: (sqlite, mysql), and the type of the result.
_Forms = tuple[str, str, Callable[[], ValueType]]
_CASTS: Final[dict[type, _Forms]] = {
    int: ("CAST({} AS INTEGER)", "CAST({} AS SIGNED)", lambda: IntegerType(64)),
    float: ("CAST({} AS REAL)", "CAST({} AS DOUBLE)", FloatType),
    str: ("CAST({} AS TEXT)", f"(CAST({{}} AS CHAR){EXACT})", TextType),
    dt.datetime: ("ORM_MOMENT({})", "CAST({} AS DATETIME(6))", DateTimeType),
    dt.date: ("SUBSTR({}, 1, 10)", "CAST({} AS DATE)", DateType),
}


class Cast(Searchable[Any]):
    parts = ("inner",)
    traits = ("type", "sqlite", "mysql")

    def __init__(self, inner: Expression[Any], sqlite: str, mysql: str, kind: ValueType) -> None:
        self.inner = inner
        self.sqlite = sqlite
        self.mysql = mysql
        self.type = kind

    def write(self, writer: Writer) -> None:
        # To an int MySQL would round, where SQLite (and Python) cut.
        is_cut = writer.is_mysql and isinstance(self.type, IntegerType)
        is_cut = is_cut and isinstance(self.inner.type, _FRACTIONAL)
        before, _, after = (self.mysql if writer.is_mysql else self.sqlite).partition("{}")
        writer.text(f"{before}TRUNCATE(" if is_cut else before)
        self.inner.write(writer)
        writer.text(f", 0){after}" if is_cut else after)


def cast(expression: Any, target: Any) -> Cast:
    """`expression` as an int, float, str, date or datetime: `cast(Note.id, str)`.

    A field says its kind too, and with its size: `cast(Note.name, String(20))` cuts to 20
    characters, `cast(Note.ratio, Decimal(10, 2))` rounds to two places.
    """
    inner = expression if isinstance(expression, Expression) else literal(expression)
    return Cast(inner, *_forms(target))


def _forms(target: Any) -> tuple[str, str, ValueType]:
    value_type = None if isinstance(target, type) else getattr(target, "value_type", None)
    if isinstance(value_type, DecimalType):
        digits, places = value_type.digits, value_type.places
        sqlite = f"ROUND(CAST({{}} AS REAL), {places})"
        return sqlite, f"CAST({{}} AS DECIMAL({digits}, {places}))", ComputedDecimalType(places)
    kind = getattr(target, "python_type", None) or _PYTHON_TYPES.get(type(value_type), target)
    if not isinstance(kind, type) or kind not in _CASTS:
        names = ", ".join(known.__name__ for known in _CASTS)
        raise QueryError(f"cast() goes to one of {names} or a Decimal(), not to {shorten(target)}.")
    sqlite, mysql, make = _CASTS[kind]
    if kind is str and value_type is not None and value_type.length:
        length = value_type.length
        return (
            f"SUBSTR(CAST({{}} AS TEXT), 1, {length})",
            f"(CAST({{}} AS CHAR({length})){EXACT})",
            make(),
        )
    return sqlite, mysql, make()


_PYTHON_TYPES: Final[dict[type, type]] = {DateType: dt.date, DateTimeType: dt.datetime}
