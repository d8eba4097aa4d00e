"""Origins: scheme, host and port as one comparable value (RFC 6454, sec:H5, sec:H7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mvc.requests import Request

_DEFAULT_PORTS = {"http": "80", "https": "443"}

# `scheme "://" host [":" port]` and nothing else: no userinfo, no path, no white space.
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.~%-]+)(?::(?P<port>[0-9]{1,5}))?",
    re.IGNORECASE | re.ASCII,
)

Origin = tuple[str, str, str]


def origin_of(text: str) -> Origin | None:
    """(scheme, host, port) of a serialised origin, or None for `null` and anything malformed."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    scheme = match["scheme"].lower()
    return scheme, match["host"].lower(), match["port"] or _DEFAULT_PORTS.get(scheme, "")


def own_origin(request: Request) -> Origin | None:
    """The origin this request was sent to, as seen by the client (trusted proxies counted in)."""
    return origin_of(f"{request.scheme}://{request.host}")


def serialize_origin(origin: Origin) -> str:
    """The origin as browsers write it: a default port is left out."""
    scheme, host, port = origin
    is_default = port == _DEFAULT_PORTS.get(scheme, "")
    return f"{scheme}://{host}" if is_default else f"{scheme}://{host}:{port}"
