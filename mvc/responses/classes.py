"""The response classes. Each is the plain `Response` with its fields filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from httpcore import FileBody, Headers, constant_fields
from httpcore import Response as ServerResponse
from mvc.responses.cookies import CookieAttributes, expired, format_set_cookie
from mvc.responses.encoding import encode_json
from mvc.responses.locations import check_location
from mvc.responses.partial import make_partial
from mvc.responses.ranges import RangeSpec
from mvc.responses.representation import TEXT, drop_representation
from mvc.responses.streams import ByteStream, as_body, json_array, json_lines
from mvc.responses.vary import add_vary

if TYPE_CHECKING:
    from typing import Unpack

    from mvc.requests import Request

HeadersLike = Headers | Mapping[str, str] | Iterable[tuple[str, str]] | None

HTML = "text/html; charset=utf-8"
JSON = "application/json"
NDJSON = "application/x-ndjson"
OCTETS = "application/octet-stream"

# The whole set of fields of most answers: shared until one is changed.
_USUAL_FIELDS = {each: constant_fields({"Content-Type": each}) for each in (HTML, TEXT, JSON)}


class Response(ServerResponse):
    """An answer with `status`, `headers` (case-insensitive, keeps repeated fields) and `body`.

    body: bytes, str (sent as UTF-8, text/html unless said otherwise), an iterable of either, or a
    FileBody. Raises ValueError for a bad field name or value (sec:H2), TypeError for another body.
    """

    __slots__ = ()

    def __init__(
        self,
        body: str | bytes | Iterable[str | bytes] | FileBody = b"",
        status: int = 200,
        headers: HeadersLike = None,
        content_type: str | None = None,
    ) -> None:
        data = as_body(body)
        super().__init__(data, status, headers, content_type)
        if content_type is None and data != b"":
            self.headers.setdefault("Content-Type", HTML if isinstance(body, str) else OCTETS)

    def _fill(self, body: bytes, status: int, headers: HeadersLike, content_type: str) -> None:
        """Construct the classes below from bytes: nothing has to be found out (1.2 us less)."""
        self.body = body
        self.status = status
        usual = _USUAL_FIELDS.get(content_type)
        if headers is None and usual is not None:
            self.headers = Headers(usual)
        else:
            self.headers = Headers(headers)
            self.headers["Content-Type"] = content_type

    def set_cookie(
        self, name: str, value: str = "", **attributes: Unpack[CookieAttributes]
    ) -> None:
        """Add a `Set-Cookie` field; see `format_set_cookie` for the attributes and the rules."""
        self.headers.add("Set-Cookie", format_set_cookie(name, value, attributes))

    def delete_cookie(self, name: str, **attributes: Unpack[CookieAttributes]) -> None:
        """Make the client forget a cookie. Path and domain must be those it was set with."""
        self.headers.add("Set-Cookie", format_set_cookie(name, "", expired(attributes)))

    def make_partial(self, ranges: Iterable[RangeSpec] = ()) -> None:
        """Answer parts of the body: those given, as 206, or without any those that the client's
        Range field asks for; see `mvc.responses.partial.make_partial` (feat:P18)."""
        make_partial(self, ranges)

    def vary(self, *names: str) -> None:
        """Say that the answer depends on these request fields; names already there stay."""
        add_vary(self.headers, *names)


class HtmlResponse(Response):
    """Text of type text/html."""

    __slots__ = ()

    def __init__(
        self, body: str | bytes = "", status: int = 200, headers: HeadersLike = None
    ) -> None:
        data = body.encode() if isinstance(body, str) else body
        self._fill(data, status, headers, HTML)


class TextResponse(Response):
    """Text of type text/plain."""

    __slots__ = ()

    def __init__(self, body: str = "", status: int = 200, headers: HeadersLike = None) -> None:
        self._fill(body.encode(), status, headers, TEXT)


class JsonResponse(Response):
    """A value as JSON (RFC 8259); see `encode_json` for what can be encoded."""

    __slots__ = ()

    def __init__(
        self,
        data: Any = None,
        status: int = 200,
        headers: HeadersLike = None,
        content_type: str = JSON,
    ) -> None:
        self._fill(encode_json(data), status, headers, content_type)


class RedirectResponse(Response):
    """A redirection to a path, a URL or a named route (sec:H11).

    location: starts with `/` or `http`, anything else names a route, whose path `resolve` finds.
    status: 303 unless said otherwise. external: True allows another origin than the request's.
    Raises ValueError for a location that browsers read otherwise than it looks.
    """

    __slots__ = ("_external", "_params", "_target")

    def __init__(
        self,
        location: str,
        status: int = 303,
        headers: HeadersLike = None,
        *,
        external: bool = False,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(b"", status, headers)
        self._target = location
        self._external = external
        self._params = dict(params or {})
        if location.startswith(("/", "http")):
            self.headers["Location"] = check_location(location)

    def resolve(self, request: Request) -> None:
        """Fill in the route's path and refuse another origin (the dispatcher calls this)."""
        if "Location" not in self.headers:
            path = request.app.url_for(self._target, **self._params)
            self.headers["Location"] = check_location(path)
        if not self._external:
            check_location(self.headers["Location"], f"{request.scheme}://{request.host}")


class StreamResponse(Response):
    """A body that is produced while it is sent. Pieces are bytes, or str sent as UTF-8.

    length: bytes in all when known beforehand; otherwise the body goes out in chunks.
    """

    __slots__ = ()

    def __init__(
        self,
        pieces: Iterable[str | bytes],
        status: int = 200,
        headers: HeadersLike = None,
        content_type: str | None = None,
        *,
        length: int | None = None,
    ) -> None:
        fields = Headers(headers)
        fields.setdefault("Content-Type", HTML)
        super().__init__(ByteStream(pieces), status, fields, content_type)
        if length is not None:
            self.headers["Content-Length"] = str(length)

    def prime(self) -> None:
        """Produce the first piece now, so that an early failure can still be a clean 500."""
        if isinstance(self.body, ByteStream):
            self.body.prime()


class JsonStreamResponse(StreamResponse):
    """Items encoded one by one: a JSON array, or with `lines` one JSON text a line (NDJSON)."""

    __slots__ = ()

    def __init__(
        self,
        items: Iterable[Any],
        status: int = 200,
        headers: HeadersLike = None,
        *,
        lines: bool = False,
    ) -> None:
        pieces = json_lines(items) if lines else json_array(items)
        super().__init__(pieces, status, headers, NDJSON if lines else JSON)


class PartialResponse(Response):
    """206 with one range, of any unit (RFC 9110 14.4).

    first, last: positions, both inclusive; total: the whole's size, None when unknown.
    """

    __slots__ = ()

    def __init__(
        self,
        body: bytes | Iterable[bytes] | FileBody,
        first: int,
        last: int,
        total: int | None = None,
        *,
        unit: str = "bytes",
        headers: HeadersLike = None,
    ) -> None:
        super().__init__(body, 206, headers)
        self.headers["Content-Range"] = f"{unit} {first}-{last}/{'*' if total is None else total}"


class NotModifiedResponse(Response):
    """304: what the client holds is still good. Of the fields given, validators stay (http:V3)."""

    __slots__ = ()

    def __init__(self, headers: HeadersLike = None) -> None:
        super().__init__(b"", 304, headers)
        drop_representation(self.headers)


class NoContentResponse(Response):
    """204, or another status without a body."""

    __slots__ = ()

    def __init__(self, status: int = 204, headers: HeadersLike = None) -> None:
        super().__init__(b"", status, headers)
        drop_representation(self.headers)
