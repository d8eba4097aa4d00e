"""Backups of a database in use, and the look at one that was left open (sec:D20)."""

import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.errors import OperationalError

DEADLINE = 30.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = engine.connect(f"sqlite:///{tmp_path}/app.db?synchronous=OFF")
    database.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    yield database
    engine.close()


def numbers_in(path: Path) -> list[int]:
    restored = engine.connect(f"sqlite:///{path}", "restored")
    try:
        assert restored.execute("PRAGMA integrity_check").rows == [("ok",)]
        return [row[0] for row in restored.execute("SELECT n FROM t ORDER BY n")]
    finally:
        engine.close("restored")


def test_sec_D20_a_backup_under_load_is_one_moment(database: Database, tmp_path: Path) -> None:
    """Three threads write; whatever was acknowledged before the backup began is in it, and of
    what each wrote later there is no piece without those before it."""
    end = threading.Event()
    done = [0, 0, 0]

    def write(place: int) -> None:
        while not end.is_set():
            database.execute("INSERT INTO t VALUES (?)", (place + 3 * done[place],))
            done[place] += 1

    threads = [threading.Thread(target=write, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(5):
            while min(done) < 20 * (number + 1):
                threading.Event().wait(0.001)
            before = list(done)
            target = tmp_path / f"backup-{number}.db"
            assert database.backup(target) == target.stat().st_size
            found = numbers_in(target)
            for place in range(3):
                own = [each for each in found if each % 3 == place]
                assert own == list(range(place, place + 3 * len(own), 3))
                assert len(own) >= before[place]
    finally:
        end.set()
        for thread in threads:
            thread.join(DEADLINE)


def test_sec_D20_a_restored_backup_is_written_to(database: Database, tmp_path: Path) -> None:
    database.execute("INSERT INTO t VALUES (1)")
    database.backup(tmp_path / "backup.db")
    database.execute("INSERT INTO t VALUES (2)")
    engine.close()
    shutil.copy(tmp_path / "backup.db", tmp_path / "app.db")
    restored = engine.connect(f"sqlite:///{tmp_path}/app.db")
    restored.execute("INSERT INTO t VALUES (3)")
    assert restored.execute("SELECT n FROM t").rows == [(1,), (3,)]


def test_sec_D20_a_backup_replaces_a_former_one_and_is_private(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    target = folder / "daily.db"
    target.write_text("yesterday's")
    database.backup(str(target))
    assert numbers_in(target) == []
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    names = sorted(path.name for path in folder.iterdir() if not path.name.endswith("-lock"))
    assert names == ["daily.db"]


def test_sec_D20_a_backup_that_fails_leaves_the_former_one(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(OperationalError, match="cannot be written"):
        database.backup(tmp_path / "missing" / "x.db")
    with pytest.raises(OperationalError, match="file of its own"):
        database.backup(tmp_path / "app.db")
    assert database.execute("SELECT count(*) FROM t").rows == [(0,)]


def test_sec_D20_a_database_in_memory_can_be_kept(tmp_path: Path) -> None:
    memory = engine.connect("sqlite://", "memory")
    memory.execute("CREATE TABLE t (n INTEGER)")
    memory.execute("INSERT INTO t VALUES (4)")
    memory.backup(tmp_path / "kept.db")
    engine.close("memory")
    assert numbers_in(tmp_path / "kept.db") == [4]


def test_sec_D20_a_check_knows_our_functions_and_collations(
    database: Database, tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE priced (price TEXT COLLATE decimal UNIQUE, code TEXT CHECK (code REGEXP 'a'))"
    )
    database.execute("INSERT INTO priced VALUES ('1.50', 'abc')")
    assert database.backup(tmp_path / "backup.db") > 0


@pytest.mark.mysql
def test_sec_D20_mysql_says_what_to_use(mysql_url: str, tmp_path: Path) -> None:
    database = engine.connect(mysql_url, "server")
    with pytest.raises(OperationalError, match="mariadb-dump"):
        database.backup(tmp_path / "x.db")
    engine.close("server")


LEFT_OPEN = """
import os, sys
import orm
database = orm.connect("sqlite:///" + sys.argv[1])
database.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
database.execute("INSERT INTO t VALUES (1)")
os._exit(0)
"""


@pytest.fixture
def left_open(tmp_path: Path) -> Path:
    """A database whose process ended without closing it."""
    path = tmp_path / "left.db"
    subprocess.run([sys.executable, "-c", LEFT_OPEN, str(path)], check=True, timeout=DEADLINE)
    return path


def open_and_wait(path: Path) -> None:
    database = engine.connect(f"sqlite:///{path}", "left")
    try:
        database.execute("INSERT INTO t VALUES (2)")
        database._driver._checkup.join()  # type: ignore[attr-defined]
    finally:
        engine.close("left")


def test_sec_D20_a_database_left_open_is_checked(
    left_open: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "orm.sqlite"):
        open_and_wait(left_open)
        assert "is whole" in caplog.text
        caplog.clear()
        database = engine.connect(f"sqlite:///{left_open}", "left")  # closed properly now
        assert database.execute("SELECT n FROM t").rows == [(1,), (2,)]
        engine.close("left")
    assert caplog.records == []


def test_sec_D20_damage_is_told(left_open: Path, caplog: pytest.LogCaptureFixture) -> None:
    connection = sqlite3.connect(left_open)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.executescript(
        "CREATE TABLE u (a TEXT); INSERT INTO u SELECT hex(randomblob(500))"
        " FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<50)"
        " SELECT i FROM n); PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES (9);"
    )
    copied = left_open.with_name("copied.db")
    shutil.copy(left_open, copied)
    shutil.copy(f"{left_open}-wal", f"{copied}-wal")
    connection.close()
    with copied.open("r+b") as file:
        file.seek(os.path.getsize(copied) - 4096 * 3)
        file.write(b"\xff" * 4096)
    open_and_wait(copied)
    assert "DAMAGED" in caplog.text
