"""Writing the links of a many-to-many: a bare table of pairs, or a model of the program's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from orm.engine.database import Database
from orm.errors import QueryError
from orm.expressions.base import Condition, Membership
from orm.expressions.columns import Column
from orm.expressions.writer import Writer
from orm.queries.select import Query
from orm.queries.shape import Shape
from orm.queries.write import delete_where

Keys = Sequence[Any]


class Links(Protocol):
    """The links of one row of the near side."""

    def keys(self) -> list[Any]:
        """The far keys that are related."""
        ...

    def add(self, keys: Keys, values: Mapping[str, Any]) -> None:
        """Relate these far keys; those that are stay as they are."""
        ...

    def remove(self, keys: Keys | None) -> None:
        """Relate them no more; None for all."""
        ...


class PlainLinks:
    """Pairs in a table of two columns: one statement for each change."""

    def __init__(
        self, database: Database, side: Any, key: Any, near: Column[Any], far: Column[Any]
    ) -> None:
        self._database = database
        self._side = side
        self._key = key
        self._near = near
        self._far = far

    def keys(self) -> list[Any]:
        writer = Writer(self._database.dialect)
        with writer.scope():
            writer.open(self._near.source)
            writer.text("SELECT ")
            writer.name(self._far.column)
            writer.text(" FROM ")
            writer.name(self._near.source.table)
            writer.text(" WHERE ")
            (self._near == self._key).write(writer)
        decode = self._far.type.decoder(self._database.dialect.name) if self._far.type else None
        rows = self._database.run(writer.sql, writer.params).rows
        return [row[0] if decode is None else decode(row[0]) for row in rows]

    def add(self, keys: Keys, values: Mapping[str, Any]) -> None:
        if values:
            raise QueryError(
                f"{self._side.model.__name__}.{self._side.name}: its links have no "
                f"{next(iter(values))!r}; give them a model of their own by through=."
            )
        pairs = [(self._key, key) for key in keys]
        if self._side.is_symmetrical:
            pairs += [(key, self._key) for key in keys if key != self._key]
        writer = Writer(self._database.dialect)
        writer.text("INSERT INTO ")
        writer.name(self._near.source.table)
        writer.text(" (")
        writer.name(self._near.column)
        writer.text(", ")
        writer.name(self._far.column)
        writer.text(") VALUES ")
        for index, (near, far) in enumerate(pairs):
            writer.text(", (" if index else "(")
            writer.bind(near, self._near.type)
            writer.text(", ")
            writer.bind(far, self._far.type)
            writer.text(")")
        if writer.is_mysql:  # INSERT IGNORE would hide a missing row on the far side, too
            writer.text(" ON DUPLICATE KEY UPDATE ")
            writer.name(self._near.column)
            writer.text(" = ")
            writer.name(self._near.column)
        else:
            writer.text(" ON CONFLICT DO NOTHING")
        self._database.run(writer.sql, writer.params)

    def remove(self, keys: Keys | None) -> None:
        doomed = self._between(self._near, self._far, keys)
        if self._side.is_symmetrical:
            doomed = doomed | self._between(self._far, self._near, keys)
        delete_where(self._database, self._near.source, [doomed])

    def _between(self, near: Column[Any], far: Column[Any], keys: Keys | None) -> Condition:
        own: Condition = near == self._key
        return own if keys is None else own & Membership(far, keys, True)


class ModelLinks:
    """Rows of a model: written as such, with its defaults, its hooks and its mark of deletion."""

    def __init__(
        self, database: Database, side: Any, key: Any, near: Column[Any], far: Column[Any]
    ) -> None:
        self._model = side.through.model
        fields = {field.column: field for field in self._model._meta.fields.values()}
        self._near, self._far = fields[near.column], fields[far.column]
        self._key = key

    def keys(self) -> list[Any]:
        query = Query[Any](Shape(self._model._meta.source)).where(self._own)
        return query.scalars(self._far.expression)

    @property
    def _own(self) -> Condition:
        own: Condition = self._near.expression.in_([self._key])
        return own

    def add(self, keys: Keys, values: Mapping[str, Any]) -> None:
        query = Query[Any](Shape(self._model._meta.source)).where(self._own)
        known = set(query.where(self._far.expression.in_(keys)).scalars(self._far.expression))
        rows = [
            {**values, self._near.name: self._key, self._far.name: key}
            for key in keys
            if key not in known
        ]
        if rows:
            self._model.insert_many(rows)

    def remove(self, keys: Keys | None) -> None:
        doomed = self._model.delete().where(self._own)
        if keys is not None:
            doomed = doomed.where(self._far.expression.in_(keys))
        doomed.execute()
