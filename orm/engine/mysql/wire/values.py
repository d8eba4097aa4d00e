"""What the value of a column becomes, whichever way it came.

Both protocols give the same Python values, and the same as PyMySQL with the conversions given to
it: that is what the tests hold them to. A date that Python does not have (0000-00-00 of a foreign
table) stays text, which a field of dates then refuses (see `NoDates`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from pymysql.constants import FIELD_TYPE
from pymysql.converters import convert_timedelta

from orm.engine.mysql.wire.packets import Definition
from orm.types.dates import NoDate, NoDates

Reader = Callable[[bytes], Any]


def moment(text: str) -> datetime | str:
    # PyMySQL's own converter is a regular expression; this one took less than half the time.
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _no_date(text)


def day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _no_date(text)


def _no_date(text: str) -> NoDate:
    NoDates.met = True
    return NoDate(text)


def bits(data: bytes) -> int:
    return int.from_bytes(data, "big")


@dataclass(frozen=True, slots=True)
class Kind:
    """How the text of a value becomes Python's.

    expression: the same as `read` in the generated loop, where `{}` is the bytes; it may fail for
        what only `read` can take.
    """

    name: str
    expression: str
    read: Reader


INTEGER: Final = Kind("integer", "int({})", int)
FLOAT: Final = Kind("float", "float({})", float)
DECIMAL: Final = Kind("decimal", "Decimal({}.decode())", lambda data: Decimal(data.decode()))
MOMENT: Final = Kind("moment", "to_moment({}.decode())", lambda data: moment(data.decode()))
DAY: Final = Kind("day", "to_day({}.decode())", lambda data: day(data.decode()))
SPAN: Final = Kind("span", "to_span({}.decode())", lambda data: convert_timedelta(data.decode()))
BITS: Final = Kind("bits", "to_bits({})", bits)
TEXT: Final = Kind("text", "{}.decode()", bytes.decode)
BYTES: Final = Kind("bytes", "{}", bytes)

# The names that the expressions use.
SCOPE: Final[dict[str, Any]] = {
    "Decimal": Decimal,
    "to_moment": datetime.fromisoformat,
    "to_day": date.fromisoformat,
    "to_span": convert_timedelta,
    "to_bits": bits,
}

# What an expression raises for bytes that are not as it expects, or that end too soon.
FAULTS: Final = (IndexError, ValueError, ArithmeticError)

_KINDS: Final[dict[int, Kind]] = {
    **dict.fromkeys(
        (
            FIELD_TYPE.TINY,
            FIELD_TYPE.SHORT,
            FIELD_TYPE.INT24,
            FIELD_TYPE.LONG,
            FIELD_TYPE.LONGLONG,
            FIELD_TYPE.YEAR,
        ),
        INTEGER,
    ),
    FIELD_TYPE.FLOAT: FLOAT,
    FIELD_TYPE.DOUBLE: FLOAT,
    FIELD_TYPE.DECIMAL: DECIMAL,
    FIELD_TYPE.NEWDECIMAL: DECIMAL,
    FIELD_TYPE.DATETIME: MOMENT,
    FIELD_TYPE.TIMESTAMP: MOMENT,
    FIELD_TYPE.DATE: DAY,
    FIELD_TYPE.TIME: SPAN,
    FIELD_TYPE.BIT: BITS,
}

# These hold text or bytes, as their character set says; every other type is ASCII text.
_TEXTS: Final = frozenset(
    (
        FIELD_TYPE.VARCHAR,
        FIELD_TYPE.VAR_STRING,
        FIELD_TYPE.STRING,
        FIELD_TYPE.TINY_BLOB,
        FIELD_TYPE.BLOB,
        FIELD_TYPE.MEDIUM_BLOB,
        FIELD_TYPE.LONG_BLOB,
        FIELD_TYPE.GEOMETRY,
    )
)


def kind_of_column(definition: Definition) -> Kind:
    if definition.type in _TEXTS and definition.is_binary:
        return BYTES
    return _KINDS.get(definition.type, TEXT)
