"""SQL functions and collations that SQLite lacks or that differ from MySQL's."""

import math
import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from orm.engine.sqlite import fitting, portable

# A pattern comes from a user sooner or later (sec:D4); real ones are far shorter.
LONGEST_PATTERN = 1000


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError("pattern too long")
    return re.compile(pattern)


def _regexp(pattern: str | None, value: object) -> bool | None:
    if pattern is None or value is None:
        return None
    return _compile(pattern).search(str(value)) is not None


# SQLite's own lower() and upper() know ASCII only, MySQL's all letters. Neither makes several
# letters of one, as Python's do (ß, İ).
def _lower(value: str | float | bytes | None) -> str | float | bytes | None:
    return _letter_by_letter(value, str.lower) if isinstance(value, str) else value


def _upper(value: str | float | bytes | None) -> str | float | bytes | None:
    return _letter_by_letter(value, str.upper) if isinstance(value, str) else value


def _letter_by_letter(text: str, change: Callable[[str], str]) -> str:
    changed = change(text)
    if len(changed) == len(text):
        return changed
    return "".join(new if len(new := change(letter)) == 1 else letter for letter in text)


# Texts that differ in case alone are equal; accents and `ß` stay what they are.
def _compare_ignoring_case(left: str, right: str) -> int:
    first, second = left.lower(), right.lower()
    return (first > second) - (first < second)


def _mod(left: float | str | None, right: float | str | None) -> float | None:
    if left is None or right is None or float(right) == 0:
        return None
    return math.fmod(float(left), float(right))  # a large Decimal is kept as text


def _compare_decimals(left: str, right: str) -> int:
    """Numeric order for decimals kept as text, those too long for a float."""
    try:
        first, second = Decimal(left), Decimal(right)
    except InvalidOperation:  # somebody else's text in the column: any fixed order will do
        return (left > right) - (left < right)
    return (first > second) - (first < second)


def install(connection: sqlite3.Connection) -> None:
    """Add all our functions and collations to a connection."""
    connection.create_function("regexp", 2, _regexp, deterministic=True)
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("upper", 1, _upper, deterministic=True)
    connection.create_function("mod", 2, _mod, deterministic=True)
    portable.install(connection)
    fitting.install(connection)
    connection.create_collation("decimal", _compare_decimals)
    connection.create_collation("ignore_case", _compare_ignoring_case)
