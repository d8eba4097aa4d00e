"""Statements on both engines: values in and out, counts, errors by code, the query log."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from orm.engine.database import Database
from orm.engine.log import Statement
from orm.errors import (
    DataError,
    IntegrityError,
    OperationalError,
    OrmError,
    QueryError,
    QueryTimeout,
    TransactionError,
)

TABLES = """
CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL,
  CONSTRAINT parent_name_check CHECK (name <> 'bad'));
CREATE UNIQUE INDEX parent_name_key ON parent (name, id);
CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER NULL,
  email VARCHAR(50) NULL, small INTEGER NULL,
  CONSTRAINT child_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id));
CREATE UNIQUE INDEX child_email_key ON child (email);
INSERT INTO parent VALUES (1, 'ann'), (2, 'bob')
"""


@pytest.fixture
def tables(db: Database) -> Database:
    for statement in TABLES.split(";"):
        db.execute(statement)
    return db


def test_rows_are_tuples_of_plain_values(db: Database) -> None:
    result = db.execute("SELECT ?, ?, ?, ?, ?", (1, "a'b\\c%?", b"\0\xff'", None, 2.5))
    assert result.rows == [(1, "a'b\\c%?", b"\0\xff'", None, 2.5)]
    assert list(result) == result.rows
    assert len(result) == 1


def test_the_question_mark_is_the_placeholder_on_both(tables: Database) -> None:
    rows = tables.execute("SELECT name FROM parent WHERE id = ? AND name <> '?'", (2,)).rows
    assert rows == [("bob",)]
    assert tables.execute("SELECT name FROM parent WHERE name LIKE 'a%'").rows == [("ann",)]


def test_orm_O21_update_counts_the_rows_matched(tables: Database) -> None:
    assert tables.execute("UPDATE parent SET name = 'ann' WHERE id = 1").row_count == 1
    assert tables.execute("UPDATE parent SET name = 'x' WHERE id = 9").row_count == 0
    assert tables.execute("DELETE FROM parent").row_count == 2


def test_dates_and_decimals_of_hand_written_sql(db: Database) -> None:
    moment, day = datetime(2024, 5, 6, 7, 8, 9, 120000), date(2024, 5, 6)
    row = db.execute("SELECT ?, ?, ?", (moment, day, Decimal("1.50"))).rows[0]
    assert [str(value) for value in row][1:] == ["2024-05-06", "1.50"]
    assert datetime.fromisoformat(str(row[0])) == moment


def test_text_is_compared_exactly(tables: Database) -> None:
    assert tables.execute("SELECT id FROM parent WHERE name = 'ANN'").rows == []
    assert tables.execute("SELECT lower('ÄB'), upper('äb')").rows == [("äb", "ÄB")]
    assert tables.execute("SELECT id FROM parent WHERE name REGEXP '^b.b$'").rows == [(2,)]


@pytest.mark.parametrize("value", [{"a": 1}, [1], {1}, (1,), object(), 1j])
def test_sec_D3_only_plain_values_reach_the_driver(db: Database, value: object) -> None:
    with pytest.raises(DataError, match="parameter 1 is a"):
        db.execute("SELECT ?", (value,))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_sec_D3_what_cannot_be_stored_is_a_data_error(db: Database, value: object) -> None:
    with pytest.raises(DataError):
        db.execute("SELECT ?", (value,))


def test_sec_D6_a_wrong_count_of_parameters_is_refused(db: Database) -> None:
    with pytest.raises(QueryError, match="1 `\\?`, but 2 parameters"):
        db.execute("SELECT ?", (1, 2))


@pytest.mark.parametrize("sql", ["BEGIN", "commit", "ROLLBACK", "SAVEPOINT a"])
def test_transactions_are_not_begun_by_hand(db: Database, sql: str) -> None:
    with pytest.raises(TransactionError, match=re.escape("with transaction()")):
        db.execute(sql)


@pytest.mark.parametrize(
    ("sql", "constraint", "columns"),
    [
        ("INSERT INTO child (id, email) VALUES (2, 'a@b')", {"child_email_key"}, ("email",)),
        ("INSERT INTO parent VALUES (1, 'ann')", {"PRIMARY"}, None),
        ("INSERT INTO parent VALUES (7, NULL)", {None}, ("name",)),
        ("INSERT INTO parent VALUES (7, 'bad')", {"parent_name_check"}, ()),
        ("INSERT INTO child (id, parent_id) VALUES (9, 99)", {"child_parent_fk", None}, None),
        ("DELETE FROM parent WHERE id = 1", {"child_parent_fk", None}, None),
    ],
)
def test_integrity_error_names_constraint_and_columns(
    tables: Database, sql: str, constraint: set[str | None], columns: tuple[str, ...] | None
) -> None:
    tables.execute("INSERT INTO child (id, parent_id, email) VALUES (1, 1, 'a@b')")
    with pytest.raises(IntegrityError) as caught:
        tables.execute(sql)
    assert caught.value.constraint in constraint
    assert columns is None or caught.value.columns == columns
    assert caught.value.code


def test_a_missing_table_names_the_command_that_creates_it(db: Database) -> None:
    with pytest.raises(OperationalError, match=r"mvc migrate"):
        db.execute("SELECT * FROM nowhere")


def test_wrong_sql_is_an_operational_error(db: Database) -> None:
    with pytest.raises(OperationalError):
        db.execute("SELEKT 1")
    assert db.execute("SELECT 1").rows == [(1,)]


def test_numbers_too_large_are_a_data_error(tables: Database) -> None:
    with pytest.raises(DataError):
        tables.execute("INSERT INTO child (id, small) VALUES (1, ?)", (2**70,))


def test_sec_D8_a_runaway_statement_is_stopped(
    reconnect: Callable[..., Database],
) -> None:
    limited = reconnect(statement_timeout=0.2)
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
        " SELECT count(*) FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i < 0"
    )
    with pytest.raises(QueryTimeout, match="statement_timeout"):
        limited.execute(endless)
    assert limited.execute("SELECT 1").rows == [(1,)]


def test_orm_O24_stream_yields_batches(tables: Database) -> None:
    for number in range(10):
        tables.execute("INSERT INTO child (id) VALUES (?)", (number,))
    batches = list(tables.stream("SELECT id FROM child ORDER BY id", (), 4))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [row[0] for batch in batches for row in batch] == list(range(10))


def test_orm_O24_statements_run_while_a_stream_is_read(tables: Database) -> None:
    for batch in tables.stream("SELECT id FROM parent ORDER BY id", (), 1):
        tables.execute("INSERT INTO child (id) VALUES (?)", batch[0])
    assert tables.execute("SELECT count(*) FROM child").rows == [(2,)]


def test_orm_O24_an_abandoned_stream_leaves_the_database_usable(tables: Database) -> None:
    for _ in range(20):  # more often than the pool has connections
        stream = tables.stream("SELECT a.id FROM parent a, parent b, parent c", (), 1)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert tables.execute("SELECT count(*) FROM parent").rows == [(2,)]


def test_orm_O24_an_error_shows_when_the_stream_is_read(db: Database) -> None:
    with pytest.raises(OrmError):
        list(db.stream("SELECT * FROM nowhere", ()))


def test_orm_O40_the_log_has_every_statement_with_its_time(tables: Database) -> None:
    with tables.log_queries() as log:
        with tables.transaction():
            tables.execute("SELECT id FROM parent WHERE id = ?", (1,))
        with pytest.raises(OperationalError):
            tables.execute("SELECT * FROM nowhere")
    tables.execute("SELECT 1")
    assert [statement.failed for statement in log] == [False, True]
    assert log[0].params == (1,)
    assert log[0].seconds > 0
    assert "FAILED" in str(log)


def test_orm_O40_an_observer_sees_statements_until_it_is_removed(db: Database) -> None:
    seen: list[Statement] = []
    observer = seen.append
    db.add_observer(observer)
    db.execute("SELECT 1")
    db.remove_observer(observer)
    db.execute("SELECT 2")
    assert len(seen) == 1


def test_orm_O40_explain_shows_the_plan(tables: Database) -> None:
    class Query:
        def compile(self, dialect: object) -> tuple[str, tuple[()]]:
            return "SELECT * FROM parent WHERE id = 1", ()

    assert "parent" in tables.explain(Query())
