"""The Set-Cookie field (RFC 6265bis section 4.1), checked before it is sent (sec:S5, sec:S6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

from mvc.responses.dates import format_http_date
from mvc.tokens import is_token

MAX_SIZE = 4096  # bytes of name and value, what browsers keep at least
MAX_AGE = 400 * 24 * 3600  # seconds, beyond which browsers clamp

_COOKIE_OCTETS = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_PATH = re.compile(r"/[\x20-\x3a\x3c-\x7e]*")
_DOMAIN = re.compile(r"\.?[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*")
_SAME_SITE = ("Strict", "Lax", "None")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CookieAttributes(TypedDict, total=False):
    """max_age: seconds, 0 deletes; without it and `expires` the cookie ends with the browser.

    expires: an aware datetime. path: default "/". domain: default none, the host alone.
    secure: default False. http_only: default True. same_site: Strict, Lax (default) or None.
    partitioned: default False, needs secure.
    """

    max_age: int | None
    expires: datetime | None
    path: str
    domain: str | None
    secure: bool
    http_only: bool
    same_site: str
    partitioned: bool


_DEFAULTS: CookieAttributes = {
    "max_age": None,
    "expires": None,
    "path": "/",
    "domain": None,
    "secure": False,
    "http_only": True,
    "same_site": "Lax",
    "partitioned": False,
}


def format_set_cookie(name: str, value: str, attributes: CookieAttributes) -> str:
    """The field's value. Raises ValueError for what a browser would refuse or read otherwise:

    a name that is no token, a value beyond cookie-octets, together over 4,096 bytes, an attribute
    with `;` or controls, a life over 400 days, SameSite=None or Partitioned without Secure, a
    `__Secure-` name without Secure, a `__Host-` name without Secure and Path=/ or with a Domain.
    """
    unknown = attributes.keys() - _DEFAULTS.keys()
    if unknown:
        raise TypeError(
            f"unknown cookie attribute {sorted(unknown)[0]!r}; known: {', '.join(_DEFAULTS)}"
        )
    full: Any = {**_DEFAULTS, **attributes}
    full["same_site"] = str(full["same_site"]).capitalize()
    _check_pair(name, value)
    _check_attributes(name, full)
    parts = [f"{name}={value}"]
    parts += [text for key, write in _WRITERS.items() if (text := write(full[key])) is not None]
    return "; ".join(parts)


def expired(attributes: CookieAttributes) -> CookieAttributes:
    """The same attributes, for a cookie that the client is to forget."""
    return {**attributes, "max_age": 0, "expires": _EPOCH}


def _check_pair(name: str, value: str) -> None:
    if not is_token(name):
        raise ValueError(f"cookie name {name!r} is no token: use letters, digits, '-' and '_'")
    if not _COOKIE_OCTETS.fullmatch(value):
        raise ValueError(
            f"the value of cookie {name!r} has characters that cookies cannot carry (blanks, "
            "quotes, commas, semicolons, backslashes, non-ASCII): encode it, with base64 say"
        )
    if len(name) + len(value) > MAX_SIZE:
        raise ValueError(f"cookie {name!r} is larger than {MAX_SIZE} bytes: keep it in the session")


def _check_attributes(name: str, full: Mapping[str, Any]) -> None:
    for is_wrong, problem in (
        (not _PATH.fullmatch(full["path"]), "its path must start with / and have no ; or controls"),
        (full["domain"] and not _DOMAIN.fullmatch(full["domain"]), "its domain is no host name"),
        (full["same_site"] not in _SAME_SITE, "same_site must be Strict, Lax or None"),
        (full["same_site"] == "None" and not full["secure"], "SameSite=None needs secure=True"),
        (full["partitioned"] and not full["secure"], "partitioned needs secure=True"),
        ((full["max_age"] or 0) > MAX_AGE, "max_age is over 400 days"),
        (full["expires"] and full["expires"].tzinfo is None, "expires needs a time zone"),
        (
            _has_broken_prefix(name, full),
            "its prefix asks for secure=True and, if __Host-, for path '/' and no domain",
        ),
    ):
        if is_wrong:
            raise ValueError(f"cookie {name!r}: {problem}")


def _has_broken_prefix(name: str, full: Mapping[str, Any]) -> bool:
    # Browsers compare the prefixes without case (RFC 6265bis 5.7), so do we.
    lower = name.lower()
    if lower.startswith("__host-"):
        return not full["secure"] or full["path"] != "/" or bool(full["domain"])
    return lower.startswith("__secure-") and not full["secure"]


# Attribute -> how it is written; None leaves it out.
_WRITERS: dict[str, Callable[[Any], str | None]] = {
    "max_age": lambda value: None if value is None else f"Max-Age={int(value)}",
    "expires": lambda value: None if value is None else f"Expires={format_http_date(value)}",
    "path": lambda value: f"Path={value}",
    "domain": lambda value: f"Domain={value}" if value else None,
    "secure": lambda value: "Secure" if value else None,
    "http_only": lambda value: "HttpOnly" if value else None,
    "same_site": lambda value: f"SameSite={value}",
    "partitioned": lambda value: "Partitioned" if value else None,
}
