"""Routes: patterns, the table they are looked up in, and the decorators that register them."""

from mvc.routing.decorators import (
    Decorators,
    Group,
    after,
    before,
    command,
    delete,
    error,
    get,
    middleware,
    on_shutdown,
    on_startup,
    patch,
    post,
    put,
    route,
)
from mvc.routing.filters import FILTERS, Filter, add_filter
from mvc.routing.location import Caller, caller_outside, location_of
from mvc.routing.metadata import Guard, Metadata, has_metadata, metadata_of
from mvc.routing.options import Options, RouteOptions
from mvc.routing.pattern import Pattern, parse_pattern
from mvc.routing.registry import ErrorKey, Registry, forget, gather, is_inside, registry_of
from mvc.routing.route import SAFE_METHODS, STANDARD_METHODS, Handler, Route, make_route
from mvc.routing.table import RouteTable, match_path

__all__ = [
    "FILTERS",
    "SAFE_METHODS",
    "STANDARD_METHODS",
    "Caller",
    "Decorators",
    "ErrorKey",
    "Filter",
    "Group",
    "Guard",
    "Handler",
    "Metadata",
    "Options",
    "Pattern",
    "Registry",
    "Route",
    "RouteOptions",
    "RouteTable",
    "add_filter",
    "after",
    "before",
    "caller_outside",
    "command",
    "delete",
    "error",
    "forget",
    "gather",
    "get",
    "has_metadata",
    "is_inside",
    "location_of",
    "make_route",
    "match_path",
    "metadata_of",
    "middleware",
    "on_shutdown",
    "on_startup",
    "parse_pattern",
    "patch",
    "post",
    "put",
    "registry_of",
    "route",
]
