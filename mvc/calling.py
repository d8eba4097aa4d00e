"""Calling what an application declared, which may take less than there is to give."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def takes(function: Callable[..., Any], *arguments: Any, as_wrapped: bool = True) -> bool:
    """Whether a function can be called with these arguments by place; True when nobody knows.

    as_wrapped: a wrapper is asked for what it wraps (`functools.wraps`), False = for itself.
    """
    try:
        signature = inspect.signature(function, follow_wrapped=as_wrapped)
    except (ValueError, TypeError):  # not written in Python
        return True
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def number_taken(function: Callable[..., Any], *arguments: Any) -> int:
    """How many of the arguments a function takes, the first ones first; all when none fit.

    A wrapper takes what both it and the wrapped function take. Where they agree on nothing, it
    adds arguments of its own or keeps some back, and its own signature counts.
    """
    numbers = range(len(arguments), -1, -1)
    own = [each for each in numbers if takes(function, *arguments[:each], as_wrapped=False)]
    agreed = [each for each in own if takes(function, *arguments[:each])]
    return next(iter(agreed or own), len(arguments))


def call_with(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call with as many of the arguments as the function takes, the first ones first."""
    return function(*arguments[: number_taken(function, *arguments)])
