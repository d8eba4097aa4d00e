"""ForeignKey and OneToOne, and what they leave on the model they point at."""

from typing import Any, Literal, TypeVar, Unpack, overload

from orm.errors import ModelError
from orm.expressions.columns import Column
from orm.expressions.writer import Source
from orm.fields.base import Field, FieldOptions
from orm.metadata.relation import Link, RelationColumn, RelationPath
from orm.names import did_you_mean
from orm.queries.shape import Shape
from orm.relations.lazy import load_for_all
from orm.relations.queries import KeptRows, RelatedQuery
from orm.relations.targets import add_back_reference, find_target, near_source
from orm.types.base import Converter, Refused, ValueType

T = TypeVar("T")
M = TypeVar("M")

ON_DELETE = ("cascade", "restrict", "set_null", "no_action", "set_default")


class KeyType(ValueType):
    """The type of a foreign key: that of the key it refers to, and instances stand for theirs."""

    def __init__(self, target_model: Any) -> None:
        self.target_model = target_model
        self.key_field = target_model._meta.primary_key
        inner: ValueType = self.key_field.value_type
        self.inner = inner
        self.kind = inner.kind
        self.length, self.digits, self.places = inner.length, inner.digits, inner.places
        self.tz, self.ci, self.enum = inner.tz, inner.ci, inner.enum
        self.is_calendar = inner.is_calendar
        self.allowed = f"a {target_model.__name__} or its key ({inner.allowed})"

    def gate(self, variable: str) -> str | None:
        return self.inner.own_gate(variable)

    def accept(self, value: Any) -> Any:
        if isinstance(value, self.target_model):
            if not value._meta.reads(self.target_model):
                raise Refused(self.allowed, f"a {value._meta.name}, which has a table of its own")
            key = value.__dict__.get(self.key_field.attribute)
            if key is None:
                raise Refused(self.allowed, f"{value!r}, which is not saved yet: save() it first")
            return key
        try:
            return self.inner.accept(value)
        except Refused:
            raise self.refuse(value) from None

    def encoder(self, dialect: str) -> Converter | None:
        return self.inner.encoder(dialect)

    def decoder(self, dialect: str) -> Converter | None:
        return self.inner.decoder(dialect)


class ForeignKey(Field[T]):
    """A reference to a row of another model; `author` is kept in the column `author_id`.

    target: a model, its name in quotes ("User", "app.models.User"), or "self". back: the name of
    the back-reference on the target, none by default. on_delete: what the database does with this
    row when the other goes: "restrict" (default), "cascade", "set_null", "no_action", or on SQLite
    "set_default" (the `db_default`). The column has an index unless `index=False`.

    Both ends agree in memory: an assignment is seen by what is loaded of the back-reference, and
    rows that were read through one know their owner.
    """

    suffix = "_id"
    is_many = False
    is_unique = False

    @overload
    def __init__(
        self: "ForeignKey[T]",
        target: type[T],
        *,
        null: Literal[False] = False,
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "ForeignKey[T | None]",
        target: type[T],
        *,
        null: Literal[True],
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "ForeignKey[Any]",
        target: str,
        *,
        null: bool = False,
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        target: Any,
        *,
        null: bool = False,
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Any,
    ) -> None:
        options.setdefault("index", True)
        options["unique"] = options.get("unique", False) or self.is_unique
        super().__init__(None, null, **options)
        if isinstance(on_delete, str):  # SQL's spelling: SET NULL; a member of a str enum, too
            on_delete = on_delete.lower().replace(" ", "_")
        if on_delete not in ON_DELETE:
            raise ModelError(
                f"ForeignKey(on_delete={on_delete!r}). {did_you_mean(str(on_delete), ON_DELETE)}"
            )
        if on_delete == "set_null" and not null:
            raise ModelError('ForeignKey(on_delete="set_null") needs null=True.')
        if on_delete == "set_default" and "db_default" not in options:
            raise ModelError('ForeignKey(on_delete="set_default") needs db_default=, a key.')
        self._target = target
        self._target_model: Any = None
        self.back = back
        self.on_delete = on_delete

    # -- binding -----------------------------------------------------------------------------

    def bind(self, model: Any, name: str) -> None:
        super().bind(model, name)
        self._target_model = None
        self._value_type = None
        find_target(self._target, model, self.label, self._resolve)

    def pin(self) -> None:
        """Before a copy is bound to a model with the same rows: "self" stays who it was."""
        if self._target == "self":
            self._target = self.model

    def _resolve(self, target_model: Any) -> None:
        self._target_model = target_model
        if self.back is not None:
            kind = OneBack if self.is_unique else BackReference
            add_back_reference(target_model, self.back, kind(self), self.model)

    @property
    def is_mutable(self) -> bool:
        return False

    def _is_numbered(self) -> bool:
        return False

    @property
    def target_model(self) -> Any:
        if self._target_model is None:
            raise ModelError(
                f"{self.label} points at {self._target!r}, and no model of that name is defined "
                "(yet): import the module that has it."
            )
        return self._target_model

    @property
    def target_field(self) -> Field[Any]:
        key: Field[Any] = self.target_model._meta.primary_key
        return key

    @property
    def value_type(self) -> ValueType:
        if self._value_type is None:
            self._value_type = KeyType(self.target_model)
        return self._value_type

    def make_expression(self, source: Source) -> Column[Any]:
        return RelationColumn(self, source)

    # -- as a relation -----------------------------------------------------------------------

    @property
    def is_nullable(self) -> bool:
        return self.null

    def links(self, near: Source, far: Source) -> list[Link]:
        key = self.target_field.make_expression(far)
        return [Link(far, Column(near, self.column, self.value_type, self), key)]

    def near_key(self, instance: Any) -> Any:
        return getattr(instance, self.attribute)

    def fill(self, instance: Any, related: list[Any]) -> None:
        instance.__dict__[self.name] = related[0] if related else None

    # -- access ------------------------------------------------------------------------------

    def store(self, instance: Any, value: Any) -> None:
        former = instance.__dict__.get(self.name)
        super().store(instance, value)
        if isinstance(value, self.target_model):
            instance.__dict__[self.name] = value
        else:
            instance.__dict__.pop(self.name, None)
            value = None
        if self.back is not None and value is not former:
            self._tell(former, value, instance)

    def _tell(self, former: Any, now: Any, instance: Any) -> None:
        """Keep the other ends right: those that were loaded, and the one of a OneToOne."""
        back = getattr(self.target_model, self.back or "", None)
        relation = getattr(back, "relation", None)
        if isinstance(relation, BackReference) and relation.key.name == self.name:
            if former is not None:
                relation.forget(former, instance)
            if now is not None:
                relation.learn(now, instance)

    # On the class a path: to a type checker the model it leads to, seen as a class, so that
    # `Note.author.name` is a column of text.
    @overload  # type: ignore[override]
    def __get__(self: "ForeignKey[M | None]", instance: None, owner: type[Any]) -> type[M]: ...
    @overload
    def __get__(self: "ForeignKey[M]", instance: None, owner: type[Any]) -> type[M]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            known = self._expression
            return self.expression if known is None else known
        key = getattr(instance, self.attribute)
        if key is not None and load_for_all(instance, self):
            return instance.__dict__[self.name]
        related = None if key is None else self._find(key)
        instance.__dict__[self.name] = related
        return related

    def _find(self, key: Any) -> Any:
        info = self.target_model._meta
        if info.scope is None:
            return self.target_model.get(key)
        # None for a row that is marked as deleted, as where it is fetched by a query.
        return self.target_model.select().where(info.primary_key.expression == key).first()


class OneToOne(ForeignKey[T]):
    """A foreign key that at most one row has for each target; the back-reference is one object."""

    is_unique = True

    # As ForeignKey's; a checker needs it once more to know of which class the object is.
    @overload
    def __init__(
        self: "OneToOne[T]",
        target: type[T],
        *,
        null: Literal[False] = False,
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "OneToOne[T | None]",
        target: type[T],
        *,
        null: Literal[True],
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "OneToOne[Any]",
        target: str,
        *,
        null: bool = False,
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        target: Any,
        *,
        null: bool = False,
        back: str | None = None,
        on_delete: str = "restrict",
        **options: Any,
    ) -> None:
        super().__init__(target, null=null, back=back, on_delete=on_delete, **options)


class KeyAttribute:
    """`author_id` beside `author`: the column on the class, the key on an instance."""

    def __init__(self, field: ForeignKey[Any]) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        return self.field.expression if instance is None else instance._load_missing(self.field)


class BackReference:
    """`ann.notes`: the rows whose foreign key refers to an instance, as a query."""

    is_many = True
    is_nullable = True

    def __init__(self, key: ForeignKey[Any]) -> None:
        self.key = key
        self.name = key.back or ""
        self.model = key.target_model

    @property
    def target_model(self) -> Any:
        return self.key.model

    def links(self, near: Source, far: Source) -> list[Link]:
        near_key = self.key.target_field
        left = Column[Any](near, near_key.column, near_key.value_type, near_key)
        return [Link(far, left, Column(far, self.key.column, near_key.value_type, self.key))]

    def near_key(self, instance: Any) -> Any:
        return getattr(instance, self.key.target_field.attribute)

    def fill(self, instance: Any, related: list[Any]) -> None:
        for item in related:
            item.__dict__[self.key.name] = instance
        instance.__dict__[self.name] = KeptRows[Any](self, instance, related)

    def learn(self, owner: Any, item: Any) -> None:
        """`item` refers to `owner` from now on."""
        loaded = owner.__dict__.get(self.name)
        if isinstance(loaded, RelatedQuery):
            loaded.learn(item)

    def forget(self, owner: Any, item: Any) -> None:
        """`item` refers to `owner` no more."""
        loaded = owner.__dict__.get(self.name)
        if isinstance(loaded, RelatedQuery):
            loaded.forget(item)

    def query_of(self, instance: Any) -> RelatedQuery[Any]:
        source = self.target_model._meta.source
        query = RelatedQuery[Any](Shape(source, where=(self.key.expression == instance,)))
        return query.owned_by(instance, self.key.name).of_relation(self)

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return RelationPath(self, near_source(self.model, owner))
        return self.query_of(instance)


class OneBack(BackReference):
    """The back-reference of a OneToOne: the one row, or None."""

    is_many = False

    def fill(self, instance: Any, related: list[Any]) -> None:
        for item in related:
            item.__dict__[self.key.name] = instance
        instance.__dict__[self.name] = related[0] if related else None

    def learn(self, owner: Any, item: Any) -> None:
        owner.__dict__[self.name] = item

    def forget(self, owner: Any, item: Any) -> None:
        if owner.__dict__.get(self.name) is item:
            owner.__dict__[self.name] = None

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return RelationPath(self, near_source(self.model, owner))
        if load_for_all(instance, self):
            return instance.__dict__[self.name]
        self.fill(instance, self.query_of(instance).limit(1).all())
        return instance.__dict__[self.name]
