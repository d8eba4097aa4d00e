"""kill -9 at every statement of a migration: the next run ends where an unhindered one does."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations.direct import SchemaChange
from orm.migrations.files import load_migrations
from orm.migrations.migrator import Migrator
from orm.schema.introspect import existing_tables, read_schema
from orm.schema.live import LiveSchema
from orm.schema.reflect import reflect_schema
from tests.support.databases import empty_database, on_mysql
from tests.support.evolving import first_models, insert_rows, second_models, write_folder
from tests.support.failpoints import killed_at

DATA = '''\
"""Data of all sorts."""

from orm.migrations import add_column, backfill, column, run, sql

after = ["0002_version"]


def concatenate(database, ending):
    joined = "concat(title, ?)" if database.dialect.name == "mysql" else "title || ?"
    database.execute(f"UPDATE notes SET title = {joined}", (ending,))


def shout(database):
    concatenate(database, "!")


def whisper(database):
    database.execute("UPDATE notes SET title = replace(title, '!', '')")


def in_turns(database, position, change=100):
    rows = database.execute(
        "SELECT id FROM notes WHERE id > ? ORDER BY id LIMIT 1", (position or 0,)
    ).rows
    if not rows:
        return None
    database.execute("UPDATE notes SET words = words + ? WHERE id = ?", (change, rows[0][0]))
    return rows[0][0]


def back_in_turns(database, position):
    return in_turns(database, position, -100)


operations = [
    add_column("notes", column("slug", "string(200)", null=True)),
    run(shout, reverse=whisper),
    backfill("notes", slug="lower(title)", batch=1),
    run(in_turns, reverse=back_in_turns, batched=True),
    sql("UPDATE notes SET pages = pages + 1", down="UPDATE notes SET pages = pages - 1"),
    sql(
        "CREATE VIEW shorts AS SELECT 1 AS n",
        down="DROP VIEW shorts",
        done="SELECT COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE()",
        undone="SELECT COUNT(*) = 0 FROM information_schema.views"
        " WHERE table_schema = DATABASE()",
    ),
]
'''

Rows = list[tuple[object, ...]]
Work = Callable[[], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    write_folder(folder, first_models(), second_models())
    (folder / "0003_data.py").write_text(DATA)
    return folder


@pytest.fixture
def anew(db: Database, tmp_path: Path, folder: Path) -> Callable[[str], Migrator]:
    """A database that is migrated up to a target, with rows."""

    def start(target: str) -> Migrator:
        if db.dialect.name == "mysql":
            db.run("DROP VIEW IF EXISTS shorts")
        empty_database(db)
        migrator = Migrator(db, load_migrations(folder), wait=5)
        migrator.migrate("0001")
        insert_rows(db)
        migrator.migrate(target)
        return migrator

    return start


def contents(db: Database) -> tuple[LiveSchema, Rows, Rows]:
    history = "SELECT name, direction, applied_at IS NULL FROM treadle_migrations ORDER BY name"
    return (
        read_schema(db),
        db.execute("SELECT * FROM notes ORDER BY id").rows,
        db.execute(history).rows,
    )


def killed_both_ways(db: Database, there: Work, back: Work) -> Iterator[int]:
    """Kill `there` at its n-th statement and do it again, then `back`, for each n; yields after
    both, with the number of the statement."""
    for number in count():
        was_killed = [killed_at(number, there), there()][0]
        yield number
        was_killed |= [killed_at(number, back), back()][0]
        yield number
        if not was_killed:
            return
        if db.dialect.name == "mysql":
            # InnoDB remembers every column that ever came or went at once, up to a limit.
            for table in existing_tables(db):
                db.run(f"ALTER TABLE {table} FORCE")


@pytest.mark.parametrize(("start", "target"), [("0001", "0002"), ("0002", "0003")])
def test_sec_D22_killed_at_every_statement(
    db: Database, anew: Callable[[str], Migrator], start: str, target: str
) -> None:
    migrator = anew(start)
    there, back = (lambda: migrator.migrate(target)), (lambda: migrator.migrate(start))
    expected = []
    for work in (there, back, there, back):  # what is lost on the way back is lost the first time
        work()
        expected.append(contents(db))
    for turn, number in enumerate(killed_both_ways(db, there, back)):
        assert contents(db) == expected[2 + turn % 2], f"after a kill at {number}"
    assert number > 10


@pytest.mark.parametrize(("start", "target"), [("0001", "0002"), ("0002", "0003")])
def test_sec_D22_killed_on_the_way_up_then_asked_to_go_back(
    db: Database, anew: Callable[[str], Migrator], folder: Path, start: str, target: str
) -> None:
    migrations = load_migrations(folder)
    wanted = migrations.state(migrations.in_order()[: int(start)])
    rows = "SELECT id, title, words FROM notes ORDER BY id"
    # From MySQL's many places every third.
    for number in range(0, 100, 1 if db.dialect.name == "sqlite" else 3):
        migrator = anew(start)
        before = db.execute(rows).rows
        if not killed_at(number, lambda migrator=migrator: migrator.migrate(target)):
            break
        migrator.migrate(start)
        assert reflect_schema(db, wanted) == wanted, f"after a kill at {number}"
        assert db.execute(rows).rows == before, f"after a kill at {number}"
        assert max(migrator.status().applied)[:4] == start
        assert not migrator.status().interrupted


def test_sec_D22_changes_without_files_go_on_after_a_kill(
    db: Database, anew: Callable[[str], Migrator]
) -> None:
    def change() -> None:
        found = SchemaChange(db, second_models())
        found.apply(found.operations)

    for number in count():
        anew("0001")
        if not killed_at(number, change):
            break
        change()
        assert SchemaChange(db, second_models()).operations == [], number


@on_mysql  # SQLite does a migration as a whole
def test_sec_D22_a_half_done_migration_must_not_be_edited(
    db: Database, anew: Callable[[str], Migrator], folder: Path
) -> None:
    migrator = anew("0001")
    assert killed_at(12, lambda: migrator.migrate("0002"))
    assert list(migrator.status().interrupted) == ["0002_version"]
    path = folder / "0002_version.py"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(MigrationError, match="edited while it was half done"):
        Migrator(db, load_migrations(folder)).migrate("0002")
