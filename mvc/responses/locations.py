"""Where a redirection may lead (sec:H11).

Browsers read `//host`, `/\\host`, `http:host` and locations with tabs or line breaks inside as
other places than they look; such spellings are refused, not repaired.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

MAX_LENGTH = 2048  # characters (sec section 2)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
# A path, or an http(s) URL with a host and without user information.
_LOCATION = re.compile(r"/(?!/).*|https?://[^/?#@]+(?:[/?#].*)?", re.IGNORECASE)
# Everything ASCII stays as it is: the location is a URL already, only IRIs need encoding.
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def check_location(location: str, origin: str | None = None) -> str:
    """The location, with non-ASCII characters percent-encoded.

    origin: `scheme://host[:port]` to stay on; None allows any. Raises ValueError for a location
    that is ambiguous, longer than 2,048 characters, or leaves the origin.
    """
    encoded = quote(location, safe=_ASCII)
    if len(encoded) > MAX_LENGTH:
        raise ValueError(f"the redirect location is longer than {MAX_LENGTH} characters")
    if _FORBIDDEN.search(location) or not _LOCATION.fullmatch(encoded):
        raise ValueError(
            "the redirect location must be a path that starts with one / or a whole http(s) URL, "
            "without blanks, backslashes, control characters or user names"
        )
    if origin is not None and not encoded.startswith("/") and _origin(encoded) != _origin(origin):
        raise ValueError(
            "the redirect leads to another origin; pass external=True if that is meant"
        )
    return encoded


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
