"""JSON documents in queries: `Note.data["tags"][0]`, comparisons, containment, changes of a part.

What a path leads to has a kind of its own in every row, so each operator says which kind it speaks
of: beside a str it looks at JSON strings, beside a number at numbers, beside a bool at true and
false; what is of another kind is not equal, and neither above nor below. `as_int()`, `as_str()`
and the like give the value as a typed expression, NULL where it is of another kind.

null and nothing: `path == None` holds for JSON's null and for a path that leads nowhere, as
`dict.get` would have it; `exists()` and `is_json_null()` tell them apart.

Keys are parameters, never text (sec:D3). A path of SQLite cannot name a key that JSON text escapes:
the part is then cut out by a function of ours (`orm.engine.sqlite.documents`).
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from orm.errors import DataError, QueryError
from orm.expressions.base import Condition, Expression, NullCheck, Value
from orm.expressions.calls import Call, Form
from orm.expressions.columns import Column
from orm.expressions.documentforms import (
    AS_BOOL,
    AS_DATE,
    AS_DATETIME,
    AS_DECIMAL,
    AS_INT,
    AS_NUMBER,
    AS_STR,
    CONTAINS,
    CUT,
    EQUALS,
    EXISTS,
    IS_JSON_NULL,
    IS_NOTHING,
    JSON_PATH,
    LENGTH,
    MERGE,
    PART,
    PATH,
    REMOVE,
    SET,
    Step,
    is_plain_step,
)
from orm.expressions.functions import coalesce
from orm.expressions.writer import Writer
from orm.types.base import Refused, ValueType, shorten
from orm.types.dates import DateTimeType, DateType
from orm.types.numbers import (
    BooleanType,
    ComputedDecimalType,
    DecimalType,
    FloatType,
    IntegerType,
)
from orm.types.text import JsonType, TextType

_JSON: Final = JsonType()
_ROOT: Final[tuple[Step, ...]] = ()


class DocumentTest(Condition):
    """A yes or no about a place in a document."""

    parts = ("arguments",)
    traits = ("form",)

    def __init__(self, form: Form, arguments: Iterable[Expression[Any]]) -> None:
        self.form = form
        self.arguments = tuple(arguments)

    @property
    def label(self) -> str:
        return self.form.name

    def write(self, writer: Writer) -> None:
        writer.text("(")
        for piece in self.form.of(writer.is_mysql):
            if isinstance(piece, int):
                self.arguments[piece].write(writer)
            else:
                writer.text(piece)
        writer.text(")")


class Document(Expression[Any]):
    """A place in a JSON document: a column, a part of it, or a changed document."""

    type: ValueType | None = _JSON
    root: Expression[Any]
    steps: tuple[Step, ...] = _ROOT

    def __getitem__(self, step: Step) -> "DocumentPart":
        """The member called `step` of an object, or the item at `step` of a list (-1: the last)."""
        if isinstance(step, bool) or not isinstance(step, (str, int)):
            raise QueryError(f"{self.label}[...] takes a key or a position, not {shorten(step)}.")
        return DocumentPart(self.root, (*self.steps, step))

    def __iter__(self) -> Any:
        raise TypeError(f"{self.label} is an expression and cannot be iterated.")

    # -- as a typed value --------------------------------------------------------------------

    def as_int(self) -> Call[int]:
        """The number, its fraction cut off; NULL where it is none."""
        return self._ask(AS_INT, IntegerType(64))

    def as_float(self) -> Call[float]:
        """The number; NULL where it is none."""
        return self._ask(AS_NUMBER, FloatType())

    def as_decimal(self, places: int) -> Call[Decimal]:
        """The number as a Decimal with so many places; NULL where it is none."""
        return self._ask(AS_DECIMAL, ComputedDecimalType(places))

    def as_str(self) -> Call[str]:
        """The string; NULL where it is none."""
        return self._ask(AS_STR, TextType())

    def as_bool(self) -> Call[bool]:
        """true or false; NULL where it is neither."""
        return self._ask(AS_BOOL, BooleanType())

    def as_datetime(self) -> Call[datetime]:
        """The point in time that a string holds in ISO 8601, without a zone; NULL for others."""
        return self._ask(AS_DATETIME, DateTimeType())

    def as_date(self) -> Call[date]:
        """The date that a string holds in ISO 8601; NULL for others."""
        return self._ask(AS_DATE, DateType())

    def length(self) -> Call[int]:
        """The number of items or members, 1 of anything else; NULL where there is nothing."""
        return self._ask(LENGTH, IntegerType(64))

    # -- tests -------------------------------------------------------------------------------

    def exists(self) -> Condition:
        """The path leads to something, be it null."""
        return self._test(EXISTS)

    def is_json_null(self) -> Condition:
        """There is a null of JSON."""
        return self._test(IS_JSON_NULL)

    def is_null(self, yes: bool = True) -> Condition:
        """Null, or nothing there."""
        found = self._test(IS_NOTHING)
        return found if yes else ~found

    def has_key(self, key: str) -> Condition:
        """An object with this member."""
        if not isinstance(key, str):
            raise QueryError(f"{self.label}.has_key() takes a str, not {shorten(key)}.")
        return self[key].exists()

    def has_keys(self, *keys: str) -> Condition:
        """An object with all of these members."""
        if not keys:
            raise QueryError(f"{self.label}.has_keys() needs at least one key.")
        first, *rest = map(self.has_key, keys)
        for test in rest:
            first = first & test
        return first

    def has_any_key(self, *keys: str) -> Condition:
        """An object with at least one of these members."""
        if not keys:
            raise QueryError(f"{self.label}.has_any_key() needs at least one key.")
        first, *rest = map(self.has_key, keys)
        for test in rest:
            first = first | test
        return first

    def contains(self, value: Any) -> Condition:
        """Has `value` in it, as MySQL's JSON_CONTAINS says: every item of a list; every member of
        an object (whose value contains the given one); a list also contains each of its items, and
        anything else what is equal."""
        return self._test(CONTAINS, _document(value))

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        if other is None:
            return self.is_null()
        if isinstance(other, Document):
            return self._test(EQUALS, other.part())
        if isinstance(other, (dict, list, tuple)):
            return self._test(EQUALS, _document(other))
        found: Condition = self._comparable(other, "==") == other
        return found

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        """There is a value, and it is not equal."""
        if other is None:
            return self.is_null(False)
        return self.exists() & ~(coalesce(self == other, False) == True)  # noqa: E712

    __hash__ = object.__hash__

    def __lt__(self, other: Any) -> Condition:
        return self._comparable(other, "<").__lt__(other)

    def __le__(self, other: Any) -> Condition:
        return self._comparable(other, "<=").__le__(other)

    def __gt__(self, other: Any) -> Condition:
        return self._comparable(other, ">").__gt__(other)

    def __ge__(self, other: Any) -> Condition:
        return self._comparable(other, ">=").__ge__(other)

    def in_(self, values: Any) -> Condition:
        """Equal to one of these plain values."""
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise QueryError(f"{self.label}.in_() takes a list, not {shorten(values)}.")
        tests: list[Condition] = [self == value for value in values]
        if not tests:
            return self.as_int().in_([])
        found = tests[0]
        for test in tests[1:]:
            found = found | test
        return found

    def not_in(self, values: Any) -> Condition:
        """There is a value, and it is equal to none of these."""
        found = self.exists()
        for value in values:
            found = found & (self != value)
        return found

    def _comparable(self, other: Any, operator: str) -> Expression[Any]:
        """This place as a value of the kind that `other` has."""
        if isinstance(other, Expression):
            kind: Any = type(other.type)
            choices = _BY_TYPE
        else:
            kind, choices = type(other), _BY_VALUE
        for candidate, convert in choices:
            if issubclass(kind, candidate):
                return convert(self)
        raise QueryError(
            f"{self.label} {operator} takes a str, a number or a bool, not {shorten(other)}; "
            "convert it first, as in .as_str()."
        )

    # -- changes -----------------------------------------------------------------------------

    def set(self, value: Any) -> "ChangedDocument":
        """The document with `value` here, for `Note.update(data=Note.data["seen"].set(True))`.

        What the path leads through has to exist; a position past the end of a list appends.
        """
        given = _document(value)
        return ChangedDocument(SET, (self.root, Value(self.steps, JSON_PATH), given))

    def remove(self) -> "ChangedDocument":
        """The document without this part."""
        if not self.steps:
            raise QueryError(f"{self.label} is the whole document: remove a part of it.")
        return ChangedDocument(REMOVE, (self.root, Value(self.steps, JSON_PATH)))

    def merge(self, patch: dict[str, Any]) -> "ChangedDocument":
        """The whole document with `patch` merged into it (RFC 7396: a None removes)."""
        if self.steps:
            raise QueryError(f"{self.label} is a part: merge into the whole document.")
        return ChangedDocument(MERGE, (self.root, _document(patch)))

    # -- writing -----------------------------------------------------------------------------

    def part(self) -> Expression[Any]:
        """This place as JSON."""
        raise NotImplementedError

    def _place(self) -> tuple[Expression[Any], Expression[Any]]:
        """The document and the path in it."""
        if all(map(is_plain_step, self.steps)):
            return self.root, Value(self.steps, PATH)
        cut = Call[Any](CUT, (self.root, Value(self.steps, JSON_PATH)), _JSON)
        return cut, Value(_ROOT, PATH)

    def _ask(self, form: Form, value_type: ValueType) -> Call[Any]:
        return Call(form, self._place(), value_type)

    def _test(self, form: Form, *more: Expression[Any]) -> Condition:
        return DocumentTest(form, (*self._place(), *more))


def _document(value: Any) -> Value[Any]:
    """A document as a parameter; None is JSON's null, which is not SQL's."""
    if value is None:
        return Value("null", TextType())
    try:
        return Value(_JSON.accept(value), _JSON)
    except Refused as refusal:
        raise DataError(f"a JSON document {refusal}.") from None


class DocumentPart(Document):
    """What a path leads to."""

    parts = ("root", "path")
    traits = ("is_plain",)

    def __init__(self, root: Expression[Any], steps: tuple[Step, ...]) -> None:
        self.root = root
        self.steps = steps
        self.is_plain = all(map(is_plain_step, steps))
        self.path: Value[Any] = Value(steps, PATH if self.is_plain else JSON_PATH)

    @property
    def label(self) -> str:
        return self.root.label + "".join(f"[{step!r}]" for step in self.steps)

    def part(self) -> Expression[Any]:
        return self

    def write(self, writer: Writer) -> None:
        form = PART if self.is_plain else CUT
        Call[Any](form, (self.root, self.path), None).write(writer)


class DocumentColumn(Column[Any], Document):
    """A column of JSON."""

    trace = Column.trace
    contains = Document.contains  # type: ignore[assignment]
    __eq__ = Document.__eq__
    __ne__ = Document.__ne__
    __lt__ = Document.__lt__
    __le__ = Document.__le__
    __gt__ = Document.__gt__
    __ge__ = Document.__ge__
    __hash__ = object.__hash__
    in_ = Document.in_
    not_in = Document.not_in

    @property
    def root(self) -> Expression[Any]:  # type: ignore[override]
        return self

    def is_null(self, yes: bool = True) -> Condition:
        """No document."""
        return NullCheck(self, yes)

    def part(self) -> Expression[Any]:
        return self

    def write(self, writer: Writer) -> None:
        writer.column(self.source, self.column)


class ChangedDocument(Document):
    """A document made of another; it can be changed further, and asked."""

    parts = ("arguments",)
    traits = ("form",)

    def __init__(self, form: Form, arguments: tuple[Expression[Any], ...]) -> None:
        self.form = form
        self.arguments = arguments

    @property
    def root(self) -> Expression[Any]:  # type: ignore[override]
        return self

    @property
    def label(self) -> str:
        return f"{self.arguments[0].label}.{self.form.name}()"

    def part(self) -> Expression[Any]:
        return self

    def write(self, writer: Writer) -> None:
        Call[Any](self.form, self.arguments, None).write(writer)


def _as_any_decimal(place: Document) -> Expression[Any]:
    return place._ask(AS_DECIMAL, ComputedDecimalType())


_Convert = Callable[[Document], Expression[Any]]

# The first that fits: a bool is an int to Python.
_BY_VALUE: Final[tuple[tuple[type, _Convert], ...]] = (
    (bool, Document.as_bool),
    (int, Document.as_float),
    (float, Document.as_float),
    (Decimal, _as_any_decimal),
    (str, Document.as_str),
    (datetime, Document.as_datetime),
    (date, Document.as_date),
)
_BY_TYPE: Final[tuple[tuple[type, _Convert], ...]] = (
    (BooleanType, Document.as_bool),
    (IntegerType, Document.as_float),
    (FloatType, Document.as_float),
    (DecimalType, _as_any_decimal),
    (ComputedDecimalType, _as_any_decimal),
    (TextType, Document.as_str),
    (DateTimeType, Document.as_datetime),
    (DateType, Document.as_date),
)
