"""The root of the value types.

A value type does three things: `accept` turns what a program gives into the one Python form the
column has, converting where nothing is lost and refusing otherwise; `encoder` and `decoder` give
the functions that carry that form to the driver and back. Both are asked for once per plan, and
None means "as it is", so that the common types cost nothing per row.
"""

from collections.abc import Callable
from typing import Any, Final

Converter = Callable[[Any], Any]

# The longest part of a refused value that an error message repeats.
_SHOWN: Final = 80


class Refused(ValueError):
    """A value a type does not take. Who knows the field adds its name (see `Field.accept`)."""


def shorten(value: object) -> str:
    """The value as an error shows it: its repr, cut, and its type."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python writes out
        text = "a number"
    if len(text) > _SHOWN:
        text = text[: _SHOWN - 3] + "..."
    return f"{text} ({type(value).__name__})"


class ValueType:
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

    def accept(self, value: Any) -> Any:
        """The Python form of `value`; raises Refused. None never comes here."""
        raise NotImplementedError

    def encoder(self, dialect: str) -> Converter | None:
        """Python form -> driver's form ('sqlite' or 'mysql'); None: as it is."""
        return None

    def decoder(self, dialect: str) -> Converter | None:
        """Driver's form -> Python form; None: as it is. NULL never comes there."""
        return None

    def refuse(self, value: object) -> Refused:
        return Refused(f"takes {self.allowed}, not {shorten(value)}")
