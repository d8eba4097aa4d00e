"""Text and JSON values to the simple types a handler may annotate.

One converter a type: it takes what a query, a form or a JSON object holds and returns the value,
or raises ValueError. Nothing is guessed: "1_0", " 1", "nan" and 1.0 are no whole numbers.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

_INTEGER = re.compile("[+-]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_FLAGS = {"true": True, "1": True, "on": True, "yes": True}
_FLAGS |= {"false": False, "0": False, "off": False, "no": False}


@dataclass(frozen=True, slots=True)
class Converter:
    """title: what a value must be, for the error message."""

    title: str
    convert: Callable[[Any], Any]


def _to_int(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(value)


def _to_float(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _FLAGS:
        return _FLAGS[value.lower()]
    raise ValueError(value)


def _to_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _from_text(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: parse(_to_str(value))


CONVERTERS: dict[object, Converter] = {
    int: Converter("a whole number", _to_int),
    float: Converter("a number", _to_float),
    bool: Converter("true or false", _to_bool),
    str: Converter("a text", _to_str),
    date: Converter("a date such as 2026-01-31", _from_text(date.fromisoformat)),
    datetime: Converter("a time such as 2026-01-31T12:00:00", _from_text(datetime.fromisoformat)),
    UUID: Converter("a UUID", _from_text(UUID)),
}
