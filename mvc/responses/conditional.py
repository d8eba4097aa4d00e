"""Conditional and range requests, answered from a finished response (RFC 9110 section 13.2.2).

A 200 that carries an ETag or Last-Modified is compared with what the client says it has. The
order is the RFC's: If-Match, else If-Unmodified-Since -> 412; If-None-Match, else
If-Modified-Since -> 304; then Range, unless If-Range says that the file has changed (http:V1).
The response is changed in place, so that cookies and other fields set on it are kept (http:V3).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from httpcore import FileBody, Headers
from httpcore import Response as ServerResponse
from mvc.responses.classes import TEXT, drop_representation
from mvc.responses.dates import parse_http_date
from mvc.responses.etags import is_entity_tag, parse_etags
from mvc.responses.ranges import MultipartRanges, parse_ranges

if TYPE_CHECKING:
    from mvc.requests import Request

_METHODS = ("GET", "HEAD")
_VALIDATORS = frozenset({"etag", "last-modified"})


def apply_conditional(request: Request, response: ServerResponse) -> ServerResponse:
    """The same response; as 304, 412, 206 or 416 where the request asks for it."""
    validators, is_file = response.headers, isinstance(response.body, FileBody)
    if not is_file and _VALIDATORS.isdisjoint(validators.lower_names()):
        return response
    if response.status != 200 or request.method not in _METHODS:
        return response
    fields = request.headers
    if _has_changed(fields, validators):
        _replace(
            response,
            412,
            "The resource is not the one that If-Match or "
            "If-Unmodified-Since names; fetch it again.",
        )
    elif _is_known(fields, validators):
        _replace(response, 304)
    elif is_file and request.method == "GET" and _wants_range(fields, validators):
        _narrow(response, fields["Range"])
    return response


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


def _wants_range(fields: Headers, validators: Headers) -> bool:
    """Whether Range counts: If-Range is absent, or names this very file (strong comparison)."""
    if "Range" not in fields:
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


def _narrow(response: ServerResponse, header: str) -> None:
    """Turn a whole file into the parts that were asked for, or 416."""
    body = response.body
    if not isinstance(body, FileBody):
        return
    ranges = parse_ranges(header, body.length)
    if ranges is None:
        return
    size, kind = body.length, response.headers.get("Content-Type", "application/octet-stream")
    if not ranges:
        _replace(response, 416, f"The file has {size} bytes.")
        response.headers["Content-Range"] = f"bytes */{size}"
        return
    response.status = 206
    if len(ranges) == 1:
        response.headers["Content-Range"] = ranges[0].content_range(size)
        response.body = FileBody(body.file, body.offset + ranges[0].start, ranges[0].length)
        return
    parts = MultipartRanges(body.file, ranges, kind, size)
    response.headers["Content-Type"] = parts.content_type
    response.headers["Content-Length"] = str(parts.length)
    response.body = parts


def _replace(response: ServerResponse, status: int, text: str = "") -> None:
    """Answer with a status instead of the body, which is released."""
    response.close()
    drop_representation(response.headers)
    response.status = status
    response.body = text.encode()
    if text:
        response.headers["Content-Type"] = TEXT
