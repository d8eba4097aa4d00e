"""The root of the value types.

A value type does three things: `accept` turns what a program gives into the one Python form the
column has, converting where nothing is lost and refusing otherwise; `encoder` and `decoder` give
the functions that carry that form to the driver and back. Both are asked for once per plan, and
None means "as it is", so that the common types cost nothing per row.

A value type is immutable, and there is one object for each class and arguments: the key of a
compiled statement holds types by identity (`orm.expressions.trace`), and types are made anew
wherever an expression is built.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final
from weakref import WeakValueDictionary

Converter = Callable[[Any], Any]

# The longest part of a refused value that an error message repeats.
_SHOWN: Final = 80


class Refused(ValueError):
    """A value a type does not take. Who knows the field adds its name (see `Field.accept`).

    allowed: what the type takes, for who may not repeat the value.
    """

    def __init__(self, allowed: str, shown: str) -> None:
        super().__init__(f"takes {allowed}, not {shown}")
        self.allowed = allowed


def shorten(value: object) -> str:
    """The value as an error shows it: its repr, cut, and its type."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python writes out
        text = "a number"
    if len(text) > _SHOWN:
        text = text[: _SHOWN - 3] + "..."
    return f"{text} ({type(value).__name__})"


_types: "WeakValueDictionary[Hashable, ValueType]" = WeakValueDictionary()
_types_lock = Lock()


class Interned(type):
    """The metaclass that answers a call with the object made by an equal call before."""

    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        # The kinds of the arguments, too: 1, 1.0 and True are equal.
        kinds = (*map(type, args), *map(type, keywords.values()))
        key = (cls, args, tuple(keywords.items()), kinds)
        try:
            hash(key)
        except TypeError:
            return super().__call__(*args, **keywords)
        with _types_lock:
            found = _types.get(key)
        if found is None:
            # Outside of the lock: making one type may make another.
            made = super().__call__(*args, **keywords)
            with _types_lock:
                found = _types.setdefault(key, made)
        return found


class ValueType(metaclass=Interned):
    """What a column holds. `kind` chooses the column type in the schema's table of each dialect."""

    kind: str
    allowed: str = "any value"
    # Parameters of the column type; each is None or False where the kind has no such thing.
    length: int | None = None
    digits: int | None = None
    places: int | None = None
    tz: bool = False
    ci: bool = False
    enum: Any = None
    # Is it a date, a time of day or a point in time? Arithmetic is not for them.
    is_calendar: bool = False
    # Can a value be changed in place? save() then compares it with what was read.
    is_mutable: bool = False

    def accept(self, value: Any) -> Any:
        """The Python form of `value`; raises Refused. None never comes here."""
        raise NotImplementedError

    def gate(self, variable: str) -> str | None:
        """Python text of a condition on `variable` that holds only for values that accept() would
        return as they are; None when there is none so short. It may speak of the classes that
        values have, by their names. Generated code asks it before it calls accept()."""
        return None

    def own_gate(self, variable: str) -> str | None:
        """The gate, unless it is about an accept() that a subclass has replaced."""
        kind = type(self)
        return self.gate(variable) if _owner(kind, "gate") is _owner(kind, "accept") else None

    def encoder(self, dialect: str) -> Converter | None:
        """Python form -> driver's form ('sqlite' or 'mysql'); None: as it is."""
        return None

    def decoder(self, dialect: str) -> Converter | None:
        """Driver's form -> Python form; None: as it is. NULL never comes there."""
        return None

    def refuse(self, value: object) -> Refused:
        return Refused(self.allowed, shorten(value))


def _owner(kind: type, name: str) -> type | None:
    """The class that `kind` has the attribute from."""
    return next((base for base in kind.__mro__ if name in vars(base)), None)
