"""ManyToMany: two models linked through a table of pairs of their keys."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from orm.errors import ModelError
from orm.expressions.columns import Column
from orm.expressions.writer import Source
from orm.metadata.relation import Link, RelationPath
from orm.names import check_identifier, snake_case
from orm.relations.queries import ManyQuery
from orm.relations.targets import add_back_reference, find_target

T = TypeVar("T")


@dataclass(frozen=True)
class Through:
    """The link table: both columns together are its primary key, both foreign keys cascade."""

    table: str
    source_column: str
    target_column: str
    source_model: Any
    target_model: Any


class ManySide(Generic[T]):
    """One end of a many-to-many."""

    is_many = True
    is_nullable = True
    name: str
    model: Any
    through: Through
    near_column: str
    far_column: str
    target_model: Any

    def links(self, near: Source, far: Source) -> list[Link]:
        near_key = self.model._meta.primary_key
        far_key = self.target_model._meta.primary_key
        # A source of its own each time: a query may pass through the table more than once.
        link = Source(self.through.table)
        return [
            Link(
                link,
                Column(near, near_key.column, near_key.value_type, near_key),
                Column(link, self.near_column, near_key.value_type),
            ),
            Link(
                far,
                Column(link, self.far_column, far_key.value_type),
                Column(far, far_key.column, far_key.value_type, far_key),
            ),
        ]

    def near_key(self, instance: Any) -> Any:
        return getattr(instance, self.model._meta.primary_key.attribute)

    def fill(self, instance: Any, related: list[Any]) -> None:
        instance.__dict__[self.name] = ManyQuery(self, instance).keep(related)

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> RelationPath: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> ManyQuery[T]: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return RelationPath(self, self.model._meta.source)
        return ManyQuery(self, instance)


class ManyToMany(ManySide[T]):
    """Any number of rows of the target; `note.tags` is a query with add, remove, set and clear.

    target: a model, its name in quotes, or "self". back: the name of the same on the target. The
    link table of `Note.tags` is `note_tags(note_id, tag_id)`; one from a model to itself calls the
    second column `to_note_id`.
    """

    @overload
    def __init__(self: "ManyToMany[T]", target: type[T], *, back: str | None = None) -> None: ...
    @overload
    def __init__(self: "ManyToMany[Any]", target: str, *, back: str | None = None) -> None: ...
    def __init__(self, target: Any, *, back: str | None = None) -> None:
        self._target = target
        self.back = back

    def __getattr__(self, name: str) -> Any:
        # Reached only for what _resolve has not set yet.
        if name in {"target_model", "through"} and "model" in self.__dict__:
            raise ModelError(
                f"{self.model.__name__}.{self.name} points at {self._target!r}, and no model of "
                "that name is defined (yet): import the module that has it."
            )
        raise AttributeError(name)

    def bind(self, model: Any, name: str) -> None:
        self.name = name
        self.model = model
        for stale in ("target_model", "through"):  # of the declaration this one is a copy of
            self.__dict__.pop(stale, None)
        model._meta.relations[name] = self
        model._meta.many_to_many.append(self)
        find_target(self._target, model, f"{model.__name__}.{name}", self._resolve)

    def _resolve(self, target_model: Any) -> None:
        self.target_model = target_model
        own, other = snake_case(self.model.__name__), snake_case(target_model.__name__)
        what = f"the link table of {self.model.__name__}.{self.name}"
        self.near_column = check_identifier(f"{own}_id", what)
        self.far_column = f"to_{own}_id" if own == other else f"{other}_id"
        table = check_identifier(f"{own}_{self.name}", what)
        self.through = Through(
            table, self.near_column, self.far_column, self.model, self.target_model
        )
        if self.back is not None:
            add_back_reference(target_model, self.back, FarSide(self), self.model)


class FarSide(ManySide[Any]):
    """The same relation seen from its target."""

    def __init__(self, forward: ManyToMany[Any]) -> None:
        self.name = forward.back or ""
        self.model = forward.target_model
        self.target_model = forward.model
        self.through = forward.through
        self.near_column = forward.far_column
        self.far_column = forward.near_column
