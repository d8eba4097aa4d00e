"""The compiled application: which endpoint answers a request head.

Built once from the declarations, then only read. `resolve` runs on the server's loop: two look-ups
and no I/O. Every outcome, a 404 too, is an endpoint behind the same hooks as a route (feat:E7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from httpcore import Endpoint, RequestHead
from mvc.auth.guards import OwnerGuard, permission_guard, require_login
from mvc.dispatch import outcomes
from mvc.dispatch.endpoint import ObservedEndpoint, RouteEndpoint, WatchedEndpoint
from mvc.dispatch.pipeline import Pipeline
from mvc.routing import (
    STANDARD_METHODS,
    Guard,
    Route,
    RouteTable,
    make_route,
    match_path,
    metadata_of,
)


class Site:
    """Endpoints by route.

    allows_host: the host policy (sec:H9). append_slash: redirect between /x and /x/ (feat:R29).
    Raises ValueError or TypeError, naming file and line, for routes that cannot stand together.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        routes: Iterable[Route],
        allows_host: Callable[[str], bool],
        append_slash: bool,
    ) -> None:
        self._allows_host = allows_host
        self._append_slash = append_slash
        self.table = RouteTable((route, _endpoint_of(pipeline, route)) for route in routes)
        self._known_methods = STANDARD_METHODS | self.table.methods
        self._not_found = _outcome(pipeline, "not found", outcomes.answer_not_found)
        self._not_allowed = _outcome(pipeline, "405", outcomes.answer_method_not_allowed)
        self._not_implemented = _outcome(pipeline, "501", outcomes.answer_not_implemented)
        self._unknown_host = _outcome(pipeline, "unknown host", outcomes.answer_unknown_host)
        self._options = _outcome(pipeline, "OPTIONS", outcomes.answer_options)
        self._options_without_cors = _outcome(
            pipeline, "OPTIONS", outcomes.answer_options, cors=False
        )
        self._other_slash = _outcome(pipeline, "slash", outcomes.answer_other_slash)

    def resolve(self, head: RequestHead) -> Endpoint:
        """The endpoint for a head; `head.match` then holds the path's parameters, if it has any."""
        if not self._allows_host(head.host) and not _may_omit_host(head):
            return self._unknown_host
        path = head.path
        if "%" in head.raw_path:
            path = match_path(head.raw_path, path)
        found = self.table.find(head.method, path)
        if found is None:
            found = self._find_outcome(head, path)
        endpoint, head.match = found
        return endpoint

    def _find_outcome(
        self, head: RequestHead, path: str
    ) -> tuple[RouteEndpoint, dict[str, Any] | None]:
        if head.method not in self._known_methods:
            return self._not_implemented, None
        if path == "*":
            return self._options, {"allow": _listed(self._known_methods)}
        allowed = self._allowed(path)
        if allowed:
            outcome = (
                self._not_allowed if head.method != "OPTIONS" else self._options_for(head, path)
            )
            return outcome, {"allow": _listed(allowed)}
        if self._append_slash and self.table.find(head.method, _other_slash(path)) is not None:
            return self._other_slash, {"path": _other_slash(head.raw_path)}
        return self._not_found, None

    def _allowed(self, path: str) -> set[str]:
        """The methods answered on a path; a disabled route is as good as none (feat:R19)."""
        found = {each: self.table.find(each, path) for each in self.table.allowed(path)}
        live = {each for each, way in found.items() if way and not way[0].route.options.disabled}
        return live | {"OPTIONS"} if live else live

    def _options_for(self, head: RequestHead, path: str) -> RouteEndpoint:
        """Who answers OPTIONS: for a preflight about a route with its own `cors`, that route.

        Its CORS middleware then answers, the handler is never asked.
        """
        found = self.table.find(head.headers.get("Access-Control-Request-Method", ""), path)
        cors = found[0].route.options.cors if found else None
        if found is None or cors is None:
            return self._options
        return self._options_without_cors if cors is False else found[0]


def _endpoint_of(pipeline: Pipeline, route: Route) -> RouteEndpoint:
    if route.options.disabled:
        name = f"disabled {route.pattern.text}"
        return _outcome(pipeline, name, outcomes.answer_not_found, disabled=True)
    is_watched = route.options.timeout is not None or route.options.cancel_on_disconnect
    usual = WatchedEndpoint if is_watched else RouteEndpoint
    kind: type[RouteEndpoint] = getattr(route.handler, "endpoint_type", usual)
    endpoint = kind(pipeline, route, _guards_of(route))
    budget = route.options.max_queries or pipeline.services.settings.max_queries
    observe = pipeline.work.observer(budget) if kind is usual else None
    return endpoint if observe is None else ObservedEndpoint(endpoint, observe, budget)


def _guards_of(route: Route) -> list[Guard]:
    """The guards of a route: those its options (or its group's) ask for, then the decorators'."""
    guards: list[Guard] = [require_login] if route.options.login else []
    guards += [permission_guard(code) for code in route.options.permissions]
    guards += metadata_of(route.handler).guards
    for guard in guards:
        if isinstance(guard, OwnerGuard) and (problem := guard.problem_with(route.pattern.names)):
            raise TypeError(f"{route.location}: {problem}")
    return guards


def _outcome(
    pipeline: Pipeline, name: str, handler: Callable[..., Any], **options: Any
) -> RouteEndpoint:
    # No outcome reads a body: none is waited for or invited (http:C5), and its coding is no matter.
    options = {"stream_body": True, "encoded_body": True, **options}
    route = make_route(("/", "GET", name), handler, options, __name__)
    return RouteEndpoint(pipeline, route)


def _may_omit_host(head: RequestHead) -> bool:
    # HTTP/1.0 knows no Host (http:F3); a browser, the one who could be misled, always sends it.
    return head.minor_version == 0 and not head.host


def _listed(methods: Iterable[str]) -> str:
    return ", ".join(sorted(methods))


def _other_slash(path: str) -> str:
    return path[:-1] if path.endswith("/") else f"{path}/"
