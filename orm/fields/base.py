"""The field: one column, declared in a model's class body.

A field is a descriptor without `__set__`: on the class it answers its column expression, and an
instance keeps the value in its own `__dict__` under the same name, where Python finds it without
asking the field. Only a value that is not there comes here. Assignment is checked by
`Model.__setattr__`.
"""

import copy
import copyreg
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypedDict, TypeVar, overload

from orm.errors import CheckFailed, DataError, ModelError
from orm.expressions.base import Expression
from orm.expressions.columns import Column
from orm.expressions.evaluate import Undecided, describe, holds
from orm.names import check_identifier, constraint_name, did_you_mean
from orm.types.base import Refused, ValueType, shorten
from orm.types.gates import gate_test
from orm.types.secret import MASK, make_secret

T = TypeVar("T")

Check = str | Callable[[Any], Any]
Validator = Callable[[Any], object]


class FieldOptions(TypedDict, total=False):
    """What every field takes besides `null` and its own parameters."""

    default: Any
    unique: bool
    index: bool
    primary_key: bool
    column: str
    choices: Sequence[Any]
    check: Check
    comment: str
    was: str
    validators: Sequence[Validator]
    db_default: Any
    on_update: Any
    generated: Check
    stored: bool
    secret: bool


def _never(value: Any) -> bool:
    return False


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
    comment: what the database says of the column. was: the column's former name, for migrations.
    validators: functions of the value that raise ValueError, with what is wrong, at assignment.

    Values the database makes are read back by the statement that writes the row: db_default, a
    value or an expression for rows that bring none (`now` is the database's clock), and generated,
    SQL text or a function of the model giving an expression, computed when read (or `stored`).
    on_update: as default, for each update that does not assign the field. secret: errors and logs
    show `***` for its values, and `__json__` leaves it out.

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
        self.secret: bool = options.get("secret", False)
        self._value_type = value_type
        if self.secret and value_type is not None:
            self._value_type = make_secret(value_type)
        self.null = null
        self.default: Any = options.get("default", MISSING)
        self.unique: bool = options.get("unique", False)
        self.index: bool = options.get("index", False)
        self.primary_key: bool = options.get("primary_key", False)
        self.choices: tuple[Any, ...] = _plain_choices(options.get("choices", ()))
        self.check: Check | None = options.get("check")
        self.validators: tuple[Validator, ...] = tuple(options.get("validators", ()))
        self.db_default: Any = options.get("db_default", MISSING)
        self.on_update: Any = options.get("on_update", MISSING)
        self.generated: Check | None = options.get("generated")
        self.stored: bool = options.get("stored", False)
        self._check_options(options)
        self.comment: str = options.get("comment", "")
        self.was: str | None = options.get("was")
        self._column_option: str | None = options.get("column")
        self.name = self.attribute = ""
        self.model: Any = None
        self._is_validated = bool(self.validators) or callable(self.check)
        self._condition: Any = None  # what `check` says of the column, once asked for
        self._expression: Column[T] | None = None

    def __copy__(self) -> Self:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __reduce__(self) -> Any:
        """A field of a model is one object, for pickles and deep copies of what speaks of it too:
        that an instance changed it, above all."""
        if self.model is None:
            return (copyreg.__newobj__, (type(self),), self.__dict__)  # type: ignore[attr-defined]
        return (_field_of, (self.model, self.name))

    def _check_options(self, options: dict[str, Any]) -> None:
        if not all(map(callable, self.validators)):
            raise ModelError("validators= takes functions of the value, such as at_least(1).")
        if self.generated is None:
            return
        if not isinstance(self.generated, str) and not callable(self.generated):
            raise ModelError(
                f"generated= is SQL text or a function of the model, not {shorten(self.generated)}."
            )
        for other in ("default", "db_default", "on_update", "primary_key"):
            if other in options:
                raise ModelError(f"A generated column computes its value: leave out {other}=.")

    # -- binding -----------------------------------------------------------------------------

    @property
    def is_database_made(self) -> bool:
        """May the database make its value, so that a new row need not bring one?"""
        return self.db_default is not MISSING or self.generated is not None

    def bind(self, model: Any, name: str) -> None:
        """Attach the field to its model; the builder calls this once (copies are bound anew)."""
        self.name = name
        self.model = model
        self._expression = None
        self.__dict__.pop("takes", None)
        self._condition = None
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

    @property
    def is_mutable(self) -> bool:
        return self.value_type.is_mutable

    @property
    def is_checked(self) -> bool:
        """Is there more to a value than its type?"""
        return self._is_validated or bool(self.choices)

    def _is_numbered(self) -> bool:
        # The kind comes last: a foreign key's is not known before its target is.
        is_candidate = self.primary_key and self.default is MISSING
        return is_candidate and self.kind in {"integer", "bigint", "smallint"}

    # -- values ------------------------------------------------------------------------------

    def takes(self, value: Any) -> bool:
        """Is `value` what accept() would return anyway? (False may also mean: ask it.)"""
        # From the first call on the answer is a function of the type alone.
        is_ordinary = type(self).accept is Field.accept and not self.choices
        test: Callable[[Any], bool] = gate_test(self.value_type) if is_ordinary else _never
        self.__dict__["takes"] = test
        return test(value)

    def accept(self, value: Any) -> Any:
        """The value in its one Python form; DataError naming the field when it takes no such."""
        if value is None:
            return None
        try:
            accepted = self.value_type.accept(value)
        except Refused as refusal:
            if isinstance(value, Expression):
                raise self._not_computed(refusal, value) from None
            shown = f"takes {refusal.allowed}, not {MASK}" if self.secret else str(refusal)
            raise DataError(f"{self.label} {shown}.") from None
        if self.choices and accepted not in self.choices:
            raise DataError(
                f"{self.label} takes one of {', '.join(map(repr, self.choices))}, "
                f"not {self.show(value)}."
            )
        return accepted

    def _not_computed(self, refusal: Refused, value: Expression[Any]) -> DataError:
        model = self.model.__name__ if self.model else "Model"
        return DataError(
            f"{self.label} takes {refusal.allowed}, not the expression {value.label}, which only "
            f"the database can compute: {model}.update({self.name}=...).where(...).execute() has "
            "it do that, and refresh() reads what came of it."
        )

    def show(self, value: Any) -> str:
        """A value as an error shows it."""
        return MASK if self.secret else shorten(value)

    def unreadable(self, cell: Any) -> DataError:
        """The error for a cell that holds no value of this field, as a foreign table's may."""
        return DataError(
            f"{self.label}: the database holds {self.show(cell)}, which this field cannot read; "
            "declare the field as the table has it, or correct the row."
        )

    def assign(self, value: Any) -> Any:
        """As accept, for a value that is to be stored: None only where the column may be NULL."""
        if value is None and not self.null and not self.is_auto:
            raise DataError(f"{self.label} cannot be None; declare it with null=True to allow it.")
        accepted = self.accept(value)
        if self._is_validated and accepted is not None:
            self._validate(accepted)
        return accepted

    def _validate(self, value: Any) -> None:
        if callable(self.check):
            self._check_value(value)
        for validator in self.validators:
            try:
                validator(value)
            except ValueError as error:
                raise DataError(f"{self.label} {error}, not {self.show(value)}.") from None

    def _check_value(self, value: Any) -> None:
        """Refuse what the column's CHECK would refuse, where Python can tell."""
        if self._condition is None:
            self._condition = self.check(self.expression)  # type: ignore[operator,misc]
        try:
            if holds(self._condition, lambda column: value) is not False:
                return
        except Undecided:
            return
        rule = describe(self._condition)
        raise CheckFailed(
            f"{self.label} takes what meets {rule}, not {self.show(value)}.",
            constraint=constraint_name(self.model._meta.table, self.column, "_check"),
            columns=[self.column],
        )

    def make_default(self) -> Any:
        """A fresh default, checked; MISSING when a value has to be given."""
        if self.default is not MISSING:
            return self._fresh(self.default)
        if self.db_default is not MISSING or self.generated is not None:
            return MISSING
        return None if self.null or self.is_auto else MISSING

    def make_update(self) -> Any:
        """What an update that does not assign the field gives it; MISSING for nothing."""
        return MISSING if self.on_update is MISSING else self._fresh(self.on_update)

    @property
    def is_automatic(self) -> bool:
        """Does an update set it although it does not name it?"""
        return self.on_update is not MISSING

    def bulk_update(self) -> Any:
        """What an update by condition gives an automatic field: a value or an expression."""
        return self.make_update()

    def _fresh(self, source: Any) -> Any:
        if callable(source):
            return self.assign(source())
        # A dict or list is for one object alone, not shared by all that take the default.
        is_mutable = isinstance(source, (dict, list))
        return self.assign(copy.deepcopy(source) if is_mutable else source)

    def store(self, instance: Any, value: Any) -> None:
        """Assign to an instance: checked, and noted as changed when it is."""
        if self.generated is not None:
            raise DataError(f"{self.label} is computed by the database and cannot be assigned.")
        accepted = self.assign(value)
        if accepted is None and self.primary_key and instance._is_stored:
            raise DataError(f"{self.label} of a stored object cannot be None: its row has a key.")
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
            known = self._expression
            return self.expression if known is None else known
        return instance._load_missing(self)

    if TYPE_CHECKING:
        # What may be assigned is wider than what is read (ISO text for a date); it is checked
        # where it happens. At run time there must be no __set__, see above.
        def __set__(self, instance: object, value: Any) -> None: ...


def _plain_choices(choices: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(item[0] if isinstance(item, tuple) else item for item in choices)


def _field_of(model: Any, name: str) -> Any:
    return model._meta.fields[name]
