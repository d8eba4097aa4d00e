"""The application that the fixtures serve: one page for everyone, one for who is logged in."""

from mvc import Request, login_required, route


@route("/login")
def show_login(request: Request) -> str:
    return "<p>Who are you?</p>"


@route("/profile")
@login_required
def show_profile(request: Request) -> str:
    return f"<p>{request.user.username}</p>"
