"""Functions that hold a computed value to the column it goes to, as strict MySQL does (sec:D5).

Each takes the value, the bounds of the column, whether the field is secret, and the field's name.
It returns the value in its stored form: rounded to the places of the column, halves away from zero,
and without blanks beyond its length. Of an exception that a function raises, SQLite says only that
there was one; what it was about waits in the thread until the connection explains the error.
"""

import sqlite3
import threading
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from orm.engine.sqlite.portable import shift
from orm.errors import DataError
from orm.types.base import ValueType, shorten
from orm.types.dates import DateTimeType, DateType, DurationType
from orm.types.numbers import EXACT_DIGITS, DecimalType, FloatType, IntegerType
from orm.types.secret import MASK
from orm.types.text import BytesType, TextType

# Beyond it a float is no longer one whole number: what overflowed 64 bits has lost digits.
_EXACT_FLOAT: Final = 2**53
_LONGEST_INTEGER: Final = 19  # digits of one with 64 bits
_CONTEXT: Final = Context(prec=400)  # of more digits than a float has

_told = threading.local()


def take_refusal() -> DataError | None:
    """Why a function of this module failed last in this thread, told once."""
    refusal: DataError | None = _told.__dict__.pop("refusal", None)
    return refusal


def _refuse(value: Any, takes: ValueType, secret: int, label: str) -> ValueError:
    shown = MASK if secret else shorten(value)
    _told.refusal = DataError(f"{label} takes {takes.allowed}, not {shown}, as was computed.")
    return ValueError(label)


@lru_cache(maxsize=256)
def _decimal_type(digits: int, places: int) -> DecimalType:
    return DecimalType(digits, places)


@lru_cache(maxsize=16)
def _integer_type(bits: int) -> IntegerType:
    return IntegerType(bits)


def _number(value: Any) -> Decimal | None:
    """The number that a cell stands for, None for no number. A float counts with the digits that it
    keeps exactly: 3 * 1.15 is 3.45."""
    if isinstance(value, float):
        value = f"{value:.{EXACT_DIGITS}g}"
    if isinstance(value, bytes) or (isinstance(value, str) and "_" in value):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _CONTEXT)


def _fit_integer(value: Any, bits: int, secret: int, label: str) -> int | None:
    if value is None:
        return None
    takes = _integer_type(bits)
    whole = value if isinstance(value, int) else _whole(value)
    if whole is None or not takes.low <= whole <= takes.high:
        raise _refuse(value, takes, secret, label)
    return whole


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and abs(value) > _EXACT_FLOAT:
        return None
    number = _number(value)
    if number is None or number.adjusted() >= _LONGEST_INTEGER:
        return None
    return int(_rounded(number, 0))


def _fit_decimal(
    value: Any, digits: int, places: int, secret: int, label: str
) -> float | str | None:
    if value is None:
        return None
    takes = _decimal_type(digits, places)
    number = _number(value)
    if number is None or number.adjusted() > digits:
        raise _refuse(value, takes, secret, label)
    fitted = _rounded(number, places)
    if fitted and fitted.adjusted() >= digits - places:
        raise _refuse(value, takes, secret, label)
    return str(fitted) if takes.is_text_in_sqlite else float(fitted)


def _fit_float(value: Any, secret: int, label: str) -> float | None:
    if value is None:
        return None
    number = value if isinstance(value, (int, float)) else _number(value)
    if number is None or not isfinite(number):
        raise _refuse(value, FloatType(), secret, label)
    return float(number)


def _fit_duration(value: Any, secret: int, label: str) -> int | None:
    if value is None:
        return None
    number = _number(value)
    if number is None or abs(number) >= 2**63:
        raise _refuse(value, DurationType(), secret, label)
    return int(_rounded(number, 0))


def _fit_moment(value: Any, tz: int, secret: int, label: str) -> str | None:
    if value is None:
        return None
    return _moment(value, DateTimeType(bool(tz)), secret, label).isoformat(" ", "microseconds")


def _fit_date(value: Any, secret: int, label: str) -> str | None:
    if value is None:
        return None
    return _moment(value, DateType(), secret, label).date().isoformat()


def _moment(value: Any, takes: ValueType, secret: int, label: str) -> datetime:
    """The point in time that a text stands for; a date is its first moment."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _refuse(value, takes, secret, label) from None
    if moment.tzinfo is not None:  # MySQL refuses it; kept here, it would be read as UTC
        shown = MASK if secret else shorten(value)
        _told.refusal = DataError(f"{label} is kept without an offset, so {shown} cannot be.")
        raise ValueError(label)
    return moment


def _shift_into(text: Any, months: Any, microseconds: Any, secret: int, label: str) -> str | None:
    """`ORM_SHIFT`, but refused instead of NULL where it leaves the calendar."""
    moved = shift(text, months, microseconds)
    if moved is None and None not in (text, months, microseconds):
        shown = f"{MASK if secret else text} shifted beyond the calendar"
        _told.refusal = DataError(f"{label} takes the years 1 to 9999, not {shown}.")
        raise ValueError(label)
    return moved


def _fit_text(value: Any, length: int, secret: int, label: str) -> Any:
    if isinstance(value, bytes):
        if len(value) > length:
            raise _refuse(value, BytesType(length), secret, label)
    elif isinstance(value, str) and len(value) > length:
        if value[length:].strip(" "):
            raise _refuse(value, TextType(length), secret, label)
        return value[:length]
    elif isinstance(value, (int, float)) and len(str(value)) > length:
        raise _refuse(value, TextType(length), secret, label)
    return value


def install(connection: sqlite3.Connection) -> None:
    """Add them to a connection."""
    connection.create_function("orm_fit_integer", 4, _fit_integer, deterministic=True)
    connection.create_function("orm_fit_decimal", 5, _fit_decimal, deterministic=True)
    connection.create_function("orm_fit_float", 3, _fit_float, deterministic=True)
    connection.create_function("orm_fit_duration", 3, _fit_duration, deterministic=True)
    connection.create_function("orm_fit_moment", 4, _fit_moment, deterministic=True)
    connection.create_function("orm_fit_date", 3, _fit_date, deterministic=True)
    connection.create_function("orm_shift_into", 5, _shift_into, deterministic=True)
    connection.create_function("orm_fit_text", 4, _fit_text, deterministic=True)
