"""Handlers of the framework's own outcomes: no such path, wrong method, OPTIONS and their like.

They stand behind the same hooks and middleware as every route (feat:E7). What they need to know
arrives in the path's parameters, put there by `resolve`.
"""

from typing import Any

from httpcore import HTTPError, Response
from mvc.requests import Request
from mvc.responses import NoContentResponse, RedirectResponse
from mvc.routing import SAFE_METHODS


def answer_not_found(request: Request, **params: Any) -> Response:
    """404; a disabled route's parameters come along and do not matter (feat:R19)."""
    raise HTTPError(404, "There is nothing at this address.")


def answer_method_not_allowed(request: Request, **params: Any) -> Response:
    """405 with Allow (http:L2, R6)."""
    allow = params["allow"]
    raise HTTPError(405, f"This address takes {allow}.", (("Allow", allow),))


def answer_not_implemented(request: Request) -> Response:
    """501: a method that no route declares (http:L2)."""
    raise HTTPError(501, "This server does not know the method.")


def answer_unknown_host(request: Request) -> Response:
    """A Host that is not ours: 400; 421 under TLS, as a certificate may have led here (sec:H9)."""
    status = 421 if request.scheme == "https" else 400
    raise HTTPError(status, "This server does not answer for that host name (allowed_hosts).")


def answer_options(request: Request, **params: Any) -> Response:
    """What the path, or with `*` the whole server, can do (http:R7)."""
    return NoContentResponse(headers={"Allow": params["allow"]})


def answer_other_slash(request: Request, **params: Any) -> Response:
    """To the same path with, or without, its final slash (feat:R29)."""
    query = f"?{request.head.query_string}" if request.head.query_string else ""
    path = params["path"]
    # A second leading slash would make it the name of another host (sec:H11).
    rest = path[1:].replace("/", "%2F", 1) if path.startswith("//") else path[1:]
    return RedirectResponse(f"/{rest}{query}", 301 if request.method in SAFE_METHODS else 308)
