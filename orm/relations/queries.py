"""Queries that belong to an instance: `ann.notes`, `note.tags`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from orm.engine.registry import transaction
from orm.errors import DataError
from orm.expressions.columns import Column
from orm.expressions.writer import Source
from orm.queries.select import Query
from orm.queries.shape import Join, Shape
from orm.relations.lazy import load_for_all
from orm.relations.links import Links, ModelLinks, PlainLinks

M = TypeVar("M")


class RelatedQuery(Query[M]):
    """The related rows of one instance; rows that were prefetched are not asked for again."""

    trace = Query.trace
    _cached: list[M] | None = None
    # Whose rows they are, and by which attribute they refer to it.
    _owner: Any = None
    _owner_name = ""
    # Which relation of the owner, when these are all of its rows.
    _relation: Any = None

    def keep(self, rows: list[M]) -> "RelatedQuery[M]":
        self._cached = rows
        return self

    def owned_by(self, owner: Any, name: str) -> "RelatedQuery[M]":
        """Rows that are read know their owner without asking for it."""
        self._owner, self._owner_name = owner, name
        return self

    def of_relation(self, relation: Any) -> "RelatedQuery[M]":
        """These are all rows of a relation of the owner."""
        self._relation = relation
        return self

    def learn(self, item: Any) -> None:
        """A row that belongs here since it was loaded."""
        if self._cached is not None and all(item is not known for known in self._cached):
            self._cached = [*self._cached, item]

    def forget(self, item: Any) -> None:
        """A row that belongs here no more."""
        if self._cached is not None:
            self._cached = [known for known in self._cached if known is not item]

    def all(self) -> list[M]:
        if self._cached is not None:
            return list(self._cached)
        if self._relation is not None and load_for_all(self._owner, self._relation):
            rows: list[M] = self._owner.__dict__[self._relation.name].all()
            return rows
        rows = super().all()
        if self._owner_name and not self._shape.columns:
            for row in rows:
                row.__dict__[self._owner_name] = self._owner
        return rows

    def _with(self, **changes: Any) -> Query[M]:
        refined = RelatedQuery[M](self._shape.changed(**changes))
        return refined.owned_by(self._owner, self._owner_name)

    def first(self) -> M | None:
        if self._cached is None:
            return super().first()
        return self._cached[0] if self._cached else None

    def count(self) -> int:
        return super().count() if self._cached is None else len(self._cached)

    def exists(self) -> bool:
        return super().exists() if self._cached is None else bool(self._cached)


class KeptRows(RelatedQuery[M]):
    """The rows of a back-reference that are there already. The query itself, for who refines it, is
    made when somebody does: most objects of an answer are only asked for the rows."""

    trace = Query.trace

    def __init__(self, relation: Any, owner: Any, rows: list[M]) -> None:
        self._cached = rows
        self._relation = relation
        self._owner = owner

    @cached_property
    def _shape(self) -> Shape:  # type: ignore[override]
        shape: Shape = self._relation.query_of(self._owner)._shape
        return shape

    @cached_property
    def _owner_name(self) -> str:  # type: ignore[override]
        name: str = self._relation.key.name
        return name


class ManyQuery(RelatedQuery[M]):
    """The far side of a many-to-many, with the means to change which rows belong to it.

    Where the links are a model of their own (`through=`), its columns can be used in the query, as
    in `note.tags.order_by(Tagging.position)`.
    """

    trace = Query.trace

    def __init__(self, side: Any, instance: Any) -> None:
        self._side = self._relation = side
        self._instance = self._owner = instance
        self._key = saved_key(instance)

    # Made when they are needed: of rows that were prefetched most are only looked at.

    @cached_property
    def _link(self) -> Source:
        model = self._side.through.model
        source: Source = Source(self._side.through.table) if model is None else model._meta.source
        return source

    @cached_property
    def _near(self) -> Column[Any]:
        key = self._side.model._meta.primary_key
        return Column(self._link, self._side.near_column, key.value_type)

    @cached_property
    def _far(self) -> Column[Any]:
        key = self._side.target_model._meta.primary_key
        return Column(self._link, self._side.far_column, key.value_type)

    @cached_property
    def _shape(self) -> Shape:  # type: ignore[override]
        info = self._side.target_model._meta
        is_linked = self._far == info.primary_key.make_expression(info.source)
        return Shape(
            info.source,
            joins=(Join(self._link, False, on=is_linked),),
            where=(self._near == self._key,),
        )

    def add(self, *items: Any, **values: Any) -> None:
        """Relate these rows (instances or keys); those related already stay as they are.

        values: what the links get besides, for links with a model of their own.
        """
        keys = self._keys(items)
        if keys:
            with self._change("add", keys):
                self._links.add(keys, values)

    def remove(self, *items: Any) -> None:
        """Relate these rows no more; the rows themselves stay."""
        keys = self._keys(items)
        if keys:
            with self._change("remove", keys):
                self._links.remove(keys)

    def set(self, items: Iterable[Any], **values: Any) -> None:
        """Relate exactly these rows, in one transaction: only what differs is written."""
        wanted = self._keys(tuple(items))
        with transaction(database=self._database.name):
            current = self._links.keys()
            self.remove(*[key for key in current if key not in wanted])
            self.add(*[key for key in wanted if key not in current], **values)
        self._forget()

    def clear(self) -> None:
        """Relate no row any more."""
        with self._change("clear", []):
            self._links.remove(None)

    @property
    def _links(self) -> Links:
        kind = PlainLinks if self._side.through.model is None else ModelLinks
        return kind(self._database, self._side, self._key, self._near, self._far)

    @contextmanager
    def _change(self, action: str, keys: list[Any]) -> Iterator[None]:
        """The hooks of the model around a change; what was loaded before is forgotten."""
        steps = self._side.model._meta.steps
        if steps is None:
            yield
        else:
            with steps.links(self._instance, self._side.name, action, tuple(keys)):
                yield
        self._forget()

    def _keys(self, items: tuple[Any, ...]) -> list[Any]:
        target = self._side.target_model
        keys = [saved_key(i) if isinstance(i, target) else self._far.accept(i) for i in items]
        return list(dict.fromkeys(keys))

    def _forget(self) -> None:
        self._cached = None
        self._instance.__dict__.pop(self._side.name, None)


def saved_key(instance: Any) -> Any:
    """The key of a stored row; DataError when it is not stored."""
    key = getattr(instance, instance._meta.primary_key.attribute)
    if key is None or not instance._is_stored:
        raise DataError(f"{instance!r} is not saved yet: save() it before relating rows to it.")
    return key
