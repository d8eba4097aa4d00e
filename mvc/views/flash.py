"""Flash messages: said once, on the next page (feat:C16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mvc.requests import Request

_SESSION_KEY = "_flashes"
_CONTEXT_KEY = "views.flashes"
_MAX_MESSAGES = 20  # kept in a session; the oldest give way


class Flash(NamedTuple):
    """level: info, success, warning or error, or whatever the application styles."""

    level: str
    text: str


def flash(request: Request, text: str, level: str = "info") -> None:
    """Show `text` on the next page this visitor sees, also after a redirect."""
    waiting = [*request.session.get(_SESSION_KEY, ()), [level, text]]
    request.session[_SESSION_KEY] = waiting[-_MAX_MESSAGES:]


def take_flashes(request: Request) -> list[Flash]:
    """The waiting messages, which are gone from the session then; the same list all request."""
    taken: list[Flash] | None = request.context.get(_CONTEXT_KEY)
    if taken is None:
        waiting: list[Any] = request.session.pop(_SESSION_KEY, [])
        taken = request.context[_CONTEXT_KEY] = [Flash(level, text) for level, text in waiting]
    return taken
