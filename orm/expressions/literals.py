"""The type of a plain value that stands in a query by itself."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from orm.errors import DataError, QueryError
from orm.types.base import Refused, ValueType, shorten
from orm.types.dates import DateTimeType, DateType
from orm.types.numbers import (
    BooleanType,
    ComputedDecimalType,
    FloatType,
    IntegerType,
    places_of,
)
from orm.types.text import BytesType, TextType, UuidType


def typed_literal(value: Any) -> tuple[Any, ValueType]:
    """The value in its one Python form, and its type.

    QueryError when no column could hold such a thing, DataError for one that none may (a number
    that is none, a text with NUL).
    """
    aware = isinstance(value, datetime) and value.utcoffset() is not None
    for python_type, value_type in _AWARE if aware else _LITERAL_TYPES:
        if isinstance(value, python_type):
            try:
                accepted = value_type.accept(value)
            except Refused as refused:
                raise DataError(f"A value in a query {refused}.") from None
            if isinstance(accepted, Decimal):
                value_type = ComputedDecimalType(places_of(accepted))
            return accepted, value_type
    raise QueryError(f"{shorten(value)} cannot be a value in a query.")


# The first that fits: bool before int, datetime before date (each is a subclass of the other).
_LITERAL_TYPES: Final[tuple[tuple[type, ValueType], ...]] = (
    (bool, BooleanType()),
    (int, IntegerType(64)),
    (float, FloatType()),
    (Decimal, ComputedDecimalType()),
    (str, TextType()),
    (bytes, BytesType()),
    (datetime, DateTimeType()),
    (date, DateType()),
    (UUID, UuidType()),
)
_AWARE: Final = ((datetime, DateTimeType(tz=True)),)
