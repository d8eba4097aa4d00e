"""Rows as COM_STMT_EXECUTE sends them: numbers and dates as bytes, the rest as texts.

    row    = 00 nulls *value              `nulls` has a bit for each column, from the third bit on;
                                          a column that is NULL has no value
    value  = integer of 1, 2, 4 or 8 bytes | double:8 | text | moment | span
    moment = 0 | 4 year:2 month:1 day:1 | 7 ... hour:1 minute:1 second:1 | 11 ... microsecond:4
    span   = 0 | 8 negative:1 days:4 hour:1 minute:1 second:1 | 12 ... microsecond:4

The loop is generated as in `text`. In a row without NULLs everything between two texts has a fixed
place, so one `struct` takes it, together with the length of the next text.

A FLOAT comes as its four bytes here, and as a text of six digits in the text protocol; FLOAT and
DOUBLE declared with a number of decimals as a text of so many. They are rounded here as there, so
that a row is the same whichever way it came.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Any, Final

from pymysql.constants import FIELD_TYPE

from orm.engine.mysql.wire.packets import Definition, MalformedAnswer, length_at
from orm.engine.mysql.wire.text import Loop, Row
from orm.engine.mysql.wire.values import FAULTS, SCOPE, day, kind_of_column, moment

# struct's letter, of the signed kind, for the types whose value has a fixed size.
_FIXED: Final = {
    FIELD_TYPE.TINY: "b",
    FIELD_TYPE.SHORT: "h",
    FIELD_TYPE.YEAR: "h",
    FIELD_TYPE.INT24: "i",
    FIELD_TYPE.LONG: "i",
    FIELD_TYPE.LONGLONG: "q",
    FIELD_TYPE.FLOAT: "f",
    FIELD_TYPE.DOUBLE: "d",
}
_INTEGERS: Final = frozenset("bhiq")
_FLOATS: Final = frozenset("fd")
_MOMENTS: Final = (FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
_ANY_DECIMALS: Final = 31  # of a FLOAT or DOUBLE that was declared without a number of them

_DAY = Struct("<HBB")
_SECOND = Struct("<HBBBBB")
_MOMENT = Struct("<HBBBBBI")
_SPAN = Struct("<?IBBBI")


def _moment(data: bytes, decimals: int) -> datetime | str:
    year, month, mday, hour, minute, second, micro = _MOMENT.unpack(data.ljust(11, b"\0"))
    text = f"{year:04}-{month:02}-{mday:02} {hour:02}:{minute:02}:{second:02}"
    if decimals:
        text += f".{micro:06}"[: decimals + 1]
    return moment(text)


def _day(data: bytes) -> date | str:
    year, month, mday = _DAY.unpack(data.ljust(4, b"\0"))
    return day(f"{year:04}-{month:02}-{mday:02}")


def _span(data: bytes) -> timedelta:
    negative, days, hours, minutes, seconds, micros = _SPAN.unpack(data.ljust(12, b"\0"))
    span = timedelta(days, seconds, micros, 0, minutes, hours)
    return -span if negative else span


def _read_moment(decimals: int) -> Callable[[bytes], Any]:
    return lambda data: _moment(data, decimals)


class _Column:
    """How the value of one column is read; `letter` is None when it has a length before it."""

    __slots__ = ("expression", "letter", "read", "rounding")

    def __init__(self, definition: Definition) -> None:
        kind = definition.type
        letter = _FIXED.get(kind)
        self.rounding = _rounding(letter, definition.decimals)
        if letter in _INTEGERS and definition.is_unsigned:
            letter = letter.upper()
        self.letter = letter
        text = kind_of_column(definition)
        self.expression, self.read = text.expression, text.read
        if kind in _MOMENTS:
            self.expression = "to_moment({}, " + str(min(definition.decimals, 6)) + ")"
            self.read = _read_moment(min(definition.decimals, 6))
        elif kind == FIELD_TYPE.DATE:
            self.expression, self.read = "to_day({})", _day
        elif kind == FIELD_TYPE.TIME:
            self.expression, self.read = "to_span({})", _span

    @property
    def key(self) -> "_Key":
        """What the generated code depends on."""
        return self.letter, self.expression, self.rounding


_Key = tuple[str | None, str, str | None]


def _rounding(letter: str | None, decimals: int) -> str | None:
    """The format of the text that the other protocol would have sent."""
    if letter not in _FLOATS or (letter == "d" and decimals >= _ANY_DECIMALS):
        return None
    return "%.6g" if decimals >= _ANY_DECIMALS else f"%.{decimals}f"


_LOOP: Final = """\
def loop(data, position, append):
    size = len(data)
    try:
        while size - position >= {offset}:
            {first} = unpack0(data, position)
            p = position + {offset}
            end = position + 4 + low + (high << 16)
            if end > size or marker:
                return position
            if nulls != {none}:
                row, p = row_with_nulls(data, position + {header}, nulls)
                if p != end:
                    return position
                append(row)
                position = end
                continue
{columns}
            if p != end:
                return position
            append(({cells},))
            position = end
        return position
    except FAULTS:
        return position


def row_with_nulls(data, p, nulls):
    bits = int.from_bytes(nulls, "little") >> 2
{nullable}
    return ({nullable_cells},), p
"""
_SIZED: Final = """\
            if n < 251:
                c{index} = {short}
            else:
                n, p = length_at(data, p - 1)
                c{index} = {long}
"""
# Nearly every moment has microseconds or a time of day, and every date is a date.
_SIZED_MOMENT: Final = """\
            if n == 11:
                c{index} = datetime(*unpack_moment(data, p))
                p += 11
            elif n == 7:
                c{index} = datetime(*unpack_second(data, p))
                p += 7
            else:
                c{index} = {short}
"""
_SIZED_DAY: Final = """\
            if n == 4:
                c{index} = date(*unpack_day(data, p))
                p += 4
            else:
                c{index} = {short}
"""
_NULLABLE_FIXED: Final = """\
    if bits & {bit}:
        c{index} = None
    else:
        c{index}, = single{index}(data, p)
        p += {size}
"""
_NULLABLE_SIZED: Final = """\
    if bits & {bit}:
        c{index} = None
    else:
        n, p = length_at(data, p)
        c{index} = {long}
"""
_SIZED_FORMS: Final = {"to_moment": _SIZED_MOMENT, "to_day": _SIZED_DAY}
_SHORT: Final = "data[p : (p := p + n)]"


def _loop_source(keys: tuple[_Key, ...]) -> tuple[str, dict[str, Any]]:
    """The loop's text, and the structs that it names."""
    mask = (len(keys) + 9) // 8
    structs: dict[str, Any] = {}
    groups: list[tuple[list[str], str, int]] = []  # names, letters, column of the text that follows
    names, letters = ["low", "high", "marker", "nulls"], f"HBxB{mask}s"
    columns, nullable = [], []
    for index, (letter, expression, _) in enumerate(keys):
        bit = 1 << index
        if letter is not None:
            names.append(f"c{index}")
            letters += letter
            single = Struct(f"<{letter}")
            structs[f"single{index}"] = single.unpack_from
            nullable.append(_NULLABLE_FIXED.format(index=index, bit=bit, size=single.size))
            continue
        names.append("n")
        letters += "B"
        groups.append((names, letters, index))
        names, letters = [], ""
        value = expression.format(_SHORT)
        nullable.append(_NULLABLE_SIZED.format(index=index, bit=bit, long=value))
    groups.append((names, letters, -1))
    offset = 0
    for number, (names, letters, index) in enumerate(groups):
        unpack = Struct(f"<{letters}")
        structs[f"unpack{number}"] = unpack.unpack_from
        if number == 0:
            first, offset = ", ".join(names), unpack.size
        elif names:
            columns.append(f"            {', '.join(names)}, = unpack{number}(data, p)\n")
            columns.append(f"            p += {unpack.size}\n")
        if index >= 0:
            value = keys[index][1].format(_SHORT)
            template = _SIZED_FORMS.get(value.partition("(")[0], _SIZED)
            columns.append(template.format(index=index, short=value, long=value))
    cells = [
        f"c{index}" if rounding is None else f"float({rounding!r} % c{index})"
        for index, (_, _, rounding) in enumerate(keys)
    ]
    source = _LOOP.format(
        first=first,
        offset=offset,
        none=repr(bytes(mask)),
        header=5 + mask,
        columns="".join(columns),
        nullable="".join(nullable),
        cells=", ".join(cells),
        nullable_cells=", ".join(
            cell if cell == f"c{index}" else f"None if c{index} is None else {cell}"
            for index, cell in enumerate(cells)
        ),
    )
    return source, structs


@lru_cache(maxsize=512)
def _binary_loop(keys: tuple[_Key, ...]) -> Loop:
    source, structs = _loop_source(keys)
    scope = {
        **SCOPE,
        **structs,
        "FAULTS": (*FAULTS, StructError),
        "length_at": length_at,
        "date": date,
        "datetime": datetime,
        "unpack_day": _DAY.unpack_from,
        "unpack_second": _SECOND.unpack_from,
        "unpack_moment": _MOMENT.unpack_from,
        "to_moment": _moment,
        "to_day": _day,
        "to_span": _span,
    }
    exec(source, scope)
    loop: Loop = scope["loop"]
    return loop


class BinaryRows:
    """Reads the rows of one list of columns; without state, so all threads may share it."""

    __slots__ = ("_columns", "loop")

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._columns = list(map(_Column, definitions))
        self.loop = _binary_loop(tuple(column.key for column in self._columns))

    def row(self, payload: bytes) -> Row:
        """One row; MalformedAnswer when the payload is none."""
        mask = (len(self._columns) + 9) // 8
        nulls = int.from_bytes(payload[1 : 1 + mask], "little") >> 2
        position = 1 + mask
        cells: list[Any] = []
        try:
            for index, column in enumerate(self._columns):
                if nulls >> index & 1:
                    cells.append(None)
                elif column.letter is not None:
                    fixed = Struct(f"<{column.letter}")
                    (value,) = fixed.unpack_from(payload, position)
                    cells.append(float(column.rounding % value) if column.rounding else value)
                    position += fixed.size
                else:
                    size, start = length_at(payload, position)
                    position = start + size
                    cells.append(column.read(payload[start:position]))
        except (IndexError, StructError):
            raise MalformedAnswer("a row ends before its last column") from None
        if position != len(payload):
            raise MalformedAnswer("a row does not end with its last column")
        return tuple(cells)
