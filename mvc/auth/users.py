"""What authentication needs of a user, and of the place users are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from mvc.auth.throttle import LoginThrottle
    from mvc.requests import Request
    from mvc.sessions import SessionManager


class User(Protocol):
    """A user as guards and logins see it; `mvc.storage` has the model.

    session_epoch: a login made under another value is over (sec:S3).
    """

    id: Any
    username: Any
    is_active: Any
    is_superuser: Any
    session_epoch: Any

    def has_permission(self, code: str) -> bool: ...

    def has_role(self, name: str) -> bool: ...

    def check_password(self, password: str) -> bool: ...


class UserStore(Protocol):
    """Where users are kept. `None` stands for no such user."""

    @property
    def throttle(self) -> LoginThrottle: ...

    def get(self, user_id: int) -> User | None: ...

    def find_by_username(self, username: str) -> User | None:
        """The user whose name has the same key (sec:D9)."""
        ...

    def refresh_password(self, user: User, password: str) -> None:
        """Hash the password anew when the parameters have risen since (sec:A1)."""
        ...

    def note_login(self, user: User) -> None:
        """Record the time of a login."""
        ...

    def end_logins(self, user: User) -> None:
        """Raise the user's session epoch: every login made before is over (sec:S3)."""
        ...


class AuthServices(Protocol):
    """What the application offers to this package, as `request.app`."""

    users: UserStore
    sessions: SessionManager


def services_of(request: Request) -> AuthServices:
    """The application seen as what authentication needs."""
    return cast(AuthServices, request.app)


class Anonymous:
    """Whoever has not logged in: falsy, without a name, allowed nothing."""

    __slots__ = ()
    id: None = None
    username = ""
    is_active = False
    is_superuser = False
    session_epoch = 0

    def has_permission(self, code: str) -> bool:
        return False

    def has_role(self, name: str) -> bool:
        return False

    def check_password(self, password: str) -> bool:
        return False

    def __bool__(self) -> bool:
        return False

    def __json__(self) -> None:
        return None

    def __repr__(self) -> str:
        return "<anonymous>"


anonymous = Anonymous()
