"""Rows as COM_QUERY sends them: every value a text, or NULL.

    row = *(FB | text)                    one for each column

For each list of column kinds a loop is generated that takes all rows that are whole, with nothing
between a byte and its value. It stops before whatever it does not know: the end, an error, a cut
row, a row of several packets, a date that Python does not have. The caller looks at that packet,
reads it with `row` when it is one, and goes on with the loop. The generated text consists of the
lines below and numbers; nothing from outside is in it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from orm.engine.mysql.wire.packets import NULL, Definition, MalformedAnswer, length_at
from orm.engine.mysql.wire.values import FAULTS, SCOPE, Kind, kind_of_column

Row = tuple[Any, ...]
# (data, position, append) -> the position of the first packet that was not taken.
Loop = Callable[[bytes, int, Callable[[Row], object]], int]

_HEAD: Final = """\
def loop(data, position, append):
    size = len(data)
    try:
        while True:
            p = position + 4
            end = p + (data[position] | data[position + 1] << 8 | data[position + 2] << 16)
            if end > size or data[p] >= 254:
                return position
"""
_COLUMN: Final = """\
            n = data[p]
            if n < 251:
                c{index} = {short}
            elif n == 251:
                c{index} = None
                p += 1
            else:
                n, p = length_at(data, p)
                c{index} = {long}
"""
_FOOT: Final = """\
            if p != end:
                return position
            append(({cells},))
            position = end
    except FAULTS:
        return position
"""
_SHORT: Final = "data[p + 1 : (p := p + 1 + n)]"
_LONG: Final = "data[p : (p := p + n)]"


@lru_cache(maxsize=512)
def _text_loop(kinds: tuple[Kind, ...]) -> Loop:
    columns = [
        _COLUMN.format(
            index=index, short=kind.expression.format(_SHORT), long=kind.expression.format(_LONG)
        )
        for index, kind in enumerate(kinds)
    ]
    cells = ", ".join(f"c{index}" for index in range(len(kinds)))
    scope = {**SCOPE, "FAULTS": FAULTS, "length_at": length_at}
    exec("".join((_HEAD, *columns, _FOOT.format(cells=cells))), scope)
    loop: Loop = scope["loop"]
    return loop


class TextRows:
    """Reads the rows of one list of columns; without state, so all threads may share it."""

    __slots__ = ("_readers", "loop")

    def __init__(self, definitions: Sequence[Definition]) -> None:
        kinds = tuple(map(kind_of_column, definitions))
        self._readers = [kind.read for kind in kinds]
        self.loop = _text_loop(kinds)

    def row(self, payload: bytes) -> Row:
        """One row; MalformedAnswer when the payload is none."""
        cells: list[Any] = []
        position = 0
        for read in self._readers:
            if position >= len(payload):
                raise MalformedAnswer("a row ends before its last column")
            if payload[position] == NULL:
                cells.append(None)
                position += 1
                continue
            size, start = length_at(payload, position)
            position = start + size
            cells.append(read(payload[start:position]))
        if position != len(payload):
            raise MalformedAnswer("a row does not end with its last column")
        return tuple(cells)
