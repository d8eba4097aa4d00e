"""SQLite's connections: settings, one writer, readers, threads, forks, databases in memory."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.errors import DiskFull, IntegrityError, LockTimeout, OperationalError, OrmError

DEADLINE = 30.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = engine.connect("sqlite:///app.db", base=tmp_path, writer_wait=5)
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
    yield database
    engine.close()


def in_threads(count: int, function: Callable[[int], object]) -> list[BaseException]:
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            function(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive()
    return errors


def test_sec_D17_settings_of_the_writer_and_of_readers(database: Database) -> None:
    with database.transaction():
        writer = {
            name: database.execute(f"PRAGMA {name}").rows[0][0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "query_only")
        }
        assert database.execute("SELECT timeout FROM pragma_busy_timeout").rows == [(5000,)]
    assert writer == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 0}
    for name, value in (("query_only", 1), ("synchronous", 2), ("foreign_keys", 1)):
        assert database.execute(f"SELECT * FROM pragma_{name}").rows == [(value,)]


def test_an_absolute_path_needs_no_folder_to_be_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.chdir(left)
    left.rmdir()
    database = engine.connect(f"sqlite:///{tmp_path}/there.db", "there")
    assert database.execute("SELECT 1").rows == [(1,)]
    engine.close()


def test_a_relative_path_counts_from_the_base(database: Database, tmp_path: Path) -> None:
    assert (tmp_path / "app.db").exists()


def test_sec_F6_full_disk_costs_its_transaction_only(database: Database) -> None:
    database.execute("CREATE TABLE big (data BLOB)")
    with database.transaction():
        database.execute("PRAGMA max_page_count = 50")
    for _ in range(2):
        with pytest.raises(DiskFull, match="free some space"), database.transaction():
            database.execute("INSERT INTO t (n) VALUES (1)")
            for _ in range(100):
                database.execute("INSERT INTO big VALUES (zeroblob(4000))")
    database.execute("INSERT INTO t (n) VALUES (2)")
    assert database.execute("SELECT n FROM t").rows == [(2,)]


def test_closing_leaves_one_file_and_its_lock(database: Database, tmp_path: Path) -> None:
    """The writer closes last and checkpoints; a later use opens the file again."""
    database.execute("INSERT INTO t VALUES (1, 1)")
    assert len(database.execute("SELECT * FROM t")) == 1
    database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.db", "app.db-lock"]
    assert len(database.execute("SELECT * FROM t")) == 1


def test_sec_D17_threads_write_without_one_locked_error(database: Database) -> None:
    def write(number: int) -> None:
        for step in range(20):
            if step % 2:
                database.execute("INSERT INTO t (n) VALUES (?)", (number,))
            else:
                with database.transaction():
                    (before,) = database.execute("SELECT count(*) FROM t").rows[0]
                    database.execute("INSERT INTO t (n) VALUES (?)", (number,))
                    (after,) = database.execute("SELECT count(*) FROM t").rows[0]
                    assert after == before + 1

    assert in_threads(16, write) == []
    assert database.execute("SELECT count(*) FROM t").rows == [(320,)]


def test_sec_D17_two_processes_worth_of_writers(tmp_path: Path, database: Database) -> None:
    """A second connection to the same file stands for another process."""
    other = engine.connect("sqlite:///app.db", "other", base=tmp_path)
    databases = (database, other)

    def write(number: int) -> None:
        for _ in range(10):
            with databases[number % 2].transaction():
                databases[number % 2].execute("INSERT INTO t (n) VALUES (1)")

    assert in_threads(8, write) == []
    assert other.execute("SELECT count(*) FROM t").rows == [(80,)]


def test_sec_D17_readers_do_not_wait_for_the_writer(database: Database) -> None:
    with database.transaction():
        database.execute("INSERT INTO t VALUES (1, 1)")
        errors = in_threads(4, lambda number: database.execute("SELECT * FROM t"))
    assert errors == []


def test_sec_D17_a_queue_that_does_not_move_ends_in_a_lock_timeout(tmp_path: Path) -> None:
    database = engine.connect("sqlite:///q.db", "queue", base=tmp_path, writer_wait=0.05)
    with database.transaction():
        errors = in_threads(1, lambda number: database.execute("CREATE TABLE x (a)"))
    engine.close("queue")
    assert isinstance(errors[0], LockTimeout)
    assert "MainThread" in str(errors[0])
    assert "writer_wait" in str(errors[0])


def test_sec_D17_another_process_that_keeps_writing_is_a_lock_timeout(
    database: Database, tmp_path: Path
) -> None:
    impatient = engine.connect("sqlite:///app.db", "other", base=tmp_path, busy_timeout=0.05)
    with database.transaction(), pytest.raises(LockTimeout, match="another process"):
        impatient.execute("INSERT INTO t VALUES (1, 1)")


def test_a_failed_begin_gives_the_writer_back(database: Database, tmp_path: Path) -> None:
    impatient = engine.connect("sqlite:///app.db", "other", base=tmp_path, busy_timeout=0.01)
    with database.transaction():
        for _ in range(3):
            with pytest.raises(LockTimeout), impatient.transaction():
                pass
    with impatient.transaction():
        impatient.execute("INSERT INTO t VALUES (1, 1)")


def test_with_that_writes_goes_to_the_writer(database: Database) -> None:
    database.execute("WITH v AS (SELECT 5 AS n) INSERT INTO t (n) SELECT n FROM v")
    assert database.execute("SELECT n FROM t").rows == [(5,)]


def test_returning_gives_rows(database: Database) -> None:
    assert database.execute("INSERT INTO t (n) VALUES (7) RETURNING id, n").rows == [(1, 7)]


def test_a_deferred_foreign_key_that_fails_at_commit_undoes_all(database: Database) -> None:
    database.execute(
        "CREATE TABLE c (t_id INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(IntegrityError), database.transaction():
        database.execute("INSERT INTO c VALUES (99)")
    assert database.execute("SELECT count(*) FROM c").rows == [(0,)]
    with database.transaction():
        database.execute("INSERT INTO t VALUES (1, 1)")


def test_decimal_collation_compares_as_numbers(database: Database) -> None:
    database.execute("CREATE TABLE d (v TEXT COLLATE decimal)")
    for value in ("10.5", "9.25", "-3", "9.250"):
        database.execute("INSERT INTO d VALUES (?)", (value,))
    rows = database.execute("SELECT v FROM d WHERE v >= '9.25' ORDER BY v DESC, rowid").rows
    assert rows == [("10.5",), ("9.25",), ("9.250",)]


@pytest.mark.parametrize("pattern", ["(", "a" * 2000])
def test_sec_D4_a_bad_pattern_is_an_error(database: Database, pattern: str) -> None:
    with pytest.raises(OperationalError):
        database.execute("SELECT 'x' REGEXP ?", (pattern,))
    assert database.execute("SELECT NULL REGEXP 'x'").rows == [(None,)]


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    database = engine.connect("sqlite:///none/app.db", "none", base=tmp_path)
    with pytest.raises(OperationalError, match="folder must exist"):
        database.execute("SELECT 1")


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("not a database, but long enough to look at" * 10)
    database = engine.connect("sqlite:///x.db", "wrong", base=tmp_path)
    with pytest.raises(OperationalError, match="no SQLite database"):
        database.execute("SELECT 1")


def test_a_database_in_memory_is_shared_by_threads() -> None:
    database = engine.connect("sqlite://", "memory")
    database.execute("CREATE TABLE t (n INTEGER)")

    def write(number: int) -> None:
        database.execute("INSERT INTO t VALUES (?)", (number,))
        with database.read_only():
            assert database.execute("SELECT count(*) FROM t").rows[0][0] >= 1

    assert in_threads(8, write) == []
    assert sum(len(batch) for batch in database.stream("SELECT n FROM t", (), 3)) == 8
    for batch in database.stream("SELECT n FROM t", (), 3):
        database.execute("DELETE FROM t WHERE n = ?", batch[0])
    engine.close("memory")


def test_sec_D18_only_the_writer_checkpoints(database: Database, tmp_path: Path) -> None:
    """Readers and their closing leave the WAL alone; the writer's own commits empty it."""
    database.execute("INSERT INTO t (n) VALUES (1)")
    wal = tmp_path / "app.db-wal"
    size = wal.stat().st_size
    in_threads(4, lambda number: list(database.stream("SELECT * FROM t", (), 1)))
    assert wal.stat().st_size == size > 0


def test_sec_D20_a_child_process_opens_connections_of_its_own(database: Database) -> None:
    database.execute("INSERT INTO t VALUES (1, 1)")
    assert len(database.execute("SELECT * FROM t")) == 1
    with database.transaction():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if not database.in_transaction and len(database.execute("SELECT * FROM t")) == 1:
                    status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        database.execute("INSERT INTO t VALUES (2, 2)")
    assert len(database.execute("SELECT * FROM t")) == 2


def test_nothing_is_left_open_after_close(tmp_path: Path) -> None:
    def open_files() -> set[str]:
        links = Path("/proc/self/fd").iterdir()
        names = {os.readlink(link) for link in links if link.exists()}
        return {name for name in names if str(tmp_path) in name}

    database = engine.connect("sqlite:///leak.db", "leak", base=tmp_path)
    database.execute("CREATE TABLE t (n INTEGER)")
    in_threads(6, lambda number: database.execute("INSERT INTO t VALUES (1)"))
    in_threads(6, lambda number: database.execute("SELECT * FROM t"))
    stream = database.stream("SELECT * FROM t", (), 1)
    next(stream)
    assert open_files()
    engine.close("leak")
    stream.close()  # type: ignore[attr-defined]  # a reader in use closes when it comes back
    assert open_files() == set()


def test_an_interrupted_write_breaks_the_transaction_it_ended(tmp_path: Path) -> None:
    """A full disk ends the transaction underneath us: the block may not commit the rest."""
    database = engine.connect("sqlite:///full.db", "full", base=tmp_path)
    database.execute("CREATE TABLE t (b BLOB)")
    database.execute("PRAGMA max_page_count = 20")
    with pytest.raises(OrmError) as caught, database.transaction():
        database.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(OperationalError) as full:
            database.execute("INSERT INTO t VALUES (zeroblob(1000000))")
        assert full.value.code == sqlite3.SQLITE_FULL
        database.execute("INSERT INTO t VALUES (2)")
    assert "undone by DiskFull" in str(caught.value)
    assert database.execute("SELECT count(*) FROM t").rows == [(0,)]
    engine.close("full")
