"""The filters of path parameters: what text matches, what it becomes, the way back (feat:R8)."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

# Digits, letters and everything else but the separator.
SEGMENT = "[^/]+"


@dataclass(frozen=True, slots=True)
class Filter:
    """regex: matched in full; to_python: text -> value (ValueError = no match); to_url: back."""

    regex: str
    to_python: Callable[[str], Any] = str
    to_url: Callable[[Any], str] = str


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is too large for a float")
    return number


_UUID = "-".join(f"[0-9a-fA-F]{{{length}}}" for length in (8, 4, 4, 4, 12))

FILTERS: dict[str, Filter] = {
    "none": Filter(SEGMENT),
    "str": Filter(SEGMENT),
    "int": Filter("-?[0-9]+", int),
    "uint": Filter("[0-9]+", int),
    "float": Filter(r"-?[0-9]+(?:\.[0-9]+)?", _finite),
    "word": Filter(r"\w+"),
    "hex": Filter("[0-9a-fA-F]+"),
    "uuid": Filter(_UUID, UUID),
    "path": Filter(".+"),
}


def add_filter(
    name: str,
    regex: str,
    to_python: Callable[[str], Any] = str,
    to_url: Callable[[Any], str] = str,
) -> None:
    """Make `<value:name>` known to the patterns written from now on; a built-in may be replaced.

    Raises ValueError for a name that is no identifier, or a regex that does not compile (feat:R12).
    """
    if not name.isidentifier() or name == "re":
        raise ValueError(
            f"filter name {name!r} is not usable: take a word such as 'slug', not 're'"
        )
    try:
        re.compile(regex)
    except re.error as error:
        raise ValueError(
            f"filter {name!r}: {regex!r} is not a regular expression: {error}"
        ) from None
    FILTERS[name] = Filter(regex, to_python, to_url)
