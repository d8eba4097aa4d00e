"""Migrations as files: written, read, applied, undone, on both engines."""

from pathlib import Path

import pytest

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations.files import load_migrations
from orm.migrations.migrator import Migrator
from orm.schema.describe import describe_all
from orm.schema.introspect import existing_tables, read_schema
from orm.schema.reflect import reflect_schema
from orm.schema.tables import Schema
from tests.support.databases import on_sqlite
from tests.support.evolving import (
    first_models,
    insert_rows,
    operations_between,
    second_models,
    write_folder,
)


def reflected(db: Database, wanted: Schema) -> Schema:
    return reflect_schema(db, wanted)


def test_orm_O32_files_say_what_the_diff_found(tmp_path: Path) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    first, second = migrations.in_order()
    assert list(first.operations) == operations_between(Schema(), first_models())
    assert list(second.operations) == operations_between(
        describe_all(first_models()), second_models()
    )
    assert operations_between(migrations.state(), second_models()) == []


def test_orm_O32_up_and_down_with_rows(db: Database, tmp_path: Path) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    first, second = (migrations.state(migrations.in_order()[:n]) for n in (1, 2))
    migrator = Migrator(db, migrations)
    migrator.migrate("0001")
    assert reflected(db, first) == first
    insert_rows(db)
    migrator.migrate()
    assert reflected(db, second) == second
    rows = db.execute("SELECT title, body, words, pages, author_id FROM notes ORDER BY id").rows
    assert rows == [("one", "", 3, 1, 1), ("two", "b", 4, 1, 2)]
    assert db.execute("SELECT full_name, mail FROM writers ORDER BY id").rows == [
        ("ann", None),
        ("bob", None),
    ]
    assert migrator.plan() == []
    migrator.migrate("0001")
    assert reflected(db, first) == first
    assert len(db.execute("SELECT * FROM notes").rows) == 2
    migrator.migrate("zero")
    assert existing_tables(db) == ["treadle_migrations"]


def test_orm_O32_foreign_keys_hold_after_a_table_was_built_anew(
    db: Database, tmp_path: Path
) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    migrator = Migrator(db, migrations)
    migrator.migrate("0001")
    insert_rows(db)
    migrator.migrate()
    db.execute("INSERT INTO notes (title, body, words, author_id) VALUES ('x', '', 0, 2)")
    db.execute("DELETE FROM writers WHERE full_name = 'bob'")
    assert db.execute("SELECT title FROM notes").rows == [("one",)]
    if db.dialect.name == "sqlite":
        assert db.execute("PRAGMA foreign_keys").rows == [(1,)]
        assert db.execute("PRAGMA legacy_alter_table").rows == [(0,)]


def test_orm_O32_targets(db: Database, tmp_path: Path) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    migrator = Migrator(db, migrations)
    names = [(each.name, each.direction) for each in migrator.migrate("+1")]
    assert names == [("0001_version", "up")]
    assert [each.name for each in migrator.plan()] == ["0002_version"]
    migrator.migrate("0002_version")
    assert [each.direction for each in migrator.plan("-1")] == ["down"]
    assert [each.name for each in migrator.plan("zero")] == ["0002_version", "0001_version"]
    for wrong in ("0009", "+x", "-"):
        with pytest.raises(MigrationError):
            migrator.plan(wrong)


def test_orm_O32_fake_notes_without_doing(db: Database, tmp_path: Path) -> None:
    migrator = Migrator(db, write_folder(tmp_path / "migrations", first_models()))
    migrator.migrate(fake=True)
    assert existing_tables(db) == ["treadle_migrations"]
    assert migrator.plan() == []
    migrator.migrate("zero", fake=True)
    assert len(migrator.plan()) == 1


def test_orm_A9_an_edited_migration_is_reported(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    Migrator(db, write_folder(folder, first_models())).migrate()
    path = folder / "0001_version.py"
    path.write_text(path.read_text().replace("string(50)", "string(51)"))
    migrator = Migrator(db, load_migrations(folder))
    assert migrator.status().edited == ("0001_version",)
    with pytest.raises(MigrationError, match="applied and edited since: 0001_version"):
        migrator.migrate()
    migrator.migrate(allow_edited=True)
    path.unlink()
    assert Migrator(db, load_migrations(folder)).status().unknown == ("0001_version",)


def test_orm_O32_two_last_migrations_ask_for_a_merge(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    write_folder(folder, first_models())
    for name in ("0002_ann", "0002_bob"):
        text = (
            "from orm.migrations import add_column, column\n"
            'after = ["0001_version"]\n'
            f'operations = [add_column("notes", column("{name[5:]}", "integer", null=True))]\n'
        )
        (folder / f"{name}.py").write_text(text)
    migrations = load_migrations(folder)
    assert migrations.heads() == ["0002_ann", "0002_bob"]
    with pytest.raises(MigrationError, match="several migrations are the last one"):
        Migrator(db, migrations).migrate()
    (folder / "0003_merge.py").write_text('after = ["0002_ann", "0002_bob"]\noperations = []\n')
    Migrator(db, load_migrations(folder)).migrate()
    assert {"ann", "bob"} <= {column.name for column in read_schema(db)["notes"].columns}


@on_sqlite  # which builds tables anew
def test_orm_O32_triggers_and_foreign_indexes_outlive_a_new_table(
    db: Database, tmp_path: Path
) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    migrator = Migrator(db, migrations)
    migrator.migrate("0001")
    insert_rows(db)
    db.run("CREATE INDEX of_mine ON notes (body)")
    db.run("CREATE VIEW long_notes AS SELECT id FROM notes WHERE words > 3")
    db.run(
        "CREATE TRIGGER count_words AFTER INSERT ON notes BEGIN"
        " UPDATE notes SET words = 7 WHERE id = new.id; END"
    )
    db.execute("DELETE FROM notes WHERE id = 2")
    migrator.migrate()
    assert read_schema(db)["notes"].index("of_mine") is not None
    db.execute("INSERT INTO notes (title, body, author_id, words) VALUES ('x', '', 1, 0)")
    assert db.execute("SELECT id, words FROM notes WHERE title = 'x'").rows == [(3, 7)]
    assert db.execute("SELECT id FROM long_notes").rows == [(3,)]


@on_sqlite
def test_orm_O32_columns_nobody_knows_are_not_lost(db: Database, tmp_path: Path) -> None:
    migrations = write_folder(tmp_path / "migrations", first_models(), second_models())
    migrator = Migrator(db, migrations)
    migrator.migrate("0001")
    db.run("ALTER TABLE notes ADD COLUMN secret_plan TEXT")
    with pytest.raises(MigrationError, match="secret_plan"):
        migrator.migrate()
    assert [each.name for each in migrator.plan()] == ["0002_version"]
    assert "authors" in existing_tables(db)  # the transaction was undone as a whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("operations = 3", "is a list of operations"),
        ("operations = [", "SyntaxError"),
        ("x = 1 / 0\noperations = []", r":1: ZeroDivisionError"),
        ("from orm.migrations import column\ncolumn('a', 'strin(3)')", "Did you mean 'string'"),
        ("after = 3\noperations = []", "is the name of a migration"),
        ("after = '0009_x'\noperations = []", "comes after '0009_x', which is not there"),
    ],
)
def test_orm_O32_a_wrong_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "0001_wrong.py").write_text(text)
    with pytest.raises(MigrationError, match=message):
        load_migrations(tmp_path)


def test_orm_O32_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "add_pages.py").write_text("operations = []")
    with pytest.raises(MigrationError, match="four digits"):
        load_migrations(tmp_path)
