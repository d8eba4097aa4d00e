"""`@view`: the template a handler's dict is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mvc.routing.applied import FORGOTTEN
from mvc.routing.metadata import metadata_of

Function = TypeVar("Function", bound=Callable[..., Any])


def view(template: str = FORGOTTEN) -> Callable[[Function], Function]:
    """The dict this handler returns becomes `template`, or JSON when the client prefers it.

    Raises TypeError when the template is not named.
    """
    if not isinstance(template, str):
        raise TypeError("view needs the name of a template: @view('page.html')")

    def decorate(function: Function) -> Function:
        metadata_of(function).template = template
        return function

    return decorate
