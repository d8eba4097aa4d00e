"""The request a template is being rendered for.

A macro file imported without its caller's context does not see the caller's variables, `request`
among them, and yet `csrf_input()` or `flashes()` must work in it. So the request is noted here for
exactly as long as one template renders; nothing outside this package reads it, and handlers get
their request as an argument as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mvc.requests import Request

_request: ContextVar[Request | None] = ContextVar("rendered_request", default=None)


@contextmanager
def rendering_for(request: Request | None) -> Iterator[None]:
    """Let the template functions know the request until the block ends."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def rendered_request(function: str) -> Request:
    """The request, for the template function of this name; LookupError when there is none."""
    request = _request.get()
    if request is None:
        raise LookupError(
            f"{function}() needs a request: render the template with one, as render(request, ...)"
        )
    return request
