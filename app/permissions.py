"""What roles may allow here, and the roles the board starts with.

A superuser may everything. Giving roles is for administrators alone: whoever could do it with less
could give themselves more.
"""

from collections.abc import Sequence

from mvc import Permission, Role, User, template_global

USERS = "users.manage"
BOARDS = "boards.manage"
MODERATE = "posts.moderate"

MEANINGS = {
    USERS: "see users and deactivate them",
    BOARDS: "add and change boards",
    MODERATE: "take down what others wrote",
}

ADMINISTRATOR = "administrator"
ROLES = {ADMINISTRATOR: (USERS, BOARDS, MODERATE), "moderator": (MODERATE,)}


def is_administrator(user: User) -> bool:
    return bool(user) and (user.is_superuser or user.has_role(ADMINISTRATOR))


@template_global
def admin_panels(user: User) -> list[tuple[str, str]]:
    """The administration's pages that this user may see: route name and title."""
    panels = []
    if user.has_permission(USERS):
        panels.append(("admin:users", "Users"))
    if is_administrator(user):
        panels.append(("admin:roles", "Roles"))
    if user.has_permission(BOARDS):
        panels.append(("admin:boards", "Boards"))
    return panels


def ensure_role(name: str) -> Role:
    """The role of this name; a missing one is made, with the permissions of `ROLES`."""
    role = Role.select().where(Role.name == name).first()
    if role is None:
        role = Role.insert(name=name)
        grant(role, ROLES.get(name, ()))
    return role


def grant(role: Role, codes: Sequence[str]) -> None:
    """Make these the permissions of a role, the rows of new ones too."""
    for code in codes:
        Permission.upsert({"code": code}, key=["code"])
    role.permissions.set(Permission.select().where(Permission.code.in_(codes)).all())
