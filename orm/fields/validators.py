"""Validators for `validators=`: functions that refuse a value by a ValueError (orm:O3).

The error says what the field wants; the field adds its name and the value.
"""

import re
from collections.abc import Callable
from typing import Any, LiteralString

from orm.errors import ModelError

Validator = Callable[[Any], None]


def at_least(low: Any) -> Validator:
    """The value is `low` or more."""

    def validate(value: Any) -> None:
        if value < low:
            raise ValueError(f"takes {low!r} or more")

    return validate


def at_most(high: Any) -> Validator:
    """The value is `high` or less."""

    def validate(value: Any) -> None:
        if value > high:
            raise ValueError(f"takes {high!r} or less")

    return validate


def has_length(least: int, most: int | None = None) -> Validator:
    """The value has from `least` to `most` characters (or bytes, or items)."""

    def validate(value: Any) -> None:
        if len(value) < least:
            raise ValueError(f"takes a length of at least {least}")
        if most is not None and len(value) > most:
            raise ValueError(f"takes a length of at most {most}")

    return validate


def matches(pattern: LiteralString) -> Validator:
    """The whole value matches a regular expression."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ModelError(f"matches({pattern!r}): {error}.") from None

    def validate(value: Any) -> None:
        if not compiled.fullmatch(value):
            raise ValueError(f"takes what matches {pattern!r}")

    return validate
