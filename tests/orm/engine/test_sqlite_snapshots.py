"""The write-ahead log stays small although readers hold it up (sec:D21), and who holds the writer
is reported (sec:D15)."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.engine.sqlite.caretaker import Caretaker
from orm.engine.sqlite.writer import wal_size
from orm.errors import OrmError, QueryTimeout, TransactionError

LIMIT = 200_000
CEILING = 0.001


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    options = f"synchronous=OFF&wal_limit={LIMIT}&snapshot_limit={CEILING}"
    database = engine.connect(f"sqlite:///{tmp_path}/app.db?{options}")
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")
    for number in range(10):
        database.execute("INSERT INTO t VALUES (?, zeroblob(10))", (number,))
    yield database
    engine.close()


@pytest.fixture
def path(database: Database, tmp_path: Path) -> str:
    return str(tmp_path / "app.db")


@pytest.fixture
def caretaker(database: Database) -> Caretaker:
    """Its thread looks every second; here it is told when."""
    found: Caretaker = database._driver._caretaker  # type: ignore[attr-defined]
    found.stop()
    return found


def grow(database: Database) -> None:
    for _ in range(30):
        database.execute("INSERT INTO t (data) VALUES (zeroblob(20000))")


def test_sec_D21_a_long_wal_is_emptied_between_transactions(
    database: Database, caretaker: Caretaker, path: str
) -> None:
    grow(database)
    assert wal_size(path) > LIMIT
    caretaker.look()
    assert wal_size(path) == 0
    assert database.execute("SELECT count(*) FROM t").rows == [(40,)]


def test_sec_D21_a_held_block_is_ended_when_the_wal_outgrows_its_limit(
    database: Database, caretaker: Caretaker, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TransactionError, match="QueryTimeout"), database.read_only():
        assert database.execute("SELECT count(*) FROM t").rows == [(10,)]
        grow_in_another_thread(database)
        caretaker.look()
        assert wal_size(path) == 0
        with pytest.raises(QueryTimeout, match="snapshot_limit"):
            database.execute("SELECT count(*) FROM t")
    assert "test_sqlite_snapshots.py" in caplog.text  # where it was opened
    with database.read_only():
        assert database.execute("SELECT count(*) FROM t").rows == [(40,)]


def test_sec_D21_a_block_that_asks_no_more_ends_well(
    database: Database, caretaker: Caretaker, path: str
) -> None:
    with database.read_only():
        assert database.execute("SELECT count(*) FROM t").rows == [(10,)]
        grow_in_another_thread(database)
        caretaker.look()
        assert wal_size(path) == 0


def test_sec_D21_a_held_stream_is_ended_too(
    database: Database, caretaker: Caretaker, path: str
) -> None:
    batches = database.stream("SELECT * FROM t", (), 2)
    assert len(next(batches)) == 2
    grow(database)
    caretaker.look()
    assert wal_size(path) == 0
    with pytest.raises(QueryTimeout, match="snapshot_limit"):
        next(batches)


def test_sec_D21_a_stream_inside_a_block_goes_with_it(
    database: Database, caretaker: Caretaker, path: str
) -> None:
    with pytest.raises(OrmError), database.read_only():
        batches = database.stream("SELECT * FROM t", (), 2)
        next(batches)
        grow_in_another_thread(database)
        caretaker.look()
        assert wal_size(path) == 0
        next(batches)


def test_sec_D21_a_snapshot_lives_on_while_the_wal_is_short(
    database: Database, caretaker: Caretaker
) -> None:
    with database.read_only():
        before = database.execute("SELECT count(*) FROM t").rows
        caretaker.look()
        assert database.execute("SELECT count(*) FROM t").rows == before


def test_sec_D21_growth_is_told_with_the_reader_that_causes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = f"synchronous=OFF&wal_limit={LIMIT}&snapshot_limit=0"
    database = engine.connect(f"sqlite:///{tmp_path}/alarm.db?{options}", "alarm")
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")
    caretaker: Caretaker = database._driver._caretaker  # type: ignore[attr-defined]
    caretaker.stop()
    with database.read_only():
        database.execute("SELECT count(*) FROM t")
        grow_in_another_thread(database)
        caretaker.look()
        caretaker.look()  # it has not doubled since
    engine.close("alarm")
    (record,) = caplog.records
    assert "the write-ahead log has grown" in record.getMessage()
    assert "test_sqlite_snapshots.py" in record.getMessage()


def test_sec_D15_a_writer_in_use_for_long_is_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = engine.connect(f"sqlite:///{tmp_path}/held.db?leak_after=0.000001", "held")
    database.execute("CREATE TABLE t (n)")
    caretaker: Caretaker = database._driver._caretaker  # type: ignore[attr-defined]
    caretaker.stop()
    with caplog.at_level(logging.WARNING), database.transaction():
        for _ in range(4):
            caretaker.look()
    engine.close("held")
    (record,) = caplog.records
    assert "'MainThread'" in record.getMessage()
    assert "test_sqlite_snapshots.py" in record.getMessage()


def grow_in_another_thread(database: Database) -> None:
    """A block belongs to its thread, and would refuse to write."""
    thread = threading.Thread(target=grow, args=(database,))
    thread.start()
    thread.join()
