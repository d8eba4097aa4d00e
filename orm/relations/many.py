"""ManyToMany: two models linked through a table of pairs of their keys."""

from typing import Any, Generic, TypeVar, overload

from orm.errors import ModelError
from orm.expressions.columns import Column
from orm.expressions.writer import Source
from orm.metadata.relation import Link, RelationPath
from orm.names import check_identifier, snake_case
from orm.records import Record
from orm.relations.queries import ManyQuery
from orm.relations.targets import add_back_reference, find_target, near_source

T = TypeVar("T")


class Through(Record):
    """The link table: both columns together are its primary key, both foreign keys cascade.

    model: the one that declares the table itself (`through=`), or None.
    """

    table: str
    source_column: str
    target_column: str
    source_model: Any
    target_model: Any
    model: Any = None


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
    is_symmetrical = False

    def link_source(self) -> Source:
        """The link table as one more table of a query."""
        model = self.through.model
        return Source(self.through.table, None, None if model is None else model._meta)

    def links(self, near: Source, far: Source) -> list[Link]:
        near_key = self.model._meta.primary_key
        far_key = self.target_model._meta.primary_key
        # A source of its own each time: a query may pass through the table more than once.
        link = self.link_source()
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
            return RelationPath(self, near_source(self.model, owner))
        return ManyQuery(self, instance)


class ManyToMany(ManySide[T]):
    """Any number of rows of the target; `note.tags` is a query with add, remove, set and clear.

    target: a model, its name in quotes, or "self". back: the name of the same on the target. The
    link table of `Note.tags` is `note_tags(note_id, tag_id)`; one from a model to itself calls the
    second column `to_note_id`. symmetrical: of "self", what relates one to another relates them
    both ways.

    through: a model of one's own for the links, with a foreign key to each side and what else a
    link has; through_fields: the names of these keys (near, far), where it has several.
    """

    @overload
    def __init__(
        self: "ManyToMany[T]",
        target: type[T],
        *,
        back: str | None = None,
        through: Any = None,
        through_fields: tuple[str, str] | None = None,
        symmetrical: bool = False,
    ) -> None: ...
    @overload
    def __init__(
        self: "ManyToMany[Any]",
        target: str,
        *,
        back: str | None = None,
        through: Any = None,
        through_fields: tuple[str, str] | None = None,
        symmetrical: bool = False,
    ) -> None: ...
    def __init__(
        self,
        target: Any,
        *,
        back: str | None = None,
        through: Any = None,
        through_fields: tuple[str, str] | None = None,
        symmetrical: bool = False,
    ) -> None:
        if symmetrical and (target != "self" or back is not None or through is not None):
            raise ModelError(
                'ManyToMany(symmetrical=True) is for "self", without back= and through=: both '
                "sides are the same."
            )
        self._target = target
        self._through = through
        self._through_fields = through_fields
        self.is_symmetrical = symmetrical
        self.back = back

    @property
    def is_bare(self) -> bool:
        """Is the link table made for the relation alone, and not declared as a model?"""
        return self._through is None

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
        label = f"{self.model.__name__}.{self.name}"
        if self._through is not None:
            find_target(
                self._through,
                self.model,
                f"{label} (through)",
                lambda model: self._finish(target_model, self._declared_links(target_model, model)),
            )
            return
        own, other = snake_case(self.model.__name__), snake_case(target_model.__name__)
        what = f"the link table of {label}"
        near = check_identifier(f"{own}_id", what)
        far = f"to_{own}_id" if own == other else f"{other}_id"
        table = check_identifier(f"{own}_{self.name}", what)
        self._finish(target_model, Through(table, near, far, self.model, target_model))

    def _finish(self, target_model: Any, through: Through) -> None:
        self.target_model = target_model
        self.near_column, self.far_column = through.source_column, through.target_column
        self.through = through
        if self.back is not None:
            add_back_reference(target_model, self.back, FarSide(self), self.model)

    def _declared_links(self, target_model: Any, model: Any) -> Through:
        """The link table as a model of the program declares it."""
        near, far = self._link_keys(target_model, model)
        return Through(model._meta.table, near.column, far.column, self.model, target_model, model)

    def _link_keys(self, target_model: Any, model: Any) -> tuple[Any, Any]:
        info = model._meta
        if self._through_fields is not None:
            near, far = (info.find(name) for name in self._through_fields)
            return near, far
        keys = info.foreign_keys
        nears = [key for key in keys if key.target_model is self.model]
        fars = [key for key in keys if key.target_model is target_model]
        if self.model is target_model and len(nears) == 2:
            return nears[0], nears[1]
        if self.model is not target_model and len(nears) == len(fars) == 1:
            return nears[0], fars[0]
        raise ModelError(
            f"{self.model.__name__}.{self.name}: {info.name} has {len(nears)} foreign keys to "
            f"{self.model.__name__} and {len(fars)} to {target_model.__name__}; name one of each "
            "by through_fields=(near, far)."
        )


class FarSide(ManySide[Any]):
    """The same relation seen from its target."""

    def __init__(self, forward: ManyToMany[Any]) -> None:
        self.name = forward.back or ""
        self.model = forward.target_model
        self.target_model = forward.model
        self.through = forward.through
        self.near_column = forward.far_column
        self.far_column = forward.near_column
