"""UPDATE and DELETE by condition. Without `where` they mean every row."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from orm.engine.registry import get_database
from orm.errors import QueryError
from orm.expressions.base import (
    Condition,
    Expression,
    SubselectValue,
    Value,
    condition,
)
from orm.expressions.fitting import fitted
from orm.expressions.subselect import Subselect
from orm.expressions.trace import Traceable
from orm.expressions.writer import Dialect, Source, Writer
from orm.metadata.scope import LIVING, Visibility, scope_of
from orm.queries.plans import compile_now, prepare
from orm.queries.windowed import has_window


class WriteQuery(Traceable):
    """What update and delete share: conditions, and execute(). kind: the name in events."""

    kind = ""

    def __init__(self, info: Any, where: tuple[Condition, ...] = ()) -> None:
        self._info = info
        self._source = info.source
        self._where = where
        self._seen = LIVING

    def where(self, *conditions: Expression[Any]) -> Self:
        """Only rows for which every condition (of this and earlier calls) holds."""
        return self._copy(_where=(*self._where, *map(condition, conditions)))

    def _copy(self, **changes: Any) -> Self:
        copy = self.__class__.__new__(self.__class__)
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    @property
    def is_one_statement(self) -> bool:
        return True

    def seeing(self, seen: Visibility) -> Self:
        """With another view of deleted rows."""
        return self._copy(_seen=seen)

    @property
    def info(self) -> Any:
        """The model it writes to."""
        return self._info

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self._where

    @property
    def seen(self) -> Visibility:
        return self._seen

    def with_deleted(self) -> Self:
        """Also rows that are marked as deleted."""
        return self._copy(_seen=Visibility(everywhere=True))

    def only_deleted(self) -> Self:
        """Only rows that are marked as deleted."""
        return self._copy(_seen=Visibility(only=self._info.table))

    def execute(self) -> int:
        """Run it; the number of rows matched, changed or not (known when looked at inside
        `pipeline()`)."""
        steps = self._info.steps
        return self.run() if steps is None else int(steps.execute(self))

    def run(self) -> int:
        """As execute, without the hooks and the further steps of the model."""
        database = get_database(self._info.database)
        sql, params, _ = prepare(self, compile_write, database.dialect, database.plans)
        return database.count(sql, params)

    def compile(self, dialect: Dialect) -> tuple[str, list[Any]]:
        """The statement and its parameters in the driver's form."""
        return compile_now(self, compile_write, dialect)[:2]

    def write(self, writer: Writer) -> None:
        """The whole statement."""
        if any(map(has_window, self._where)):
            name = self._info.name
            raise QueryError(
                f"{self.kind}() cannot choose rows by a window function: choose their keys by a "
                f"query, as in where({name}.id.in_({name}.select().where(...)))."
            )
        with writer.scope(self._seen):
            writer.open(self._source)
            self._write(writer)
            _write_where(writer, (*scope_of(self._source, self._seen), *self._where))

    def _write(self, writer: Writer) -> None:
        raise NotImplementedError


def compile_write(query: WriteQuery, writer: Writer) -> None:
    query.write(writer)


class UpdateQuery(WriteQuery):
    kind = "update"
    parts = ("_source", "_values", "_where")
    traits = ("_columns", "_seen")

    def __init__(self, info: Any, values: Mapping[str, Any]) -> None:
        super().__init__(info)
        if not values:
            raise QueryError(f"{info.name}.update() needs values, as in update(title='x').")
        resolved = info.resolve(values)
        for field in info.automatic:
            if field not in resolved:
                resolved[field] = field.bulk_update()
        self._columns = tuple([field.column for field in resolved])
        self._values = tuple([_assigned(field, value) for field, value in resolved.items()])

    @property
    def assignments(self) -> list[tuple[str, Expression[Any]]]:
        """Pairs (column, value)."""
        return list(zip(self._columns, self._values, strict=True))

    def _write(self, writer: Writer) -> None:
        writer.text("UPDATE ")
        writer.name(self._info.table)
        writer.text(" SET ")
        for index, value in enumerate(self._values):
            writer.text(", " if index else "")
            writer.name(self._columns[index])
            writer.text(" = ")
            value.write(writer)


class DeleteQuery(WriteQuery):
    kind = "delete"
    parts = ("_source", "_where")
    traits = ("_seen",)

    def _write(self, writer: Writer) -> None:
        writer.text("DELETE FROM ")
        writer.name(self._info.table)


def delete_where(database: Any, source: Source, conditions: Iterable[Condition]) -> None:
    """Delete rows of a link table."""
    writer = Writer(database.dialect)
    with writer.scope():
        writer.open(source)
        writer.text("DELETE FROM ")
        writer.name(source.table)
        _write_where(writer, tuple(conditions))
    database.run(writer.sql, writer.params)


def _assigned(field: Any, value: Any) -> Expression[Any]:
    if isinstance(value, Expression):
        return fitted(field, value)
    if isinstance(value, Subselect):
        return fitted(field, SubselectValue(value))
    return Value(field.assign(value), field.value_type)


def _write_where(writer: Writer, conditions: tuple[Condition, ...]) -> None:
    if conditions:
        writer.text(" WHERE ")
        writer.join(conditions, " AND ")
