"""Indexes that are more than columns, and how an engine without them has them all the same.

    declared                      SQLite                       MariaDB
    Index(columns)                index                        index
    Index(expression)             index on the expression      refused: no query would use it
    Index(..., condition)         partial index                index of every row
    Unique(expression)            index on the expression      index on a generated column
    Unique(..., condition)        partial index                the same, NULL for the other rows
    Unique(nulls_distinct=False)  `c IS NULL`, `ifnull(c, 0)`  the same as generated columns

The generated columns are virtual, are called like their index (`<name>_g1`), and belong to it: the
ORM never selects them, introspection leaves them out.

An index of another kind (full text) is written by whom `register_index_kind` was told.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orm.engine.dialect import Dialect
from orm.engine.result import Result
from orm.errors import ModelError
from orm.schema.tables import ColumnType, IndexExpression, SqlText, Table, TableColumn, TableIndex


class Runner(Protocol):
    """A `Database`, or a driver that belongs to none."""

    @property
    def dialect(self) -> Dialect: ...

    def run(self, sql: str, params: Sequence[object], /) -> Result: ...


class IndexKind(Protocol):
    """Writes an index of a kind of its own. Statements are those `Database.run` takes.

    On MariaDB `create` and `drop` should be one statement each: a migration that is killed between
    two of them asks `exists` and goes on from there.
    """

    def create(self, table: Table, index: TableIndex, dialect: Dialect) -> list[str]: ...

    def drop(self, table: Table, index: TableIndex, dialect: Dialect) -> list[str]: ...

    def exists(self, database: Runner, table: Table, index: TableIndex) -> bool: ...


_kinds: dict[str, IndexKind] = {}


def register_index_kind(kind: str, writer: IndexKind) -> None:
    """From now on `writer` is who creates and drops indexes whose `kind` is this."""
    _kinds[kind] = writer


def index_kind(index: TableIndex) -> IndexKind | None:
    """Who writes it; None for a plain index, which is written here."""
    if index.kind == "index":
        return None
    if index.kind not in _kinds:
        raise ModelError(f"index {index.name}: nobody has registered the kind {index.kind!r}.")
    return _kinds[index.kind]


@dataclass(frozen=True, slots=True)
class Emulated:
    """An index in MariaDB's means: generated columns, and an index over plain columns."""

    added: tuple[TableColumn, ...]
    columns: tuple[tuple[str, bool], ...]


_GENERATED = re.compile(r"(?P<index>\w+)_g[0-9]+")

# What stands in for NULL beside a column that says it was one: any value of the type will do.
_STAND_IN = {
    **dict.fromkeys(("string", "text", "json", "uuid", "enum", "bytes"), "''"),
    "datetime": "'1000-01-01 00:00:00'",
    "date": "'1000-01-01'",
    "time": "'00:00:00'",
}


def generated_for(column: str, index_names: Sequence[str]) -> str | None:
    """The index that a column of this name belongs to."""
    found = _GENERATED.fullmatch(column)
    return found["index"] if found and found["index"] in index_names else None


def emulate(table: Table, index: TableIndex) -> Emulated:
    """The index as MariaDB can have it; ModelError when it cannot."""
    if index.is_plain or (not index.unique and not _expressions(index)):
        return Emulated((), tuple((str(item), down) for item, down in index.columns))
    if not index.unique:
        raise ModelError(
            f"MariaDB has no index on an expression, and {index.name} of {table.name} is one: "
            "declare a generated field with index=True, and use that in queries."
        )
    added: list[TableColumn] = []
    columns: list[tuple[str, bool]] = []
    for item, down in spread(table, index):
        column = item if isinstance(item, str) else None
        if isinstance(item, IndexExpression):
            made = _generated(table, index, len(added) + 1, item)
            added.append(made)
            column = made.name
        columns.append((str(column), down))
    return Emulated(tuple(added), tuple(columns))


def _expressions(index: TableIndex) -> list[IndexExpression]:
    return [item for item, _ in index.columns if isinstance(item, IndexExpression)]


def _generated(table: Table, index: TableIndex, number: int, item: IndexExpression) -> TableColumn:
    if item.type is None:
        raise ModelError(
            f"MariaDB needs the type of {item.text.mysql} in {index.name} of {table.name}: wrap "
            "it in cast()."
        )
    name = f"{index.name[:59]}_g{number}"
    return TableColumn(name, _bounded(table, item.text, item.type), null=True, generated=item.text)


# InnoDB's longest key is 3072 bytes, and a character takes four.
_LONGEST_KEY = 768
_NAME = re.compile(r"`([^`]+)`")


def _bounded(table: Table, text: SqlText, kind: ColumnType) -> ColumnType:
    """Text that an expression makes is taken to be no longer than the columns it is made of."""
    if kind.kind != "text":
        return kind
    found = [table.column(name) for name in dict.fromkeys(_NAME.findall(text.mysql))]
    kinds = [column.type for column in found if column is not None]
    lengths = [each.length for each in kinds if each.kind in ("string", "enum", "uuid", "text")]
    known = [length for length in lengths if length is not None]
    if not known or len(known) < len(lengths):
        return kind
    return ColumnType("string", min(sum(known), _LONGEST_KEY), ci=kind.ci)


def spread(table: Table, index: TableIndex) -> list[tuple[str | IndexExpression, bool]]:
    """The members of a unique index when conditions and NULLs are part of them (MariaDB)."""
    members = with_nulls(table, index)
    if index.condition is None:
        return members
    first, down = members[0]
    text, kind = _text_and_type(table, first)
    when = SqlText(
        f"CASE WHEN {index.condition.sqlite} THEN {text.sqlite} END",
        f"CASE WHEN {index.condition.mysql} THEN {text.mysql} END",
    )
    return [(IndexExpression(when, kind), down), *members[1:]]


def with_nulls(table: Table, index: TableIndex) -> list[tuple[str | IndexExpression, bool]]:
    """The members, a column that may be NULL as two of them unless NULLs are distinct."""
    if index.nulls_distinct:
        return list(index.columns)
    members: list[tuple[str | IndexExpression, bool]] = []
    for item, down in index.columns:
        column = table.column(item) if isinstance(item, str) else None
        if column is not None and not column.null:
            members.append((item, down))
            continue
        text, kind = _text_and_type(table, item)
        stand_in = _STAND_IN.get(kind.kind if kind else "", "0")
        is_null = SqlText(f"{text.sqlite} IS NULL", f"{text.mysql} IS NULL")
        filled = SqlText(f"ifnull({text.sqlite}, {stand_in})", f"ifnull({text.mysql}, {stand_in})")
        members.append((IndexExpression(is_null, ColumnType("boolean")), False))
        members.append((IndexExpression(filled, kind), down))
    return members


def _text_and_type(table: Table, item: str | IndexExpression) -> tuple[SqlText, ColumnType | None]:
    if isinstance(item, IndexExpression):
        return item.text, item.type
    column = table.column(item)
    return SqlText.same(f"`{item}`"), None if column is None else column.type
