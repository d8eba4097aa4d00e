"""Refusals in the board's own clothes; an API client gets a problem document (RFC 9457)."""

from mvc import JsonResponse, Request, Response, error, prefers_json, render

_FORBIDDEN = "Your account does not have the right to do this."
_NOT_FOUND = "The page you asked for is not on this board; it may have been deleted."


@error(403)
def forbidden(request: Request, problem: Exception) -> Response:
    # A refusal may carry its reason: a form that went stale, or something that is not yours.
    return _page(request, 403, "Not for you", getattr(problem, "detail", "") or _FORBIDDEN)


@error(404)
def not_found(request: Request, problem: Exception) -> Response:
    return _page(request, 404, "Nothing here", _NOT_FOUND)


def _page(request: Request, status: int, title: str, detail: str) -> Response:
    if prefers_json(request):
        problem = {"status": status, "title": title, "detail": detail}
        return JsonResponse(problem, status, content_type="application/problem+json")
    return render(request, "error.html", status=status, code=status, title=title, detail=detail)
