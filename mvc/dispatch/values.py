"""Text and JSON values to the simple types a handler may annotate.

One converter a type: it takes what a query, a form or a JSON object holds and returns the value,
or raises ValueError. Text is read as everywhere (`mvc.requests.readers`); of JSON nothing is
guessed: true and 1.0 are no whole numbers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mvc.requests.readers import READERS, read_bool, read_float, read_int


@dataclass(frozen=True, slots=True)
class Converter:
    """title: what a value must be, for the error message."""

    title: str
    convert: Callable[[Any], Any]


def _to_int(value: Any) -> int:
    if isinstance(value, str):
        return read_int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(value)


def _to_float(value: Any) -> float:
    if isinstance(value, str):
        return read_float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(value)
    try:
        number = float(value)
    except OverflowError:  # JSON knows integers of any length
        raise ValueError("too large") from None
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _to_bool(value: Any) -> bool:
    return value if isinstance(value, bool) else read_bool(_to_str(value))


def _to_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _from_text(read: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: read(_to_str(value))


CONVERTERS: dict[object, Converter] = {
    int: Converter(READERS[int].title, _to_int),
    float: Converter(READERS[float].title, _to_float),
    bool: Converter(READERS[bool].title, _to_bool),
    str: Converter("a text", _to_str),
    date: Converter(READERS[date].title, _from_text(READERS[date].read)),
    datetime: Converter(READERS[datetime].title, _from_text(READERS[datetime].read)),
    UUID: Converter("a UUID", _from_text(UUID)),
}
