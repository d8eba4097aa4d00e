"""Functions of numbers and of values of any kind, the same on both engines."""

from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.calls import Call, Form, argument
from orm.types.base import shorten
from orm.types.numbers import (
    ComputedDecimalType,
    DecimalType,
    FloatType,
    IntegerType,
    SumType,
)

_DECIMALS: Final = (DecimalType, ComputedDecimalType)

_ABS: Final = Form("abs", "ABS({0})", "ABS({0})")
# MySQL answers a whole number as a DECIMAL or a DOUBLE, after what went in.
_FLOOR: Final = Form("floor", "CAST(FLOOR({0}) AS INTEGER)", "FLOOR({0})")
_CEIL: Final = Form("ceil", "CAST(CEIL({0}) AS INTEGER)", "CEIL({0})")
_SIGN: Final = Form("sign", "SIGN({0})", "SIGN({0})")
_SQRT: Final = Form("sqrt", "SQRT({0})", "SQRT({0})")
_POWER: Final = Form("power", "POWER({0}, {1})", "POWER({0}, {1})")
_EXP: Final = Form("exp", "EXP({0})", "EXP({0})")
_LN: Final = Form("ln", "LN({0})", "LN({0})")
_LOG10: Final = Form("log10", "LOG10({0})", "LOG10({0})")
# Halves away from zero, by the same steps on both engines: MariaDB would round doubles to even.
_ROUNDED: Final = "(SIGN({0}) * FLOOR(ABS({0}) * POWER(10, {1}) + 0.5) / POWER(10, {1}))"
_ROUND_INTEGER: Final = Form("round", "CAST(ROUND({0}) AS INTEGER)", "ROUND({0})")
_ROUND_FLOAT: Final = Form("round", _ROUNDED, _ROUNDED)
# A Decimal is a double to SQLite, which may lie a little below the half that was meant.
_ROUND_DECIMAL: Final = Form("round", "ROUND({0} + SIGN({0}) * 1e-10, {1})", "ROUND({0}, {1})")
_RANDOM: Final = Form("random", "RANDOM()", "RAND()")
_NULLIF: Final = Form("nullif", "NULLIF({0}, {1})", "NULLIF({0}, {1})")
_MOST: Final = 10


def abs_(number: Any) -> Call[Any]:
    """The number without its sign."""
    given = argument(number, "abs_()")
    return Call(_ABS, (given,), _computed(given))


def sign(number: Any) -> Call[int]:
    """-1, 0 or 1."""
    return Call(_SIGN, (argument(number, "sign()"),), IntegerType(64))


def floor(number: Any) -> Call[int]:
    """The greatest whole number that is not above it."""
    return Call(_FLOOR, (argument(number, "floor()"),), SumType())


def ceil(number: Any) -> Call[int]:
    """The least whole number that is not below it."""
    return Call(_CEIL, (argument(number, "ceil()"),), SumType())


def round_(number: Any, places: int = 0) -> Call[Any]:
    """Rounded to `places` (0 to 15) after the point, halves away from zero.

    A Decimal stays one with so many places; a float stays a float; an integer is itself.
    """
    if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= 15:
        raise QueryError(f"round_() takes 0 to 15 places, not {shorten(places)}.")
    given = argument(number, "round_()")
    if isinstance(given.type, IntegerType):
        return Call(_ROUND_INTEGER, (given,), SumType())
    of = (given, argument(places, "round_()"))
    if isinstance(given.type, _DECIMALS):
        return Call(_ROUND_DECIMAL, of, ComputedDecimalType(places))
    return Call(_ROUND_FLOAT, of, FloatType())


def sqrt(number: Any) -> Call[float]:
    """The square root; NULL of a negative number."""
    return Call(_SQRT, (argument(number, "sqrt()"),), FloatType())


def power(base: Any, exponent: Any) -> Call[float]:
    """`base` to the power of `exponent`."""
    given = (argument(base, "power()"), argument(exponent, "power()"))
    return Call(_POWER, given, FloatType())


def exp(number: Any) -> Call[float]:
    """e to the power of the number."""
    return Call(_EXP, (argument(number, "exp()"),), FloatType())


def ln(number: Any) -> Call[float]:
    """The natural logarithm; NULL of what has none."""
    return Call(_LN, (argument(number, "ln()"),), FloatType())


def log10(number: Any) -> Call[float]:
    """The decimal logarithm; NULL of what has none."""
    return Call(_LOG10, (argument(number, "log10()"),), FloatType())


def random_() -> Call[Any]:
    """A number that is another for each row: `order_by(random_())` shuffles.

    Its range differs between the engines; only the order is meant to be used.
    """
    return Call(_RANDOM, (), None)


def nullif(value: Any, other: Any) -> Call[Any]:
    """NULL where both are equal, else the first."""
    first = argument(value, "nullif()")
    return Call(_NULLIF, (first, first.operand(other)), first.type)


# SQLite calls them MAX and MIN, and takes two arguments at least. NULL among them gives NULL.
_GREATEST: Final = {
    n: Form(
        "greatest",
        f"MAX({', '.join(f'{{{i}}}' for i in range(n))})",
        f"GREATEST({', '.join(f'{{{i}}}' for i in range(n))})",
    )
    for n in range(2, _MOST + 1)
}
_LEAST: Final = {
    n: Form(
        "least",
        f"MIN({', '.join(f'{{{i}}}' for i in range(n))})",
        f"LEAST({', '.join(f'{{{i}}}' for i in range(n))})",
    )
    for n in range(2, _MOST + 1)
}


def greatest(first: Any, *others: Any) -> Call[Any]:
    """The greatest of two to ten values; NULL when one of them is NULL."""
    return _of_several(_GREATEST, "greatest()", first, others)


def least(first: Any, *others: Any) -> Call[Any]:
    """The least of two to ten values; NULL when one of them is NULL."""
    return _of_several(_LEAST, "least()", first, others)


def _of_several(
    forms: dict[int, Form], where: str, first: Any, others: tuple[Any, ...]
) -> Call[Any]:
    form = forms.get(1 + len(others))
    if form is None:
        raise QueryError(f"{where} compares 2 to {_MOST} values, not {1 + len(others)}.")
    known = argument(first, where)
    return Call(form, (known, *map(known.operand, others)), _computed(known))


def _computed(given: Expression[Any]) -> Any:
    kind = given.type
    return ComputedDecimalType(kind.places) if isinstance(kind, DecimalType) else kind
