"""Passwords that are made for somebody, by the sample data and on the command line."""

import secrets

from mvc import User

_BYTES = 9  # 12 characters


def print_new_password(user: User) -> None:
    """Set a random password, store the user, and say how to log in."""
    password = secrets.token_urlsafe(_BYTES)
    user.set_password(password)
    user.save()
    print(f"Log in as {user.username} with the password {password}")
