"""An application of real parts without routes or a database, for tests of sessions and logins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

from httpcore import Peer, Response
from mvc.auth import hash_password, load_user, verify_password
from mvc.auth.throttle import MemoryThrottle
from mvc.auth.usernames import username_key
from mvc.config import Settings
from mvc.requests import Request
from mvc.security.keys import open_key_ring
from mvc.sessions import MemorySessionStore, Session, SessionManager
from mvc.views import Templates
from tests.support.messages import make_request

TLS = Peer(("127.0.0.1", 50000), ("127.0.0.1", 443), "https")


@dataclass
class Person:
    """A user in memory."""

    id: int
    username: str
    password: str = ""
    is_active: bool = True
    is_superuser: bool = False
    session_epoch: int = 0
    permissions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def has_permission(self, code: str) -> bool:
        return self.is_superuser or code in self.permissions

    def has_role(self, name: str) -> bool:
        return name in self.roles

    def check_password(self, password: str) -> bool:
        return verify_password(password, self.password)

    def set_password(self, password: str) -> None:
        self.password = hash_password(password)
        self.session_epoch += 1


class People:
    """A user store in memory."""

    def __init__(self, *people: Person) -> None:
        self.people = list(people)
        self.throttle = MemoryThrottle()
        self.logins: list[int] = []

    def get(self, user_id: int) -> Person | None:
        return next((each for each in self.people if each.id == user_id), None)

    def find_by_username(self, username: str) -> Person | None:
        key = username_key(username)
        return next((each for each in self.people if username_key(each.username) == key), None)

    def refresh_password(self, user: Any, password: str) -> None:
        pass

    def note_login(self, user: Any) -> None:
        self.logins.append(user.id)

    def end_logins(self, user: Any) -> None:
        user.session_epoch += 1


class Clock:
    """Naive UTC that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class FakeSite:
    """`request.app` with real keys, sessions and templates."""

    def __init__(self, *people: Person, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.clock = Clock()
        self.keys = open_key_ring(self.settings)
        self.store = MemorySessionStore()
        self.sessions = SessionManager(self.store, self.settings, self.clock)
        self.users = People(*people)
        self.templates = Templates(url_for=self.url_for)

    def load_session(self, request: Request) -> Session:
        return self.sessions.load(request)

    def load_user(self, request: Request) -> Any:
        return load_user(request)

    def url_for(self, name: str, /, **params: Any) -> str:
        return f"/{name}"

    def allows_host(self, host: str) -> bool:
        return True


class Visitor:
    """One browser's cookie jar in front of a site: `ask` makes a request, `settle` ends it."""

    def __init__(self, site: FakeSite) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.last: Mapping[str, Any] = {}

    def ask(self, target: str = "/", **options: Any) -> Request:
        headers = dict(options.pop("headers", {}))
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return make_request(target, headers=headers, services=self.site, **options)

    def settle(self, request: Request, status: int = 200) -> Response:
        response = Response(b"", status)
        self.site.sessions.finish(request, response)
        for field in response.headers.get_all("Set-Cookie"):
            for name, morsel in SimpleCookie(field).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return response
