"""The field: one column, declared in a model's class body.

A field is a descriptor without `__set__`: on the class it answers its column expression, and an
instance keeps the value in its own `__dict__` under the same name, where Python finds it without
asking the field. Only a value that is not there comes here. Assignment is checked by
`Model.__setattr__`.
"""

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypedDict, TypeVar, overload

from orm.errors import DataError, ModelError
from orm.expressions.columns import Column
from orm.names import check_identifier, did_you_mean
from orm.types.base import Refused, ValueType, shorten

T = TypeVar("T")

Check = str | Callable[[Any], Any]


class FieldOptions(TypedDict, total=False):
    """What every field takes besides `null` and its own parameters."""

    default: Any
    unique: bool
    index: bool
    primary_key: bool
    column: str
    choices: Sequence[Any]
    check: Check


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


class Field(Generic[T]):
    """A column of a model.

    null: may be None. default: a value or a callable without arguments; a field without one must
    be given at insert unless it is null or the automatic key. unique, index, primary_key: as in
    SQL. column: the column's name when it is not the field's. choices: the values allowed, or
    pairs (value, label). check: a condition as SQL text, or a function of the column giving one.

    Once bound, `attribute` is the key of the value in an instance (`author_id` for a foreign key
    `author`), and `is_auto` tells whether the database numbers it, as it does an integer primary
    key without a default.
    """

    suffix = ""
    is_auto = False
    # What cast() makes of the field as its target.
    python_type: ClassVar[type | None] = None

    def __init__(self, value_type: ValueType | None, null: bool = False, **options: Any) -> None:
        unknown = options.keys() - FieldOptions.__annotations__.keys()
        if unknown:
            name = sorted(unknown)[0]
            known = [*FieldOptions.__annotations__, "null"]
            raise ModelError(
                f"{type(self).__name__}() takes no option {name!r}. {did_you_mean(name, known)}"
            )
        self._value_type = value_type
        self.null = null
        self.default: Any = options.get("default", MISSING)
        self.unique: bool = options.get("unique", False)
        self.index: bool = options.get("index", False)
        self.primary_key: bool = options.get("primary_key", False)
        self.choices: tuple[Any, ...] = _plain_choices(options.get("choices", ()))
        self.check: Check | None = options.get("check")
        self._column_option: str | None = options.get("column")
        self.name = self.attribute = ""
        self.model: Any = None
        self._expression: Column[T] | None = None

    # -- binding -----------------------------------------------------------------------------

    def bind(self, model: Any, name: str) -> None:
        """Attach the field to its model; the builder calls this once (copies are bound anew)."""
        self.name = name
        self.model = model
        self._expression = None
        self.attribute = name + self.suffix
        self.column = check_identifier(
            self._column_option or self.attribute, f"the column of {self.label}"
        )
        self.is_auto = self._is_numbered()
        if self.primary_key and self.null:
            raise ModelError(f"{self.label} is the primary key and cannot be null.")

    @property
    def expression(self) -> Column[T]:
        """The field's column in the model's own table. Made late: a foreign key's type is known
        only when its target is."""
        if self.model is None:
            raise AttributeError(
                "A field of an abstract model has no column: use a model derived from it."
            )
        if self._expression is None:
            self._expression = self.make_expression(self.model._meta.source)
        return self._expression

    def make_expression(self, source: Any) -> Column[T]:
        """The field's column in `source`: the model's own table, or an alias of it."""
        return Column(source, self.column, self.value_type, self)

    @property
    def label(self) -> str:
        return f"{self.model.__name__}.{self.name}" if self.model else type(self).__name__

    # -- what the schema asks ----------------------------------------------------------------

    @property
    def value_type(self) -> ValueType:
        if self._value_type is None:
            raise ModelError(f"{self.label} has no type.")
        return self._value_type

    @property
    def kind(self) -> str:
        return self.value_type.kind

    @property
    def length(self) -> int | None:
        return self.value_type.length

    @property
    def digits(self) -> int | None:
        return self.value_type.digits

    @property
    def places(self) -> int | None:
        return self.value_type.places

    @property
    def tz(self) -> bool:
        return self.value_type.tz

    @property
    def ci(self) -> bool:
        return self.value_type.ci

    @property
    def enum(self) -> Any:
        return self.value_type.enum

    def _is_numbered(self) -> bool:
        # The kind comes last: a foreign key's is not known before its target is.
        is_candidate = self.primary_key and self.default is MISSING
        return is_candidate and self.kind in {"integer", "bigint", "smallint"}

    # -- values ------------------------------------------------------------------------------

    def accept(self, value: Any) -> Any:
        """The value in its one Python form; DataError naming the field when it takes no such."""
        if value is None:
            return None
        try:
            accepted = self.value_type.accept(value)
        except Refused as refusal:
            raise DataError(f"{self.label} {refusal}.") from None
        if self.choices and accepted not in self.choices:
            raise DataError(
                f"{self.label} takes one of {', '.join(map(repr, self.choices))}, "
                f"not {shorten(value)}."
            )
        return accepted

    def assign(self, value: Any) -> Any:
        """As accept, for a value that is to be stored: None only where the column may be NULL."""
        if value is None and not self.null and not self.is_auto:
            raise DataError(f"{self.label} cannot be None; declare it with null=True to allow it.")
        return self.accept(value)

    def make_default(self) -> Any:
        """A fresh default, checked; MISSING when a value has to be given."""
        if self.default is MISSING:
            return None if self.null or self.is_auto else MISSING
        if callable(self.default):
            return self.assign(self.default())
        # A dict or list is for one object alone, not shared by all that take the default.
        is_mutable = isinstance(self.default, (dict, list))
        return self.assign(copy.deepcopy(self.default) if is_mutable else self.default)

    def store(self, instance: Any, value: Any) -> None:
        """Assign to an instance: checked, and noted as changed when it is."""
        accepted = self.assign(value)
        state = instance.__dict__
        if instance._is_stored and state.get(self.attribute, MISSING) != accepted:
            instance._note_change(self)
        state[self.attribute] = accepted

    # -- access ------------------------------------------------------------------------------

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Column[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return self.expression
        return instance._load_missing(self)

    if TYPE_CHECKING:
        # What may be assigned is wider than what is read (ISO text for a date); it is checked
        # where it happens. At run time there must be no __set__, see above.
        def __set__(self, instance: object, value: Any) -> None: ...


def _plain_choices(choices: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(item[0] if isinstance(item, tuple) else item for item in choices)
