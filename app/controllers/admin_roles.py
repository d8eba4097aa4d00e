"""Administration of roles: what each may do."""

from typing import Any

from app import forms
from app.permissions import ADMINISTRATOR, MEANINGS, grant
from mvc import Group, Request, Role, flash, redirect, role_required, view

admin = Group("/admin/roles", name="admin")

_NAME_MAX = 40


@admin.get("", name="roles")
@role_required(ADMINISTRATOR)
@view("admin/roles.html")
def index(request: Request) -> dict[str, Any]:
    return _page(forms.Form())


@admin.post("", name="create_role")
@role_required(ADMINISTRATOR)
@view("admin/roles.html")
def create(request: Request) -> Any:
    form = forms.read(request, "name")
    name = form.require("name", "The name", _NAME_MAX)
    if not form.errors and Role.select().where(Role.name == name).exists():
        form.refuse("name", "There is a role of that name.")
    if form.errors:
        return _page(form), 422
    Role.insert(name=name)
    return redirect("admin:roles")


@admin.post("/<id:int>/permissions", name="set_permissions")
@role_required(ADMINISTRATOR)
def set_permissions(request: Request, id: int) -> Any:
    role = Role.get(id)
    chosen = request.form.getlist("permissions")
    grant(role, [code for code in MEANINGS if code in chosen])
    flash(request, f"What a {role.name} may do is saved.", level="success")
    return redirect("admin:roles")


def _page(form: forms.Form) -> dict[str, Any]:
    roles = Role.select().prefetch(Role.permissions).order_by(Role.name).all()
    held = {role.id: [permission.code for permission in role.permissions] for role in roles}
    return {"roles": roles, "held": held, "permissions": MEANINGS, "form": form}
