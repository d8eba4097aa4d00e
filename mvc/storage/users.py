"""Users in the database."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module

from mvc.auth import hash_password
from mvc.auth.passwords import needs_rehash
from mvc.auth.usernames import username_key
from mvc.auth.users import User as AnyUser
from mvc.config import ConfigError
from mvc.storage.models import USERNAME_KEY_LENGTH, User
from mvc.storage.throttle import DatabaseThrottle
from orm import now


def load_user_model(name: str) -> type[User]:
    """The model a dotted name means, `User` for "". Raises ConfigError when it is none."""
    if not name:
        return User
    module, _, attribute = name.rpartition(".")
    try:
        model = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"user_model = {name!r} cannot be imported: {error}") from error
    if not (isinstance(model, type) and issubclass(model, User)):
        raise ConfigError(f"user_model = {name!r} must be a class derived from mvc.User")
    return model


class DatabaseUserStore:
    """A `UserStore` over the user model, by default the table `users`.

    model_name: the setting `user_model`; imported on first use, when the application's models are.
    """

    def __init__(self, model_name: str = "") -> None:
        self._model_name = model_name
        self.throttle = DatabaseThrottle()

    @cached_property
    def model(self) -> type[User]:
        return load_user_model(self._model_name)

    def get(self, user_id: int) -> User | None:
        return self.model.select().where(self.model.id == user_id).first()

    def find_by_username(self, username: str) -> User | None:
        key = username_key(username)
        if len(key) > USERNAME_KEY_LENGTH:  # no column holds it
            return None
        return self.model.select().where(self.model.username_key == key).first()

    def refresh_password(self, user: AnyUser, password: str) -> None:
        # Not by set_password: the password is the same, so the logins stay.
        if isinstance(user, User) and needs_rehash(user.password_hash):
            user.password_hash = hash_password(password)
            user.save()

    def note_login(self, user: AnyUser) -> None:
        self.model.update(last_login=now()).where(self.model.id == user.id).execute()

    def end_logins(self, user: AnyUser) -> None:
        raised = self.model.session_epoch + 1
        self.model.update(session_epoch=raised).where(self.model.id == user.id).execute()
