"""The ways to hand routes to an application without decorating a module (feat:R4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mvc.routing.location import caller_outside
from mvc.routing.metadata import metadata_of
from mvc.routing.route import Route, make_route

_FORMS = "a function with @route, a Route, (pattern, function) or (pattern, function, options)"


def routes_from(item: Any) -> Iterator[Route]:
    """The routes of one entry of `Application(routes=[...])`.

    Raises TypeError for an entry of no known form, ValueError for a broken route.
    """
    match item:
        case Route():
            yield item
        case (str() as pattern, handler) if callable(handler):
            yield declare(pattern, handler, {})
        case (str() as pattern, handler, dict() as options) if callable(handler):
            yield declare(pattern, handler, options)
        case _ if callable(item) and metadata_of(item).routes:
            yield from metadata_of(item).routes
        case _:
            raise TypeError(f"{item!r} is no route: give {_FORMS}")


def declare(pattern: str, handler: Callable[..., Any], given: dict[str, Any]) -> Route:
    """A route from keywords as `route` takes them, `methods` and `name` among them."""
    options = dict(given)
    declaration = (pattern, options.pop("methods", "GET"), options.pop("name", None))
    return make_route(declaration, handler, options, caller_outside().location)
