"""The session cookie: its name, its attributes and the caching rule it brings (sec:S5, sec:H8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvc.responses.cookies import format_set_cookie
from mvc.responses.vary import add_vary

if TYPE_CHECKING:
    from httpcore import Response
    from mvc.requests import Request

_SHARED_DIRECTIVES = ("public", "s-maxage")
_PRIVATE_DIRECTIVES = frozenset({"private", "no-store"})


def session_cookie_name(request: Request) -> str:
    """`session`; under TLS with the `__Host-` prefix, which binds it to this very host."""
    name = request.app.settings.session_cookie
    if request.scheme == "https" and not name.startswith("__Host-"):
        return f"__Host-{name}"
    return name


def set_session_cookie(request: Request, response: Response, value: str, max_age: int) -> None:
    """Hand the client its session id, or with `max_age` 0 make it forget an old one."""
    cookie = format_set_cookie(
        session_cookie_name(request),
        value,
        {
            "path": "/",
            "max_age": max_age,
            "http_only": True,
            "same_site": "Lax",
            "secure": request.scheme == "https",
        },
    )
    response.headers.add("Set-Cookie", cookie)


def mark_private(response: Response) -> None:
    """Keep what depends on a session out of shared caches: `Vary: Cookie`, private (sec:H8)."""
    headers = response.headers
    add_vary(headers, "Cookie")
    directives = [item.strip(" \t") for item in headers.get("Cache-Control", "").split(",")]
    names = {item.partition("=")[0].lower() for item in directives}
    if not names & _PRIVATE_DIRECTIVES:
        kept = [
            item
            for item in directives
            if item and item.partition("=")[0].lower() not in _SHARED_DIRECTIVES
        ]
        headers["Cache-Control"] = ", ".join(["private", *kept])
