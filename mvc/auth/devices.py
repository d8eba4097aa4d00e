"""A user's own sessions: seeing where one is logged in, and ending that (feat:C19, sec:S3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mvc.auth.login import logout
from mvc.auth.users import User, services_of
from mvc.sessions import session_of
from mvc.sessions.store import key_of

if TYPE_CHECKING:
    from mvc.requests import Request


@dataclass(frozen=True, slots=True)
class LoginSession:
    """One place the user is logged in. handle: for `revoke_session`; times are naive UTC."""

    handle: str
    created_at: datetime
    last_seen: datetime
    ip: str
    user_agent: str
    is_current: bool


def list_sessions(request: Request) -> list[LoginSession]:
    """The logged-in user's sessions, most recently seen first; none for a visitor."""
    user_id = session_of(request).user_id
    if user_id is None:
        return []
    current = key_of(session_of(request).id)
    return [
        LoginSession(
            info.handle,
            info.created_at,
            info.last_seen,
            info.ip,
            info.user_agent,
            info.handle == current,
        )
        for info in services_of(request).sessions.sessions_of(user_id)
    ]


def revoke_session(request: Request, handle: str) -> bool:
    """End one of the user's own sessions; False when the handle names none of them."""
    user_id = session_of(request).user_id
    return user_id is not None and services_of(request).sessions.revoke(user_id, handle)


def logout_user(request: Request, user: User) -> None:
    """End every session of `user`: for whoever deactivates an account or resets its password."""
    services = services_of(request)
    services.users.end_logins(user)
    services.sessions.revoke_all(user.id)


def logout_everywhere(request: Request) -> None:
    """End every session of the logged-in user, this one too."""
    if request.user:
        logout_user(request, request.user)
    logout(request)
