"""What a migration is made of: changes of a schema as data.

An operation knows what it makes of a schema (`apply`) and what undoes it (`reverse`), both without
a database: the state of the schema follows from the migrations alone. How an engine carries it out
is written in `sqlite` and `mysql`, what that costs in `impact`.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from orm.errors import MigrationError
from orm.migrations.changes import rename_column, rename_table
from orm.names import did_you_mean
from orm.schema.tables import (
    Schema,
    SqlText,
    Table,
    TableCheck,
    TableColumn,
    TableForeignKey,
    TableIndex,
)


class Operation:
    """One change. `table` is the table it is about, "" for none in particular."""

    table: str
    is_reversible: ClassVar[bool] = True

    def apply(self, schema: Schema) -> Schema:
        """The schema afterwards; MigrationError when it does not fit the one before."""
        raise NotImplementedError

    def reverse(self, before: Schema) -> "Operation":
        """What leads back to the schema `before` this operation."""
        raise NotImplementedError

    def describe(self) -> str:
        raise NotImplementedError


def find_table(schema: Schema, name: str) -> Table:
    found = schema.get(name)
    if found is None:
        raise MigrationError(
            f"the schema has no table {name!r} at this point. {did_you_mean(name, schema.names)}"
        )
    return found


def _require(item: Any, what: str) -> Any:
    if item is None:
        raise MigrationError(f"the schema has no {what} at this point.")
    return item


@dataclass(frozen=True)
class CreateTable(Operation):
    made: Table

    @property
    def table(self) -> str:  # type: ignore[override]
        return self.made.name

    def apply(self, schema: Schema) -> Schema:
        if self.table in schema:
            raise MigrationError(f"the schema has a table {self.table!r} already.")
        return schema.with_table(self.made)

    def reverse(self, before: Schema) -> Operation:
        return DropTable(self.table)

    def describe(self) -> str:
        return f"create table {self.table}"


@dataclass(frozen=True)
class DropTable(Operation):
    table: str

    def apply(self, schema: Schema) -> Schema:
        find_table(schema, self.table)
        return schema.without(self.table)

    def reverse(self, before: Schema) -> Operation:
        return CreateTable(find_table(before, self.table))

    def describe(self) -> str:
        return f"drop table {self.table}"


@dataclass(frozen=True)
class RenameTable(Operation):
    table: str
    new_name: str

    def apply(self, schema: Schema) -> Schema:
        find_table(schema, self.table)
        return rename_table(schema, self.table, self.new_name)

    def reverse(self, before: Schema) -> Operation:
        return RenameTable(self.new_name, self.table)

    def describe(self) -> str:
        return f"rename table {self.table} to {self.new_name}"


@dataclass(frozen=True)
class CommentTable(Operation):
    table: str
    comment: str

    def apply(self, schema: Schema) -> Schema:
        return schema.with_table(replace(find_table(schema, self.table), comment=self.comment))

    def reverse(self, before: Schema) -> Operation:
        return CommentTable(self.table, find_table(before, self.table).comment)

    def describe(self) -> str:
        return f"comment on table {self.table}"


# -- columns ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AddColumn(Operation):
    """fill: what the column has in the rows there are; it stays as its default in the database, so
    that programs that do not know the column can go on inserting."""

    table: str
    column: TableColumn
    fill: SqlText | None = None

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        if table.column(self.column.name) is not None:
            raise MigrationError(f"{self.table} has a column {self.column.name!r} already.")
        return schema.with_table(replace(table, columns=(*table.columns, self.column)))

    def reverse(self, before: Schema) -> Operation:
        return DropColumn(self.table, self.column.name)

    def describe(self) -> str:
        return f"add column {self.table}.{self.column.name}"

    @property
    def written(self) -> TableColumn:
        """The column as it is added."""
        if self.fill is None or self.column.default is not None:
            return self.column
        return replace(self.column, default=self.fill)


@dataclass(frozen=True)
class DropColumn(Operation):
    table: str
    name: str

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        _require(table.column(self.name), f"column {self.table}.{self.name}")
        left = tuple(column for column in table.columns if column.name != self.name)
        return schema.with_table(replace(table, columns=left))

    def reverse(self, before: Schema) -> Operation:
        column = find_table(before, self.table).column(self.name)
        found: TableColumn = _require(column, f"column {self.table}.{self.name}")
        return AddColumn(self.table, found, fill=_neutral(found))

    def describe(self) -> str:
        return f"drop column {self.table}.{self.name}"


# What a column that comes back gets in the rows there are, because what it had is lost.
_NEUTRAL = {
    **dict.fromkeys(("string", "text", "enum", "bytes"), "''"),
    "json": "'null'",
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    "datetime": "'1970-01-01 00:00:00.000000'",
    "date": "'1970-01-01'",
    "time": "'00:00:00.000000'",
}


def _neutral(column: TableColumn) -> SqlText | None:
    if column.null or column.default is not None or column.generated is not None:
        return None
    return SqlText.same(_NEUTRAL.get(column.type.kind, "0"))


@dataclass(frozen=True)
class RenameColumn(Operation):
    table: str
    name: str
    new_name: str

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        _require(table.column(self.name), f"column {self.table}.{self.name}")
        return rename_column(schema, self.table, self.name, self.new_name)

    def reverse(self, before: Schema) -> Operation:
        return RenameColumn(self.table, self.new_name, self.name)

    def describe(self) -> str:
        return f"rename column {self.table}.{self.name} to {self.new_name}"


@dataclass(frozen=True)
class AlterColumn(Operation):
    """The column gets this definition. fill: what replaces NULL when that is allowed no more."""

    table: str
    column: TableColumn
    fill: SqlText | None = None

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        _require(table.column(self.column.name), f"column {self.table}.{self.column.name}")
        columns = tuple(self.column if c.name == self.column.name else c for c in table.columns)
        return schema.with_table(replace(table, columns=columns))

    def reverse(self, before: Schema) -> Operation:
        former = find_table(before, self.table).column(self.column.name)
        found: TableColumn = _require(former, f"column {self.table}.{self.column.name}")
        fill = _neutral(found) if self.column.null else None
        return AlterColumn(self.table, found, fill)

    def describe(self) -> str:
        return f"alter column {self.table}.{self.column.name}"


# -- indexes and constraints -----------------------------------------------------------------------


@dataclass(frozen=True)
class _DropPart(Operation):
    """What a table has under a name: an index, a foreign key, a check."""

    table: str
    name: str
    word: ClassVar[str]
    place: ClassVar[str]  # the attribute of `Table` that holds them

    def find(self, schema: Schema) -> Any:
        """The part itself; MigrationError when the table has none of that name."""
        parts = getattr(find_table(schema, self.table), self.place)
        found = next((part for part in parts if part.name == self.name), None)
        return _require(found, f"{self.word} {self.name} of {self.table}")

    def apply(self, schema: Schema) -> Schema:
        dropped, table = self.find(schema), find_table(schema, self.table)
        left: Any = tuple(part for part in getattr(table, self.place) if part is not dropped)
        return schema.with_table(replace(table, **{self.place: left}))

    def describe(self) -> str:
        return f"drop {self.word} {self.name} of {self.table}"


@dataclass(frozen=True)
class AddIndex(Operation):
    table: str
    index: TableIndex

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        for name in self.index.column_names:
            _require(table.column(name), f"column {self.table}.{name}")
        return schema.with_table(replace(table, indexes=(*table.indexes, self.index)))

    def reverse(self, before: Schema) -> Operation:
        return DropIndex(self.table, self.index.name)

    def describe(self) -> str:
        kind = "unique index" if self.index.unique else "index"
        return f"add {kind} {self.index.name} on {self.table}"


class DropIndex(_DropPart):
    word = "index"
    place = "indexes"

    def reverse(self, before: Schema) -> Operation:
        return AddIndex(self.table, self.find(before))


@dataclass(frozen=True)
class AddForeignKey(Operation):
    table: str
    key: TableForeignKey

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        _require(table.column(self.key.column), f"column {self.table}.{self.key.column}")
        return schema.with_table(replace(table, foreign_keys=(*table.foreign_keys, self.key)))

    def reverse(self, before: Schema) -> Operation:
        return DropForeignKey(self.table, self.key.name)

    def describe(self) -> str:
        return f"add foreign key {self.table}.{self.key.column} -> {self.key.target_table}"


class DropForeignKey(_DropPart):
    word = "foreign key"
    place = "foreign_keys"

    def reverse(self, before: Schema) -> Operation:
        return AddForeignKey(self.table, self.find(before))


@dataclass(frozen=True)
class AddCheck(Operation):
    table: str
    check: TableCheck

    def apply(self, schema: Schema) -> Schema:
        table = find_table(schema, self.table)
        return schema.with_table(replace(table, checks=(*table.checks, self.check)))

    def reverse(self, before: Schema) -> Operation:
        return DropCheck(self.table, self.check.name)

    def describe(self) -> str:
        return f"add check {self.check.name} on {self.table}"


class DropCheck(_DropPart):
    word = "check"
    place = "checks"

    def reverse(self, before: Schema) -> Operation:
        return AddCheck(self.table, self.find(before))
