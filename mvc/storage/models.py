"""The tables of the framework: users with their roles and permissions, sessions, failed logins."""

from __future__ import annotations

from typing import Any

from mvc.auth.passwords import UNUSABLE, hash_password, verify_password
from mvc.auth.usernames import MAX_USERNAME
from mvc.storage.fields import UsernameField
from orm import BigInteger, Boolean, DateTime, Integer, ManyToMany, Model, String, Text, now

USERNAME_KEY_LENGTH = 255  # characters; folding may lengthen a name

# What an answer never shows of a user (feat: part 3, trap 23).
_PRIVATE_FIELDS = frozenset({"password_hash", "username_key", "session_epoch"})


class Permission(Model):
    """Something that may be allowed, by a code such as `stats.view`."""

    code = String(100, unique=True)

    class Meta:
        table = "permissions"


class Role(Model):
    """A named set of permissions."""

    name = String(60, unique=True)
    permissions = ManyToMany(Permission, back="roles")

    class Meta:
        table = "roles"


class User(Model):
    """Someone who can log in. Applications reference it, or extend it (setting `user_model`).

    username: as typed; two names with the same key (case, width) are one (sec:D9). To change it in
    bulk, set `username_key` too. is_superuser: every permission, every guard passes.
    session_epoch: counts password changes and `logout_everywhere`; a login remembers the number it
    was made under and is over when it differs (sec:S3). Times are naive UTC.
    """

    username = UsernameField(MAX_USERNAME)
    username_key = String(USERNAME_KEY_LENGTH, unique=True)
    email = String(254, default="")
    password_hash = String(255, default=UNUSABLE, secret=True)
    is_active = Boolean(default=True)
    is_superuser = Boolean(default=False)
    session_epoch = Integer(default=0)
    last_login = DateTime(null=True)
    date_joined = DateTime(default=now)
    roles = ManyToMany(Role, back="users")
    permissions = ManyToMany(Permission, back="users")

    class Meta:
        table = "users"

    def set_password(self, password: str) -> None:
        """Hash and keep a password; `save()` stores it and every login made before is over.

        Raises HTTPError 400 over 1,024 bytes, 503 when too many hashes are being made.
        """
        self.password_hash = hash_password(password)
        self.session_epoch += 1

    def check_password(self, password: str) -> bool:
        """Whether this is the password; takes as long when the account has none (sec:A3)."""
        return verify_password(password, self.password_hash)

    def has_permission(self, code: str) -> bool:
        """Whether the user has the permission, directly or by a role; never when deactivated."""
        if not self.is_active or self.is_superuser:
            return self.is_active
        by_role = self.roles.where(Role.permissions.any(Permission.code == code))
        return by_role.exists() or self.permissions.where(Permission.code == code).exists()

    def has_role(self, name: str) -> bool:
        """Whether the user has the role; never when deactivated."""
        return self.is_active and self.roles.where(Role.name == name).exists()

    def __json__(self) -> dict[str, Any]:
        shown = super().__json__()
        return {name: value for name, value in shown.items() if name not in _PRIVATE_FIELDS}


class SessionRecord(Model):
    """One session. key: the SHA-256 of its id in hex, never the id (sec:S1)."""

    key = String(64, primary_key=True)
    data = Text()
    user_id = BigInteger(null=True, index=True)
    epoch = Integer(default=0)
    created_at = DateTime()
    last_seen = DateTime()
    expires_at = DateTime(index=True)
    ip = String(45, default="")
    user_agent = String(200, default="")

    class Meta:
        table = "sessions"


class LoginFailures(Model):
    """Failed logins of one account from one network in the running window (sec:A4)."""

    key = String(64, primary_key=True)
    failures = Integer()
    ends_at = DateTime(index=True)

    class Meta:
        table = "login_failures"
