"""What a route may say beyond pattern, methods and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypedDict

from httpcore import UNLIMITED, Lane
from mvc.suggestions import did_you_mean


class Options(TypedDict, total=False):
    """The keywords of `route`, for editors and type checkers. `RouteOptions` explains them."""

    middleware: Sequence[Any]
    disabled: bool
    lane: Lane
    timeout: float | None
    max_concurrency: int | None
    queue: int
    queue_timeout: float
    key: str | None
    max_body: int | str | None
    stream_body: bool
    encoded_body: bool
    wants_trailers: bool
    csrf: bool
    cors: Mapping[str, Any] | Sequence[str] | str | bool | None
    csp: str | Mapping[str, str] | None
    transaction: bool
    read_only: bool
    retry: int
    cancel_on_disconnect: bool
    max_queries: int | None
    login: bool
    permissions: str | Sequence[str]


@dataclass(frozen=True, slots=True)
class RouteOptions:
    """The options of one route.

    middleware: names, classes or callables, outermost first (feat:R20).
    disabled: the route stays in the table and answers 404 (feat:R19).
    lane, timeout (seconds), max_concurrency, queue, queue_timeout (seconds): how the server runs
    it, and when it refuses to, before a thread or the body is spent (feat:V2, V3).
    key: "path.NAME", "query.NAME", "session" or "address"; max_concurrency and queue then hold for
    each of its values apart, so that max_concurrency=1 is mutual exclusion.
    max_body: bytes; "unlimited" must be said in words (sec 0.4); None = the server's default.
    stream_body: the handler reads the body itself. encoded_body: a body with Content-Encoding is
    taken, and decoded while it is read (sec:T10); otherwise it is a 415.
    wants_trailers: the fields behind a chunked body are in `request.trailers` (http:M4).
    csrf: False exempts the route (sec:H5). csp: in place of the settings'.
    cors: in place of the settings: False, True, origins, or a table (see `cors_middleware`).
    transaction: False = no transaction around the handler. read_only: the handler reads from one
    snapshot, and a write raises (feat:V8). retry: times that the handler is run again when the
    database undid its transaction (sec:D13); it must be safe to run again.
    cancel_on_disconnect: when the client has gone, what the handler runs on the database is stopped
    and undone (feat:V4); the route runs in the pool.
    max_queries: statements it should get by with; more are a warning in the log. None = the
    setting's number.
    login, permissions: as `login_required` and `permission_required`.
    """

    middleware: tuple[Any, ...] = ()
    disabled: bool = False
    lane: Lane = "auto"
    timeout: float | None = None
    max_concurrency: int | None = None
    queue: int = 0
    queue_timeout: float = 10.0
    key: str | None = None
    max_body: int | None = None
    stream_body: bool = False
    encoded_body: bool = False
    wants_trailers: bool = False
    csrf: bool = True
    cors: Mapping[str, Any] | Sequence[str] | str | bool | None = None
    csp: str | Mapping[str, str] | None = None
    transaction: bool = True
    read_only: bool = False
    retry: int = 0
    cancel_on_disconnect: bool = False
    max_queries: int | None = None
    login: bool = False
    permissions: tuple[str, ...] = ()


_NAMES = tuple(each.name for each in fields(RouteOptions))
# Those of `route` itself, for suggestions.
_OTHER_NAMES = ("methods", "name")
_LANES = ("auto", "inline", "pool")
_FLAGS = (
    "disabled",
    "stream_body",
    "encoded_body",
    "wants_trailers",
    "csrf",
    "transaction",
    "read_only",
    "cancel_on_disconnect",
    "login",
)
# Name -> what it may be, the least of it.
_NUMBERS: dict[str, tuple[type | tuple[type, ...], float]] = {
    "timeout": ((int, float), 0.001),
    "max_concurrency": (int, 1),
    "queue": (int, 0),
    "queue_timeout": ((int, float), 0.001),
    "max_body": (int, 0),
    "max_queries": (int, 1),
    "retry": (int, 0),
}


def parse_options(given: Mapping[str, Any]) -> RouteOptions:
    """Check and complete the keywords of `route`.

    Raises ValueError with a suggestion for an unknown name, and for a value that makes no sense.
    """
    for name in given:
        if name not in _NAMES:
            hint = did_you_mean(name, (*_NAMES, *_OTHER_NAMES), f"known: {', '.join(_NAMES)}")
            raise ValueError(f"route has no option {name!r}: {hint}")
    values = dict(given)
    values["middleware"] = _as_tuple(given.get("middleware", ()))
    values["permissions"] = _as_tuple(given.get("permissions", ()))
    if given.get("max_body") == "unlimited":
        values["max_body"] = UNLIMITED
    elif isinstance(given.get("max_body"), str):
        raise ValueError(f"max_body={given['max_body']!r}: give bytes as a number, or 'unlimited'")
    _check_values(values)
    return RouteOptions(**values)


def _check_values(values: Mapping[str, Any]) -> None:
    for name in _FLAGS:
        if not isinstance(values.get(name, False), bool):
            raise ValueError(f"{name}={values[name]!r}: give True or False")
    for name, (kinds, least) in _NUMBERS.items():
        number = values.get(name)
        is_number = isinstance(number, kinds) and not isinstance(number, bool)
        if number is not None and not (is_number and number >= least):
            raise ValueError(f"{name}={number!r}: give {least} or more, as a number")
    if values.get("queue") and values.get("max_concurrency") is None:
        raise ValueError(f"queue={values['queue']}: it takes effect with max_concurrency only")
    if values.get("key") is not None and values.get("max_concurrency") is None:
        raise ValueError(f"key={values['key']!r}: it takes effect with max_concurrency only")
    if "queue_timeout" in values and not values.get("queue"):
        seconds = values["queue_timeout"]
        raise ValueError(f"queue_timeout={seconds}: it takes effect with a queue only")
    if values.get("lane", "auto") not in _LANES:
        raise ValueError(f"lane={values['lane']!r}: take one of {', '.join(_LANES)}")
    _check_work(values)


def _check_work(values: Mapping[str, Any]) -> None:
    """The options about the database, which exclude each other."""
    if values.get("cancel_on_disconnect") and values.get("lane") == "inline":
        raise ValueError("cancel_on_disconnect=True: a handler on the loop cannot be stopped")
    if not values.get("retry"):
        return
    if values.get("read_only") or not values.get("transaction", True):
        raise ValueError(f"retry={values['retry']}: only a transaction can be run again")
    if values.get("stream_body"):
        raise ValueError(f"retry={values['retry']}: a body that is streamed cannot be read again")


def _as_tuple(value: Any) -> tuple[Any, ...]:
    is_several = isinstance(value, Iterable) and not isinstance(value, (str, type))
    return tuple(value) if is_several else (value,)
