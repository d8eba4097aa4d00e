"""Our reader, in both protocols, gives what PyMySQL's gives: every column type, every value."""

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import orm.engine as engine
from orm.engine.database import Database
from orm.errors import DataError, Disconnected, IntegrityError, OrmError, QueryTimeout
from tests.support.databases import drop_everything

pytestmark = pytest.mark.mysql

# From the fifth use on a statement is prepared.
USES = 7


@dataclass(frozen=True)
class Readers:
    """The same database read in three ways."""

    binary: Database
    text: Database
    plain: Database

    def all_agree(self, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        wanted = self.plain.execute(sql, params)
        for database in (self.binary, self.text):
            for _ in range(USES):
                got = database.execute(sql, params)
                assert got.rows == wanted.rows
                assert got.columns == wanted.columns
                for row, other in zip(got.rows, wanted.rows, strict=True):
                    assert list(map(type, row)) == list(map(type, other))
        return wanted.rows


@pytest.fixture(scope="module")
def readers(mysql_url: str) -> Iterator[Readers]:
    binary = engine.connect(mysql_url, "binary", pool_size=1)
    text = engine.connect(mysql_url, "text", pool_size=1, prepared_statements=0)
    plain = engine.connect(mysql_url, "plain", pool_size=2, fast_reader=False)
    drop_everything(plain)
    yield Readers(binary, text, plain)
    drop_everything(plain)
    for name in ("binary", "text", "plain"):
        engine.close(name)


TYPES = {
    "tiny": "TINYINT",
    "tiny_u": "TINYINT UNSIGNED",
    "small": "SMALLINT",
    "small_u": "SMALLINT UNSIGNED",
    "medium": "MEDIUMINT",
    "medium_u": "MEDIUMINT UNSIGNED",
    "plain_int": "INT",
    "int_u": "INT UNSIGNED",
    "zerofill": "INT(8) ZEROFILL",
    "big": "BIGINT",
    "big_u": "BIGINT UNSIGNED",
    "single": "FLOAT",
    "single_places": "FLOAT(7,3)",
    "dbl": "DOUBLE",
    "dbl_places": "DOUBLE(12,4)",
    "money": "DECIMAL(30,10)",
    "digits": "DECIMAL(5,0) UNSIGNED",
    "bit1": "BIT(1)",
    "bit17": "BIT(17)",
    "bit64": "BIT(64)",
    "yr": "YEAR",
    "dy": "DATE",
    "tm": "TIME",
    "tm6": "TIME(6)",
    "at0": "DATETIME",
    "at3": "DATETIME(3)",
    "at6": "DATETIME(6)",
    "stamp": "TIMESTAMP(6) NULL",
    "stamp0": "TIMESTAMP NULL",
    "chr": "CHAR(5)",
    "vchr": "VARCHAR(70)",
    "latin": "CHAR(3) CHARACTER SET latin1",
    "txt": "TEXT",
    "tinytxt": "TINYTEXT",
    "longtxt": "LONGTEXT",
    "bin": "BINARY(4)",
    "vbin": "VARBINARY(300)",
    "blb": "BLOB",
    "longblb": "LONGBLOB",
    "enm": "ENUM('ä','b')",
    "st": "SET('x','y','ü')",
    "doc": "JSON",
    "uid": "UUID",
    "ip": "INET6",
    "geo": "GEOMETRY",
}
ROWS = {
    1: "-128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, 7,"
    " -9223372036854775808, 18446744073709551615, 1.1, 1234.567, 0.1, 12345678.1234,"
    " '-12345678901234567890.0123456789', 99999, b'1', b'10000000000000001', ~0, 2155,"
    " '9999-12-31', '-838:59:59', '-01:02:03.000004', '2024-01-02 03:04:05',"
    " '2024-01-02 03:04:05.678', '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05.678901',"
    " '2024-01-02 03:04:05', 'ab', 'ä😀', 'äb', REPEAT('ä', 300), REPEAT('m', 250),"
    " REPEAT('x', 70000), X'00FF', REPEAT(X'FE', 251), REPEAT('b', 65535), REPEAT('c', 65536),"
    " 'ä', 'x,ü', '{\"a\": \"ä\"}', '123e4567-e89b-12d3-a456-426655440000', '::1',"
    " ST_GeomFromText('POINT(1 2)')",
    2: ", ".join(["NULL"] * len(TYPES)),
    3: "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16777216, -0.0005, 5e-324, -0.00004, 0, 0, 0, 0, 0, 1901,"
    " '0000-00-00', '00:00:00', '838:59:59.999999', '0000-00-00', '2024-00-00',"
    " '2024-01-00 10:00:00.5', '1970-01-02 00:00:00.000001', NULL, '', '', '', '', '', '', '', '',"
    " '', '', '', '', '[]', NULL, NULL, NULL",
    4: "1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3.4e38, 1, 1.7e308, 1, 1, 1, 1, 1, 1, 2000,"
    " '2024-02-30', '10:00:00', '-00:00:00.000001', '2024-01-01', '2024-01-01', '0000-00-00',"
    " '2038-01-01', NULL, ' a ', 'x', 'y', 'a\\\\b\\'c\"d\\n\\0', 'z', 'w', 'ab', REPEAT('v', 250),"
    " REPEAT('b', 251), REPEAT('c', 252), 'b', 'x', 'null', NULL, NULL, NULL",
}


def test_orm_O42_every_column_type(readers: Readers) -> None:
    plain = readers.plain
    columns = ", ".join(f"`{name}` {kind}" for name, kind in TYPES.items())
    plain.execute(f"CREATE TABLE kinds (id INT PRIMARY KEY, {columns}) CHARACTER SET utf8mb4")
    with plain.transaction():
        plain.execute("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
        for key, values in ROWS.items():
            plain.execute(f"INSERT INTO kinds VALUES ({key}, {values})")
    rows = readers.all_agree("SELECT * FROM kinds WHERE id > ? ORDER BY id", (0,))
    assert len(rows) == len(ROWS)
    for name in TYPES:
        readers.all_agree(f"SELECT `{name}`, id FROM kinds WHERE id > ? ORDER BY id", (0,))


def numbers(*, width: int) -> st.SearchStrategy[float]:
    return st.floats(width=width, allow_nan=False, allow_infinity=False)  # type: ignore[arg-type]


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            numbers(width=32), numbers(width=64), st.integers(-(2**63), 2**63 - 1), st.integers(0)
        ),
        min_size=50,
        max_size=50,
    )
)
def test_orm_O42_numbers(readers: Readers, rows: list[tuple[Any, ...]]) -> None:
    plain = readers.plain
    plain.execute("CREATE TABLE IF NOT EXISTS numbers (f FLOAT, d DOUBLE, i BIGINT, u NUMERIC(65))")
    plain.execute("TRUNCATE numbers")
    marks = ", ".join(["(?, ?, ?, ?)"] * len(rows))
    values = [value for f, d, i, u in rows for value in (f * 0.99, d, i, u % 10**65)]
    plain.execute(f"INSERT INTO numbers VALUES {marks}", values)
    readers.all_agree("SELECT * FROM numbers WHERE 1 = ?", (1,))


naive = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59))
parameters = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    numbers(width=64),
    st.text(max_size=300),
    st.binary(max_size=300),
    st.decimals(-(10**20), 10**20, places=8),
    naive,
    st.dates(date(1000, 1, 1)),
    st.times(),
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(parameters, min_size=1, max_size=5))
def test_sec_D3_parameters_are_stored_alike(readers: Readers, values: list[Any]) -> None:
    """Whatever way a value goes, the same is in the table."""
    stored = []
    for name, database in (("b", readers.binary), ("t", readers.text), ("p", readers.plain)):
        database.execute(
            f"CREATE TABLE IF NOT EXISTS stored_{name} (m BIGINT UNSIGNED, f DOUBLE, s LONGTEXT,"
            " x LONGBLOB, d NUMERIC(40, 8), a DATETIME(6), o DATE, t TIME(6), k TINYINT)"
        )
        columns = {int: "m", float: "f", str: "s", bytes: "x", Decimal: "d", datetime: "a"}
        columns |= {date: "o", time: "t", bool: "k", type(None): "s"}
        for _ in range(USES if name == "b" else 1):
            database.execute(f"DELETE FROM stored_{name}")
            for value in values:
                sql = f"INSERT INTO stored_{name} ({columns[type(value)]}) VALUES (?)"
                database.execute(sql, (abs(value) if type(value) is int else value,))
        stored.append(readers.plain.execute(f"SELECT * FROM stored_{name}").rows)
    assert stored[0] == stored[1] == stored[2]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=50), st.binary(max_size=50), st.integers(-(2**63), 2**63 - 1))
def test_sec_D3_what_is_bound_comes_back(
    readers: Readers, text: str, data: bytes, number: int
) -> None:
    for database in (readers.binary, readers.text):
        for _ in range(USES):
            row = database.execute("SELECT ?, ?, ?", (text, data, number)).rows[0]
            assert row == (text, data, number)


def test_sec_D3_what_cannot_be_bound_is_refused_and_the_connection_goes_on(
    readers: Readers,
) -> None:
    for database in (readers.binary, readers.text):
        number = connection_id(database)
        for _ in range(USES):
            for value in ("\ud800", float("nan"), {"a": 1}, ["a"], object()):
                with pytest.raises(DataError):
                    database.execute("SELECT ?", (value,))
            assert database.execute("SELECT ?", (2**63,)).rows == [(2**63,)]
        assert connection_id(database) == number


def connection_id(database: Database) -> int:
    return int(database.execute("SELECT connection_id()").rows[0][0])


def test_sec_D10_a_table_altered_between_two_runs(readers: Readers) -> None:
    readers.plain.execute("CREATE TABLE altered (id INT PRIMARY KEY, v INT)")
    readers.plain.execute("INSERT INTO altered VALUES (1, 5), (2, NULL)")
    for kind in ("BIGINT", "VARCHAR(20)", "DECIMAL(10,2)", "DOUBLE", "INT"):
        readers.all_agree("SELECT id, v FROM altered WHERE id < ?", (9,))
        readers.all_agree("SELECT * FROM altered WHERE id < ?", (9,))
        readers.plain.execute(f"ALTER TABLE altered MODIFY v {kind}")
    readers.plain.execute("ALTER TABLE altered ADD w INT DEFAULT 7")
    assert readers.all_agree("SELECT * FROM altered WHERE id < ?", (9,))[0] == (1, 5, 7)
    readers.plain.execute("ALTER TABLE altered DROP w")
    readers.all_agree("SELECT * FROM altered WHERE id < ?", (9,))


def test_errors_are_the_same(readers: Readers) -> None:
    readers.plain.execute("CREATE TABLE strict (id INT PRIMARY KEY, s VARCHAR(3) NOT NULL)")
    readers.plain.execute("INSERT INTO strict VALUES (1, 'a')")
    statements: list[tuple[str, tuple[Any, ...]]] = [
        ("INSERT INTO strict VALUES (?, ?)", (1, "a")),
        ("INSERT INTO strict VALUES (?, ?)", (2, "abcd")),
        ("INSERT INTO strict VALUES (?, ?)", (2, None)),
        ("SELECT * FROM missing WHERE id = ?", (1,)),
        ("SELECT missing FROM strict WHERE id = ?", (1,)),
        ("SELECT * FROM strict WHERE id = = ?", (1,)),
    ]
    for sql, params in statements:
        with pytest.raises(OrmError) as wanted:
            readers.plain.execute(sql, params)
        for database in (readers.binary, readers.text):
            for _ in range(USES):
                with pytest.raises(OrmError) as got:
                    database.execute(sql, params)
                assert type(got.value) is type(wanted.value)
                assert str(got.value) == str(wanted.value)
                if isinstance(got.value, IntegrityError):
                    assert got.value.columns == wanted.value.columns  # type: ignore[attr-defined]


def test_several_results_of_a_procedure(readers: Readers) -> None:
    readers.plain.execute(
        "CREATE OR REPLACE PROCEDURE both_of() BEGIN SELECT 1; SELECT 2, 'x'; UPDATE strict SET"
        " id = id; END"
    )
    for database in (readers.binary, readers.text, readers.plain):
        for number in range(USES):
            assert database.execute("CALL both_of()").rows == [(1,)]
            assert database.execute("SELECT ?", (number,)).rows == [(number,)]
    readers.plain.execute("DROP PROCEDURE both_of")


def test_counts_and_keys(readers: Readers) -> None:
    readers.plain.execute("CREATE TABLE counted (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT)")
    for database in (readers.binary, readers.text, readers.plain):
        readers.plain.execute("TRUNCATE counted")
        for number in range(1, 300):
            result = database.execute("INSERT INTO counted (n) VALUES (?)", (number % 3,))
            assert (result.row_count, result.last_row_id) == (1, number)
        assert database.execute("UPDATE counted SET n = ?", (5,)).row_count == 299
        assert database.execute("UPDATE counted SET n = ?", (5,)).row_count == 299  # matched
        returned = database.execute("INSERT INTO counted (n) VALUES (?) RETURNING id, n", (8,))
        assert returned.rows == [(300, 8)]


def test_orm_O42_the_server_keeps_as_many_as_it_is_told(readers: Readers, mysql_url: str) -> None:
    database = engine.connect(mysql_url, "few", pool_size=1, prepared_statements=3)
    for number in range(40):
        for _ in range(USES):
            assert database.execute(f"SELECT {number}, ?", (1,)).rows == [(number, 1)]
    count = int(database.execute("SHOW SESSION STATUS LIKE 'Com_stmt_close'").rows[0][1])
    prepared = int(database.execute("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").rows[0][1])
    engine.close("few")
    assert prepared == 40
    assert prepared - count == 3


def test_orm_O42_a_new_connection_prepares_anew(readers: Readers) -> None:
    database = readers.binary
    for round_ in range(3):
        number = connection_id(database)
        for value in range(USES):
            assert database.execute("SELECT 'anew', ?", (value,)).rows == [("anew", value)]
        status = database.execute("SHOW SESSION STATUS LIKE 'Com_stmt_execute'").rows[0]
        assert int(status[1]) >= USES - 4
        readers.plain.execute(f"KILL {number}")
        assert database.execute("SELECT 'anew', ?", (round_,)).rows == [("anew", round_)]
        assert connection_id(database) != number


def test_orm_O42_a_server_that_prepares_no_more(readers: Readers, mysql_url: str) -> None:
    database = engine.connect(mysql_url, "none", pool_size=1)
    readers.plain.execute("SET GLOBAL max_prepared_stmt_count = 0")
    try:
        for _ in range(USES):
            assert database.execute("SELECT 'full', ?", (1,)).rows == [("full", 1)]
    finally:
        readers.plain.execute("SET GLOBAL max_prepared_stmt_count = 16382")
        engine.close("none")


def test_sec_D8_a_statement_stopped_among_its_rows(readers: Readers) -> None:
    sql = "SELECT seq, REPEAT('x', 500), IF(seq < 2000, 0, SLEEP(?)) FROM seq_1_to_3000"
    for database in (readers.binary, readers.text):
        number = connection_id(database)
        for _ in range(USES):
            with database.timeout(0.05), pytest.raises(QueryTimeout):
                database.execute(sql, (0.02,))
            assert database.execute("SELECT ?", (7,)).rows == [(7,)]
        assert connection_id(database) == number


def test_sec_D10_a_connection_killed_among_its_rows(readers: Readers) -> None:
    """Half of the rows have come when the connection is gone: an error, never half an answer."""
    sql = "SELECT seq, REPEAT('x', 500), IF(seq < 2000, 0, SLEEP(0.01)) FROM seq_1_to_3000"
    for database in (readers.binary, readers.text):
        killer = threading.Timer(0.3, lambda: None)
        with pytest.raises(OrmError) as caught, database.transaction():
            kill = f"KILL {connection_id(database)}"
            killer = threading.Timer(0.3, readers.plain.execute, (kill,))
            killer.start()
            database.execute(sql)
        killer.join()
        assert isinstance(caught.value, Disconnected)
        assert database.execute("SELECT 1").rows == [(1,)]


def test_sec_D16_a_silent_server(mysql_url: str) -> None:
    """The kernel's own time-out ends the wait; the connection is gone then."""
    database = engine.connect(
        mysql_url, "silent", pool_size=1, read_timeout=0.2, statement_timeout=0.0
    )
    number = connection_id(database)
    with pytest.raises(OrmError), database.transaction():
        database.execute("SELECT SLEEP(2)")
    assert connection_id(database) != number
    engine.close("silent")


def test_time_outs_are_the_kernels() -> None:
    assert struct.calcsize("@ll") in (8, 16)
    with socket.socket() as probe:
        option = struct.pack("@ll", 1, 500_000)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, option)
        size = len(option)
        assert probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, size) == option
