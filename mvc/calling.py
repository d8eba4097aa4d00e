"""Calling what an application declared, which may take less than there is to give."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def takes(function: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a function can be called with these arguments by place; True when nobody knows."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # not written in Python
        return True
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def call_with(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call with as many of the arguments as the function takes, the first ones first."""
    for number in range(len(arguments), 0, -1):
        if takes(function, *arguments[:number]):
            return function(*arguments[:number])
    return function()
