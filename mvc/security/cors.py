"""Cross-origin resource sharing: whose scripts may read our answers (feat:XC1, XC2, sec:H7).

Nothing is said before an origin is configured. Then every answer on the paths concerned varies on
Origin, allowed or not, so that a cache never gives one site's answer to another. Origins are equal
or not: no prefix, suffix or case games, and patterns must match the whole of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mvc.config import ConfigError, Settings, setting_fields
from mvc.responses import Response
from mvc.responses.vary import add_vary
from mvc.security.origins import origin_of, serialize_origin

if TYPE_CHECKING:
    from httpcore import Response as ServerResponse
    from mvc.requests import Request

_ANY = "*"
_NULL = "null"  # sandboxed frames and files: allowed only when listed in so many words


def cors_middleware(settings: Settings, option: Any = None) -> list[Cors]:
    """The middleware that these settings, or a route's own `cors`, ask for: none, or one `Cors`.

    option: None takes the settings; False allows no origin, True each one, a text or a list those;
    a table changes settings, named without their `cors_`. Raises ConfigError for anything else.
    """
    if option is False:
        return []
    if option is not None:
        return [Cors(replace(settings, **_changes(option)))]
    given = settings.cors_allowed_origins or settings.cors_allowed_origin_regexes
    return [Cors(settings)] if given or settings.cors_allow_all_origins else []


def _changes(option: Any) -> dict[str, Any]:
    """A route's `cors` as settings. A route is about all its paths, whatever the settings say."""
    every_path = {"cors_urls_regex": Settings.cors_urls_regex}
    if isinstance(option, Mapping):
        known = {name.removeprefix("cors_"): name for name in setting_fields() if "cors_" in name}
        for name in option:
            if name not in known or name == "urls_regex":
                raise ConfigError(f"cors has no {name!r}: known are {', '.join(known)}")
        return {known[name]: value for name, value in option.items()} | every_path
    origins = (_ANY,) if option is True else (option,) if isinstance(option, str) else option
    if not isinstance(origins, list | tuple):
        raise ConfigError(f"cors={option!r}: give True, False, origins, or a table of settings")
    none_of_the_settings = {"cors_allowed_origin_regexes": (), "cors_allow_all_origins": False}
    return {"cors_allowed_origins": tuple(origins), **none_of_the_settings, **every_path}


class Cors:
    """Answers preflights before anything else does, and marks all answers, errors too.

    Raises ConfigError for an origin or pattern that is none, and for all origins together with
    credentials: that would let every site act as the visitor.
    """

    def __init__(self, settings: Settings) -> None:
        origins = settings.cors_allowed_origins
        self._settings = settings
        self._allows_all = settings.cors_allow_all_origins or _ANY in origins
        if self._allows_all and settings.cors_allow_credentials:
            raise ConfigError(
                "cors_allow_credentials with every origin allowed would let any site act as its"
                " visitors: list the origins in cors_allowed_origins instead."
            )
        self._origins = frozenset(_checked(origin) for origin in origins if origin != _ANY)
        self._patterns = [_compiled(each) for each in settings.cors_allowed_origin_regexes]
        self._paths = _compiled(settings.cors_urls_regex)
        self._preflight_fields = list(_preflight_fields(settings))

    def process_request(self, request: Request) -> Response | None:
        """The answer to a preflight; it needs no route, no login and no token."""
        is_preflight = request.method == "OPTIONS" and (
            "Access-Control-Request-Method" in request.headers
        )
        if not is_preflight or not self._paths.fullmatch(request.path):
            return None
        response = Response(b"", 200)
        if self._allowed_origin(request) is not None:
            for name, value in self._preflight_fields:
                response.headers[name] = value
            asks_private = request.headers.get("Access-Control-Request-Private-Network") == "true"
            if asks_private and self._settings.cors_allow_private_network:
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response

    def process_response(self, request: Request, response: ServerResponse) -> None:
        """Name the origin that may read this answer."""
        if not self._paths.fullmatch(request.path):
            return
        add_vary(response.headers, "Origin")
        allowed = self._allowed_origin(request)
        if allowed is None:
            return
        response.headers["Access-Control-Allow-Origin"] = allowed
        if self._settings.cors_allow_credentials:
            response.headers["Access-Control-Allow-Credentials"] = "true"
        if self._settings.cors_expose_headers and request.method != "OPTIONS":
            exposed = ", ".join(self._settings.cors_expose_headers)
            response.headers["Access-Control-Expose-Headers"] = exposed

    def _allowed_origin(self, request: Request) -> str | None:
        origin = request.headers.get("Origin")
        if origin is None:
            return None
        if self._allows_all:
            return _ANY
        is_listed = origin in self._origins
        return origin if is_listed or any(p.fullmatch(origin) for p in self._patterns) else None


def _preflight_fields(settings: Settings) -> Iterable[tuple[str, str]]:
    yield "Access-Control-Allow-Methods", ", ".join(settings.cors_allow_methods)
    yield "Access-Control-Allow-Headers", ", ".join(settings.cors_allow_headers)
    if settings.cors_preflight_max_age:
        yield "Access-Control-Max-Age", str(settings.cors_preflight_max_age)


def _checked(origin: str) -> str:
    """A configured origin as browsers write it."""
    parsed = origin_of(origin)
    if parsed is None and origin != _NULL:
        raise ConfigError(
            f"cors_allowed_origins: {origin!r} is no origin; write scheme://host[:port] without"
            " a path."
        )
    return origin if parsed is None else serialize_origin(parsed)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"the CORS pattern {pattern!r} is broken: {error}") from error
