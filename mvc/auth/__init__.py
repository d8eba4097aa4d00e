"""Users: passwords, logins, and who may call what."""

from mvc.auth.devices import (
    LoginSession,
    list_sessions,
    logout_everywhere,
    logout_user,
    revoke_session,
)
from mvc.auth.guards import (
    login_required,
    owner_required,
    permission_guard,
    permission_required,
    require_login,
    role_guard,
    role_required,
)
from mvc.auth.login import authenticate, load_user, login, logout
from mvc.auth.passwords import hash_password, verify_password
from mvc.auth.users import Anonymous, User, UserStore, anonymous

__all__ = [
    "Anonymous",
    "LoginSession",
    "User",
    "UserStore",
    "anonymous",
    "authenticate",
    "hash_password",
    "list_sessions",
    "load_user",
    "login",
    "login_required",
    "logout",
    "logout_everywhere",
    "logout_user",
    "owner_required",
    "permission_guard",
    "permission_required",
    "require_login",
    "revoke_session",
    "role_guard",
    "role_required",
    "verify_password",
]
