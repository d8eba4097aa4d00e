"""Names: what may reach SQL text as an identifier, and the help for a mistyped one.

Every identifier that a statement contains is either one of these, checked when a model is built
or a label given, or it does not get in (sec:D1).
"""

import re
from collections.abc import Iterable
from typing import Final

from orm.errors import ModelError
from orm.later import difflib

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def check_identifier(name: str, what: str) -> str:
    """`name` itself when it may stand in SQL; ModelError saying `what` it was meant for otherwise.

    63 characters is the longest name both engines take (MySQL: 64).
    """
    if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name):
        raise ModelError(
            f"{name!r} cannot be {what}: use a letter or underscore, then letters, digits and "
            "underscores, 63 characters at most."
        )
    return name


def constraint_name(table: str, column: str, ending: str) -> str:
    """`notes_level_check`, cut to what both engines take."""
    return f"{table}_{column}"[: 63 - len(ending)] + ending


def is_identifier(name: str) -> bool:
    """May it stand in SQL?"""
    return _IDENTIFIER.fullmatch(name) is not None


def snake_case(name: str) -> str:
    """`BlogPost` -> `blog_post`, `HTTPLog` -> `http_log`."""
    return _WORD_START.sub("_", name).lower()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(names)}."
