"""Registering, logging in and out."""

from typing import Any

from app import forms
from mvc import Request, User, authenticate, flash, login, logout, redirect, route, safe_next, view
from orm import IntegrityError, transaction


@route("/register", name="register")
@view("accounts/register.html")
def register_form(request: Request) -> dict[str, Any]:
    return {"form": forms.Form()}


@route("/register", methods="POST")
@view("accounts/register.html")
def register(request: Request) -> Any:
    form = forms.read(request, "username", "email")
    username, email = forms.check_username(form), forms.check_email(form)
    password = forms.read_password(request, form)
    user = None if form.errors else _new_user(form, username, email, password)
    if user is None:
        return {"form": form}, 422
    login(request, user)
    flash(request, f"Welcome, {username}.", level="success")
    return redirect("home")


def _new_user(form: forms.Form, username: str, email: str, password: str) -> User | None:
    """The user, or None when the name is taken; the table's unique index decides, not a look."""
    user = User(username=username, email=email)
    user.set_password(password)
    try:
        with transaction():
            user.save()
    except IntegrityError:
        form.refuse("username", "That name is taken. Try another.")
        return None
    return user


@route("/login", name="login")
@view("accounts/login.html")
def login_form(request: Request) -> dict[str, Any]:
    return {"form": forms.Form(), "next": safe_next(request)}


@route("/login", methods="POST", transaction=False)  # hashing must not hold the writer
@view("accounts/login.html")
def log_in(request: Request) -> Any:
    form = forms.read(request, "username")
    target = safe_next(request)
    user = authenticate(request, form.values["username"], forms.typed(request).get("password", ""))
    if user is None:
        form.refuse("password", "The name or the password is not right.")
        return {"form": form, "next": target}, 422
    login(request, user)
    return redirect(target)


@route("/logout", methods="POST", name="logout")
def log_out(request: Request) -> Any:
    logout(request)
    flash(request, "You are logged out.")
    return redirect("home")
