"""What decorators such as `login_required` or `view` note on a handler.

They record and return the function unchanged, so they work above or below `@route`: the
application reads the notes once, when it composes the endpoint at start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import getattr_static
from types import FunctionType, MethodType
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


def metadata_of(function: Callable[..., Any]) -> Metadata:
    """The notes on `function`, made on first use.

    `functools.wraps` shares the notes of what it wraps; the wrapper gets a copy here, so that a
    guard added to it does not leak onto the wrapped function. So does a wrapper that was made
    without it, for a guard below it would be lost in silence (sec:A6). A bound method's notes are
    those of its function. Raises TypeError for a callable that cannot hold notes, such as a
    built-in.
    """
    function = getattr(function, "__func__", function)
    noted: Metadata | None = getattr(function, _ATTRIBUTE, None)
    if noted is not None and noted.owner is function:
        return noted
    own = _copied(function, list(_hidden_in(function)) if noted is None else [noted])
    try:
        setattr(function, _ATTRIBUTE, own)
    except AttributeError:
        raise TypeError(f"{function!r} cannot be a handler: wrap it in a function") from None
    return own


def _copied(owner: object, notes: Sequence[Metadata]) -> Metadata:
    """The notes for what wraps the functions with these: nearly always one."""
    return Metadata(
        owner,
        [guard for each in notes for guard in each.guards],
        next((each.template for each in notes if each.template), None),
        bool(notes) and all(each.csrf_exempt for each in notes),
    )


def _hidden_in(function: object, outer: tuple[object, ...] = ()) -> Iterator[Metadata]:
    """The notes on the functions that a wrapper, and a wrapper in it, holds in its closure."""
    if not isinstance(function, FunctionType) or function in outer:
        return
    for held in _closed_over(function):
        # Not by getattr: a proxy would make up an answer, or fail.
        noted = getattr_static(held, _ATTRIBUTE, None)
        if isinstance(noted, Metadata):
            yield noted
        else:
            yield from _hidden_in(held, (*outer, function))


def _closed_over(function: FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # a cell that is still empty
            held = cell.cell_contents
            held = held.__func__ if isinstance(held, MethodType) else held
            if not (isinstance(held, FunctionType) and _are_neighbours(function, held)):
                yield held


def _are_neighbours(function: FunctionType, other: FunctionType) -> bool:
    """Whether both were defined side by side: then the one calls the other, and wraps nothing. The
    same decorator twice makes functions of one name."""
    names = (function.__qualname__, other.__qualname__)
    scopes = {name.rpartition(".")[0] for name in names}
    return len(scopes) == 1 and names[0] != names[1]
