"""The cookies of one test client: a small browser's jar for one host (RFC 6265 section 5)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from mvc.responses.dates import parse_http_date


@dataclass(frozen=True, slots=True)
class StoredCookie:
    """expires: seconds since the epoch, None for a cookie that ends with the client."""

    name: str
    value: str
    path: str = "/"
    is_secure: bool = False
    expires: float | None = None

    def is_sent_to(self, path: str, over_tls: bool) -> bool:
        if self.is_secure and not over_tls:
            return False
        prefix = self.path if self.path.endswith("/") else f"{self.path}/"
        return path == self.path or path.startswith(prefix)


class CookieJar:
    """Cookies by name and path. `jar[name]` is a cookie's value, `set` plants one."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], StoredCookie] = {}

    def set(self, name: str, value: str, path: str = "/") -> None:
        self._cookies[name, path] = StoredCookie(name, value, path)

    def get(self, name: str) -> str | None:
        """The value of a cookie that has not expired, None without one."""
        return next((cookie.value for cookie in self if cookie.name == name), None)

    def delete(self, name: str) -> None:
        """Forget the cookies of this name; none is fine."""
        self._cookies = {key: cookie for key, cookie in self._cookies.items() if key[0] != name}

    def clear(self) -> None:
        self._cookies.clear()

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self)

    def __iter__(self) -> Iterator[StoredCookie]:
        now = time.time()
        return iter([c for c in self._cookies.values() if c.expires is None or c.expires > now])

    def header_for(self, path: str, over_tls: bool) -> str:
        """The value of the Cookie field, longest paths first; "" without cookies."""
        sent = [cookie for cookie in self if cookie.is_sent_to(path, over_tls)]
        sent.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)

    def store(self, set_cookie: str, path: str, over_tls: bool) -> None:
        """Take one Set-Cookie field of an answer for `path`, as a browser would."""
        pair, *rest = set_cookie.split(";")
        name, equals, value = (part.strip(" \t") for part in pair.partition("="))
        attributes = dict(_attribute(text) for text in reversed(rest))
        if not equals or not name or ("secure" in attributes and not over_tls):
            return
        scope = attributes.get("path", "")
        cookie = StoredCookie(
            name,
            value,
            scope if scope.startswith("/") else _default_path(path),
            "secure" in attributes,
            _expiry(attributes),
        )
        self._cookies[name, cookie.path] = cookie


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(" \t").lower(), value.strip(" \t")


def _default_path(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _expiry(attributes: dict[str, str]) -> float | None:
    """Max-Age wins over Expires (RFC 6265 5.3)."""
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isdecimal():
        return time.time() + int(age)
    return parse_http_date(attributes.get("expires"))
