"""What a controller returned, as a response (api 'Return forms', features P1-P7).

A table from type to converter decides; the reference systems' tuples are told apart by the types
of their members, since no two of them begin alike:

    (body, status) (body, content_type) (body, status, headers)
    (body, content_type, headers, status)   the tail may be missing
    (status, content_type, body)            begins with an int
    (headers, body, "200 OK")               begins with a dict and ends with a status line
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from httpcore import Headers, UpgradeResponse
from httpcore import Response as ServerResponse
from mvc.responses.classes import (
    OCTETS,
    HtmlResponse,
    JsonResponse,
    NoContentResponse,
    RedirectResponse,
    Response,
    StreamResponse,
)
from mvc.responses.encoding import has_json_form, kind_of
from mvc.responses.streams import as_body

if TYPE_CHECKING:
    from mvc.requests import Request

_STATUS_LINE = re.compile(r"([1-5][0-9]{2})(?: [ -~]*)?")
_FORMS = (
    "str, bytes, dict, list, a dataclass, a model, a msgspec Struct, None, a generator, a "
    "Response, or a tuple of one of these with a status, a content type or headers"
)


def to_response(result: Any, request: Request, status: int = 200) -> ServerResponse:
    """The response for `result`; `status` is that of results which name none.

    Raises TypeError for a result that is no return form, and under `strict_responses` for
    everything but a Response; the message names the route.
    """
    is_strict = request.app.settings.strict_responses
    if not is_strict and (convert := PLAIN.get(type(result))) is not None:
        return convert(result, status)
    if isinstance(result, ServerResponse):
        response = result
    elif is_strict:
        raise TypeError(
            f"{_where(request)} returned {kind_of(result)}; with strict_responses = true it must "
            "return a Response, such as html(...) or json(...)"
        )
    elif isinstance(result, tuple) and not hasattr(result, "_fields"):
        response = _from_tuple(result, request, status)
    else:
        response = _from_value(result, request, status)
    if isinstance(response, RedirectResponse):
        response.resolve(request)
    elif isinstance(response, StreamResponse):
        response.prime()
    return response


def ensure_sendable(response: ServerResponse) -> None:
    """Put right, or refuse while an error page can still be sent, what hooks put into a response.

    What its status demands is added where nobody gave it (http:R6, feat:A7).
    Raises ValueError for a status that is none, TypeError for a body that is none.
    """
    is_sendable = isinstance(response.status, int) and 200 <= response.status <= 599
    if not (is_sendable or isinstance(response, UpgradeResponse)):
        raise ValueError(f"{response.status!r} is no status of a response: use 200 to 599")
    if not isinstance(response.body, bytes):
        response.body = as_body(response.body)
    if (required := REQUIRED_FIELDS.get(response.status)) is not None:
        response.headers.setdefault(*required)


def _from_value(value: Any, request: Request, status: int) -> ServerResponse:
    for kind, convert in _CONVERTERS:
        if isinstance(value, kind):
            return convert(value, status)
    if dataclasses.is_dataclass(value) or has_json_form(value):
        return JsonResponse(value, status)
    raise TypeError(
        f"{_where(request)} returned {kind_of(value)}, which is no answer. Return {_FORMS}"
    )


def _from_none(value: None, status: int) -> Response:
    # 200 turns into 204; a status that somebody chose is kept (P6).
    return NoContentResponse(204 if status == 200 else status)


def _from_list(value: list[Any], status: int) -> Response:
    if value and all(isinstance(item, bytes) for item in value):
        return StreamResponse(value, status)
    return JsonResponse(value, status)


# Status -> the field an answer must have with it, and what it says when nobody said better.
REQUIRED_FIELDS = {
    401: ("WWW-Authenticate", "Session"),
    429: ("Retry-After", "1"),
    503: ("Retry-After", "1"),
}
# The usual results: one look-up, and nothing is left to be done to the response.
# For each of these types, and no other, its converter is all that `to_response` asks.
PLAIN: dict[type, Callable[[Any, int], Response]] = {
    dict: JsonResponse,
    str: HtmlResponse,
    bytes: lambda value, status: Response(value, status, content_type=OCTETS),
    type(None): _from_none,
}
# Subclasses of those, and the rest.
_CONVERTERS: tuple[tuple[Any, Callable[[Any, int], Response]], ...] = (
    *PLAIN.items(),
    (list, _from_list),
    (Mapping, JsonResponse),
    (msgspec.Struct, JsonResponse),
    (Iterator, StreamResponse),
)


@dataclasses.dataclass(slots=True)
class _Parts:
    """A tuple, taken apart."""

    body: Any
    status: int
    content_type: str | None = None
    headers: Headers = dataclasses.field(default_factory=Headers)


def _from_tuple(value: tuple[Any, ...], request: Request, status: int) -> ServerResponse:
    parts = _take_apart(value, request, status)
    if isinstance(parts.body, ServerResponse):
        response = parts.body
        response.status = parts.status if parts.status != status else response.status
    else:
        response = _from_value(parts.body, request, parts.status)
    if parts.content_type is not None:
        response.headers["Content-Type"] = parts.content_type
    # An explicit header beats what the conversion chose (P7).
    response.headers.update(parts.headers)
    return response


def _take_apart(value: tuple[Any, ...], request: Request, status: int) -> _Parts:
    match value:
        case (int() as code, str() as content_type, body) if not isinstance(code, bool):
            return _Parts(body, code, content_type)
        case (dict() as headers, body, str() as line) if _STATUS_LINE.fullmatch(line):
            return _Parts(body, int(line[:3]), headers=Headers(headers))
    if not 1 <= len(value) <= 4:
        raise _unreadable(value, request)
    parts = _Parts(value[0], status)
    for member in value[1:]:
        _add_member(parts, member, value, request)
    return parts


def _add_member(parts: _Parts, member: Any, value: tuple[Any, ...], request: Request) -> None:
    """Body first; behind it an int is the status, a str the content type, the rest headers."""
    if isinstance(member, int) and not isinstance(member, bool):
        parts.status = member
    elif isinstance(member, str):
        parts.content_type = member
    elif member is not None:
        parts.headers = _headers_from(member, value, request)


def _headers_from(member: Any, value: tuple[Any, ...], request: Request) -> Headers:
    match member:
        case (str() as name, str() as text):
            return Headers([(name, text)])
        case Mapping() | list() | tuple():
            return Headers(_as_pairs(member))
    raise _unreadable(value, request)


def _as_pairs(member: Mapping[str, str] | Iterable[tuple[str, str]]) -> Any:
    return member if isinstance(member, Mapping) else [(name, text) for name, text in member]


def _unreadable(value: tuple[Any, ...], request: Request) -> TypeError:
    kinds = ", ".join(kind_of(member) for member in value)
    return TypeError(
        f"{_where(request)} returned the tuple ({kinds}); known are (body, status), "
        "(body, content_type), (body, status, headers) and (body, content_type, headers, status)"
    )


def _where(request: Request) -> str:
    name = getattr(request.route, "name", None)
    return f"the handler of route {name!r}" if name else f"the handler of {request.path!r}"
