"""Rows as COM_STMT_EXECUTE sends them: numbers and dates as bytes, the rest as texts.

    row    = 00 nulls *value              `nulls` has a bit for each column, from the third bit on;
                                          a column that is NULL has no value
    value  = integer of 1, 2, 4 or 8 bytes | double:8 | float:4 | text
           | size:1 moment | size:1 span  (see `moments`)

The loop over them is in `binary_loop`. A FLOAT comes as its four bytes here, and as a text of six
digits in the text protocol; FLOAT and DOUBLE declared with a number of decimals as a text of so
many. They are rounded here as there, so that a row is the same whichever way it came.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Any, Final

from pymysql.constants import FIELD_TYPE

from orm.engine.mysql.wire.binary_loop import Key, binary_loop
from orm.engine.mysql.wire.moments import read_day, read_moment, read_span
from orm.engine.mysql.wire.packets import Definition, MalformedAnswer, length_at
from orm.engine.mysql.wire.text import Row
from orm.engine.mysql.wire.values import kind_of_column

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


def _read_moment(decimals: int) -> Callable[[bytes], Any]:
    return lambda data: read_moment(data, decimals)


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
            self.expression, self.read = "to_day({})", read_day
        elif kind == FIELD_TYPE.TIME:
            self.expression, self.read = "to_span({})", read_span

    @property
    def key(self) -> Key:
        """What the generated code depends on."""
        return self.letter, self.expression, self.rounding


def _rounding(letter: str | None, decimals: int) -> str | None:
    """The format of the text that the other protocol would have sent."""
    if letter not in _FLOATS or (letter == "d" and decimals >= _ANY_DECIMALS):
        return None
    return "%.6g" if decimals >= _ANY_DECIMALS else f"%.{decimals}f"


class BinaryRows:
    """Reads the rows of one list of columns; without state, so all threads may share it."""

    __slots__ = ("_columns", "loop")

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._columns = list(map(_Column, definitions))
        self.loop = binary_loop(tuple(column.key for column in self._columns))

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
