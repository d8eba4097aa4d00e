"""What decorators such as `login_required` or `view` note on a handler.

They record and return the function unchanged, so they work above or below `@route`: the
application reads the notes once, when it composes the endpoint at start.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httpcore import Response
    from mvc.requests import Request
    from mvc.routing.route import Route

# Asked before the handler runs. Returns a Response to answer in its place, or None to go on. It may
# put keyword arguments for the handler into the dict, and may raise HTTPError.
Guard = Callable[["Request", dict[str, Any]], "Response | None"]

_ATTRIBUTE = "__treadle__"


@dataclass(slots=True)
class Metadata:
    """The notes on one handler.

    guards: asked in this order, which is reading order: the top decorator first.
    template: the name `@view` gave, or None.
    csrf_exempt: True after `@csrf_exempt` (sec:H5).
    routes: those declared for the handler by `@route`, never copied.
    """

    owner: object
    guards: list[Guard] = field(default_factory=list)
    template: str | None = None
    csrf_exempt: bool = False
    routes: list[Route] = field(default_factory=list)

    def add_guard(self, guard: Guard) -> None:
        """Note a guard. Decorators apply from the bottom up, so the newest comes first."""
        self.guards.insert(0, guard)


def has_metadata(function: object) -> bool:
    """Whether anything was noted on a function."""
    return hasattr(function, _ATTRIBUTE)


def hidden_by(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function with notes that a wrapper holds without having taken its notes over.

    A decorator without `functools.wraps` makes such wrappers, and what ours said is lost in them.
    """
    if hasattr(function, "__wrapped__"):
        return None
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # a cell that is still empty
            noted: Metadata | None = getattr(cell.cell_contents, _ATTRIBUTE, None)
            if noted is not None and (noted.guards or noted.template or noted.csrf_exempt):
                held: Callable[..., Any] = cell.cell_contents
                return held
    return None


def metadata_of(function: Callable[..., Any]) -> Metadata:
    """The notes on `function`, made on first use.

    `functools.wraps` shares the notes of what it wraps; the wrapper gets a copy here, so that a
    guard added to it does not leak onto the wrapped function. A bound method's notes are those of
    its function. Raises TypeError for a callable that cannot hold notes, such as a built-in.
    """
    function = getattr(function, "__func__", function)
    noted: Metadata | None = getattr(function, _ATTRIBUTE, None)
    if noted is not None and noted.owner is function:
        return noted
    own = Metadata(function)
    if noted is not None:
        own = Metadata(function, list(noted.guards), noted.template, noted.csrf_exempt)
    try:
        setattr(function, _ATTRIBUTE, own)
    except AttributeError:
        raise TypeError(f"{function!r} cannot be a handler: wrap it in a function") from None
    return own
