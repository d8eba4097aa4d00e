"""Whether hooks can be called as they will be: said at start, not as a 500 to every visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mvc.calling import number_taken, takes
from mvc.routing import Registry, location_of


def check_hooks(declared: Registry) -> None:
    """Look at the declared `before`, `after` and `error` functions. Raises TypeError."""
    errors = [handler for _, handler in declared.errors]
    tables: tuple[tuple[Iterable[Callable[..., Any]], tuple[str, ...]], ...] = (
        (declared.before, ("request",)),
        (declared.after, ("request", "response")),
        (errors, ("request", "error")),
    )
    for functions, names in tables:
        for function in functions:
            check_takes(function, names)


def check_takes(function: Callable[..., Any], names: tuple[str, ...]) -> None:
    """Raise TypeError, naming file and line, unless `function` takes these arguments by place."""
    if takes(function, *names):
        return
    # A wrapper may give it more than it gets.
    if takes(function, *names, as_wrapped=False) and number_taken(function, *names) == len(names):
        return
    name = getattr(function, "__name__", repr(function))
    raise TypeError(
        f"{location_of(function)}: {name!r} is called as {name}({', '.join(names)}): "
        "let it take these"
    )
