"""Cross-site request forgery: who may send unsafe requests (sec:H5, sec:H6, sec 0.4).

Two lines of defence. Browsers say where a request comes from: `Sec-Fetch-Site` on trustworthy
origins, `Origin` on the others. What remains is proved by a token that only our own pages hold:

    Sec-Fetch-Site        Origin                session cookie     verdict
    same-origin, none     -                     -                  passes
    anything else         trusted               -                  passes
    anything else         -                     -                  refused
    absent                own or trusted        no                 passes
    absent                own or trusted        yes                forms need the token
    absent                foreign, null         -                  refused
    absent                absent                no                 passes (curl, webhooks)
    absent                absent                yes                needs the token

The token is an HMAC of the session id, so nothing is stored for it and anonymous visitors cause no
session (sec:S11); a new id at login changes it. Each rendering masks it with fresh random bytes, so
that compression leaks nothing (sec:H6).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from httpcore import HTTPError, StoredBody
from mvc.requests import expects_json
from mvc.routing import SAFE_METHODS, metadata_of
from mvc.routing.applied import FORGOTTEN, check_bare
from mvc.security.keys import KeyRing
from mvc.security.origins import origin_of, own_origin
from mvc.sessions import session_cookie_name, session_of

if TYPE_CHECKING:
    from mvc.requests import Request

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"

_PURPOSE = "csrf"
_SECRET_BYTES = 32
_TOKEN_LENGTH = 86  # characters: mask and masked secret, 64 bytes in base64 without padding
_OWN_SITES = frozenset({"same-origin", "none"})
_FORM_TYPES = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""}
)
_STALE_FORM = "This form is no longer valid. Go back, reload the page and send it again."
_MISSING_HEADER = f"A session's request needs its CSRF token in the field {HEADER} (or an Origin)."

Function = TypeVar("Function", bound=Callable[..., Any])


class _Services(Protocol):
    keys: KeyRing


def csrf_exempt(function: Function = FORGOTTEN) -> Function:
    """Decorator: this handler takes unsafe requests from anywhere, as a webhook must."""
    check_bare("csrf_exempt", function)
    metadata_of(function).csrf_exempt = True
    return function


def token(request: Request) -> str:
    """A fresh mask over this session's secret, for a form field or the `X-CSRF-Token` header."""
    secret = _keys(request).sign(_PURPOSE, session_of(request).id.encode())
    mask = secrets.token_bytes(_SECRET_BYTES)
    return base64.urlsafe_b64encode(mask + _xor(mask, secret)).rstrip(b"=").decode()


def check(request: Request, exempt: bool = False) -> None:
    """Refuse a forged unsafe request.

    Raises HTTPError(403) that tells the visitor what to do. Call it before the handler runs.
    """
    if exempt or request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site in _OWN_SITES:
        return
    origin = request.headers.get("Origin")
    if not (origin is None and site is None) and not _is_known_origin(request, origin, site):
        raise HTTPError(403, "This request came from another site and was refused.")
    if site is None and _needs_token(request, origin) and not _has_valid_token(request):
        raise HTTPError(403, _MISSING_HEADER if expects_json(request) else _STALE_FORM)


def _is_known_origin(request: Request, origin: str | None, site: str | None) -> bool:
    sent = origin_of(origin or "")
    if sent is None:
        return False
    trusted = {origin_of(entry) for entry in request.app.settings.csrf_trusted_origins}
    return sent in trusted or (site is None and sent == own_origin(request))


def _needs_token(request: Request, origin: str | None) -> bool:
    if not _session_cookie(request):
        return False
    return origin is None or _media_type(request) in _FORM_TYPES


def _has_valid_token(request: Request) -> bool:
    sent = request.headers.get(HEADER) or _form_token(request)
    secret = _unmask(sent)
    cookie = _session_cookie(request).encode("utf-8", "surrogateescape")
    return secret is not None and _keys(request).verify(secret, _PURPOSE, cookie)


def _form_token(request: Request) -> str:
    # A streaming endpoint reads its body itself; looking for the field would take it away.
    if _media_type(request) not in _FORM_TYPES - {""} or not isinstance(request.stream, StoredBody):
        return ""
    return str(request.form.get(FIELD, ""))


def _session_cookie(request: Request) -> str:
    # The cookie itself decides, not whether its session still exists: a form rendered before
    # the session ran out may be sent, and leads to the login page instead of a refusal.
    return str(request.cookies.get(session_cookie_name(request), ""))


def _media_type(request: Request) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip(" \t").lower()


def _unmask(masked: str) -> bytes | None:
    if len(masked) != _TOKEN_LENGTH or not masked.isascii():
        return None
    try:
        raw = base64.b64decode(masked + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return _xor(raw[:_SECRET_BYTES], raw[_SECRET_BYTES:])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _keys(request: Request) -> KeyRing:
    return cast(_Services, request.app).keys
