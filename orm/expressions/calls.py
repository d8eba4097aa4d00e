"""Functions that each engine spells in its own way: a call is a form, two texts with places for
the arguments, and the arguments themselves.

Any other function of the engine is called by `function("NAME", ...)`: its name is checked, its
arguments are expressions or parameters (sec:D1, sec:D3).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, SubselectValue, literal
from orm.expressions.functions import write_collation
from orm.expressions.operators import T_co
from orm.expressions.patterns import Searchable
from orm.expressions.subselect import Subselect
from orm.expressions.writer import Writer
from orm.records import Record
from orm.types.base import ValueType, shorten

_PLACE: Final = re.compile(r"\{(\d)\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?")


class Form(Record, eq=False):
    """How a function is written: `{0}` stands for its first argument, as often as needed.

    The texts are this package's own. A percent sign is written once in both.
    """

    name: str
    sqlite: str
    mysql: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "pieces", (_split(self.sqlite), _split(self.mysql, doubled=True)))

    def of(self, is_mysql: bool) -> tuple[str | int, ...]:
        pieces: tuple[tuple[str | int, ...], ...] = self.__dict__["pieces"]
        return pieces[is_mysql]


def _split(text: str, *, doubled: bool = False) -> tuple[str | int, ...]:
    """Text and numbers of arguments, in turn."""
    if doubled:
        text = text.replace("%", "%%")
    return tuple(
        int(piece) if index % 2 else piece for index, piece in enumerate(_PLACE.split(text))
    )


class Call(Searchable[T_co]):
    """A form filled in."""

    parts = ("arguments",)
    traits = ("form", "type")

    def __init__(
        self, form: Form, arguments: Iterable[Expression[Any]], value_type: ValueType | None
    ) -> None:
        self.form = form
        self.arguments = tuple(arguments)
        self.type = value_type

    @property
    def label(self) -> str:
        return self.form.name

    def write(self, writer: Writer) -> None:
        for piece in self.form.of(writer.is_mysql):
            if isinstance(piece, int):
                self.arguments[piece].write(writer)
            else:
                writer.text(piece)
        write_collation(writer, self)


class NamedCall(Call[T_co]):
    """A call of a function that only the engine knows: it may be an aggregate, too."""

    parts = Call.parts
    traits = Call.traits


def argument(value: Any, where: str) -> Expression[Any]:
    """An argument of a function: an expression, a query of one value, or a plain value."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, Subselect):
        return SubselectValue(value)
    if value is None:
        raise QueryError(f"{where} takes an expression or a value, not None.")
    return literal(value)


def expressions(values: Any, where: str) -> tuple[Expression[Any], ...]:
    """One expression or several, as a tuple; QueryError for anything else (sec:D1)."""
    if values is None:
        return ()
    items = tuple(values) if isinstance(values, (list, tuple)) else (values,)
    for item in items:
        if not isinstance(item, Expression):
            raise QueryError(f"{where} takes expressions such as Note.title, not {shorten(item)}.")
    return items


@lru_cache(maxsize=256)
def _plain_form(name: str, count: int) -> Form:
    places = ", ".join(f"{{{index}}}" for index in range(count))
    return Form(name.lower(), f"{name}({places})", f"{name}({places})")


def function(name: str, *arguments: Any, returns: Any = None) -> NamedCall[Any]:
    """Any function of the engine: `function("SOUNDEX", Note.title, returns=String())`.

    name: letters, digits and underscores, with a schema before it if need be; nothing else gets
    through. At most ten arguments, expressions or values. returns: a field of the kind the result
    has; without it the driver's value comes back as it is.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise QueryError(
            f"function() takes the name of a function (letters, digits, underscores), not "
            f"{shorten(name)}."
        )
    if len(arguments) > 10:
        raise QueryError(f"function({name!r}) got {len(arguments)} arguments; 10 are the most.")
    given = [argument(item, f"function({name!r})") for item in arguments]
    return NamedCall(_plain_form(name, len(given)), given, type_of(returns, "function(returns=)"))


def type_of(field: Any, where: str) -> ValueType | None:
    """The value type of a field, as in `returns=Integer()`; a field class counts as one."""
    if field is None or isinstance(field, ValueType):
        return field
    if isinstance(field, type) and hasattr(field, "value_type"):
        field = field()
    value_type = getattr(field, "value_type", None)
    if not isinstance(value_type, ValueType):
        raise QueryError(f"{where} takes a field such as Integer(), not {shorten(field)}.")
    return value_type
