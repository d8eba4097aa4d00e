"""What `python -m mvc routes` says of each route: where it leads, and what holds for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from httpcore import UNLIMITED
from mvc.application import Application
from mvc.auth.guards import require_login
from mvc.cli.lanes import FILE_NAME, Move, read_moves
from mvc.dispatch.endpoint import endpoint_name
from mvc.routing import Route, metadata_of
from mvc.static import StaticFiles

_OTHER_LANE = {"inline": "pool", "pool": "inline"}


def describe_routes(app: Application) -> list[tuple[str, ...]]:
    """(methods, pattern, name, handler, lane, what else holds), in the order they are tried."""
    folder = app.settings.data_dir
    moves = read_moves(None if folder is None else folder / FILE_NAME)
    return [
        (
            ",".join(sorted(route.methods)),
            route.pattern.text,
            route.name or "-",
            f"{getattr(route.handler, '__module__', '')}.{_name_of(route.handler)}",
            _lane_of(route, moves.get(endpoint_name(route))),
            ", ".join(_rules_of(route)),
        )
        for route in app.routes
    ]


def _lane_of(route: Route, move: Move | None) -> str:
    """The lane that was configured; for a learned one, what the last server had learned."""
    lane = route.options.lane
    if lane != "auto" or move is None:
        return lane
    date = time.strftime("%Y-%m-%d %H:%M", time.localtime(move.time))
    return f"{_OTHER_LANE.get(move.lane, '?')} -> {move.lane}: {move.reason} ({date})"


def _rules_of(route: Route) -> Iterator[str]:
    options = route.options
    if isinstance(route.handler, StaticFiles):
        yield f"files of {', '.join(map(str, route.handler.folders))}"
    if options.disabled:
        yield "disabled"
    for name in ("timeout", "max_concurrency", "max_body"):
        value = getattr(options, name)
        if value is not None:
            yield f"{name}={'unlimited' if value == UNLIMITED else value}"
    if options.queue:
        yield f"queue={options.queue}"
    if options.key is not None:
        yield f"key={options.key}"
    for name in ("stream_body", "encoded_body"):
        if getattr(options, name):
            yield name
    for name in ("csrf", "transaction"):
        if not getattr(options, name):
            yield f"no {name}"
    yield from _rights_of(route)
    for item in options.middleware:
        yield f"middleware {item if isinstance(item, str) else _name_of(item)}"


def _rights_of(route: Route) -> Iterator[str]:
    options = route.options
    if options.login:
        yield "login"
    yield from (f"permission {code}" for code in options.permissions)
    for guard in metadata_of(route.handler).guards:
        yield "login" if guard is require_login else getattr(guard, "__name__", repr(guard))


def _name_of(handler: Callable[..., Any]) -> str:
    return str(getattr(handler, "__qualname__", type(handler).__name__))
