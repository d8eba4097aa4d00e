"""Dates, moments and spans of time as a binary row has them.

    moment = year:2 month:1 day:1 [hour:1 minute:1 second:1 [microsecond:4]]
    span   = negative:1 days:4 hour:1 minute:1 second:1 [microsecond:4]

Zeros at the end are left out, and nothing at all is the zero date. A date that Python does not have
becomes the text that the text protocol would have sent.
"""

from datetime import date, datetime, timedelta
from struct import Struct
from typing import Any, Final

from orm.engine.mysql.wire.values import day, moment

_DAY = Struct("<HBB")
_SECOND = Struct("<HBBBBB")
_MOMENT = Struct("<HBBBBBI")
_SPAN = Struct("<?IBBBI")


def read_moment(data: bytes, decimals: int) -> datetime | str:
    """decimals: digits after the second, of the text for what is no moment."""
    year, month, mday, hour, minute, second, micro = _MOMENT.unpack(data.ljust(11, b"\0"))
    text = f"{year:04}-{month:02}-{mday:02} {hour:02}:{minute:02}:{second:02}"
    if decimals:
        text += f".{micro:06}"[: decimals + 1]
    return moment(text)


def read_day(data: bytes) -> date | str:
    year, month, mday = _DAY.unpack(data.ljust(4, b"\0"))
    return day(f"{year:04}-{month:02}-{mday:02}")


def read_span(data: bytes) -> timedelta:
    negative, days, hours, minutes, seconds, micros = _SPAN.unpack(data.ljust(12, b"\0"))
    span = timedelta(days, seconds, micros, 0, minutes, hours)
    return -span if negative else span


# The names that the generated loop uses.
SCOPE: Final[dict[str, Any]] = {
    "date": date,
    "datetime": datetime,
    "unpack_day": _DAY.unpack_from,
    "unpack_second": _SECOND.unpack_from,
    "unpack_moment": _MOMENT.unpack_from,
    "to_moment": read_moment,
    "to_day": read_day,
    "to_span": read_span,
}
