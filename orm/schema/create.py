"""create_all and drop_all: the tables of models, in an order their foreign keys allow.

A table comes after those it refers to. Where tables refer to each other in a circle no order is
right: SQLite accepts a reference to a table that does not exist yet, on MySQL the foreign keys that
close a circle are added when all tables stand, and dropped before the first of them falls.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from orm.engine.database import Database
from orm.engine.registry import get_database
from orm.errors import IntegrityError
from orm.metadata.registry import models as all_models
from orm.schema.ddl import DdlCompiler
from orm.schema.describe import describe, describe_links
from orm.schema.introspect import existing_tables, read_schema
from orm.schema.live import LiveForeignKey, LiveTable
from orm.schema.tables import Table, TableForeignKey
from orm.schema.types import Collations, find_collations


def create_all(models: Iterable[Any] | None = None) -> None:
    """Create the tables that do not exist yet, with their indexes and link tables.

    models: by default every concrete model, each in the database its Meta names. An existing table
    is left as it is, also when the model has changed since; where all exist, nothing is sent that
    a user without the right to CREATE could not send.
    """
    for database, tables in _tables_by_database(models):
        _create(database, tables)


def drop_all(models: Iterable[Any] | None = None) -> None:
    """Drop the tables of `models` (by default of all) that exist, with everything in them.

    Raises IntegrityError, and drops nothing, when another table refers to one of them.
    """
    for database, tables in _tables_by_database(models):
        _drop(database, tables)


def _tables_by_database(models: Iterable[Any] | None) -> list[tuple[Database, list[Table]]]:
    by_name: dict[str, dict[str, Table]] = {}
    chosen = all_models() if models is None else list(models)
    for model in chosen:
        if not model._meta.abstract:
            for table in (describe(model), *describe_links(model)):
                by_name.setdefault(model._meta.database, {})[table.name] = table
    return [(get_database(name), in_order(found)) for name, found in by_name.items()]


def in_order(tables: dict[str, Table]) -> list[Table]:
    """Tables after those they refer to; within a circle, by first mention."""
    ordered: dict[str, Table] = {}
    visiting: set[str] = set()

    def visit(table: Table) -> None:
        if table.name in ordered or table.name in visiting:
            return
        visiting.add(table.name)
        for key in table.foreign_keys:
            if key.target_table in tables:
                visit(tables[key.target_table])
        ordered[table.name] = table

    for table in tables.values():
        visit(table)
    return list(ordered.values())


def closing_keys(tables: list[Table]) -> list[tuple[Table, TableForeignKey]]:
    """The foreign keys that refer to a table later in the list: they close a circle."""
    position = {table.name: index for index, table in enumerate(tables)}
    return [
        (table, key)
        for table in tables
        for key in table.foreign_keys
        if position.get(key.target_table, -1) > position[table.name]
    ]


def _create(database: Database, tables: list[Table]) -> None:
    existing = set(existing_tables(database))
    missing = [table for table in tables if table.name not in existing]
    if not missing:
        return
    compiler = DdlCompiler(database.dialect, find_collations(database))
    closing = closing_keys(tables) if database.dialect.name == "mysql" else []
    later = frozenset(key.name for _, key in closing)
    with _schema_change(database):
        for table in missing:
            for statement in compiler.create(table, later=later):
                database.run(statement)
        for table, key in closing:
            if table in missing:
                database.run(compiler.add_foreign_key(table, key))


def _drop(database: Database, tables: list[Table]) -> None:
    compiler = DdlCompiler(database.dialect, Collations())
    existing = set(existing_tables(database))
    doomed = [table for table in reversed(tables) if table.name in existing]
    _require_no_referrers(database, doomed)
    with _broken_circles(database, compiler, doomed), _schema_change(database):
        for table in doomed:
            for statement in (*_drop_beside(compiler, table), compiler.drop(table)):
                database.run(statement)


def _require_no_referrers(database: Database, doomed: list[Table]) -> None:
    """Refuse before anything is dropped what a table beside these still refers to.

    MySQL refuses to drop it, in the middle of the work; on SQLite rows would lose what they refer
    to, and the table itself comes back with the next `create_all`.
    """
    for table, key in _referrers(database, {table.name for table in doomed}):
        if database.dialect.name == "mysql" or _has_referring_rows(database, table.name, key):
            raise IntegrityError(
                f"Table {key.target_table} cannot be dropped: table {table.name}, which is none of "
                f"these, refers to it by {', '.join(key.columns)}. Drop that table, or its foreign "
                "key, first.",
                constraint=key.name,
                columns=key.columns,
            )


def _referrers(database: Database, names: set[str]) -> Iterator[tuple[LiveTable, LiveForeignKey]]:
    """The foreign keys of all other tables that lead to one of these."""
    for table in read_schema(database).values() if names else ():
        if table.name not in names:
            yield from ((table, key) for key in table.foreign_keys if key.target_table in names)


def _has_referring_rows(database: Database, table: str, key: LiveForeignKey) -> bool:
    quote = database.dialect.quote
    is_set = " AND ".join(f"{quote(column)} IS NOT NULL" for column in key.columns)
    return bool(database.run(f"SELECT 1 FROM {quote(table)} WHERE {is_set} LIMIT 1").rows)


def _drop_beside(compiler: DdlCompiler, table: Table) -> list[str]:
    """Indexes of a kind of their own may be more than a part of their table."""
    special = [index for index in table.indexes if index.kind != "index"]
    return [text for index in special for text in compiler.drop_index(table, index)]


@contextmanager
def _broken_circles(
    database: Database, compiler: DdlCompiler, doomed: list[Table]
) -> Iterator[None]:
    """Make tables that refer to each other droppable one by one.

    SQLite cannot drop a constraint, and runs the actions of foreign keys while it drops a table,
    which refuses one whose rows refer to each other: they are off for that moment, on the writer
    connection as a whole.
    """
    closing = closing_keys(doomed[::-1])
    if database.dialect.name == "mysql":
        for table, key in closing:
            database.run(compiler.drop_foreign_key(table, key))
        yield
    elif closing or any(_refers_to_itself(table) for table in doomed):
        database.run("PRAGMA foreign_keys = OFF")
        try:
            yield
        finally:
            database.run("PRAGMA foreign_keys = ON")
    else:
        yield


def _refers_to_itself(table: Table) -> bool:
    return any(key.target_table == table.name for key in table.foreign_keys)


def _schema_change(database: Database) -> Any:
    """All or nothing where the engine can (SQLite); MySQL commits every DDL statement by itself."""
    return database.transaction() if database.dialect.transactional_ddl else nullcontext()
