"""Operations on SQLite.

Its ALTER TABLE can rename, add a simple column and drop one that nothing refers to. For everything
else the table is built anew (https://www.sqlite.org/lang_altertable.html#otheralter): a new table
with the new definition, the rows copied, the old one dropped, the new one renamed. Foreign keys are
not enforced meanwhile (the executor sees to that, and checks all of them before it commits), and
`legacy_alter_table` keeps the renaming from looking into views and other tables' references, which
are right as they are.

Triggers and indexes that the models do not know are made again. Columns that they do not know would
be lost: that is an error, before anything has happened.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations import data
from orm.migrations import operations as ops
from orm.migrations.steps import Step, statements_step
from orm.schema.ddl import DdlCompiler
from orm.schema.indexes import index_kind
from orm.schema.sqltext import tokens
from orm.schema.tables import Schema, SqlText, Table, TableColumn

_BESIDE = (
    "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
    " AND type IN ('index', 'trigger') ORDER BY rowid"
)
_SEQUENCE = "SELECT seq FROM sqlite_sequence WHERE name = ?"


class SqlitePlanner:
    """Turns operations into steps."""

    def __init__(self, compiler: DdlCompiler) -> None:
        self._ddl = compiler
        self._quote = compiler.quote

    def steps(self, operation: ops.Operation, before: Schema) -> list[Step]:
        plan = _PLANS.get(type(operation))
        if plan is None:
            return [
                self._rebuild(before[operation.table], operation.apply(before)[operation.table])
            ]
        return list(plan(self, operation, before))

    # -- tables ------------------------------------------------------------------------------

    def create_table(self, operation: ops.CreateTable, before: Schema) -> Iterator[Step]:
        made = operation.made
        yield statements_step([self._ddl.create_table(made), *self._ddl.beside(made)])

    def drop_table(self, operation: ops.DropTable, before: Schema) -> Iterator[Step]:
        table = before[operation.table]
        special = [index for index in table.indexes if index_kind(index) is not None]
        texts = [text for index in special for text in self._ddl.drop_index(table, index)]
        # Dropping a table deletes its rows, and with them what refers to them.
        yield statements_step(
            [*texts, f"DROP TABLE {self._quote(operation.table)}"], needs_no_keys=True
        )

    def rename_table(self, operation: ops.RenameTable, before: Schema) -> Iterator[Step]:
        old, new = self._quote(operation.table), self._quote(operation.new_name)
        after = operation.apply(before)[operation.new_name]
        texts = [f"ALTER TABLE {old} RENAME TO {new}"]
        yield statements_step(self._around_special(before[operation.table], after, texts))

    def _around_special(self, before: Table, after: Table, texts: list[str]) -> list[str]:
        """Indexes of their own kind keep names elsewhere: they go before, and come back after."""
        gone = [i for i in before.indexes if index_kind(i) is not None]
        back = [i for i in after.indexes if index_kind(i) is not None]
        return [
            *(text for index in gone for text in self._ddl.drop_index(before, index)),
            *texts,
            *(text for index in back for text in self._ddl.add_index(after, index)),
        ]

    def comment_table(self, operation: ops.CommentTable, before: Schema) -> Iterator[Step]:
        """SQLite keeps no comments."""
        yield from ()

    # -- columns -----------------------------------------------------------------------------

    def add_column(self, operation: ops.AddColumn, before: Schema) -> Iterator[Step]:
        table, column = before[operation.table], operation.written
        if _is_simple(column, self._ddl):
            text = f"ALTER TABLE {self._quote(table.name)} ADD COLUMN {self._ddl.column(column)}"
            yield statements_step([text])
            return
        after = operation.apply(before)[table.name]
        fills = {column.name: operation.fill or column.default}
        yield self._rebuild(table, after, {n: f for n, f in fills.items() if f is not None})

    def drop_column(self, operation: ops.DropColumn, before: Schema) -> Iterator[Step]:
        table = before[operation.table]
        if _is_mentioned(table, operation.name):
            yield self._rebuild(table, operation.apply(before)[table.name])
            return
        name = self._quote(operation.name)
        yield statements_step([f"ALTER TABLE {self._quote(table.name)} DROP COLUMN {name}"])

    def rename_column(self, operation: ops.RenameColumn, before: Schema) -> Iterator[Step]:
        old, new = self._quote(operation.name), self._quote(operation.new_name)
        table = before[operation.table]
        texts = [f"ALTER TABLE {self._quote(table.name)} RENAME COLUMN {old} TO {new}"]
        after = operation.apply(before)[table.name]
        yield statements_step(self._around_special(table, after, texts))

    def alter_column(self, operation: ops.AlterColumn, before: Schema) -> Iterator[Step]:
        table, column = before[operation.table], operation.column
        former = table.column(column.name)
        if former is not None and self._ddl.column(former) == self._ddl.column(column):
            return  # what changes is our kind only: SQLite knows no lengths
        after = operation.apply(before)[table.name]
        fills = {} if operation.fill is None else {column.name: operation.fill}
        yield self._rebuild(table, after, fills, altered=column.name)

    # -- indexes -----------------------------------------------------------------------------

    def add_index(self, operation: ops.AddIndex, before: Schema) -> Iterator[Step]:
        yield statements_step(self._ddl.add_index(before[operation.table], operation.index))

    def drop_index(self, operation: ops.DropIndex, before: Schema) -> Iterator[Step]:
        table = before[operation.table]
        index = table.index(operation.name)
        if index is None:
            raise MigrationError(f"the schema has no index {operation.name} of {table.name}.")
        if operation.name.startswith("sqlite_autoindex_"):  # part of the table's own definition
            yield self._rebuild(table, operation.apply(before)[table.name])
            return
        yield statements_step(self._ddl.drop_index(table, index))

    # -- data --------------------------------------------------------------------------------

    def run_data(self, operation: data.DataOperation, before: Schema) -> Iterator[Step]:
        label = (f"-- {operation.describe()}",)
        yield Step(label, lambda database: operation.run(database, None), None, operation)

    def run_sql(self, operation: data.Sql, before: Schema) -> Iterator[Step]:
        text = operation.text("sqlite")
        if text:
            yield Step((text,), lambda database: operation.run(database, None))

    # -- building anew -----------------------------------------------------------------------

    def _rebuild(
        self,
        before: Table,
        after: Table,
        fills: dict[str, SqlText] | None = None,
        altered: str = "",
    ) -> Step:
        """The table with another definition and the same rows."""
        copy = self._copy(before, after, fills or {})
        old, new = self._quote(before.name), self._quote(_new_name(after))
        behind = (
            copy,
            f"DROP TABLE {old}",
            f"ALTER TABLE {new} RENAME TO {old}",
            *self._ddl.beside(after),
        )

        def run(database: Database) -> None:
            _refuse_unknown_columns(database, before)
            beside = _beside(database, before, after)
            sequence = _last_number(database, after)
            made = _with_live_defaults(database, after, altered)
            build = self._ddl.create_table(made, name=_new_name(after))
            database.run("PRAGMA legacy_alter_table = ON")
            try:
                for statement in (build, *behind):
                    database.run(statement)
                _make_again(database, after, beside)
            finally:
                database.run("PRAGMA legacy_alter_table = OFF")
            if sequence is not None:
                _set_last_number(database, after.name, sequence)

        build = self._ddl.create_table(after, name=_new_name(after))
        return Step((build, *behind), run, needs_no_keys=True)

    def _copy(self, before: Table, after: Table, fills: dict[str, SqlText]) -> str:
        columns, values = [], []
        for column in after.columns:
            if column.generated is not None:
                continue
            name = self._quote(column.name)
            fill = fills.get(column.name)
            if before.column(column.name) is not None:
                values.append(f"ifnull({name}, {self._ddl.sql(fill)})" if fill else name)
            elif fill is not None:
                values.append(self._ddl.sql(fill))
            else:
                continue  # NULL, or its default
            columns.append(name)
        return (
            f"INSERT INTO {self._quote(_new_name(after))} ({', '.join(columns)}) "
            f"SELECT {', '.join(values)} FROM {self._quote(before.name)}"
        )


_PLANS: dict[type, Callable[[SqlitePlanner, Any, Schema], Iterator[Step]]] = {
    ops.CreateTable: SqlitePlanner.create_table,
    ops.DropTable: SqlitePlanner.drop_table,
    ops.RenameTable: SqlitePlanner.rename_table,
    ops.CommentTable: SqlitePlanner.comment_table,
    ops.AddColumn: SqlitePlanner.add_column,
    ops.DropColumn: SqlitePlanner.drop_column,
    ops.RenameColumn: SqlitePlanner.rename_column,
    ops.AlterColumn: SqlitePlanner.alter_column,
    ops.AddIndex: SqlitePlanner.add_index,
    ops.DropIndex: SqlitePlanner.drop_index,
    data.Run: SqlitePlanner.run_data,
    data.Backfill: SqlitePlanner.run_data,
    data.Sql: SqlitePlanner.run_sql,
}


def is_rebuilt(operation: ops.Operation, before: Schema, compiler: DdlCompiler) -> bool:
    """Does the operation build its table anew?"""
    steps = SqlitePlanner(compiler).steps(operation, before)
    return any(len(step.label) > 2 and "RENAME TO" in step.label[3] for step in steps)


def _new_name(table: Table) -> str:
    return f"_new_{table.name}"[:63]


def _is_simple(column: TableColumn, compiler: DdlCompiler) -> bool:
    """May ADD COLUMN add it? Not a stored one, nor NOT NULL without a plain default."""
    if column.generated is not None:
        return not column.is_stored
    if column.default is None:
        return column.null
    return not compiler.default(column.default).startswith(("(", "CURRENT"))


def _is_mentioned(table: Table, name: str) -> bool:
    """Does the table's own text mention the column? Then DROP COLUMN refuses it."""
    texts = [check.condition.sqlite for check in table.checks]
    texts += [column.generated.sqlite for column in table.columns if column.generated]
    in_texts = any(token.value.lower() == name.lower() for text in texts for token in tokens(text))
    return in_texts or name in [key.column for key in table.foreign_keys]


def _refuse_unknown_columns(database: Database, table: Table) -> None:
    rows = database.run(f"PRAGMA table_info({database.dialect.quote(table.name)})").rows
    unknown = [row[1] for row in rows if table.column(row[1]) is None]
    if unknown:
        raise MigrationError(
            f"SQLite has to build {table.name} anew, and it has columns that the migrations do not "
            f"know: {', '.join(unknown)}. Declare them in the model, or drop them first."
        )


def _with_live_defaults(database: Database, table: Table, altered: str) -> Table:
    """Defaults that columns got when they were added stay (see `AddColumn`)."""
    rows = database.run(f"PRAGMA table_info({database.dialect.quote(table.name)})").rows
    live = {row[1]: SqlText.same(row[4]) for row in rows if row[4] is not None}
    columns = tuple(
        replace(column, default=live[column.name])
        if column.default is None and column.name in live and column.name != altered
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def _beside(database: Database, before: Table, after: Table) -> dict[str, str]:
    """What hung on the table, by name: triggers, and indexes none of whose columns went away."""
    gone = {c.name.lower() for c in before.columns if after.column(c.name) is None}
    known = {index.name for index in before.indexes}
    kept = {}
    for kind, name, sql in database.run(_BESIDE, (before.name,)).rows:
        words = {token.value.lower() for token in tokens(sql)}
        if name not in known and (kind == "trigger" or not words & gone):
            kept[name] = sql
    return kept


def _make_again(database: Database, after: Table, beside: dict[str, str]) -> None:
    """All of it that did not come with the table itself."""
    present = {row[1] for row in database.run(_BESIDE, (after.name,)).rows}
    for name, sql in beside.items():
        if name not in present:
            database.run(sql)


def _last_number(database: Database, table: Table) -> int | None:
    """The highest key ever given out, which must not be given out again."""
    if not any(column.is_auto for column in table.columns):
        return None
    rows = database.run(_SEQUENCE, (table.name,)).rows
    return int(rows[0][0]) if rows else None


def _set_last_number(database: Database, name: str, number: int) -> None:
    if database.run(_SEQUENCE, (name,)).rows:
        database.run("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (number, name))
    else:
        database.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))
