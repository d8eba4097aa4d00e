"""The protective response fields every answer carries (sec:H1, sec 0.4).

Most are constant and given to the server once (`default_fields`), so they stand on its own
refusals too. What depends on the request - a nonce, a route's own policy, HSTS under TLS - is
added by `finish`, which overrides the default of the same name.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from httpcore import Headers
from mvc.config import ConfigError, Settings
from mvc.security.hosts import is_loopback_host

if TYPE_CHECKING:
    from httpcore import Response
    from mvc.requests import Request

CSP_FIELD = "Content-Security-Policy"
HSTS_FIELD = "Strict-Transport-Security"

_HSTS = "max-age=31536000"  # one year; includeSubDomains only where configured (sec 0.4)
_NONCE_KEY = "security.csp_nonce"
_NONCE_DIRECTIVES = ("script-src", "style-src")

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

_FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def default_fields(settings: Settings) -> list[tuple[str, str]]:
    """The fields of every response: the set of sec:H1 as `csp` and `security_headers` change it.

    Raises ConfigError for what cannot be a field.
    """
    fields: dict[str, Any] = {**_FIELDS, CSP_FIELD: content_security_policy(settings.csp)}
    spelled = {name.lower(): name for name in fields}
    for name, value in settings.security_headers.items():
        is_for_tls = name.lower() == HSTS_FIELD.lower()
        if not is_for_tls and value is not True:  # true leaves the default
            fields[spelled.get(name.lower(), name)] = value
    pairs = [(name, value) for name, value in fields.items() if value not in ("", False)]
    try:
        return list(Headers(pairs).items())
    except (ValueError, TypeError) as error:
        raise ConfigError(f"csp or security_headers: {error}") from error


def content_security_policy(policy: str | Mapping[str, str] = "", nonce: str = "") -> str:
    """The policy as a field value.

    policy: a whole policy as text, or a table that changes single directives of the default
    ("" removes one); "" is the default itself. nonce: allowed for scripts and styles when given.
    """
    directives = _directives(policy)
    if nonce:
        for name in _NONCE_DIRECTIVES:
            sources = directives.get(name, directives.get("default-src", "")).replace("'none'", "")
            directives[name] = f"{sources} 'nonce-{nonce}'".strip()
    return "; ".join(f"{name} {value}".rstrip() for name, value in directives.items())


def csp_nonce(request: Request) -> str:
    """The nonce of this response, made on first use; `finish` then names it in the policy."""
    nonce = request.context.get(_NONCE_KEY)
    if nonce is None:
        nonce = request.context[_NONCE_KEY] = secrets.token_urlsafe(16)
    return str(nonce)


def finish(request: Request, response: Response) -> None:
    """Add the fields that depend on this request: nonce, the route's own `csp`, HSTS."""
    settings = request.app.settings
    route_policy = request.route.csp if request.route is not None else None
    nonce = request.context.get(_NONCE_KEY, "")
    if (nonce or route_policy) and CSP_FIELD not in response.headers and _has_policy(settings):
        response.headers[CSP_FIELD] = content_security_policy(route_policy or settings.csp, nonce)
    if request.scheme == "https" and not is_loopback_host(request.host):
        hsts = _configured(settings, HSTS_FIELD, _HSTS)
        if isinstance(hsts, str):
            response.headers.setdefault(HSTS_FIELD, hsts)


def _directives(policy: str | Mapping[str, str]) -> dict[str, str]:
    if isinstance(policy, str) and policy:
        parts = (part.strip(" ").partition(" ") for part in policy.split(";"))
        return {name: sources.strip(" ") for name, _, sources in parts if name}
    changes = {} if isinstance(policy, str) else policy
    merged = {**_POLICY, **changes}
    return {name: value for name, value in merged.items() if value or name not in changes}


def _has_policy(settings: Settings) -> bool:
    return _configured(settings, CSP_FIELD, True) is not False


def _configured(settings: Settings, name: str, default: str | bool) -> str | bool:
    """The value of `security_headers` for this field, whatever its case, or the default."""
    for key, value in settings.security_headers.items():
        if key.lower() == name.lower():
            return value
    return default
