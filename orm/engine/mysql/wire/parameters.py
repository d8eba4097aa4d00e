"""Parameters as COM_STMT_EXECUTE takes them.

    argument  = statement:4 flags:1 iterations:4 [nulls bound:1 [types] values]
    types     = (type:1 unsigned:1) for each                          only when `bound` is 1
    values    = as in a binary row (see `binary`)

The server keeps the types of a statement's last execution, so they are sent when they change.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Any, Final

from pymysql.constants import FIELD_TYPE

from orm.engine.mysql.wire.packets import COM_STMT_EXECUTE

_HEAD: Final = Struct("<BIBI")
_MOMENT: Final = Struct("<BHBBBBBI")
_DAY: Final = Struct("<BHBB")
_TIME: Final = Struct("<B?IBBBI")
_INT16: Final = Struct("<BH")
_INT64: Final = Struct("<BQ")


def _sized(data: bytes) -> bytes:
    size = len(data)
    if size < 251:
        return size.to_bytes(1, "little") + data
    if size < 65536:
        return _INT16.pack(0xFC, size) + data
    return _INT64.pack(0xFE, size) + data


def _moment(value: datetime) -> bytes:
    return _MOMENT.pack(
        11,
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
    )


def _time(value: time) -> bytes:
    return _TIME.pack(12, False, 0, value.hour, value.minute, value.second, value.microsecond)


# For each type of parameter the column type it is sent as, and its bytes.
_FORMS: Final[dict[type, tuple[int, Callable[[Any], bytes]]]] = {
    int: (FIELD_TYPE.LONGLONG, Struct("<q").pack),
    bool: (FIELD_TYPE.TINY, Struct("<b").pack),
    float: (FIELD_TYPE.DOUBLE, Struct("<d").pack),
    str: (FIELD_TYPE.VAR_STRING, lambda value: _sized(value.encode())),
    bytes: (FIELD_TYPE.BLOB, _sized),
    Decimal: (FIELD_TYPE.NEWDECIMAL, lambda value: _sized(format(value, "f").encode())),
    datetime: (FIELD_TYPE.DATETIME, _moment),
    date: (FIELD_TYPE.DATE, lambda value: _DAY.pack(4, value.year, value.month, value.day)),
    time: (FIELD_TYPE.TIME, _time),
    type(None): (FIELD_TYPE.NULL, lambda value: b""),
}

Types = tuple[type, ...]

# An int beyond 64 bits, or of the upper half of the unsigned ones, has a literal and no bytes here.
UNENCODABLE: Final = (StructError,)


class Layout:
    """How parameters of given types are written."""

    __slots__ = ("_encoders", "_first", "_following")

    def __init__(self, types: Types) -> None:
        forms = [_FORMS[each] for each in types]
        self._encoders = [encode for _, encode in forms]
        nulls = sum(1 << index for index, each in enumerate(types) if each is type(None))
        mask = nulls.to_bytes((len(types) + 7) // 8, "little")
        self._following = mask + b"\0" if types else b""
        self._first = mask + b"\1" + b"".join(bytes((kind, 0)) for kind, _ in forms)
        if not types:
            self._first = b""

    def execute(self, statement: int, params: Sequence[Any], *, with_types: bool) -> bytes:
        """The command's payload."""
        values = [encode(value) for encode, value in zip(self._encoders, params, strict=True)]
        head = self._first if with_types else self._following
        return b"".join((_HEAD.pack(COM_STMT_EXECUTE, statement, 0, 1), head, *values))


@lru_cache(maxsize=1024)
def layout_of(types: Types) -> Layout:
    return Layout(types)
