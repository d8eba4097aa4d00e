"""The endpoint of a mount: a prepared answer where that is all there is to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from httpcore import Request as ServerRequest
from httpcore import Response
from mvc.dispatch import Pipeline, RouteEndpoint
from mvc.routing import Guard, Route

if TYPE_CHECKING:
    from mvc.static.files import StaticFiles


class FileEndpoint(RouteEndpoint):
    """Answers from memory at once; what is not there, or needs more, takes the road of a route.

    The application's middleware is not asked for files (feat:W4), its hooks are. `is_quick` says
    whether nothing stands between this route and its files: no hook, no guard, no permission, no
    CORS, no field that depends on the request.
    """

    def __init__(self, pipeline: Pipeline, route: Route, guards: Sequence[Guard] = ()) -> None:
        super().__init__(replace(pipeline, middleware=[]), route, guards)
        files: StaticFiles = route.handler  # type: ignore[assignment]  # the mount's own routes
        options = route.options
        self.is_quick = not (
            route.pattern.is_static
            or not files.options.is_open
            or guards
            or pipeline.before
            or pipeline.after
            or options.middleware
            or options.csp
            or pipeline.cors(options.cors)
            or pipeline.services.settings.trusted_proxies
        )
        self._quick = files.quick

    def __call__(self, request: ServerRequest) -> Response:
        # Under TLS a field says so (HSTS): that is a matter of the long road.
        if self.is_quick and request.peer.scheme == "http":
            response = self._quick(request)  # type: ignore[arg-type]  # `request_type` made it
            if response is not None:
                return response
        return super().__call__(request)
