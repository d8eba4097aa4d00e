"""The generated loop over binary rows (the grammar is in `binary`).

In a row without NULLs everything between two values of variable size has a fixed place, so one
`struct` takes it, together with the length of the next value. A row with NULLs is taken value by
value. The generated text consists of the lines below, numbers and names of this module.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import Struct
from struct import error as StructError  # noqa: N812
from textwrap import indent
from typing import Any, Final

from orm.engine.mysql.wire.moments import SCOPE as MOMENTS
from orm.engine.mysql.wire.packets import length_at
from orm.engine.mysql.wire.text import Loop
from orm.engine.mysql.wire.values import FAULTS, SCOPE

# struct's letter (None for a value of variable size), the expression that makes the value of its
# bytes, and the format that a float is rounded by.
Key = tuple[str | None, str, str | None]

_LOOP: Final = """\
def loop(data, position, append):
    size = len(data)
    try:
        while size - position >= {offset}:
            {first} = unpack0(data, position)
            p = position + {offset}
            end = position + 4 + (head & 0xFFFFFF)
            if end > size or marker:
                return position
            if nulls{has_nulls}:
                row, p = row_with_nulls(data, position + {header}, nulls)
            else:
{columns}
                row = ({cells},)
            if p != end:
                return position
            append(row)
            position = end
        return position
    except FAULTS:
        return position


def row_with_nulls(data, p, nulls):
    bits = {bits} >> 2
{nullable}
    return ({nullable_cells},), p
"""
_SIZED: Final = """\
if n < 251:
    c{index} = {value}
else:
    n, p = length_at(data, p - 1)
    c{index} = {value}
"""
# Nearly every moment has microseconds or a time of day, and every date is a date.
_MOMENT: Final = """\
if n == 11:
    c{index} = datetime(*unpack_moment(data, p))
    p += 11
elif n == 7:
    c{index} = datetime(*unpack_second(data, p))
    p += 7
else:
    c{index} = {value}
"""
_DAY: Final = """\
if n == 4:
    c{index} = date(*unpack_day(data, p))
    p += 4
else:
    c{index} = {value}
"""
_FORMS: Final = {"to_moment": _MOMENT, "to_day": _DAY}
_NULLABLE: Final = """\
if bits & {bit}:
    c{index} = None
else:
{read}
"""
_NEXT: Final = "data[p : (p := p + n)]"

# NULLs that one letter of struct takes as a number; others are bytes.
_MASKS: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}


@lru_cache(maxsize=512)
def binary_loop(keys: tuple[Key, ...]) -> Loop:
    """The loop for rows of such columns."""
    mask = (len(keys) + 9) // 8
    groups = _groups(keys, mask)
    singles = {f"single{i}": _unpack(key[0]) for i, key in enumerate(keys) if key[0] is not None}
    cells = [_cell(index, key) for index, key in enumerate(keys)]
    source = _LOOP.format(
        first=", ".join(groups[0].names),
        offset=groups[0].struct.size,
        has_nulls="" if mask in _MASKS else f" != {bytes(mask)!r}",
        bits="nulls" if mask in _MASKS else 'int.from_bytes(nulls, "little")',
        header=5 + mask,
        columns=indent("".join(_plain(keys, groups)), " " * 16),
        cells=", ".join(cells),
        nullable=indent("".join(_nullable(keys)), " " * 4),
        nullable_cells=", ".join(
            cell if key[2] is None else f"None if c{index} is None else {cell}"
            for index, (key, cell) in enumerate(zip(keys, cells, strict=True))
        ),
    )
    unpacks = {f"unpack{number}": group.struct.unpack_from for number, group in enumerate(groups)}
    faults = (*FAULTS, StructError)
    scope = {**SCOPE, **MOMENTS, **singles, **unpacks, "FAULTS": faults, "length_at": length_at}
    exec(source, scope)
    loop: Loop = scope["loop"]
    return loop


def _unpack(letter: str) -> Callable[..., tuple[Any, ...]]:
    return Struct(f"<{letter}").unpack_from


def _cell(index: int, key: Key) -> str:
    return f"c{index}" if key[2] is None else f"float({key[2]!r} % c{index})"


class _Group:
    """Values that follow each other at fixed places, and the length of the one after them."""

    def __init__(self, names: Sequence[str], letters: str) -> None:
        self.names = list(names)
        self.letters = letters
        self.sized: int | None = None  # the column of variable size that follows

    @property
    def struct(self) -> Struct:
        return Struct(f"<{self.letters}")


def _groups(keys: Sequence[Key], mask: int) -> list[_Group]:
    """The first one begins with the packet's header, the row's first byte and its NULLs."""
    groups = [_Group(["head", "marker", "nulls"], f"IB{_MASKS.get(mask, f'{mask}s')}")]
    for index, (letter, _, _) in enumerate(keys):
        group = groups[-1]
        if letter is not None:
            group.names.append(f"c{index}")
            group.letters += letter
        else:
            group.names.append("n")
            group.letters += "B"
            group.sized = index
            groups.append(_Group([], ""))
    return groups


def _plain(keys: Sequence[Key], groups: Sequence[_Group]) -> list[str]:
    lines = []
    for number, group in enumerate(groups):
        if number and group.letters == "B":
            # A length alone needs no struct: with this, the header and the NULLs as numbers, 12
            # rows of four texts, a moment and four numbers take 12.6 us, not 13.9.
            lines.append("n = data[p]\np += 1\n")
        elif number and group.names:
            lines.append(f"{', '.join(group.names)}, = unpack{number}(data, p)\n")
            lines.append(f"p += {group.struct.size}\n")
        if group.sized is not None:
            lines.append(_sized(group.sized, keys[group.sized][1]))
    return lines or ["pass\n"]


def _sized(index: int, expression: str) -> str:
    form = _FORMS.get(expression.partition("(")[0], _SIZED)
    return form.format(index=index, value=expression.format(_NEXT))


def _nullable(keys: Sequence[Key]) -> list[str]:
    lines = []
    for index, (letter, expression, _) in enumerate(keys):
        if letter is not None:
            size = Struct(f"<{letter}").size
            read = f"(c{index},) = single{index}(data, p)\np += {size}\n"
        else:
            read = "n = data[p]\np += 1\n" + _sized(index, expression)
        lines.append(_NULLABLE.format(index=index, bit=1 << index, read=indent(read, " " * 4)))
    return lines
