"""Operations on MySQL and MariaDB: one ALTER TABLE for each step.

The server commits every change of the schema by itself, so a process can be killed between a change
and the note that it was made. Each step therefore knows how to see in the live schema that it was
made; for that it is one statement, which the server does as a whole or not at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations import data
from orm.migrations import operations as ops
from orm.migrations.steps import Step, statements_step
from orm.schema.ddl import DdlCompiler
from orm.schema.indexes import emulate, index_kind
from orm.schema.introspect import read_schema
from orm.schema.live import LiveTable
from orm.schema.reflect import Reflector
from orm.schema.tables import Schema, Table, TableColumn, TableIndex

Answer = Callable[[Database], bool]

# Seconds that a change waits for transactions that use its table (MariaDB). Everybody who comes
# after it waits behind it, so one long transaction would stop the whole site.
_METADATA_WAIT = 10
_PATIENCE = f"/*M! SET STATEMENT lock_wait_timeout = {_METADATA_WAIT} FOR */ "


class MysqlPlanner:
    """Turns operations into steps."""

    def __init__(self, compiler: DdlCompiler) -> None:
        self._ddl = compiler
        self._quote = compiler.quote

    def steps(self, operation: ops.Operation, before: Schema) -> list[Step]:
        plan = _PLANS.get(type(operation))
        if plan is None:
            raise MigrationError(f"nobody knows how to {operation.describe()} on MySQL.")
        return list(plan(self, operation, before))

    def _alter(self, table: str, change: str, is_done: Answer) -> Step:
        return _patient([f"ALTER TABLE {self._quote(table)} {change}"], is_done)

    # -- tables ------------------------------------------------------------------------------

    def create_table(self, operation: ops.CreateTable, before: Schema) -> Iterator[Step]:
        made = operation.made
        yield _patient([self._ddl.create_table(made)], _table(made.name, bool))
        for index in made.indexes:
            if index.kind != "index":
                yield from self._special(made, index, is_added=True)

    def drop_table(self, operation: ops.DropTable, before: Schema) -> Iterator[Step]:
        for index in before[operation.table].indexes:
            if index.kind != "index":
                yield from self._special(before[operation.table], index, is_added=False)
        text = f"DROP TABLE {self._quote(operation.table)}"
        yield _patient([text], _table(operation.table, _is_none))

    def rename_table(self, operation: ops.RenameTable, before: Schema) -> Iterator[Step]:
        change = f"RENAME TO {self._quote(operation.new_name)}"
        yield self._alter(operation.table, change, _table(operation.new_name, bool))

    def comment_table(self, operation: ops.CommentTable, before: Schema) -> Iterator[Step]:
        table = before[operation.table].with_(comment=operation.comment)
        has_comment = _table(table.name, lambda live: live and live.comment == table.comment)
        yield self._alter(table.name, self._ddl.table_comment(table).strip(), has_comment)

    # -- columns -----------------------------------------------------------------------------

    def add_column(self, operation: ops.AddColumn, before: Schema) -> Iterator[Step]:
        change = f"ADD COLUMN {self._ddl.column(operation.written)}"
        yield self._alter(operation.table, change, _column(operation.table, operation.column.name))

    def drop_column(self, operation: ops.DropColumn, before: Schema) -> Iterator[Step]:
        is_gone = _not(_column(operation.table, operation.name))
        yield self._alter(operation.table, f"DROP COLUMN {self._quote(operation.name)}", is_gone)

    def rename_column(self, operation: ops.RenameColumn, before: Schema) -> Iterator[Step]:
        change = f"RENAME COLUMN {self._quote(operation.name)} TO {self._quote(operation.new_name)}"
        yield self._alter(operation.table, change, _column(operation.table, operation.new_name))

    def alter_column(self, operation: ops.AlterColumn, before: Schema) -> Iterator[Step]:
        column, table = operation.column, operation.table
        if operation.fill is not None:
            fill = self._ddl.sql(operation.fill)
            name = self._quote(column.name)
            update = f"UPDATE {self._quote(table)} SET {name} = {fill} WHERE {name} IS NULL"
            # Filling again what is filled changes nothing.
            yield _patient([update], lambda database: False)
        is_done = partial(_has_definition, table, column, self._ddl)
        yield self._alter(table, f"MODIFY COLUMN {self._ddl.column(column)}", is_done)

    # -- indexes and constraints -------------------------------------------------------------

    def add_index(self, operation: ops.AddIndex, before: Schema) -> Iterator[Step]:
        table, index = before[operation.table], operation.index
        if index.kind != "index":
            yield from self._special(table, index, is_added=True)
            return
        *columns, made = self._ddl.add_index(table, index)
        if columns:
            added = emulate(table, index).added
            yield _patient(columns, _column(table.name, added[-1].name))
        yield _patient([made], _table(table.name, lambda live: live and live.index(index.name)))

    def drop_index(self, operation: ops.DropIndex, before: Schema) -> Iterator[Step]:
        table = before[operation.table]
        index = table.index(operation.name)
        if index is None:
            raise MigrationError(f"the schema has no index {operation.name} of {table.name}.")
        if index.kind != "index":
            yield from self._special(table, index, is_added=False)
            return
        dropped, *columns = self._ddl.drop_index(table, index)
        is_gone = _table(table.name, lambda live: live and not live.index(index.name))
        yield _patient([dropped], is_gone)
        if columns:
            added = emulate(table, index).added
            yield _patient(columns, _not(_column(table.name, added[-1].name)))

    def _special(self, table: Table, index: TableIndex, *, is_added: bool) -> Iterator[Step]:
        kind = index_kind(index)
        if kind is None:
            raise MigrationError(f"index {index.name} of {table.name} is of no kind of its own.")
        write = self._ddl.add_index if is_added else self._ddl.drop_index
        yield _patient(
            write(table, index),
            lambda database: kind.exists(database, table, index) is is_added,
        )

    def add_foreign_key(self, operation: ops.AddForeignKey, before: Schema) -> Iterator[Step]:
        name = operation.key.name
        text = self._ddl.add_foreign_key(before[operation.table], operation.key)
        has_key = _table(operation.table, lambda live: live and live.foreign_key(name))
        yield _patient([text], has_key)

    def drop_foreign_key(self, operation: ops.DropForeignKey, before: Schema) -> Iterator[Step]:
        name = operation.name
        is_gone = _table(operation.table, lambda live: live and not live.foreign_key(name))
        yield self._alter(operation.table, f"DROP FOREIGN KEY {self._quote(name)}", is_gone)

    def add_check(self, operation: ops.AddCheck, before: Schema) -> Iterator[Step]:
        name = operation.check.name
        has_check = _table(operation.table, lambda live: live and live.check(name))
        yield self._alter(operation.table, f"ADD {self._ddl.check(operation.check)}", has_check)

    def drop_check(self, operation: ops.DropCheck, before: Schema) -> Iterator[Step]:
        name = operation.name
        is_gone = _table(operation.table, lambda live: live and not live.check(name))
        yield self._alter(operation.table, f"DROP CONSTRAINT {self._quote(name)}", is_gone)

    # -- data --------------------------------------------------------------------------------

    def run_data(self, operation: data.DataOperation, before: Schema) -> Iterator[Step]:
        label = (f"-- {operation.describe()}",)
        yield Step(label, lambda database: operation.run(database, None), None, operation)

    def run_sql(self, operation: data.Sql, before: Schema) -> Iterator[Step]:
        text = operation.text("mysql")
        if not text:
            return
        if not operation.is_ddl("mysql"):
            yield from self.run_data(operation, before)
            return
        done = operation.done
        if done is None:
            raise MigrationError(
                f"{operation.describe()}: MySQL commits this at once; after a kill nobody could "
                "tell whether it was done: give sql() done='SELECT ...', a query that can (and "
                "undone= for the way back)."
            )
        query = done.mysql

        def is_done(database: Database) -> bool:
            rows = database.execute(query).rows
            return bool(rows and rows[0][0])

        yield Step((text,), lambda database: operation.run(database, None), is_done)


_PLANS: dict[type, Callable[[MysqlPlanner, Any, Schema], Iterator[Step]]] = {
    ops.CreateTable: MysqlPlanner.create_table,
    ops.DropTable: MysqlPlanner.drop_table,
    ops.RenameTable: MysqlPlanner.rename_table,
    ops.CommentTable: MysqlPlanner.comment_table,
    ops.AddColumn: MysqlPlanner.add_column,
    ops.DropColumn: MysqlPlanner.drop_column,
    ops.RenameColumn: MysqlPlanner.rename_column,
    ops.AlterColumn: MysqlPlanner.alter_column,
    ops.AddIndex: MysqlPlanner.add_index,
    ops.DropIndex: MysqlPlanner.drop_index,
    ops.AddForeignKey: MysqlPlanner.add_foreign_key,
    ops.DropForeignKey: MysqlPlanner.drop_foreign_key,
    ops.AddCheck: MysqlPlanner.add_check,
    ops.DropCheck: MysqlPlanner.drop_check,
    data.Run: MysqlPlanner.run_data,
    data.Backfill: MysqlPlanner.run_data,
    data.Sql: MysqlPlanner.run_sql,
}


def _patient(statements: list[str], is_done: Answer) -> Step:
    sent = statements_step([_PATIENCE + text for text in statements], is_done)
    return replace(sent, label=tuple(statements))


# -- looking whether a step was done ---------------------------------------------------------------


def _table(name: str, is_so: Callable[[LiveTable | None], object]) -> Answer:
    return lambda database: bool(is_so(read_schema(database, [name]).get(name)))


def _is_none(live: LiveTable | None) -> bool:
    return live is None


def _column(table: str, name: str) -> Answer:
    return _table(table, lambda live: live and live.column(name))


def _not(answer: Answer) -> Answer:
    return lambda database: not answer(database)


def _has_definition(
    table: str, column: TableColumn, compiler: DdlCompiler, database: Database
) -> bool:
    live = read_schema(database, [table]).get(table)
    found = None if live is None else live.column(column.name)
    if found is None:
        return False
    return Reflector(database, compiler.collations).column(found, column) == column
