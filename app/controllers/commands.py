"""Commands of `python -m mvc` for whoever runs the site: the first administrator, a lost password.

python -m mvc make-admin NAME
python -m mvc new-password NAME
"""

import sys
from collections.abc import Sequence

from app.passwords import print_new_password
from app.permissions import ADMINISTRATOR, ensure_role
from mvc import Application, User, command


@command
def make_admin(app: Application, arguments: Sequence[str]) -> int:
    """Make a user an administrator; one who does not exist yet is made, with a password."""
    if len(arguments) != 1:
        return _refuse("usage: python -m mvc make-admin NAME")
    app.start()
    name = arguments[0]
    user = app.users.find_by_username(name)
    if user is None:
        user = User(username=name)
        print_new_password(user)
    user.roles.add(ensure_role(ADMINISTRATOR))
    print(f"{user.username} is an administrator")
    return 0


@command
def new_password(app: Application, arguments: Sequence[str]) -> int:
    """Give a user another password and print it; every session of theirs is over (sec:S3)."""
    if len(arguments) != 1:
        return _refuse("usage: python -m mvc new-password NAME")
    user = app.users.find_by_username(arguments[0])
    if user is None:
        return _refuse(f"there is no user {arguments[0]!r}")
    print_new_password(user)
    return 0


def _refuse(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
