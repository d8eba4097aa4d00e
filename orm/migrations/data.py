"""Operations that the schema does not show: data that is moved, and SQL written by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orm.engine.database import Database
from orm.engine.statements import Kind, kind_of
from orm.errors import MigrationError
from orm.migrations.operations import Operation
from orm.names import check_identifier
from orm.schema.tables import Schema, SqlText

# What a batched function is given and answers: where it was, None at the beginning and the end.
Position = Any
DataFunction = Callable[..., Any]


class DataOperation(Operation):
    """Something that is run, in a transaction with the note that it was.

    is_batched: `run` is called again with what it answered, each time in a transaction of its own,
    until it answers None; where it was is noted with it, so that a kill costs one batch.
    """

    table = ""
    is_batched: bool = False

    def apply(self, schema: Schema) -> Schema:
        return schema

    def run(self, database: Database, position: Position) -> Position:
        raise NotImplementedError


@dataclass(frozen=True)
class Run(DataOperation):
    """Calls `function(database)`, or `function(database, position)` when batched."""

    function: DataFunction
    undo: DataFunction | None = None
    is_batched: bool = False

    @property
    def is_reversible(self) -> bool:  # type: ignore[override]
        return self.undo is not None

    def run(self, database: Database, position: Position) -> Position:
        if self.is_batched:
            return self.function(database, position)
        self.function(database)
        return None

    def reverse(self, before: Schema) -> Operation:
        if self.undo is None:
            raise MigrationError(
                f"{self.describe()} cannot be undone: give run() a function that does, "
                "or `reverse=nothing` when there is nothing to undo."
            )
        return Run(self.undo, self.function, self.is_batched)

    def describe(self) -> str:
        return f"run {getattr(self.function, '__name__', 'function')}"


def nothing(database: Database, position: Position = None) -> None:
    """As `reverse=` of run(): there is nothing to undo."""


@dataclass(frozen=True)
class Sql(DataOperation):
    """SQL by hand, one statement for each engine; down: what undoes it, "" when nothing need be.

    done: a query that answers a true value once `up` has had its effect. MySQL commits a change of
    the schema by itself, so there only such a query can tell after a kill whether it was done.
    undone: the same for `down`.
    """

    up: SqlText
    down: SqlText | None = None
    done: SqlText | None = None
    undone: SqlText | None = None

    @property
    def is_reversible(self) -> bool:  # type: ignore[override]
        return self.down is not None

    def text(self, dialect: str) -> str:
        return self.up.for_dialect(dialect)

    def is_ddl(self, dialect: str) -> bool:
        return bool(self.text(dialect)) and kind_of(self.text(dialect)) is not Kind.WRITE

    def run(self, database: Database, position: Position) -> Position:
        text = self.text(database.dialect.name)
        if text:
            database.execute(text)

    def reverse(self, before: Schema) -> Operation:
        if self.down is None:
            raise MigrationError(
                f"{self.describe()} cannot be undone: give sql() a `down`, which may be ''."
            )
        return Sql(self.down, self.up, self.undone, self.done)

    def describe(self) -> str:
        text = " ".join((self.up.sqlite or self.up.mysql).split())
        return f"sql {text[:57] + '...' if len(text) > 60 else text}"


@dataclass(frozen=True)
class Backfill(DataOperation):
    """UPDATE of one table in batches along its key. Values and condition are SQL."""

    table: str
    values: Mapping[str, SqlText] = field(default_factory=dict)
    where: SqlText | None = None
    batch: int = 1000
    key: str = "id"
    is_batched: bool = True

    def run(self, database: Database, position: Position) -> Position:
        dialect = database.dialect
        quote = dialect.quote
        key, table = quote(check_identifier(self.key, "the key of a backfill")), quote(self.table)
        conditions = [] if position is None else [f"{key} > ?"]
        params = [] if position is None else [position]
        if self.where is not None:
            conditions.append(f"({self.where.for_dialect(dialect.name)})")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = database.execute(
            f"SELECT {key} FROM {table}{where} ORDER BY {key} LIMIT {int(self.batch)}", params
        ).rows
        if not rows:
            return None
        last = rows[-1][0]
        sets = ", ".join(
            f"{quote(name)} = {text.for_dialect(dialect.name)}"
            for name, text in self.values.items()
        )
        conditions.append(f"{key} <= ?")
        database.execute(
            f"UPDATE {table} SET {sets} WHERE {' AND '.join(conditions)}", [*params, last]
        )
        return last

    def reverse(self, before: Schema) -> Operation:
        return Run(nothing, nothing)

    def describe(self) -> str:
        return f"backfill {self.table}: {', '.join(self.values)}"

    def __hash__(self) -> int:
        return hash((self.table, self.key, self.batch, tuple(self.values.items())))
