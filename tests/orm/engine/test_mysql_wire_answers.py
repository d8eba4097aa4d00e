"""The reader against answers made by hand: whole, byte by byte, split anywhere, cut, mixed up."""

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymysql.constants import FIELD_TYPE

from orm.engine.mysql.wire.packets import MALFORMED, frame, parse_definition
from orm.engine.mysql.wire.parameters import execute_head, layout_of
from orm.engine.mysql.wire.statements import placeholders_for_server
from tests.support.mysql_answers import (
    BINARY,
    answer,
    definition,
    end,
    error,
    exchange_over,
    lenenc,
    ok,
    packets,
    text,
    text_row,
)

SQL = "SELECT a, b, c FROM t"
COLUMNS = (
    definition("a", FIELD_TYPE.LONG, charset=BINARY),
    definition("b", FIELD_TYPE.VAR_STRING),
    definition("c", FIELD_TYPE.DATETIME, charset=BINARY, decimals=6),
)
ROWS = (
    text_row(b"1", "ä€😀".encode(), b"2024-01-02 03:04:05.000006"),
    text_row(None, b"", None),
    text_row(b"-7", b"x" * 250, b"0000-00-00 00:00:00.000000"),
    text_row(b"8", b"y" * 251, b"2024-01-02 03:04:05"),
    text_row(b"9", b"z" * 65536, None),
)
VALUES = [
    (1, "ä€😀", datetime(2024, 1, 2, 3, 4, 5, 6)),
    (None, "", None),
    (-7, "x" * 250, "0000-00-00 00:00:00.000000"),
    (8, "y" * 251, datetime(2024, 1, 2, 3, 4, 5)),
    (9, "z" * 65536, None),
]
WHOLE = answer(COLUMNS, ROWS)

Split = Callable[[bytes], list[bytes]]


def whole(data: bytes) -> list[bytes]:
    return [data]


def bytewise(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


def at(*places: int) -> Split:
    def split(data: bytes) -> list[bytes]:
        marks = [0, *sorted({place % (len(data) or 1) for place in places} - {0}), len(data)]
        return [data[a:b] for a, b in pairwise(marks)]

    return split


def run(pieces: Sequence[bytes], times: int = 1) -> list[list[tuple[Any, ...]]]:
    exchange, _, stream = exchange_over(pieces)
    statement = exchange.find(SQL)
    results = [exchange.run(statement, ()).rows for _ in range(times)]
    assert stream.is_drained
    return results


@pytest.mark.parametrize("split", [whole, bytewise])
def test_an_answer_read_twice(split: Split) -> None:
    """The second time its columns are known."""
    assert run([*split(WHOLE), *split(WHOLE)], 2) == [VALUES, VALUES]


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12), st.lists(st.integers(0, 600)))
def test_an_answer_split_anywhere(places: list[int], early: list[int]) -> None:
    split = at(*places, *early)
    assert run([*split(WHOLE), *split(WHOLE), WHOLE], 3) == [VALUES] * 3


def test_split_at_every_byte_of_the_head() -> None:
    head = len(WHOLE) - 66000
    for place in range(1, head):
        assert run([WHOLE, WHOLE[:place], WHOLE[place:]], 2) == [VALUES, VALUES]


@pytest.mark.parametrize("place", [*range(1, 500, 7), len(WHOLE) - 9, len(WHOLE) - 1])
def test_sec_D10_a_cut_answer_is_an_error(place: int) -> None:
    for pieces in ([WHOLE[:place]], [WHOLE, WHOLE[:place]]):
        exchange, _, _ = exchange_over(pieces)
        statement = exchange.find(SQL)
        with pytest.raises(ConnectionResetError):
            for _ in pieces:
                exchange.run(statement, ())


def test_columns_that_changed_since_the_last_answer() -> None:
    """ALTER TABLE between two runs of a statement: the rows are read as they are now."""
    changed = (
        definition("a", FIELD_TYPE.VAR_STRING),
        definition("b", FIELD_TYPE.LONG, charset=BINARY),
        definition("c", FIELD_TYPE.LONGLONG, charset=BINARY),
    )
    other = answer(changed, [text_row(b"1", b"2", b"3")])
    fewer = answer(COLUMNS[:1], [text_row(b"5")])
    assert run([WHOLE, other, fewer, WHOLE], 4) == [VALUES, [("1", 2, 3)], [(5,)], VALUES]


def test_names_of_columns() -> None:
    exchange, _, _ = exchange_over([WHOLE, WHOLE])
    for _ in range(2):
        assert exchange.run(exchange.find(SQL), ()).columns == ("a", "b", "c")


def test_an_answer_without_rows() -> None:
    assert run([answer(COLUMNS, [])] * 2, 2) == [[], []]


def test_more_rows_than_packet_numbers() -> None:
    rows = [text_row(b"%d" % number, b"", None) for number in range(1000)]
    data = answer(COLUMNS, rows)
    for split in (whole, at(*range(0, len(data), 97))):
        [first, second] = run([*split(data), *split(data)], 2)
        assert first == second == [(number, "", None) for number in range(1000)]


@pytest.mark.parametrize("size", [2**16 - 1, 2**16, 2**24 - 10, 2**24 - 1, 2**24, 2**24 + 10])
@pytest.mark.parametrize("is_first", [False, True])
def test_values_of_every_length(size: int, is_first: bool) -> None:
    """From 16 MiB on a row takes several packets, and its first length has eight bytes."""
    kinds = [definition("a", FIELD_TYPE.LONG_BLOB, charset=BINARY)]
    big = b"q" * size
    cells = (big, b"1") if is_first else (b"1", big)
    kinds = [kinds[0], definition("b", FIELD_TYPE.LONG_BLOB, charset=BINARY)]
    data = answer(kinds, [text_row(*cells), text_row(b"2", b"3")])
    for pieces in ([data], [data[:-11], data[-11:]]):
        [rows] = run(pieces)
        assert rows == [cells, (b"2", b"3")]


def test_a_row_that_looks_like_an_end() -> None:
    """0xFE is the first byte of a length too; only the size of the packet tells."""
    data = answer(
        [definition("a", FIELD_TYPE.LONG_BLOB, charset=BINARY)], [b"\xfe" + bytes(7) + b"\0"]
    )
    assert run([data]) == [[(b"",)]]


# -- ok and error packets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("affected", "key"),
    [(0, 0), (1, 250), (250, 1), (251, 0), (0, 251), (65535, 2**24), (2**32, 2**63)],
)
@pytest.mark.parametrize("split", [whole, bytewise])
def test_ok_packets(affected: int, key: int, split: Split) -> None:
    exchange, _, stream = exchange_over(split(packets(ok(affected, key))))
    result = exchange.run(exchange.find("INSERT INTO t VALUES (1)"), ())
    assert (result.row_count, result.last_row_id) == (affected, key or None)
    assert result.rows == []
    assert stream.is_drained


def test_an_ok_packet_tells_how_to_quote() -> None:
    status = 2 | 512  # NO_BACKSLASH_ESCAPES
    exchange, scripted, _ = exchange_over(
        [packets(ok()), packets(ok(status=status)), packets(ok())]
    )
    for _ in range(3):
        exchange.run(exchange.find("DELETE FROM t WHERE a = %s"), ("\\'",))
    texts = [sent[5:] for sent in scripted.sent]
    assert texts[0] == texts[1] == rb"DELETE FROM t WHERE a = '\\'''"
    assert texts[2] == rb"DELETE FROM t WHERE a = '\'''"


@pytest.mark.parametrize("split", [whole, bytewise])
def test_error_packets(split: Split) -> None:
    data = packets(error(1146, "Table 'x' doesn't exist"))
    exchange, _, stream = exchange_over([*split(data), WHOLE])
    with pytest.raises(pymysql.ProgrammingError) as caught:
        exchange.run(exchange.find(SQL), ())
    assert caught.value.args == (1146, "Table 'x' doesn't exist")
    assert stream.is_drained
    assert exchange.run(exchange.find(SQL), ()).rows == VALUES


@pytest.mark.parametrize("split", [whole, bytewise])
def test_an_error_among_the_rows(split: Split) -> None:
    data = answer(COLUMNS, ROWS[:2], error(1317, "interrupted"))
    exchange, _, stream = exchange_over([*split(data), *split(data), WHOLE])
    for _ in range(2):
        with pytest.raises(pymysql.MySQLError, match="interrupted"):
            exchange.run(exchange.find(SQL), ())
        assert stream.is_drained
    assert exchange.run(exchange.find(SQL), ()).rows == VALUES


# -- what is no answer -----------------------------------------------------------------------------

BROKEN = {
    "a packet missing": packets(lenenc(3), *COLUMNS, end()) + packets(end(), number=9),
    "a packet twice": WHOLE[:-9] + packets(*ROWS[:1], end(), number=9),
    "no end of the columns": packets(lenenc(3), *COLUMNS, *ROWS),
    "a row too short": answer(COLUMNS, [text_row(b"1", b"2")]),
    "a row too long": answer(COLUMNS, [text_row(b"1", b"2", None, b"4")]),
    "a definition cut": packets(lenenc(1), definition("a", 3)[:-4], end(), end()),
    "a file asked for": packets(b"\xfb/etc/passwd"),
    "an empty packet": packets(b"") + b"\0\0\0\0\0",
}


@pytest.mark.parametrize("name", BROKEN)
def test_sec_D10_a_broken_answer_is_an_error(name: str) -> None:
    for pieces in ([BROKEN[name]], [WHOLE, BROKEN[name]]):
        exchange, _, _ = exchange_over(pieces)
        with pytest.raises((*MALFORMED, ConnectionResetError, ValueError)):
            for _ in pieces:
                exchange.run(exchange.find(SQL), ())


@pytest.mark.parametrize("extra", [b"\0", packets(ok())])
def test_sec_D10_nothing_is_sent_while_something_is_unread(extra: bytes) -> None:
    exchange, scripted, _ = exchange_over([WHOLE + extra])
    rows = exchange.run(exchange.find(SQL), ()).rows
    assert rows == VALUES
    with pytest.raises(MALFORMED):
        exchange.run(exchange.find(SQL), ())
    assert len(scripted.sent) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_an_error(data: bytes) -> None:
    exchange, _, _ = exchange_over([WHOLE, data])
    exchange.run(exchange.find(SQL), ())
    with pytest.raises((*MALFORMED, OSError, ValueError, pymysql.MySQLError, ArithmeticError)):
        while True:
            exchange.run(exchange.find(SQL), ())


# -- the binary protocol ---------------------------------------------------------------------------


def moment(value: datetime | None, size: int) -> bytes:
    if value is None or size == 0:
        return b"\0"
    parts = struct.pack(
        "<HBBBBBI",
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
    )
    return bytes((size,)) + parts[:size]


def span(negative: bool, days: int, seconds: int, micros: int, size: int) -> bytes:
    parts = struct.pack(
        "<BIBBBI", negative, days, seconds // 3600, seconds // 60 % 60, seconds % 60, micros
    )
    return bytes((size,)) + parts[:size]


BINARY_COLUMNS = (
    definition("tiny", FIELD_TYPE.TINY, charset=BINARY, flags=32),
    definition("small", FIELD_TYPE.SHORT, charset=BINARY),
    definition("text", FIELD_TYPE.VAR_STRING),
    definition("long", FIELD_TYPE.LONG, charset=BINARY),
    definition("big", FIELD_TYPE.LONGLONG, charset=BINARY, flags=32),
    definition("double", FIELD_TYPE.DOUBLE, charset=BINARY, decimals=31),
    definition("float", FIELD_TYPE.FLOAT, charset=BINARY, decimals=31),
    definition("at", FIELD_TYPE.DATETIME, charset=BINARY, decimals=6),
    definition("on", FIELD_TYPE.DATE, charset=BINARY),
    definition("for", FIELD_TYPE.TIME, charset=BINARY),
    definition("money", FIELD_TYPE.NEWDECIMAL, charset=BINARY),
    definition("bits", FIELD_TYPE.BIT, charset=BINARY),
    definition("data", FIELD_TYPE.BLOB, charset=BINARY),
)


def binary_row(cells: Sequence[bytes | None]) -> bytes:
    nulls = sum(4 << index for index, cell in enumerate(cells) if cell is None)
    mask = nulls.to_bytes((len(cells) + 9) // 8, "little")
    return b"\0" + mask + b"".join(cell or b"" for cell in cells)


CELLS: list[tuple[bytes, Any]] = [
    (b"\xff", 255),
    (b"\xff\xff", -1),
    (text("ä".encode() * 200), "ä" * 200),
    (struct.pack("<i", -(2**31)), -(2**31)),
    (b"\xff" * 8, 2**64 - 1),
    (struct.pack("<d", 0.1), 0.1),
    (struct.pack("<f", 1.1), 1.1),
    (moment(datetime(2024, 2, 29, 1, 2, 3, 4), 11), datetime(2024, 2, 29, 1, 2, 3, 4)),
    (moment(datetime(2024, 2, 29), 4), date(2024, 2, 29)),
    (span(True, 34, 82799, 0, 8), -timedelta(days=34, seconds=82799)),
    (text(b"-12.50"), Decimal("-12.50")),
    (text(b"\x01\x02"), 258),
    (text(b"\0\xff"), b"\0\xff"),
]


def run_binary(definitions: Sequence[bytes], rows: Sequence[bytes], split: Split = whole) -> Any:
    """What a statement that was prepared answers, the first and the second time."""
    data = answer(definitions, rows)
    prepared = packets(struct.pack("<BIHHBH", 0, 7, 0, 0, 0, 0))
    pieces = [packets(ok())] * 4 + [prepared, *split(data), *split(data)]
    exchange, scripted, stream = exchange_over(pieces, prepared=1)
    statement = exchange.find(SQL)
    for _ in range(4):
        exchange.run(statement, ())
    first, second = exchange.run(statement, ()).rows, exchange.fetch(statement, ())
    assert scripted.sent[-1][4] == 0x17
    assert stream.is_drained
    assert first == second
    return first


@pytest.mark.parametrize("split", [whole, bytewise])
def test_orm_O42_binary_rows(split: Split) -> None:
    full = binary_row([cell for cell, _ in CELLS])
    values = tuple(value for _, value in CELLS)
    rows = run_binary(BINARY_COLUMNS, [full, full], split)
    assert rows == [values, values]
    assert [type(value) for value in rows[0]] == [type(value) for value in values]


@given(st.lists(st.lists(st.booleans(), min_size=13, max_size=13), max_size=5))
def test_orm_O42_binary_rows_with_nulls(masks: list[list[bool]]) -> None:
    rows = [
        binary_row(
            [None if is_null else cell for is_null, (cell, _) in zip(mask, CELLS, strict=True)]
        )
        for mask in masks
    ]
    wanted = [
        tuple(None if is_null else value for is_null, (_, value) in zip(mask, CELLS, strict=True))
        for mask in masks
    ]
    assert run_binary(BINARY_COLUMNS, rows) == wanted
    assert run_binary(BINARY_COLUMNS, rows, at(*range(5, 2000, 61))) == wanted


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\0", "0000-00-00 00:00:00.000000"),
        (moment(datetime(2024, 1, 2), 4), datetime(2024, 1, 2)),
        (moment(datetime(2024, 1, 2, 3, 4, 5), 7), datetime(2024, 1, 2, 3, 4, 5)),
        (b"\x04\xe8\x07\0\0", "2024-00-00 00:00:00.000000"),
        (b"\x0b\xe8\x07\0\x01\x02\x03\x04\x05\0\0\0", "2024-00-01 02:03:04.000005"),
    ],
)
def test_orm_O42_binary_moments(data: bytes, value: Any) -> None:
    columns = [definition("at", FIELD_TYPE.DATETIME, charset=BINARY, decimals=6)]
    assert run_binary(columns, [binary_row([data])]) == [(value,)]


@pytest.mark.parametrize("size", [0, 250, 251, 65535, 65536, 2**24 - 20, 2**24])
def test_orm_O42_binary_texts_of_every_length(size: int) -> None:
    columns = [definition("a", FIELD_TYPE.BLOB), definition("b", FIELD_TYPE.LONG, charset=BINARY)]
    rows = [binary_row([text(b"t" * size), b"\1\0\0\0"])] * 2
    assert run_binary(columns, rows) == [("t" * size, 1)] * 2


def test_orm_O42_a_statement_that_the_server_forgot_is_sent_again() -> None:
    prepared = packets(struct.pack("<BIHHBH", 0, 7, 0, 0, 0, 0))
    unknown = packets(error(1243, "Unknown prepared statement handler"))
    exchange, scripted, _ = exchange_over(
        [*[packets(ok())] * 4, prepared, unknown, packets(ok(3))], prepared=1
    )
    statement = exchange.find("DELETE FROM t")
    for _ in range(4):
        exchange.run(statement, ())
    assert exchange.run(statement, ()).row_count == 3
    assert [sent[4] for sent in scripted.sent[-3:]] == [0x16, 0x17, 0x03]


def test_orm_O42_the_least_recently_used_is_closed() -> None:
    prepared = [packets(struct.pack("<BIHHBH", 0, 7 + n, 0, 0, 0, 0)) for n in range(3)]
    pieces = []
    for each in prepared:
        pieces += [*[packets(ok())] * 4, each, packets(ok())]
    exchange, scripted, _ = exchange_over(pieces, prepared=2)
    for name in "abc":
        for _ in range(5):
            exchange.run(exchange.find(f"DELETE FROM {name}"), ())
    closing = next(sent for sent in scripted.sent if sent[4] == 0x19)
    assert int.from_bytes(closing[5:9], "little") in (7, 8)
    assert closing[13] == 0x16  # goes out together with the next command


# -- commands --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 0xFFFFFE, 0xFFFFFF, 0x1000000, 2 * 0xFFFFFF])
def test_frames(size: int) -> None:
    payload = b"c" * size
    assert frame(payload) == packets(payload, number=0)


@given(st.text(max_size=80))
def test_sec_D3_placeholders_for_the_server(written: str) -> None:
    plain = written.replace("?", "").replace("%", "%%")
    assert placeholders_for_server(f"{plain} = %s") == written.replace("?", "") + " = ?"


def test_sec_D3_only_known_types_are_bound() -> None:
    class Sly(str):
        __slots__ = ()

    for types in ((dict,), (Sly,), (list,)):
        with pytest.raises(KeyError):
            layout_of(types)


def test_parameters_with_and_without_their_types() -> None:
    layout = layout_of((int, type(None), str))
    assert execute_head(7) == b"\x17\x07\0\0\0\0\x01\0\0\0"
    assert layout.first == b"\x02\x01\x08\0\x06\0\xfd\0"
    assert layout.following == b"\x02\0"
    assert layout.values((5, None, "ab")) == b"\x05\0\0\0\0\0\0\0\x02ab"


def test_a_definition() -> None:
    column = parse_definition(definition("größe", FIELD_TYPE.LONG, charset=BINARY, flags=32))
    assert (column.name, column.is_unsigned, column.is_binary) == ("größe", True, True)


@pytest.mark.parametrize("rows", [1, 11, 2000])
def test_few_and_many_parameters_are_written_alike(rows: int) -> None:
    """Few of them by a function made for their types, many by a loop."""
    row = ("é", 7, None)
    alone = layout_of(tuple(map(type, row))).values(row)
    assert layout_of(tuple(map(type, row * rows))).values(row * rows) == alone * rows
