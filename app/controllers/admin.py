"""The way into administration: to the first of its pages that the user may see."""

from app.permissions import admin_panels
from mvc import Request, Response, abort, login_required, redirect, route


@route("/admin", name="admin")
@login_required
def index(request: Request) -> Response:
    panels = admin_panels(request.user)
    if not panels:
        abort(403)
    name, _ = panels[0]
    return redirect(name)
