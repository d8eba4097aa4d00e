"""Addresses that are good for a while and cannot be made up (feat:W15).

The signature covers the path and the moment it ends, so whoever has the address has that file until
then, and nothing else. Everything else in the query is free.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import unquote, urlencode

from httpcore import HTTPError
from mvc.security.keys import KeyRing

if TYPE_CHECKING:
    from mvc.requests import Request

_PURPOSE = "signed-url"
_EXPIRES = "expires"
_SIGNATURE = "signature"
_MAX_DIGITS = 12  # of a moment in seconds


class _Services(Protocol):
    @property
    def keys(self) -> KeyRing: ...


def signed_url(request: Request, path: str, seconds: float = 3600) -> str:
    """`path` (as it stands in a link, percent-encoded) with a signature good for `seconds`.

    Raises ValueError for what is no path of this site.
    """
    if not path.startswith("/") or path.startswith("//") or "?" in path or "#" in path:
        raise ValueError(f"{path!r} cannot be signed: give the path alone, such as '/files/a.pdf'")
    expires = str(int(time.time() + seconds))
    signature = _keys(request).sign(_PURPOSE, unquote(path).encode(), expires.encode())
    return f"{path}?{urlencode({_EXPIRES: expires, _SIGNATURE: _encoded(signature)})}"


def check_signature(request: Request) -> None:
    """Raises HTTPError 403 unless the request's address was signed and its time is not over."""
    expires = request.query.get(_EXPIRES, "")
    signature = _decoded(request.query.get(_SIGNATURE, ""))
    is_moment = expires.isascii() and expires.isdigit() and len(expires) <= _MAX_DIGITS
    parts = (request.path.encode(), expires.encode())
    if not (is_moment and _keys(request).verify(signature, _PURPOSE, *parts)):
        raise HTTPError(403, "This link is not complete. Ask for a new one.")
    if int(expires) <= time.time():
        raise HTTPError(403, "This link has ended. Ask for a new one.")


def _encoded(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """b"" for what we did not write: the last letter has bits to spare, so four would do."""
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        signature = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return signature if _encoded(signature) == text else b""


def _keys(request: Request) -> KeyRing:
    return cast(_Services, request.app).keys
