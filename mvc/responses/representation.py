"""The part of a response that its body is: fields that describe one, and a body taken away; and
responses of our own to do that to."""

from __future__ import annotations

from copy import copy

from httpcore import Headers, Response, UpgradeResponse

TEXT = "text/plain; charset=utf-8"

# An answer without a body must not carry them (RFC 9110 15.4.5).
_REPRESENTATION_FIELDS = (
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Content-Language",
    "Content-Range",
    "Content-Disposition",
    "Accept-Ranges",
)


def drop_representation(headers: Headers) -> None:
    """Remove the fields that describe a body which is not sent."""
    for name in _REPRESENTATION_FIELDS:
        if name in headers:
            del headers[name]


def replace_body(response: Response, status: int, text: str = "") -> None:
    """Answer with a status, and a line of text or nothing; the body is released."""
    response.close()
    drop_representation(response.headers)
    response.status = status
    response.body = text.encode()
    if text:
        response.headers["Content-Type"] = TEXT


def detached(response: Response) -> Response:
    """The same answer in an object of our own.

    A handler may keep a response and return it to everybody. What is settled for one client, a
    cookie, a coding, a 304, must not stay in it for the next.
    """
    if isinstance(response, UpgradeResponse):
        return response  # says more than a response, and is made by the request that it is for
    if type(response.body) is not bytes and type(response).close is not Response.close:
        copied = copy(response)  # what releases a body in a way of its own goes on doing so
        copied.headers = Headers(response.headers)
        return copied
    own = Response(response.body, response.status, response.headers)
    if response.trailers:
        own.trailers = response.trailers
    return own
