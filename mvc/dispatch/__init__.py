"""From a matched route to a response: hooks, middleware, guards, parameters, errors."""

from mvc.dispatch.arity import check_hooks
from mvc.dispatch.endpoint import RouteEndpoint
from mvc.dispatch.errors import ErrorResponder
from mvc.dispatch.middleware import Middleware, load_middleware
from mvc.dispatch.pipeline import Pipeline
from mvc.dispatch.problems import InvalidParameters

__all__ = [
    "ErrorResponder",
    "InvalidParameters",
    "Middleware",
    "Pipeline",
    "RouteEndpoint",
    "check_hooks",
    "load_middleware",
]
