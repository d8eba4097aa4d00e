"""The route table: built once from the routes, then only read, by any number of threads.

A static path is one dictionary look-up. The other routes are tried in the order of registration,
first match wins (feat:R14); those whose first segment is literal are kept under that segment, so
a path only meets the routes that could match it. For HEAD the explicit HEAD routes come before
the GET routes that answer it too (feat:R22).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from mvc.routing.pattern import ENCODED_SLASH
from mvc.routing.route import STANDARD_METHODS, Route
from mvc.suggestions import did_you_mean

T = TypeVar("T")
# The parameters are None for a static path.
_Found = tuple[T, dict[str, Any] | None]
# The bucket of routes whose first segment is not literal.
_ANY = ""


class RouteTable(Generic[T]):
    """Maps method and path to what was stored for the route (its endpoint) and the parameters.

    Raises ValueError when two routes answer the same method and paths, or share a name (feat:R30).
    """

    def __init__(self, entries: Iterable[tuple[Route, T]]) -> None:
        entries = list(entries)
        self.routes = tuple(route for route, _ in entries)
        self._refuse_duplicates()
        self._named = {route.name: route for route in self.routes if route.name}
        self.methods = frozenset().union(*(route.methods for route in self.routes))
        self._static: dict[str, dict[str, T]] = {}
        self._dynamic: dict[str, dict[str, list[tuple[Route, T]]]] = {}
        for method in sorted(self.methods | STANDARD_METHODS):
            self._index(method, _answering(method, entries))

    def find(self, method: str, path: str) -> _Found[T] | None:
        """What answers the method on the path, with the path's parameters, or None.

        path: decoded, an encoded slash as NUL (see `match_path`).
        """
        by_method = self._static.get(path)
        if by_method is not None and method in by_method:
            return by_method[method], None
        buckets = self._dynamic.get(method)
        if buckets is None:
            return None
        for route, value in buckets.get(_first_segment(path)) or buckets[_ANY]:
            values = route.pattern.match(path)
            if values is not None:
                return value, values
        return None

    def allowed(self, path: str) -> frozenset[str]:
        """The methods that some route answers on the path; empty = there is no such path."""
        methods = set(self._static.get(path, ()))
        methods.update(each for each in self._dynamic if self.find(each, path) is not None)
        return frozenset(methods | {"OPTIONS"}) if methods else frozenset()

    def url_for(self, name: str, values: Mapping[str, Any]) -> str:
        """The path of a named route; values its pattern does not take become the query (feat:R27).

        A list becomes several fields of that name, None none.
        Raises LookupError for an unknown name, ValueError for a missing or unfitting value.
        """
        route = self._named.get(name)
        if route is None:
            hint = did_you_mean(name, self._named, "give a route name='...' first")
            raise LookupError(f"no route is named {name!r}: {hint}")
        path = route.pattern.build(values)
        extra = {key: value for key, value in values.items() if key not in route.pattern.names}
        query = {key: value for key, value in extra.items() if value is not None}
        return f"{path}?{urlencode(query, doseq=True)}" if query else path

    def _index(self, method: str, entries: list[tuple[Route, T]]) -> None:
        dynamic = []
        for route, value in entries:
            if route.pattern.is_static:
                self._static.setdefault(route.pattern.text, {}).setdefault(method, value)
            else:
                dynamic.append((route, value))
        if not dynamic:
            return
        segments = {_literal_segment(route) for route, _ in dynamic}
        self._dynamic[method] = {
            segment: [each for each in dynamic if _literal_segment(each[0]) in (segment, _ANY)]
            for segment in segments | {_ANY}
        }

    def _refuse_duplicates(self) -> None:
        answered: dict[tuple[str, tuple[Any, ...]], Route] = {}
        names: dict[str, Route] = {}
        for route in self.routes:
            for method in sorted(route.methods):
                other = answered.setdefault((method, route.pattern.shape), route)
                if other is not route:
                    raise ValueError(
                        f"{route.location}: {method} {route.pattern.text} is already answered by "
                        f"{other.pattern.text} at {other.location}"
                    )
            if route.name and names.setdefault(route.name, route) is not route:
                raise ValueError(
                    f"{route.location}: the name {route.name!r} is already taken by "
                    f"{names[route.name].pattern.text} at {names[route.name].location}"
                )


def match_path(raw_path: str, path: str) -> str:
    """The path as patterns see it: decoded, an encoded slash kept apart as NUL (http:L4)."""
    if "%2F" not in raw_path and "%2f" not in raw_path:
        return path
    # Every part between separators decodes by itself, so the slashes of the decoded path are
    # either separators or encoded ones, in the order of the raw path.
    kinds = iter(raw_path.replace("%2f", "%2F").replace("%2F", ENCODED_SLASH))
    slashes = [character for character in kinds if character in ("/", ENCODED_SLASH)]
    first, *rest = path.split("/")
    return first + "".join(slash + part for slash, part in zip(slashes, rest, strict=True))


def _answering(method: str, entries: list[tuple[Route, T]]) -> list[tuple[Route, T]]:
    explicit = [entry for entry in entries if method in entry[0].methods]
    if method != "HEAD":
        return explicit
    return explicit + [entry for entry in entries if "GET" in entry[0].methods]


def _first_segment(path: str) -> str:
    return path[1 : path.find("/", 1) + 1 or None]


def _literal_segment(route: Route) -> str:
    """The first segment with its slash when it is wholly literal, else the bucket of the rest."""
    end = route.pattern.prefix.find("/", 1)
    return route.pattern.prefix[1 : end + 1] if end > 0 else _ANY
