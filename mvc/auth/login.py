"""Proving who someone is, and remembering it in the session (sec:S2, S3, A3, A4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore import HTTPError
from mvc.auth.passwords import spend_equal_work
from mvc.auth.throttle import throttle_key
from mvc.auth.usernames import username_key
from mvc.auth.users import Anonymous, User, anonymous, services_of
from mvc.sessions import session_of

if TYPE_CHECKING:
    from mvc.requests import Request


def authenticate(request: Request, username: str, password: str) -> User | None:
    """The active user with this name and password, or None.

    An unknown name, a wrong password and a deactivated account look the same and cost the same
    (sec:A3). After 5 failures in a minute from one network the account is refused there: HTTPError
    429 with Retry-After (sec:A4). HTTPError 400 for a password over 1,024 bytes, 503 when too many
    logins run at once. Hashing takes a tenth of a second and more, so a login route is best given
    `transaction=False`: otherwise the database's writer may wait for it.
    """
    users = services_of(request).users
    key = throttle_key(username_key(username), request.remote_addr)
    wait = users.throttle.seconds_to_wait(key)
    if wait:
        raise HTTPError(
            429, "Too many failed logins. Wait a moment.", (("Retry-After", str(wait)),)
        )
    user = users.find_by_username(username)
    if _is_password_right(user, password) and user is not None:
        users.throttle.forget(key)
        users.refresh_password(user, password)
        return user
    users.throttle.count_failure(key)
    return None


def login(request: Request, user: User) -> None:
    """Make `user` the user of this session, under a new session id (sec:S2).

    What an anonymous visitor had in the session stays; what another user had is dropped. Call it
    again after a change of the password: that ends all other logins and would end this one.
    """
    session = session_of(request)
    if session.user_id not in (None, user.id):
        session.clear()
    session.renew()
    session.user_id = user.id
    session.epoch = user.session_epoch
    services_of(request).users.note_login(user)
    request.user = user


def logout(request: Request) -> None:
    """Forget the session: its row is deleted with this response, even if that is an error."""
    session_of(request).end()
    request.user = anonymous


def load_user(request: Request) -> User | Anonymous:
    """The user of the session, checked anew: deactivated or logged out everywhere is anonymous."""
    session = session_of(request)
    if session.user_id is None:
        return anonymous
    user = services_of(request).users.get(session.user_id)
    if user is None or not user.is_active or user.session_epoch != session.epoch:
        session.end()
        return anonymous
    return user


def _is_password_right(user: User | None, password: str) -> bool:
    if user is None or not user.is_active:
        spend_equal_work(password)
        return False
    return user.check_password(password)
