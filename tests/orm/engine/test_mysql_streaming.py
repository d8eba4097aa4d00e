"""Rows read as they are asked for, on a connection of their own and inside a transaction (O24)."""

import tracemalloc
from collections.abc import Iterator
from itertools import islice

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.errors import OrmError, QueryTimeout
from tests.support.databases import drop_everything

pytestmark = pytest.mark.mysql

MANY = "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_20000"


@pytest.fixture(params=["fast", "plain"])
def database(mysql_url: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    database = engine.connect(mysql_url, pool_size=2, fast_reader=request.param == "fast")
    drop_everything(database)
    yield database
    engine.close()


def connection_id(database: Database) -> int:
    return int(database.execute("SELECT connection_id()").rows[0][0])


@pytest.mark.parametrize("size", [1, 7, 1000, 30000])
def test_orm_O24_every_row_once_and_in_order(database: Database, size: int) -> None:
    sql = "SELECT seq FROM seq_1_to_5000"
    batches = list(database.stream(sql, (), size))
    assert [row[0] for batch in batches for row in batch] == list(range(1, 5001))
    assert max(map(len, batches)) <= size
    with database.transaction():
        batches = list(database.stream(sql, (), size))
        assert [row[0] for batch in batches for row in batch] == list(range(1, 5001))


@pytest.mark.parametrize("inside", [False, True])
def test_orm_O24_in_bounded_memory(mysql_url: str, inside: bool) -> None:
    database = engine.connect(mysql_url, "bounded")
    unit = database.transaction() if inside else None
    if unit:
        unit.__enter__()
    tracemalloc.start()
    count = sum(len(batch) for batch in database.stream(MANY, (), 100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if unit:
        unit.__exit__(None, None, None)
    engine.close("bounded")
    assert count == 20000  # of 20 MB
    assert peak < 2_000_000


def test_orm_O24_an_early_stop_closes_the_connection(database: Database) -> None:
    first = connection_id(database)
    stream = database.stream(MANY, (), 10)
    assert next(stream)[0][0] == 1
    stream.close()  # type: ignore[attr-defined]
    assert connection_id(database) != first


def test_orm_O24_an_early_stop_in_a_transaction_keeps_it(database: Database) -> None:
    database.execute("CREATE TABLE kept (id INT PRIMARY KEY)")
    with database.transaction():
        database.execute("INSERT INTO kept VALUES (1)")
        stream = database.stream(MANY, (), 10)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        database.execute("INSERT INTO kept VALUES (2)")
    assert database.execute("SELECT id FROM kept ORDER BY id").rows == [(1,), (2,)]


def test_orm_O24_other_statements_in_between(database: Database) -> None:
    with database.transaction():
        outer = database.stream("SELECT seq FROM seq_1_to_3000", (), 100)
        inner = database.stream("SELECT seq FROM seq_5_to_9000", (), 100)
        seen = []
        for batch in outer:
            seen += [row[0] for row in batch]
            assert database.execute("SELECT ?", (seen[-1],)).rows == [(seen[-1],)]
            assert next(inner)[0][0] == len(seen) - 100 + 5
    assert seen == list(range(1, 3001))


def test_orm_O24_an_error_among_the_rows(database: Database) -> None:
    sql = "SELECT seq, IF(seq < 5000, seq, SLEEP(0.2)) FROM seq_1_to_6000"
    with database.timeout(0.1), pytest.raises(QueryTimeout):
        for _ in database.stream(sql, (), 100):
            pass
    assert database.execute("SELECT 1").rows == [(1,)]


def test_orm_O24_rows_given_up_are_not_the_next_answer(database: Database) -> None:
    for number in range(20):
        list(islice(database.stream(MANY, (), 3), 2))
        assert database.execute("SELECT ?", (number,)).rows == [(number,)]


def test_orm_O24_a_failing_transaction_does_not_read_the_rest(mysql_url: str) -> None:
    database = engine.connect(mysql_url, "failing", pool_size=1)
    number = connection_id(database)
    with pytest.raises(KeyError), database.transaction():
        stream = database.stream(MANY, (), 10)
        next(stream)
        raise KeyError("mine")
    with pytest.raises(OrmError):
        for _ in stream:
            pass
    assert connection_id(database) != number
    engine.close("failing")
