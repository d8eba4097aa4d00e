"""From any schema to any other and back: the database becomes what each of them says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import orm
from orm.engine.database import Database
from orm.migrations.declare import parse_type
from orm.migrations.diff import diff
from orm.migrations.executor import run_direct
from orm.migrations.files import load_migrations
from orm.migrations.source import write_migration
from orm.schema.ddl import DdlCompiler
from orm.schema.reflect import reflect_schema
from orm.schema.tables import (
    Renames,
    Schema,
    SqlText,
    Table,
    TableCheck,
    TableColumn,
    TableForeignKey,
    TableIndex,
)
from orm.schema.types import find_collations
from tests.support.databases import empty_database

TABLES = ("t0", "t1", "t2")
COLUMNS = ("c0", "c1", "c2", "c3")
# Each takes what any other has, when that is a 1.
TYPES = ("string(20)", "string(90)", "smallint", "integer", "bigint", "decimal(8, 2)", "text")
ONE = SqlText.same("1")


@st.composite
def columns(draw: st.DrawFn) -> list[TableColumn]:
    names = draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=4))
    return [
        TableColumn(
            name,
            parse_type(draw(st.sampled_from(TYPES))),
            null=draw(st.booleans()),
            default=draw(st.sampled_from([None, ONE])),
        )
        for name in names
    ]


@st.composite
def tables(draw: st.DrawFn, name: str, others: list[str]) -> Table:
    made = draw(columns())
    short = [column.name for column in made if column.type.kind != "text"]
    indexes = []
    for number in range(draw(st.integers(0, 2)) if short else 0):
        parts = draw(st.lists(st.sampled_from(short), unique=True, min_size=1, max_size=2))
        members = tuple((part, draw(st.booleans())) for part in parts)
        is_unique = draw(st.booleans())
        index = TableIndex(f"{name}_i{number}", members, is_unique)
        if all(each.columns != members or each.unique != is_unique for each in indexes):
            indexes.append(index)
    keys = []
    if others and draw(st.booleans()):
        target = draw(st.sampled_from(others))
        made.append(TableColumn("ref_id", parse_type("bigint"), null=True))
        action = draw(st.sampled_from(["CASCADE", "RESTRICT", "SET NULL"]))
        keys.append(TableForeignKey(f"{name}_ref_id_fkey", "ref_id", target, "id", action))
    checks = []
    if short and draw(st.booleans()):
        column = draw(st.sampled_from(short))
        checks.append(TableCheck(f"{name}_ck", SqlText.same(f"`{column}` <> 77")))
    key = TableColumn("id", parse_type("bigint"), is_auto=True)
    return Table(name, (key, *made), ("id",), tuple(indexes), tuple(keys), tuple(checks))


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(st.sampled_from(TABLES), unique=True, min_size=1))
    return Schema.of([draw(tables(name, names)) for name in names])


def insert_ones(db: Database, schema: Schema) -> None:
    for table in schema.tables:
        names = [c.name for c in table.columns if c.name != "ref_id"]
        quoted = ", ".join(map(db.dialect.quote, names))
        db.execute(f"INSERT INTO {table.name} ({quoted}) VALUES ({', '.join('1' * len(names))})")


def change(db: Database, old: Schema, new: Schema) -> Schema:
    """The schema as it is then: like `new`, where names of indexes may be those of before."""
    fills = {(t.name, c.name): ONE for t in new.tables for c in t.columns}
    operations = diff(old, new, Renames(), fills)
    compiler = DdlCompiler(db.dialect, find_collations(db))
    run_direct(db, operations, old, compiler)
    found = reflect_schema(db, new)
    for table in new.tables:
        assert found[table.name] == in_order(table, found[table.name])
    for operation in operations:
        old = operation.apply(old)
    return old


def in_order(table: Table, like: Table) -> Table:
    """Columns that came later stand at the end; that is no difference."""
    assert set(table.columns) == set(like.columns)
    return table.with_(columns=like.columns)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("property")
    yield orm.connect(f"sqlite:///{path}/x.db?synchronous=OFF")
    orm.close()


@pytest.fixture(scope="module")
def mysql(mysql_url: str) -> Iterator[Database]:
    yield orm.connect(mysql_url)
    orm.close()


def there_and_back(db: Database, first: Schema, second: Schema) -> None:
    empty_database(db)
    change(db, Schema(), first)
    insert_ones(db, first)
    state = change(db, first, second)
    kept = set(first.names) & set(second.names)
    for name in kept:
        assert db.execute(f"SELECT COUNT(*) FROM {name}").rows == [(1,)]
    change(db, state, first)
    assert diff(reflect_schema(db, first), first, Renames(), {}) == []


@given(schemas(), schemas())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_orm_O32_any_change_on_sqlite(sqlite: Database, first: Schema, second: Schema) -> None:
    there_and_back(sqlite, first, second)


@pytest.mark.mysql
@given(schemas(), schemas())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_orm_O32_any_change_on_mariadb(mysql: Database, first: Schema, second: Schema) -> None:
    there_and_back(mysql, first, second)


@given(schemas(), schemas())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_orm_O32_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, first: Schema, second: Schema
) -> None:
    fills = {(t.name, c.name): ONE for t in second.tables for c in t.columns}
    operations = diff(first, second, Renames(), fills)
    folder: Path = tmp_path_factory.mktemp("files")
    (folder / "0001_any.py").write_text(write_migration("Any.", [], operations))
    (migration,) = load_migrations(folder).in_order()
    assert list(migration.operations) == operations
    for line in (folder / "0001_any.py").read_text().splitlines():
        assert len(line) <= 100
