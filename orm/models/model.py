"""The model class.

An instance is its `__dict__`: the columns' values by attribute, related objects that were loaded,
and up to three names of the ORM's own: `_is_stored` (False until the first save), `_changed` (the
fields assigned since the row was read) and `_old_key`. All have defaults on the class, so loading
a row sets nothing but values.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, LiteralString, Self, TypeVar, overload

from orm.engine.registry import databases
from orm.errors import DataError, DoesNotExist, ModelError, MultipleRows, QueryError
from orm.expressions.base import Expression
from orm.fields.base import MISSING, Field
from orm.metadata.info import ModelInfo
from orm.models import builder
from orm.models.access import ClassOrInstance, OnClass
from orm.models.bulk import require_values
from orm.models.construct import constructor
from orm.models.finding import find
from orm.models.metaclass import ModelType
from orm.models.plans import row_plans
from orm.models.softdelete import MarkQuery, mark_of
from orm.models.state import State
from orm.models.validation import failure_of, full_check
from orm.models.writing import Writing
from orm.queries.raw import RawQuery
from orm.queries.rows import Row
from orm.queries.select import Query
from orm.queries.shape import Shape, expression
from orm.queries.verbs import VerbQuery
from orm.queries.write import DeleteQuery, UpdateQuery, WriteQuery
from orm.types.base import shorten

M = TypeVar("M", bound="Model")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")


class Model(State, Writing, metaclass=ModelType):
    """The root of all models.

    A subclass declares fields and relations as class attributes, and options in a class `Meta`
    (see `orm.models.options`): `class Note(Model): title = String(200)`. `id` is added when none
    of the fields is the primary key. Names and values are checked as they come: ModelError for a
    wrong declaration, QueryError for an unknown name, DataError for a value a field does not take.
    """

    _meta: ClassVar[ModelInfo]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, **values: Any) -> None:
        """A new object, not stored yet; fields that are not given get their defaults."""
        info = _concrete(type(self))
        try:
            if constructor(info)(self, **values):
                return
        except DataError as error:
            raise failure_of(info, values, error) from None
        state = self.__dict__
        state.clear()
        state["_is_stored"] = False
        for name, value in values.items():
            field = info.find(name)
            if field.attribute in state:
                raise QueryError(
                    f"{info.name} got {field.name!r} and {field.attribute!r} together."
                )
            try:
                field.store(self, value)
            except DataError as error:
                raise failure_of(info, values, error) from None
        for attribute, field in info.by_attribute.items():
            if attribute not in state:
                default = field.make_default()
                if default is not MISSING:
                    state[attribute] = default

    # -- finding -----------------------------------------------------------------------------

    @classmethod
    def get(cls, key: Any) -> Self:
        """The row with this primary key; raises DoesNotExist."""
        info = _concrete(cls)
        field = info.primary_key
        try:
            accepted = key if field.takes(key) else field.accept(key)
        except DataError:
            # A number too large for the column is a key like any other that no row has.
            if type(key) is not int:
                raise
            accepted = None
        if accepted is not None and (info.scope is not None or info.parts is not None):
            row = cls.select().where(info.primary_key.expression == accepted).first()
            if row is not None:
                return row
        elif accepted is not None:
            database = databases[info.database]
            dialect = database.dialect
            plans = info.plans.get(dialect.name) or row_plans(info, dialect)
            plan = plans.get
            encode = plan.encode
            rows = database.fetch(plan.sql, [accepted if encode is None else encode(accepted)])
            if rows:
                found: Self = plan.load(rows)[0]
                return found
        raise DoesNotExist(f"No {info.name} with {info.primary_key.name} {shorten(key)}.")

    @classmethod
    def one(cls, **values: Any) -> Self:
        """The only row with these values; raises DoesNotExist or MultipleRows."""
        info = _concrete(cls)
        rows = find(info, values, 2)
        if rows is None:
            return cls._filtered(values).one()
        if len(rows) == 1:
            only: Self = rows[0]
            return only
        if rows:
            raise MultipleRows(f"More than one {info.name} has these values.")
        raise DoesNotExist(f"No {info.name} has these values.")

    @classmethod
    def all(cls, **values: Any) -> list[Self]:
        """The rows with these values, all rows when none are given."""
        rows = find(_concrete(cls), values, None)
        return cls._filtered(values).all() if rows is None else list(rows)

    @classmethod
    def _filtered(cls, values: Mapping[str, Any]) -> Query[Self]:
        fields = _concrete(cls).resolve(values)
        return cls.select().where(*(field.expression == value for field, value in fields.items()))

    @overload
    @classmethod
    def select(cls) -> Query[Self]: ...
    @overload
    @classmethod
    def select(cls, a: Expression[T1], /) -> Query[Row[T1]]: ...
    @overload
    @classmethod
    def select(cls, a: Expression[T1], b: Expression[T2], /) -> Query[Row[T1, T2]]: ...
    @overload
    @classmethod
    def select(
        cls, a: Expression[T1], b: Expression[T2], c: Expression[T3], /
    ) -> Query[Row[T1, T2, T3]]: ...
    @overload
    @classmethod
    def select(
        cls, a: Expression[T1], b: Expression[T2], c: Expression[T3], d: Expression[T4], /
    ) -> Query[Row[T1, T2, T3, T4]]: ...
    @overload
    @classmethod
    def select(
        cls,
        a: Expression[T1],
        b: Expression[T2],
        c: Expression[T3],
        d: Expression[T4],
        e: Expression[T5],
        /,
    ) -> Query[Row[T1, T2, T3, T4, T5]]: ...
    @overload
    @classmethod
    def select(cls, *columns: Any) -> Query[Any]: ...
    @classmethod
    def select(cls, *columns: Any) -> Query[Any]:
        """A query for objects, or with expressions for named tuples of them."""
        info: ModelInfo | None = getattr(cls, "_meta", None)
        every = None if info is None else info.plans.get("select")
        if every is None:
            every = _every_object(_concrete(cls))
        if not columns:
            return every
        shape = every._shape
        return Query(shape.changed(columns=tuple(expression(c, "select()") for c in columns)))

    @classmethod
    def query(cls, *columns: str) -> VerbQuery:
        """The short verbs with names as text: see `orm.queries.verbs`."""
        _concrete(cls)
        return VerbQuery(cls, columns)

    @classmethod
    def raw(cls, sql: LiteralString, params: Sequence[Any] = ()) -> RawQuery[Self]:
        """Objects from a SELECT of one's own, with `?` for each parameter (sec:D6)."""
        return RawQuery(_concrete(cls), sql, params)

    # -- writing -----------------------------------------------------------------------------

    @classmethod
    def insert(cls, **values: Any) -> Self:
        """Make and store one object."""
        info = _concrete(cls)
        if info.steps is not None:
            made = cls(**values)
            info.steps.insert(made)
            return made
        if cls.__init__ is _init:
            database = databases[info.database]
            dialect = database.dialect
            plans = info.plans.get(dialect.name) or row_plans(info, dialect)
            ready = plans.ready(**values)
            if ready is not None:
                made = object.__new__(cls)
                state, params = ready
                state[plans.key] = database.write(plans.insert.sql, params)[1]
                _set_state(made, "__dict__", state)
                return made
        made = cls(**values)
        made._insert(info)
        return made

    def save(self, *, all: bool = False) -> None:  # noqa: A002
        """Store the object: insert a new one, else update the changed columns (or `all`).

        Raises DoesNotExist when its row is gone.
        """
        info = self._meta
        if info.steps is not None:
            info.steps.save(self, everything=all)
        elif not self._is_stored:
            self._insert(info)
        else:
            fields = info.every_field if all else self._changed
            if self._documents or self._old_key is not MISSING:
                fields = self._to_save(all)
            if fields:
                self._update(info, fields)

    def _to_save(self, everything: bool) -> frozenset[Field[Any]]:
        if everything:  # but the key, unless it is to be another
            every = self._meta.every_field
            return every if self._old_key is MISSING else every | self._changed
        return self._changed | self._changed_documents()

    def _fields_to_save(self, everything: bool) -> list[Field[Any]]:
        chosen = self._to_save(everything)
        return [field for field in self._meta.fields.values() if field in chosen]

    def _insert(self, info: ModelInfo) -> None:
        state = self.__dict__
        database = databases[info.database]
        dialect = database.dialect
        plans = info.plans.get(dialect.name) or row_plans(info, dialect)
        numbered = plans.is_numbered and state[plans.key] is None
        plan = plans.insert if numbered else plans.insert_keyed
        try:
            params = plan.fill(state)
        except KeyError:
            require_values(info, state)
            raise
        if numbered:
            state[plans.key] = database.write(plan.sql, params)[1]
        else:
            database.submit(plan.sql, params, _ignore, self)
        self._mark_stored()

    def _update(self, info: ModelInfo, fields: frozenset[Field[Any]]) -> None:
        database = databases[info.database]
        dialect = database.dialect
        plans = info.plans.get(dialect.name) or row_plans(info, dialect)
        plan = plans.updates.get(fields) or plans.update(fields)
        state = self.__dict__
        try:
            params = plan.fill(state)
        except KeyError:  # a document that nobody looked at, a column that raw() left out
            params = plan.fill({f.attribute: getattr(self, f.attribute) for f in fields})
        key = self._old_key
        if key is MISSING:
            key = state[plans.key]
        params.append(key if plans.encode_key is None else plans.encode_key(key))
        database.submit(plan.sql, params, self._check_saved, self)
        if "_is_stored" in state or info.mutable or self._old_key is not MISSING:
            self._mark_stored()
        else:
            state.pop("_changed", None)

    def _check_saved(self, row_count: int) -> None:
        if row_count == 0:
            raise DoesNotExist(f"{self!r} cannot be saved: its row is gone.")

    def full_check(self) -> None:
        """Ask every rule: fields, `validate()`, checks and unique constraints (which another
        program can still break). ValidationError names all that fail."""
        full_check(self)

    def refresh(self) -> None:
        """Read the row again; what was assigned and not saved is lost. Raises DoesNotExist."""
        key = self._meta.primary_key
        query = type(self).select().with_deleted().where(key.expression == self._stored_key())
        fresh = query.first()
        if fresh is None:
            raise DoesNotExist(f"{self!r} cannot be read again: its row is gone.")
        self.__dict__.clear()
        self.__dict__.update(fresh.__dict__)

    @OnClass
    def update(cls: Any, **values: Any) -> UpdateQuery:  # noqa: N805
        """Change rows by condition: `Note.update(title="c").where(...).execute()`."""
        return UpdateQuery(_concrete(cls), values)

    def _delete_row(self, *, hard: bool = False) -> None:
        info = self._meta
        if info.steps is not None:
            info.steps.delete(self, hard=hard)
            return
        database = databases[info.database]
        dialect = database.dialect
        plans = info.plans.get(dialect.name) or row_plans(info, dialect)
        key = self._stored_key()
        params = [key if plans.encode_key is None else plans.encode_key(key)]
        database.submit(plans.delete_sql, params, _ignore, self)
        self.__dict__["_is_stored"] = False

    def _delete_rows(cls: Any, *, hard: bool = False) -> WriteQuery:  # noqa: N805
        info = _concrete(cls)
        return DeleteQuery(info) if hard or info.soft_delete is None else MarkQuery(info)

    def restore(self) -> None:
        """Take the mark of deletion back (`Meta.soft_delete`), and those made with it."""
        mark_of(self._meta)
        self._meta.steps.restore(self)

    # `Note.delete().where(...).execute()` deletes rows by condition, `note.delete()` its own row.
    delete = ClassOrInstance(_delete_rows, _delete_row)

    @classmethod
    def _concrete_info(cls) -> ModelInfo:
        return _concrete(cls)

    @classmethod
    def _takes_plain_dicts(cls) -> bool:
        """Does making an object do no more than storing its values?"""
        return cls.__init__ is _init

    # -- as a value ----------------------------------------------------------------------------

    def __json__(self) -> dict[str, Any]:
        fields = self._meta.by_attribute
        return {name: getattr(self, name) for name, field in fields.items() if not field.secret}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self) or not (self._is_stored and other._is_stored):
            return False
        return bool(self._stored_key() == other._stored_key())

    def __hash__(self) -> int:
        if not self._is_stored:
            raise TypeError(f"{self!r} is not stored yet and cannot be in a set or be a dict key.")
        return hash((type(self), self._stored_key()))

    def __repr__(self) -> str:
        key = self._meta.primary_key.attribute
        return f"<{type(self).__name__} {key}={self.__dict__.get(key)!r}>"


_init = Model.__init__
_set_state = object.__setattr__  # the model's own checks every assignment


def _ignore(row_count: int) -> None:
    """What to do with the number of rows where it says nothing."""


def _every_object(info: ModelInfo) -> Query[Any]:
    """The query for every object of the model; one serves all, as a query never changes."""
    query: Query[Any] = Query(Shape(info.source))
    query._shape.begin()
    query._begun = {}
    info.plans["select"] = query  # ready: another thread may take it at once
    return query


def _concrete(model: type[Any]) -> ModelInfo:
    info: ModelInfo | None = getattr(model, "_meta", None)
    if info is None or info.abstract:
        raise ModelError(
            f"{model.__name__} is abstract and has no rows: use a model derived from it."
        )
    return info


builder.reserve(name for name in {**vars(Writing), **vars(Model)} if not name.startswith("_"))
