"""Error pages in the board's own clothes; an API client gets the framework's problem document."""

from typing import Any

from mvc import HTTPError, Request, error, view

_PAGES = {
    403: ("Not for you", "Your account does not have the right to do this."),
    404: ("Nothing here", "The page you asked for is not on this board; it may have been deleted."),
}


@error(403)
@view("error.html")
def forbidden(request: Request, problem: HTTPError) -> dict[str, Any]:
    return _page(403)


@error(404)
@view("error.html")
def not_found(request: Request, problem: Exception) -> dict[str, Any]:
    return _page(404)


def _page(status: int) -> dict[str, Any]:
    title, remedy = _PAGES[status]
    return {"status": status, "title": title, "remedy": remedy}
