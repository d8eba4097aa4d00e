"""A user's own page: sessions, password, posts."""

from typing import Any

from app import forms
from app.listings import listing
from app.models import Post
from mvc import (
    Request,
    abort,
    csrf_token,
    flash,
    list_sessions,
    login,
    login_required,
    logout_everywhere,
    redirect,
    revoke_session,
    route,
    view,
)


@route("/profile", name="profile")
@login_required
@view("accounts/profile.html")
def show(request: Request) -> dict[str, Any]:
    return _page(request, forms.Form())


@route("/profile/password", methods="POST", name="change_password")
@login_required
@view("accounts/profile.html")
def change_password(request: Request) -> Any:
    """Set a new password, which ends every session but a new one here (sec:S3)."""
    form = forms.Form()
    if not request.user.check_password(forms.typed(request).get("current", "")):
        form.refuse("current", "That is not your password.")
    password = forms.read_password(request, form)
    if form.errors:
        return _page(request, form), 422
    request.user.set_password(password)
    request.user.save()
    login(request, request.user)
    flash(request, "Your password is changed.", level="success")
    return redirect("profile")


@route("/profile/sessions/<handle>/end", methods="POST", name="end_session")
@login_required
def end_session(request: Request, handle: str) -> Any:
    if not revoke_session(request, handle):
        abort(404)
    flash(request, "That session is over.")
    return redirect("profile")


@route("/profile/sessions/end", methods="POST", name="end_sessions")
@login_required
def end_sessions(request: Request) -> Any:
    logout_everywhere(request)
    return redirect("login")


def _page(request: Request, form: forms.Form) -> dict[str, Any]:
    user = request.user
    return {
        "form": form,
        # For API clients: what `X-CSRF-Token` must say when they send something (sec:H5).
        "token": csrf_token(request),
        "roles": user.roles.all(),
        "sessions": list_sessions(request),
        **listing(request, Post.select().where(Post.author == user)),
    }
