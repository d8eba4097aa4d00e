"""Text that a client sent, read strictly as one of the simple types.

Python's own constructors take more than a form or a query means by these types: `int(" +1_0 ")` is
10, `bool("false")` is True, `float("nan")` is a float. Each expression bounds what it takes, so
that no text is worth a long conversion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

_INTEGER = re.compile(r"[+-]?[0-9]{1,4300}")  # Python's own limit for int()
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?"
)
_FLAGS = {"true": True, "1": True, "on": True, "yes": True}
_FLAGS |= {"false": False, "0": False, "off": False, "no": False}


@dataclass(frozen=True, slots=True)
class Reader:
    """read: the value of a text, or ValueError. title: what the text must be, for a message."""

    title: str
    read: Callable[[str], Any]


def read_int(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not an integer")
    return int(text)


def read_float(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("too large")
    return number


def read_bool(text: str) -> bool:
    try:
        return _FLAGS[text.lower()]
    except KeyError:
        raise ValueError("not true or false") from None


READERS: dict[object, Reader] = {
    int: Reader("a whole number", read_int),
    float: Reader("a number", read_float),
    bool: Reader("true or false", read_bool),
    date: Reader("a date such as 2026-01-31", date.fromisoformat),
    datetime: Reader("a date and time such as 2026-01-31T12:00", datetime.fromisoformat),
    time: Reader("a time such as 12:00", time.fromisoformat),
}
