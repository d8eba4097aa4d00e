"""Decorators that say who may call a handler (feat:A13).

They note a guard on the function and return it unchanged, so they work above or below `@route`,
for HEAD and OPTIONS as for GET (sec:A6). Whoever is refused gets what fits: a browser is sent to
the login page and comes back afterwards, a client that prefers JSON gets 401 or 403.

A superuser passes every check but a missing row.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from httpcore import HTTPError
from mvc.requests import expects_json
from mvc.responses import RedirectResponse, Response
from mvc.routing.applied import FORGOTTEN, check_bare, described
from mvc.routing.metadata import Guard, metadata_of
from mvc.security.origins import origin_of, own_origin
from mvc.security.redirects import is_safe_redirect

if TYPE_CHECKING:
    from mvc.requests import Request

Function = TypeVar("Function", bound=Callable[..., Any])

CHALLENGE = (("WWW-Authenticate", "Session"),)
_MAX_NEXT = 1500  # characters of `next`, so that the location stays below its limit (sec:H11)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def login_required(function: Function = FORGOTTEN) -> Function:
    """Only logged-in users: a browser goes to `login_url` with `next`, JSON clients get 401."""
    check_bare("login_required", function)
    metadata_of(function).add_guard(require_login)
    return function


def permission_required(code: str = FORGOTTEN) -> Callable[[Function], Function]:
    """Only users with the permission `code`, their own or by a role; others get 403.

    Raises TypeError when the code is not a text.
    """
    _check_text("permission_required", code)
    return _noting(permission_guard(code))


def role_required(name: str = FORGOTTEN) -> Callable[[Function], Function]:
    """Only users with the role `name`; others get 403. Raises TypeError for what is no text."""
    _check_text("role_required", name)
    return _noting(role_guard(name))


def owner_required(
    model: Any = FORGOTTEN, by: str = "id", owner: str = "author"
) -> Callable[[Function], Function]:
    """Only the user whom the row's `owner` names: 404 without the row, 403 for others.

    by: the path parameter that finds the row, by the column of that name or else by primary key.
    The handler gets the row as an argument named after the model (`note` for Note) if it has one.
    Raises TypeError when the model is none.
    """
    if not isinstance(model, type):
        given = described(model)
        raise TypeError(f"owner_required needs a model: @owner_required(Note), not {given}")
    argument = _WORD_START.sub("_", model.__name__).lower()

    def decorate(function: Function) -> Function:
        wanted = argument if argument in inspect.signature(function).parameters else ""
        metadata_of(function).add_guard(OwnerGuard(model, by, owner, wanted))
        return function

    return decorate


def require_login(request: Request, arguments: dict[str, Any]) -> Response | None:
    """The guard of `login_required`; None lets the request pass."""
    if request.user:
        return None
    if expects_json(request):
        raise HTTPError(401, "Log in first.", CHALLENGE)
    target = quote(_return_target(request), safe="/")
    query = f"?next={target}" if len(target) <= _MAX_NEXT else ""
    location = f"{request.app.settings.login_url}{query}"
    return RedirectResponse(location, headers={"Cache-Control": "no-store"})


def permission_guard(code: str) -> Guard:
    """A guard that lets users with the permission `code` pass."""
    return _checked(lambda user: user.has_permission(code), f"permission {code}")


def role_guard(name: str) -> Guard:
    """A guard that lets users with the role `name` pass."""
    return _checked(lambda user: user.is_superuser or user.has_role(name), f"role {name}")


def _checked(is_allowed: Callable[[Any], bool], title: str) -> Guard:
    def guard(request: Request, arguments: dict[str, Any]) -> Response | None:
        refusal = require_login(request, arguments)
        if refusal is None and not is_allowed(request.user):
            raise HTTPError(403, "You may not do this.")
        return refusal

    guard.__name__ = title  # for the list of routes
    return guard


@dataclass(frozen=True, slots=True)
class OwnerGuard:
    """The guard of `owner_required`. argument: what the handler calls the row, "" without it."""

    model: Any
    by: str
    owner: str
    argument: str

    def __call__(self, request: Request, arguments: dict[str, Any]) -> Response | None:
        refusal = require_login(request, arguments)
        if refusal is not None:
            return refusal
        row = _find(self.model, self.by, request.params[self.by])
        if not (request.user.is_superuser or _owner_id(row, self.owner) == request.user.id):
            raise HTTPError(403, "This belongs to someone else.")
        if self.argument:
            arguments[self.argument] = row
        return None

    @property
    def __name__(self) -> str:  # for the list of routes
        return f"{self.owner} of {self.model.__name__}"

    def problem_with(self, parameters: Collection[str]) -> str:
        """Why it could never find a row on a route with these path parameters, "" when it can."""
        title = f"owner_required({self.model.__name__})"
        # A class that is no ORM model may give its objects attributes that it has not itself.
        is_model = hasattr(self.model, "select")
        has_owner = any(hasattr(self.model, name) for name in (self.owner, f"{self.owner}_id"))
        if is_model and not has_owner:
            return f"{title}: the model has no field {self.owner!r}; say owner='...'"
        if self.by in parameters:
            return ""
        advice = f"put <{self.by}:int> there"
        if parameters:
            advice += f", or say by={min(parameters)!r}"
        return f"{title} finds its row by {self.by!r}: {advice}"


def _find(model: Any, by: str, value: Any) -> Any:
    # A missing row is the model's own DoesNotExist, which is answered with 404.
    if by != "id" and hasattr(model, by):
        return model.one(**{by: value})
    return model.get(value)


def _owner_id(row: Any, owner: str) -> Any:
    # `author_id` is there without a query; a plain column is taken as the user's id itself.
    return getattr(row, f"{owner}_id", None) or getattr(row, owner, None)


def _check_text(decorator: str, value: object) -> None:
    # Without its parentheses the decorator would get the handler, and protect nothing.
    if not isinstance(value, str):
        given = described(value)
        raise TypeError(f"{decorator} needs a name: @{decorator}('...'), not {given}")


def _noting(guard: Guard) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        metadata_of(function).add_guard(guard)
        return function

    return decorate


def _return_target(request: Request) -> str:
    """Where to come back to: this page, or for a form the page it was on. Always local.

    Never the address of the form itself: coming back is a GET, which it may not answer.
    """
    target = request.target if request.method in ("GET", "HEAD") else _referring_path(request)
    return target if is_safe_redirect(target) else "/"


def _referring_path(request: Request) -> str:
    parts = urlsplit(request.headers.get("Referer", ""))
    if origin_of(f"{parts.scheme}://{parts.netloc}") != own_origin(request):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
