"""Conditional and range requests, answered from a finished response (RFC 9110 section 13.2.2).

A 200 that carries an ETag or Last-Modified is compared with what the client says it has. The
order is the RFC's: If-Match, else If-Unmodified-Since -> 412; If-None-Match, else
If-Modified-Since -> 304; then Range, unless If-Range says that the file has changed (http:V1).
What is answered instead has all of its fields, cookies too, but those of the body (http:V3).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from httpcore import FileBody, Headers
from httpcore import Response as ServerResponse
from mvc.responses.dates import parse_http_date
from mvc.responses.etags import is_entity_tag, parse_etags
from mvc.responses.partial import narrow, offers_ranges
from mvc.responses.representation import detached, replace_body

if TYPE_CHECKING:
    from mvc.requests import Request

_METHODS = ("GET", "HEAD")
# Without one of them there is nothing to compare, and nothing to cut.
CONCERNED = frozenset({"etag", "last-modified", "accept-ranges"})
_CONDITIONS = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range"}
)


def apply_conditional(request: Request, response: ServerResponse) -> ServerResponse:
    """The same response, or another, 304, 412, 206 or 416, where the request asks for it."""
    is_file = isinstance(response.body, FileBody)
    if not is_file and CONCERNED.isdisjoint(response.headers.lower_names()):
        return response
    if response.status != 200 or request.method not in _METHODS:
        return response
    fields = request.headers
    if _CONDITIONS.isdisjoint(fields.lower_names()):
        return response
    response = detached(response)
    if not answer_precondition(fields, response) and _wants_range(request, response):
        narrow(response, fields["Range"])
    return response


def answer_precondition(fields: Headers, response: ServerResponse) -> bool:
    """Turn a 200 into 412 or 304 when a precondition among `fields` says so; whether one did.

    Asks for the response's validators only, so a file need not be open yet (feat:W6).
    """
    if _has_changed(fields, response.headers):
        replace_body(
            response,
            412,
            "The resource is not the one that If-Match or "
            "If-Unmodified-Since names; fetch it again.",
        )
        return True
    if _is_known(fields, response.headers) and not _has_nonce(response.headers):
        replace_body(response, 304)
        return True
    return False


def _has_nonce(fields: Headers) -> bool:
    """Whether the page names a nonce. The 304 would give the page that the client has kept the new
    one's policy, and its styles and scripts would be refused (RFC 9111 section 3.2)."""
    return "'nonce-" in fields.get("Content-Security-Policy", "")


def _has_changed(fields: Headers, validators: Headers) -> bool:
    """Whether If-Match (strong comparison) or If-Unmodified-Since fails."""
    if "If-Match" in fields:
        return not parse_etags(fields["If-Match"]).matches_strongly(validators.get("ETag"))
    since = parse_http_date(fields.get("If-Unmodified-Since"))
    modified = parse_http_date(validators.get("Last-Modified"))
    return since is not None and modified is not None and modified > since


def _is_known(fields: Headers, validators: Headers) -> bool:
    """Whether If-None-Match (weak comparison) or If-Modified-Since says the client has it."""
    if "If-None-Match" in fields:
        return parse_etags(fields["If-None-Match"]).matches_weakly(validators.get("ETag"))
    since = parse_http_date(fields.get("If-Modified-Since"))
    modified = parse_http_date(validators.get("Last-Modified"))
    return since is not None and modified is not None and modified <= since


def _wants_range(request: Request, response: ServerResponse) -> bool:
    """Whether Range counts: If-Range is absent, or names this very body (strong comparison)."""
    fields, validators = request.headers, response.headers
    if "Range" not in fields or request.method != "GET" or not offers_ranges(response):
        return False
    condition = fields.get("If-Range")
    if condition is None:
        return True
    if is_entity_tag(condition):
        return parse_etags(condition).matches_strongly(validators.get("ETag"))
    modified = parse_http_date(validators.get("Last-Modified"))
    # A date is a strong validator only when it is at least a second old (RFC 9110 8.8.2.2).
    is_strong = modified is not None and modified < time.time() - 1
    return is_strong and parse_http_date(condition) == modified
