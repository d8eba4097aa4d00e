"""A column that keeps its comparable form beside it."""

from __future__ import annotations

from typing import Any

from mvc.auth.usernames import username_key
from orm import String


class UsernameField(String[str]):
    """A user name as typed; storing it fills `username_key`, the form that is unique (sec:D9)."""

    def store(self, instance: Any, value: Any) -> None:
        super().store(instance, value)
        instance.username_key = username_key(instance.username)
