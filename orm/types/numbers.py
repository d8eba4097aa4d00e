"""Numbers and truth values."""

import decimal
import math
from collections.abc import Callable
from typing import Any, Final

from orm.types.base import Converter, ValueType

# A double keeps 15 significant decimal digits exactly. Up to there SQLite stores a Decimal as a
# number, which it compares, sorts and sums as one; above, as text under the collation `decimal`.
EXACT_DIGITS: Final = 15


class IntegerType(ValueType):
    """A whole number within a signed range of `bits`."""

    def __init__(self, bits: int) -> None:
        self.low = -(2 ** (bits - 1))
        self.high = 2 ** (bits - 1) - 1
        self.kind = {16: "smallint", 32: "integer", 64: "bigint"}[bits]
        self.allowed = f"an int from {self.low} to {self.high}"

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

    def accept(self, value: Any) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                raise self.refuse(value) from None
            if math.isfinite(number):
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
        return float if (self.digits or 0) <= EXACT_DIGITS else str

    def decoder(self, dialect: str) -> Converter:
        quantum = self._quantum
        # Sums and products may be larger than the column itself.
        context = decimal.Context(prec=max(65, (self.digits or 0) + 2))

        def decode(value: Any) -> decimal.Decimal:
            if type(value) is float:
                value = repr(value)
            return decimal.Decimal(value).quantize(quantum, context=context)

        return decode


class AverageType(ValueType):
    """The mean of Decimals: as exact as the engine computes it, not cut to the column's places."""

    kind = "decimal"
    allowed = "a Decimal or an int"

    def accept(self, value: Any) -> decimal.Decimal:
        if isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool):
            return decimal.Decimal(value)
        raise self.refuse(value)

    def encoder(self, dialect: str) -> Converter | None:
        return float if dialect == "sqlite" else None

    def decoder(self, dialect: str) -> Callable[[Any], decimal.Decimal]:
        return lambda value: decimal.Decimal(str(value))
