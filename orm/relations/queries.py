"""Queries that belong to an instance: `ann.notes`, `note.tags`."""

from collections.abc import Iterable
from typing import Any, TypeVar

from orm.engine.registry import transaction
from orm.errors import DataError
from orm.expressions.base import Condition, Membership
from orm.expressions.columns import Column
from orm.expressions.writer import Source, Writer
from orm.queries.select import Query
from orm.queries.shape import Join, Shape
from orm.queries.write import delete_where

M = TypeVar("M")


class RelatedQuery(Query[M]):
    """The related rows of one instance; rows that were prefetched are not asked for again."""

    _cached: list[M] | None = None

    def keep(self, rows: list[M]) -> "RelatedQuery[M]":
        self._cached = rows
        return self

    def all(self) -> list[M]:
        return super().all() if self._cached is None else list(self._cached)

    def first(self) -> M | None:
        if self._cached is None:
            return super().first()
        return self._cached[0] if self._cached else None

    def count(self) -> int:
        return super().count() if self._cached is None else len(self._cached)

    def exists(self) -> bool:
        return super().exists() if self._cached is None else bool(self._cached)


class ManyQuery(RelatedQuery[M]):
    """The far side of a many-to-many, with the means to change which rows belong to it."""

    def __init__(self, side: Any, instance: Any) -> None:
        self._side = side
        self._instance = instance
        self._key = _saved_key(instance)
        self._link = Source(side.through.table)
        near_key = side.model._meta.primary_key
        self._near: Column[Any] = Column(self._link, side.near_column, near_key.value_type)
        far_key = side.target_model._meta.primary_key
        self._far: Column[Any] = Column(self._link, side.far_column, far_key.value_type)
        source = side.target_model._meta.source
        super().__init__(
            Shape(
                source,
                joins=(Join(self._link, False, on=self._far == far_key.make_expression(source)),),
                where=(self._near == self._key,),
            )
        )

    def add(self, *items: Any) -> None:
        """Relate these rows (instances or keys); those related already stay so."""
        self._insert(self._keys(items))
        self._forget()

    def remove(self, *items: Any) -> None:
        """Relate these rows no more; the rows themselves stay."""
        keys = self._keys(items)
        if keys:
            self._delete(self._near == self._key, Membership(self._far, keys, True))

    def set(self, items: Iterable[Any]) -> None:
        """Relate exactly these rows, in one transaction."""
        wanted = self._keys(tuple(items))
        with transaction(database=self._database.name):
            self._delete(self._near == self._key, Membership(self._far, wanted, False))
            self._insert(wanted)

    def clear(self) -> None:
        self._delete(self._near == self._key)

    def _keys(self, items: tuple[Any, ...]) -> list[Any]:
        target = self._side.target_model
        keys = [_saved_key(i) if isinstance(i, target) else self._far.accept(i) for i in items]
        return list(dict.fromkeys(keys))

    def _insert(self, keys: list[Any]) -> None:
        if not keys:
            return
        writer = Writer(self._database.dialect)
        writer.text("INSERT INTO ")
        writer.name(self._link.table)
        writer.text(" (")
        writer.name(self._near.column)
        writer.text(", ")
        writer.name(self._far.column)
        writer.text(") VALUES ")
        for index, key in enumerate(keys):
            writer.text(", (" if index else "(")
            writer.bind(self._key, self._near.type)
            writer.text(", ")
            writer.bind(key, self._far.type)
            writer.text(")")
        if writer.is_mysql:  # INSERT IGNORE would hide a missing row on the far side, too
            writer.text(" ON DUPLICATE KEY UPDATE ")
            writer.name(self._near.column)
            writer.text(" = ")
            writer.name(self._near.column)
        else:
            writer.text(" ON CONFLICT DO NOTHING")
        self._database.run(writer.sql, writer.params)

    def _delete(self, *conditions: Condition) -> None:
        delete_where(self._database, self._link, conditions)
        self._forget()

    def _forget(self) -> None:
        self._cached = None
        self._instance.__dict__.pop(self._side.name, None)


def _saved_key(instance: Any) -> Any:
    key = getattr(instance, instance._meta.primary_key.attribute)
    if key is None or not instance._is_stored:
        raise DataError(f"{instance!r} is not saved yet: save() it before relating rows to it.")
    return key
