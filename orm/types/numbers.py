"""Numbers and truth values."""

import decimal
import math
from typing import Any, Final

from orm.types.base import Converter, ValueType

# A double keeps 15 significant decimal digits exactly. Up to there SQLite stores a Decimal as a
# number, which it compares, sorts and sums as one; above, as text under the collation `decimal`.
EXACT_DIGITS: Final = 15

# MySQL computes with at most this many digits.
_LONGEST_DECIMAL: Final = 65


class IntegerType(ValueType):
    """A whole number within a signed range of `bits`."""

    def __init__(self, bits: int) -> None:
        self.low = -(2 ** (bits - 1))
        self.high = 2 ** (bits - 1) - 1
        self.kind = {8: "tinyint", 16: "smallint", 32: "integer", 64: "bigint"}[bits]
        self.allowed = f"an int from {self.low} to {self.high}"

    def gate(self, variable: str) -> str:
        return f"type({variable}) is int and {self.low} <= {variable} <= {self.high}"

    def accept(self, value: Any) -> int:
        # bool is an int to Python, but a True that reaches an integer column is a mistake; other
        # subclasses (IntEnum) lose nothing.
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        ):
            return int(value)
        raise self.refuse(value)


class SumType(IntegerType):
    """The sum of integers: MySQL answers a DECIMAL, which becomes an int as on SQLite."""

    def __init__(self) -> None:
        super().__init__(64)

    def decoder(self, dialect: str) -> Converter | None:
        return int if dialect == "mysql" else None


class BooleanType(ValueType):
    kind = "boolean"
    allowed = "a bool"

    def gate(self, variable: str) -> str:
        return f"type({variable}) is bool"

    def accept(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise self.refuse(value)

    def encoder(self, dialect: str) -> Converter:
        return int

    def decoder(self, dialect: str) -> Converter:
        return bool


class FloatType(ValueType):
    kind = "float"
    allowed = "a finite float or an int"

    def gate(self, variable: str) -> str:
        # Of an infinity and of NaN the difference is NaN.
        return f"type({variable}) is float and {variable} - {variable} == 0.0"

    def accept(self, value: Any) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                raise self.refuse(value) from None
            # An int beyond 2^53 may have no float of its own.
            if math.isfinite(number) and number == value:
                return number
        raise self.refuse(value)

    def decoder(self, dialect: str) -> Converter:
        # An average is a DECIMAL to MySQL, and SQLite may answer a whole number as an int.
        return float


class DecimalType(ValueType):
    """A number of at most `digits` digits, `places` of them after the point."""

    kind = "decimal"

    def __init__(self, digits: int, places: int) -> None:
        self.digits = digits
        self.places = places
        self.allowed = (
            f"a Decimal, an int or a numeric str of at most {digits - places} digits before the "
            f"point and {places} after it (no float: it is not exact)"
        )
        self._quantum = decimal.Decimal(1).scaleb(-places)
        self._context = decimal.Context(prec=digits + 2, traps=[decimal.InvalidOperation])
        self._limit = decimal.Decimal(10) ** (digits - places)

    def accept(self, value: Any) -> decimal.Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, str, decimal.Decimal)):
            raise self.refuse(value)
        try:
            number = decimal.Decimal(value)
            fitted = number.quantize(self._quantum, context=self._context)
        except decimal.InvalidOperation:
            raise self.refuse(value) from None
        if fitted != number or abs(fitted) >= self._limit:
            raise self.refuse(value)
        return fitted

    def encoder(self, dialect: str) -> Converter | None:
        if dialect != "sqlite":
            return None
        return str if self.is_text_in_sqlite else float

    @property
    def is_text_in_sqlite(self) -> bool:
        return (self.digits or 0) > EXACT_DIGITS

    def decoder(self, dialect: str) -> Converter:
        places, digits = self.places or 0, self.digits or 0
        return _decimal_reader(places, max(_LONGEST_DECIMAL, digits + 2))


class ComputedDecimalType(ValueType):
    """What arithmetic and aggregates make of Decimals: not bound by a column's digits, and a number
    to SQLite also where the column keeps text. Rounded to `places`, None for as they come."""

    kind = "decimal"
    allowed = "a Decimal, an int or a numeric str"

    def __init__(self, places: int | None = None) -> None:
        self.places = places

    def accept(self, value: Any) -> decimal.Decimal:
        if isinstance(value, (int, str, decimal.Decimal)) and not isinstance(value, bool):
            try:
                number = decimal.Decimal(value)
            except decimal.InvalidOperation:
                raise self.refuse(value) from None
            if number.is_finite():
                return number
        raise self.refuse(value)

    def encoder(self, dialect: str) -> Converter | None:
        return float if dialect == "sqlite" else None

    def decoder(self, dialect: str) -> Converter:
        if self.places is None:
            return lambda value: decimal.Decimal(str(value))
        return _decimal_reader(self.places, _LONGEST_DECIMAL)


def _decimal_reader(places: int, precision: int) -> Converter:
    """From what a driver gives (a Decimal, a float or text) to a Decimal with `places`."""
    quantum = decimal.Decimal(1).scaleb(-places)
    context = decimal.Context(prec=precision)

    def read(value: Any) -> decimal.Decimal:
        if type(value) is float:
            value = repr(value)
        return decimal.Decimal(value).quantize(quantum, context=context)

    return read


def places_of(number: decimal.Decimal) -> int:
    """How many digits stand after the point."""
    return max(0, -int(number.as_tuple().exponent))


def arithmetic_type(operator: str, left: ValueType | None, right: ValueType | None) -> Any:
    """The type of `left operator right`: that of `left`, unless `right` knows of fractions that an
    integer does not have."""
    if operator == "/":
        return FloatType()
    if isinstance(left, IntegerType):
        if isinstance(right, FloatType):
            return right
        if not isinstance(right, _DECIMALS):
            is_sum = isinstance(left, SumType) or isinstance(right, SumType)
            return SumType() if is_sum else IntegerType(64)
    if isinstance(left, (IntegerType, *_DECIMALS)):
        places = [t.places for t in (left, right) if t is not None and t.places is not None]
        return ComputedDecimalType(max(places, default=None))
    return left


_DECIMALS: Final = (DecimalType, ComputedDecimalType)
