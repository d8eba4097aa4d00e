"""One route: a pattern and methods, and the handler that answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mvc.routing.keys import check_key
from mvc.routing.options import RouteOptions, parse_options
from mvc.routing.pattern import Pattern, parse_pattern
from mvc.tokens import is_token

Handler = Callable[..., Any]

# The methods that every server must know: their absence on a path is 405, that of others 501
# (http:L2).
STANDARD_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# They change nothing (RFC 9110 section 9.2.1): no CSRF check, no transaction.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Route:
    """A route as registered. location: `file:line` of its declaration."""

    pattern: Pattern
    methods: frozenset[str]
    handler: Handler
    name: str | None
    options: RouteOptions
    location: str

    @property
    def csp(self) -> str | Mapping[str, str] | None:
        """The route's own Content-Security-Policy."""
        return self.options.csp

    def __repr__(self) -> str:
        return f"<Route {','.join(sorted(self.methods))} {self.pattern.text} at {self.location}>"


def make_route(
    declaration: tuple[str, str | Iterable[str], str | None],
    handler: Handler,
    options: Mapping[str, Any],
    location: str,
) -> Route:
    """Build a route from (pattern, methods, name), its handler and the other keywords.

    Raises ValueError, with the location, for anything that is wrong with them (feat:R17).
    """
    text, methods, name = declaration
    try:
        pattern, parsed = parse_pattern(text), parse_options(options)
        check_key(parsed.key, pattern)
        return Route(pattern, _checked_methods(methods), handler, name, parsed, location)
    except ValueError as error:
        raise ValueError(f"{location}: {error}") from None


def _checked_methods(methods: str | Iterable[str]) -> frozenset[str]:
    if not isinstance(methods, Iterable):
        raise ValueError(f"methods={methods!r}: name one or several, such as methods='GET POST'")
    names = methods.replace(",", " ").split() if isinstance(methods, str) else list(methods)
    if not names:
        raise ValueError("methods is empty: name at least one, such as methods='GET'")
    for name in names:
        if not isinstance(name, str) or not is_token(name):
            raise ValueError(f"method {name!r} is no token (RFC 9110 section 5.6.2)")
        if name != name.upper() and name.upper() in STANDARD_METHODS:
            raise ValueError(f"method {name!r}: methods are case-sensitive, write {name.upper()!r}")
    return frozenset(names)
