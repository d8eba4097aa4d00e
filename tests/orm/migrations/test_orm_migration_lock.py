"""Two that migrate at once: one waits, and finds everything done (orm:A8)."""

import os
import signal
import threading
from pathlib import Path

import pytest

import orm
from orm.engine.database import Database
from orm.errors import LockTimeout
from orm.migrations import mysql
from orm.migrations.lock import migration_lock
from orm.migrations.migrator import Migrator
from orm.schema.introspect import existing_tables
from tests.support.databases import empty_database
from tests.support.evolving import first_models, second_models, write_folder


def test_orm_A8_a_second_one_waits_for_its_deadline(db: Database) -> None:
    outcome: list[BaseException | None] = []

    def second() -> None:
        try:
            with migration_lock(db, 0.05):
                outcome.append(None)
        except LockTimeout as error:
            outcome.append(error)

    with migration_lock(db, 1):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert isinstance(outcome[0], LockTimeout)
    assert "another process has been migrating" in str(outcome[0])
    second()
    assert outcome[1] is None


def test_orm_A8_many_at_once_migrate_once(db: Database, tmp_path: Path) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    done: list[list[str]] = []
    faults: list[BaseException] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            done.append([each.name for each in Migrator(db, migrations).migrate()])
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(map(len, done)) == [0, 0, 0, 2]
    assert "writers" in existing_tables(db)


@pytest.mark.mysql
def test_orm_A11_a_long_transaction_does_not_hold_up_everybody(
    mysql_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mysql, "_PATIENCE", "/*M! SET STATEMENT lock_wait_timeout = 1 FOR */ ")
    db = orm.connect(mysql_url)
    migrator = Migrator(db, write_folder(tmp_path / "migrations", first_models(), second_models()))
    migrator.migrate("0001")
    other = db.lease()
    try:
        other.run("SELECT * FROM authors", ())
        with pytest.raises(LockTimeout) as caught:
            migrator.migrate()
        assert "in 0002_version: ALTER TABLE `authors` RENAME" in caught.value.__notes__[0]
    finally:
        other.rollback()
    migrator.migrate()
    assert "writers" in existing_tables(db)
    empty_database(db)
    orm.close()


def test_orm_A8_the_lock_ends_with_its_process(db: Database) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with migration_lock(db, 5):
            os.write(writer, b"held")
            signal.pause()
        os._exit(0)
    assert os.read(reader, 4) == b"held"
    with pytest.raises(LockTimeout), migration_lock(db, 0.05):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with migration_lock(db, 10):
        pass
    os.close(reader)
    os.close(writer)
