"""Administration of users: who there is, their roles, deactivating."""

from typing import Any

from app.permissions import ADMINISTRATOR, USERS, is_administrator
from mvc import Group, Request, Role, User, abort, flash, logout_user, redirect, role_required, view

admin = Group("/admin/users", name="admin", permissions=USERS)

_PAGE_SIZE = 50


@admin.get("", name="users")
@view("admin/users.html")
def index(request: Request) -> dict[str, Any]:
    name = request.query.get("name", "").strip()
    users = User.select().prefetch(User.roles).order_by(User.username_key)
    if name:
        users = users.where(User.username_key.startswith(name.casefold()))
    return {"name": name, "users": users.page(request.query.get("page", 1, int), size=_PAGE_SIZE)}


@admin.get("/<id:int>", name="user")
@view("admin/user.html")
def show(request: Request, id: int) -> dict[str, Any]:
    user = User.get(id)
    return {
        "user": user,
        "roles": Role.select().order_by(Role.name).all(),
        "held": [role.id for role in user.roles],
        "may_give_roles": is_administrator(request.user),
    }


@admin.post("/<id:int>/roles", name="set_roles")
@role_required(ADMINISTRATOR)
def set_roles(request: Request, id: int) -> Any:
    user = User.get(id)
    chosen = request.form.getlist("roles", int)
    roles = [role for role in Role.all() if role.id in chosen]
    if user.id == request.user.id and ADMINISTRATOR not in [role.name for role in roles]:
        flash(request, "You cannot take the administrator's role from yourself.", level="error")
    else:
        user.roles.set(roles)
        flash(request, f"The roles of {user.username} are saved.", level="success")
    return redirect("admin:user", id=id)


@admin.post("/<id:int>/deactivate", name="deactivate")
def deactivate(request: Request, id: int) -> Any:
    """End every session of the user and let them log in no more (sec:S3)."""
    user = User.get(id)
    if is_administrator(user) and not is_administrator(request.user):
        abort(403)
    if user.id == request.user.id:
        flash(request, "You cannot deactivate yourself.", level="error")
    else:
        user.is_active = False
        user.save()
        logout_user(request, user)
        flash(request, f"{user.username} is deactivated and logged out.", level="success")
    return redirect("admin:user", id=id)


@admin.post("/<id:int>/activate", name="activate")
def activate(request: Request, id: int) -> Any:
    user = User.get(id)
    user.is_active = True
    user.save()
    flash(request, f"{user.username} may log in again.", level="success")
    return redirect("admin:user", id=id)
