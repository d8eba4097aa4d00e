"""How a decorator was applied: with or without its parentheses.

A slip here would protect nothing, or end in the interpreter's words about arguments that nobody
wrote; the decorators say instead how they stand.
"""

from __future__ import annotations

from typing import Any


class _Forgotten:
    """What a decorator got when it was called with nothing."""

    def __repr__(self) -> str:
        return "nothing"


# The default of a decorator's argument that has to be given; any type, so that signatures tell it.
FORGOTTEN: Any = _Forgotten()


def check_bare(decorator: str, target: object) -> None:
    """Raise TypeError when the decorator was called with empty parentheses."""
    if target is FORGOTTEN:
        raise TypeError(
            f"{decorator} got nothing to decorate: write @{decorator}, without parentheses, above "
            "the function"
        )


def described(target: object) -> str:
    """A value for a message: a function by its name."""
    name = getattr(target, "__name__", None)
    return f"the function {name!r}" if callable(target) and name else repr(target)
