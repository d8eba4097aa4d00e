"""What goes wrong in a migration, what is said about it, and how it goes on."""

from pathlib import Path
from typing import Any

import pytest

import orm
from orm.engine.database import Database
from orm.errors import IntegrityError, MigrationError, OrmError
from orm.migrations import add_column, add_index, backfill, check, column, declare, index, run, sql
from orm.migrations.diff import diff, possible_renames
from orm.migrations.direct import SchemaChange, apply_additive
from orm.migrations.files import Migration, Migrations
from orm.migrations.migrator import Migrator
from orm.migrations.operations import Operation
from orm.schema.describe import describe_all
from orm.schema.introspect import existing_tables, read_schema
from orm.schema.tables import Renames, Schema
from tests.support.schema_models import new_model

NOTES = declare.create_table(
    "notes", [column("id", "bigint", auto=True), column("title", "string(20)")]
)


def chain(*steps: list[Operation]) -> Migrations:
    found: list[Migration] = []
    for number, operations in enumerate(steps, 1):
        after = (found[-1].name,) if found else ()
        found.append(Migration(f"{number:04}_step", tuple(operations), after, checksum=str(number)))
    return Migrations(found)


def test_orm_O32_a_step_that_fails_goes_on_when_the_cause_is_gone(db: Database) -> None:
    second = [
        add_column("notes", column("words", "integer", null=True)),
        add_index("notes", index("one_title", "title", unique=True)),
    ]
    migrator = Migrator(db, chain([NOTES], second))
    migrator.migrate("0001")
    db.execute("INSERT INTO notes (title) VALUES ('a'), ('a')")
    with pytest.raises(IntegrityError) as caught:
        migrator.migrate()
    notes = " ".join(caught.value.__notes__)
    assert "in 0002_step" in notes
    columns = [each.name for each in read_schema(db)["notes"].columns]
    if db.dialect.name == "sqlite":
        assert "nothing of it is stored" in notes
        assert "words" not in columns
    else:
        assert "fix the cause and run `python -m mvc migrate` again" in notes
        assert "words" in columns
        assert list(migrator.status().interrupted) == ["0002_step"]
    db.execute("UPDATE notes SET title = 'b' WHERE id = 2")
    migrator.migrate()
    assert migrator.plan() == []
    assert read_schema(db)["notes"].index("one_title") is not None


def test_orm_O32_what_failed_can_be_undone(db: Database) -> None:
    second = [
        add_column("notes", column("words", "integer", null=True)),
        add_index("notes", index("one_title", "title", unique=True)),
    ]
    migrator = Migrator(db, chain([NOTES], second))
    migrator.migrate("0001")
    db.execute("INSERT INTO notes (title) VALUES ('a'), ('a')")
    with pytest.raises(IntegrityError):
        migrator.migrate()
    migrator.migrate("0001")
    assert [each.name for each in read_schema(db)["notes"].columns] == ["id", "title"]
    assert migrator.status().interrupted == {}


def test_orm_O32_a_table_that_others_made_is_not_taken_for_ours(db: Database) -> None:
    db.run("CREATE TABLE notes (x INT)")
    with pytest.raises(OrmError, match="exists"):
        Migrator(db, chain([NOTES])).migrate()
    assert [each.name for each in read_schema(db)["notes"].columns] == ["x"]


def test_orm_O32_what_cannot_be_undone_says_so(db: Database) -> None:
    def once(database: Database) -> None:
        database.execute("INSERT INTO notes (title) VALUES ('x')")

    migrator = Migrator(db, chain([NOTES], [run(once)], [sql("UPDATE notes SET title = 'y'")]))
    migrator.migrate()
    with pytest.raises(MigrationError, match="give sql"):
        migrator.migrate("-1")
    migrator.migrate("-1", fake=True)
    with pytest.raises(MigrationError, match="give run"):
        migrator.migrate("-1")


def test_orm_O32_ddl_by_hand_needs_a_way_to_see_it(db: Database) -> None:
    migrator = Migrator(db, chain([NOTES], [sql("CREATE VIEW v AS SELECT 1 AS n", "DROP VIEW v")]))
    if db.dialect.name == "sqlite":
        migrator.migrate()
        migrator.migrate("zero")
        return
    with pytest.raises(MigrationError, match="done='SELECT"):
        migrator.migrate()


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([declare.drop_column("notes", "titel")], "has no column notes.titel"),
        ([declare.drop_table("note")], "no table 'note'.*Did you mean 'notes'"),
        ([NOTES], "has a table 'notes' already"),
        ([add_column("notes", column("title", "text", null=True))], "has a column 'title' already"),
        ([declare.drop_index("notes", "x")], "no index x"),
        ([declare.drop_check("notes", "x")], "no check x"),
        ([declare.drop_foreign_key("notes", "x")], "no foreign key x"),
        ([add_index("notes", index("i", "x"))], "no column notes.x"),
    ],
)
def test_orm_O32_operations_that_do_not_fit_are_named(
    operations: list[Operation], message: str
) -> None:
    with pytest.raises(MigrationError, match=rf"0002_step, .*{message}"):
        chain([NOTES], operations).state()


def test_orm_O32_names_in_files_are_checked() -> None:
    for make in (
        lambda: column("a b", "text"),
        lambda: index("x;", "a"),
        lambda: check("c'", "a > 1"),
        lambda: declare.rename_column("notes", "a", 'b"'),
        lambda: declare.create_table("n`", []),
    ):
        with pytest.raises(orm.ModelError, match="cannot be"):
            make()
    for wrong in ("strng(3)", "string(", "decimal(a)"):
        with pytest.raises(MigrationError, match="no column type"):
            column("a", wrong)
    with pytest.raises(MigrationError, match="batch of at least 1"):
        backfill("notes", batch=0, a="1")


def test_orm_O32_a_squashed_migration_and_those_it_stands_for(db: Database) -> None:
    steps = (
        [NOTES],
        [add_column("notes", column("a", "integer", null=True))],
        [add_column("notes", column("b", "integer", null=True))],
    )
    old = chain(*steps)
    squashed = Migration(
        "0001_squashed_0002",
        (*steps[0], *steps[1]),
        replaces=("0001_step", "0002_step"),
        checksum="s",
    )
    both = Migrations([*old.by_name.values(), squashed])
    assert [each.name for each in both.in_order()] == ["0001_squashed_0002", "0003_step"]
    # A database that has had some of them goes on with them.
    Migrator(db, old).migrate("0001")
    assert [each.name for each in Migrator(db, both).migrate()] == ["0002_step", "0003_step"]
    migrator = Migrator(db, both)
    assert migrator.migrate() == []
    assert "0001_squashed_0002" in migrator.status().applied
    without = Migrations([squashed, both.by_name["0003_step"]])
    assert Migrator(db, without).migrate() == []
    assert Migrator(db, without).status().unknown == ()


def test_orm_O32_a_primary_key_is_not_changed() -> None:
    one = describe_all([new_model("Keyed", Meta={"table": "keyed"})])
    code = orm.String(5, primary_key=True)
    other = describe_all([new_model("Keyed", code=code, Meta={"table": "keyed"})])
    with pytest.raises(MigrationError, match="make another table, copy the rows"):
        diff(one, other, Renames(), {})


def test_orm_O32_a_possible_rename_has_the_same_type() -> None:
    def schema(**fields: Any) -> Schema:
        return describe_all([new_model("Renamed", **fields, Meta={"table": "r"})])

    old = schema(a=orm.String(5), b=orm.Integer())
    new = schema(c=orm.String(5), d=orm.Boolean())
    found = possible_renames(old, new, Renames())
    assert [(each.old, each.new) for each in found] == [("a", "c")]
    assert possible_renames(old, new, Renames(columns={("r", "c"): "a"})) == []


def test_feat_V19_safe_changes_alone_are_made(db: Database) -> None:
    old = [new_model("Safe", a=orm.String(5), gone=orm.Integer(null=True), Meta={"table": "safe"})]
    orm.create_all(old)
    db.execute("INSERT INTO safe (a) VALUES ('x')")
    other = new_model("SafeOther", Meta={"table": "safe_other"})
    new = [
        other,
        new_model(
            "Safe",
            a=orm.String(50, index=True),
            b=orm.Integer(default=4),
            other=orm.ForeignKey(other, null=True),
            Meta={"table": "safe"},
        ),
    ]
    done, left = apply_additive(db, new)
    assert "safe_other" in existing_tables(db)
    assert db.execute("SELECT a, b, gone, other_id FROM safe").rows == [("x", 4, None, None)]
    assert [each.describe() for each in left] == [
        "drop column safe.gone",
        "add foreign key safe.other_id -> safe_other",
    ]
    assert apply_additive(db, new)[0] == []
    change = SchemaChange(db, new)
    change.apply(change.operations)
    assert SchemaChange(db, new).operations == []
    assert len(done) >= 5


def test_feat_V19_fills_for_columns_that_come(db: Database, tmp_path: Path) -> None:
    from_functions = new_model(
        "Filled",
        made=orm.DateTime(default=orm.now),
        data=orm.Json(default=dict),
        price=orm.Decimal(8, 2, default="1.5"),
        flag=orm.Boolean(default=False),
        name=orm.String(20, default="it's 5%"),
        Meta={"table": "filled"},
    )
    orm.create_all([new_model("Filled", Meta={"table": "filled"})])
    db.execute("INSERT INTO filled (id) VALUES (1)")
    apply_additive(db, [from_functions])
    row = from_functions.get(1)
    assert row.data == {}
    assert str(row.price) == "1.50"
    assert (row.flag, row.name) == (False, "it's 5%")
    assert abs((orm.now() - row.made).total_seconds()) < 60
