"""Parameters as SQL text.

Inside quotes the server gives a meaning to the quote and to the backslash only (to the backslash
not under NO_BACKSLASH_ESCAPES), and the connection's character set is UTF-8, where no other
character contains their bytes. So these two are doubled, and everything else goes as it is.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from pymysql.converters import escape_time

from orm.errors import DataError


def quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quote_without_escapes(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# As literals of their own type: a plain text beside a column, as in COALESCE(at, '2026-01-02'),
# would make the result a text too.
def moment_literal(value: datetime, mapping: Any = None) -> str:
    return f"TIMESTAMP'{value.isoformat(' ')}'"


def day_literal(value: date, mapping: Any = None) -> str:
    return f"DATE'{value.isoformat()}'"


def _float(value: float) -> str:
    if not isfinite(value):
        raise DataError(f"{value} cannot be stored; a float must be finite.")
    text = repr(value)
    return text if "e" in text else text + "e0"  # without an exponent it would be a DECIMAL


_LITERALS: Final[dict[type, Callable[[Any], str]]] = {
    str: quote,
    int: int.__repr__,
    bool: lambda value: "1" if value else "0",
    type(None): lambda value: "NULL",
    float: _float,
    Decimal: lambda value: format(value, "f"),
    bytes: lambda value: f"X'{value.hex()}'",
    datetime: moment_literal,
    date: day_literal,
    time: escape_time,
}
_WITHOUT_ESCAPES: Final = {**_LITERALS, str: quote_without_escapes}


def literals(params: Sequence[Any], *, has_escapes: bool) -> tuple[str, ...]:
    """One for each parameter; KeyError for a type that has none."""
    table = _LITERALS if has_escapes else _WITHOUT_ESCAPES
    return tuple([table[type(value)](value) for value in params])
