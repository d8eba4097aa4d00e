"""The words of a migration file: functions that make operations, and what they are made of.

from orm.migrations import add_column, column

after = "0001_initial"

operations = [
    add_column("notes", column("pages", "integer"), fill="0"),
]
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from orm.errors import MigrationError
from orm.migrations import data
from orm.migrations import operations as ops
from orm.names import check_identifier, did_you_mean
from orm.schema.tables import (
    ColumnType,
    IndexExpression,
    SqlText,
    Table,
    TableCheck,
    TableColumn,
    TableForeignKey,
    TableIndex,
)
from orm.schema.types import KINDS

Text = str | SqlText

_TYPE: Final = re.compile(
    r"(?P<kind>[a-z]+)(?:\((?P<first>[0-9]+)(?:, *(?P<second>[0-9]+))?\))?(?P<ci> ci)?"
)


def texts(sqlite: str, mysql: str) -> SqlText:
    """SQL that the engines write differently."""
    return SqlText(sqlite, mysql)


def _text(given: Text | None) -> SqlText | None:
    return SqlText.same(given) if isinstance(given, str) else given


def parse_type(text: str) -> ColumnType:
    """`string(200)`, `decimal(10, 2)`, `string(20) ci`; MigrationError for anything else."""
    found = _TYPE.fullmatch(text)
    if found is None or found["kind"] not in KINDS:
        kind = text.partition("(")[0].strip()
        raise MigrationError(f"no column type {text!r}. {did_you_mean(kind, KINDS)}")
    kind, is_ci = found["kind"], bool(found["ci"])
    first, second = (int(found[g]) if found[g] else None for g in ("first", "second"))
    if kind == "decimal":
        return ColumnType(kind, digits=first, places=second or 0)
    return ColumnType(kind, first, ci=is_ci)


def column(
    name: str,
    type: str,  # noqa: A002 - what it is called everywhere
    *,
    null: bool = False,
    auto: bool = False,
    default: Text | None = None,
    generated: Text | None = None,
    stored: bool = False,
    comment: str = "",
) -> TableColumn:
    """A column; auto: the database numbers it. default and generated are SQL."""
    check_identifier(name, "a column")
    return TableColumn(
        name, parse_type(type), null, auto, _text(default), _text(generated), stored, comment
    )


def expression(text: Text, type: str | None = None) -> IndexExpression:  # noqa: A002
    """An expression in an index, and what type it makes."""
    made = _text(text)
    if made is None:
        raise MigrationError("an expression of an index is SQL text.")
    return IndexExpression(made, None if type is None else parse_type(type))


def index(
    name: str,
    *members: str | IndexExpression | tuple[IndexExpression, str],
    unique: bool = False,
    condition: Text | None = None,
    nulls_distinct: bool = True,
    kind: str = "index",
    options: Iterable[tuple[str, str]] = (),
) -> TableIndex:
    """An index over columns, `-` before a name for descending."""
    columns: list[tuple[str | IndexExpression, bool]] = []
    for member in members:
        if isinstance(member, str):
            columns.append((member.removeprefix("-"), member.startswith("-")))
        elif isinstance(member, tuple):
            columns.append((member[0], member[1] == "desc"))
        else:
            columns.append((member, False))
    check_identifier(name, "an index")
    return TableIndex(
        name, tuple(columns), unique, _text(condition), nulls_distinct, kind, tuple(options)
    )


def foreign_key(
    name: str,
    column: str,
    target_table: str,
    target_column: str = "id",
    on_delete: str = "RESTRICT",
) -> TableForeignKey:
    check_identifier(name, "a foreign key")
    return TableForeignKey(name, column, target_table, target_column, on_delete)


def check(name: str, condition: Text) -> TableCheck:
    check_identifier(name, "a check")
    made = _text(condition)
    if made is None:
        raise MigrationError(f"check {name}: its condition is SQL text.")
    return TableCheck(name, made)


# -- operations ------------------------------------------------------------------------------------


def create_table(
    name: str,
    columns: Sequence[TableColumn],
    *,
    primary_key: str | Sequence[str] = "id",
    indexes: Sequence[TableIndex] = (),
    foreign_keys: Sequence[TableForeignKey] = (),
    checks: Sequence[TableCheck] = (),
    comment: str = "",
) -> ops.Operation:
    check_identifier(name, "a table")
    key = (primary_key,) if isinstance(primary_key, str) else tuple(primary_key)
    return ops.CreateTable(
        Table(
            name, tuple(columns), key, tuple(indexes), tuple(foreign_keys), tuple(checks), comment
        )
    )


def drop_table(name: str) -> ops.Operation:
    return ops.DropTable(name)


def rename_table(name: str, new_name: str) -> ops.Operation:
    check_identifier(new_name, "a table")
    return ops.RenameTable(name, new_name)


def comment_table(name: str, comment: str) -> ops.Operation:
    return ops.CommentTable(name, comment)


def add_column(table: str, column: TableColumn, fill: Text | None = None) -> ops.Operation:
    return ops.AddColumn(table, column, _text(fill))


def drop_column(table: str, name: str) -> ops.Operation:
    return ops.DropColumn(table, name)


def rename_column(table: str, name: str, new_name: str) -> ops.Operation:
    check_identifier(new_name, "a column")
    return ops.RenameColumn(table, name, new_name)


def alter_column(table: str, column: TableColumn, fill: Text | None = None) -> ops.Operation:
    return ops.AlterColumn(table, column, _text(fill))


def add_index(table: str, index: TableIndex) -> ops.Operation:
    return ops.AddIndex(table, index)


def drop_index(table: str, name: str) -> ops.Operation:
    return ops.DropIndex(table, name)


def add_foreign_key(table: str, key: TableForeignKey) -> ops.Operation:
    return ops.AddForeignKey(table, key)


def drop_foreign_key(table: str, name: str) -> ops.Operation:
    return ops.DropForeignKey(table, name)


def add_check(table: str, check: TableCheck) -> ops.Operation:
    return ops.AddCheck(table, check)


def drop_check(table: str, name: str) -> ops.Operation:
    return ops.DropCheck(table, name)


def run(
    function: data.DataFunction, reverse: data.DataFunction | None = None, *, batched: bool = False
) -> ops.Operation:
    """Call `function(database)` in a transaction; `reverse` undoes it (`nothing`: need not be).

    batched: `function(database, position)` is called with None, then with what it answered, each
    time in a transaction of its own, until it answers None.
    """
    if not callable(function) or not (reverse is None or callable(reverse)):
        raise MigrationError("run() takes functions.")
    return data.Run(function, reverse, batched)


def sql(
    up: Text, down: Text | None = None, *, done: Text | None = None, undone: Text | None = None
) -> ops.Operation:
    """One statement of your own; see `orm.migrations.data.Sql`."""
    return data.Sql(_text(up) or SqlText("", ""), _text(down), _text(done), _text(undone))


def backfill(
    table: str,
    *,
    where: Text | None = None,
    batch: int = 1000,
    key: str = "id",
    **values: Any,
) -> ops.Operation:
    """UPDATE `batch` rows at a time along `key`: `backfill("notes", slug="lower(title)")`."""
    made = {
        name: SqlText.same(text) if isinstance(text, str) else text for name, text in values.items()
    }
    if batch < 1 or not made:
        raise MigrationError("backfill() takes column=SQL and a batch of at least 1.")
    return data.Backfill(table, made, _text(where), batch, key)
