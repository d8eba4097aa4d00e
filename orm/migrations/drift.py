"""What a live database has otherwise than the models say (orm:A9), for people to read."""

from collections.abc import Iterable, Iterator
from typing import Any

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations import operations as ops
from orm.migrations.diff import diff
from orm.migrations.source import type_text
from orm.schema.describe import describe_all
from orm.schema.reflect import reflect_schema
from orm.schema.tables import Renames, Schema, TableColumn


def find_drift(database: Database, models: Iterable[Any]) -> Iterator[str]:
    """One sentence for each difference; none when the database is as the models say."""
    wanted = describe_all(models)
    live = reflect_schema(database, wanted)
    try:
        operations = diff(live, wanted, Renames(), {}, is_whole=False)
    except MigrationError as error:
        yield str(error)
        return
    for operation in operations:
        yield _explain(operation, live)


def _explain(operation: ops.Operation, live: Schema) -> str:
    if isinstance(operation, ops.CreateTable):
        return f"there is no table {operation.table}"
    if isinstance(operation, ops.AddColumn):
        return f"{operation.table} has no column {operation.column.name}"
    if isinstance(operation, ops.DropColumn):
        return f"{operation.table} has a column {operation.name} that no model knows"
    if isinstance(operation, ops.AlterColumn):
        former = live[operation.table].column(operation.column.name)
        if former is not None:
            what = f"{operation.table}.{operation.column.name}"
            return f"{what} is {_words(former)}, and should be {_words(operation.column)}"
    return f"it would take to {operation.describe()}"


def _words(column: TableColumn) -> str:
    words = [type_text(column.type)]
    if column.null:
        words.append("null")
    if column.default is not None:
        words.append(f"default {column.default.mysql}")
    if column.is_auto:
        words.append("auto")
    if column.generated is not None:
        words.append(f"generated as {column.generated.mysql}")
    if column.comment:
        words.append(f"commented {column.comment!r}")
    return " ".join(words)
