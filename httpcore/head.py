"""The parsed head of one request: request-line and fields (RFC 9112 sections 3 and 5)."""

from httpcore.headers import Headers


class RequestHead:
    """Made by the parser, read by everyone; nothing in it is decoded twice.

    method: as sent, case-sensitive token.
    target: the request-target as sent.
    raw_path: the path as sent, still percent-encoded; `%2F` differs from `/` here.
    path: the path, percent-decoded exactly once, UTF-8.
    query_string: what follows `?`, still encoded; "" without one.
    minor_version: 0 or 1 (HTTP/1.x).
    host: the authority the client asked for (`host[:port]`), "" when HTTP/1.0 sent none.
    keep_alive: what the client allows (http:C1).
    content_length: bytes, or None without the field.
    chunked: the body is in the chunked transfer coding.
    has_body: a body follows on the wire, be it empty chunks (http:M5).
    expect_continue: the client waits for `100 Continue` (http:C5).
    upgrade: value of `Upgrade` when `Connection` names it, else "".
    source: the bytes it came in, when they may come again as they are; else None.
    match: whatever the handler wants to carry from `resolve` to the endpoint's call.
    """

    __slots__ = (
        "_field_block",
        "_headers",
        "chunked",
        "content_length",
        "expect_continue",
        "has_body",
        "host",
        "keep_alive",
        "match",
        "method",
        "minor_version",
        "path",
        "query_string",
        "raw_path",
        "source",
        "target",
        "upgrade",
    )

    def __init__(
        self,
        # In this order the parser passes them by position: keywords cost it 0.4 us a request.
        method: str,
        target: str,
        raw_path: str,
        path: str,
        query_string: str,
        minor_version: int,
        host: str,
        keep_alive: bool,
        field_block: bytes,
        content_length: int | None = None,
        chunked: bool = False,
        expect_continue: bool = False,
        upgrade: str = "",
    ) -> None:
        self.method = method
        self.target = target
        self.raw_path = raw_path
        self.path = path
        self.query_string = query_string
        self.minor_version = minor_version
        self.host = host
        self.keep_alive = keep_alive
        self.content_length = content_length
        self.chunked = chunked
        self.has_body = chunked or bool(content_length)
        self.expect_continue = expect_continue
        self.upgrade = upgrade
        self.match: object = None
        self.source: bytes | None = None
        self._field_block = field_block
        self._headers: Headers | None = None

    def again(self) -> "RequestHead":
        """The same head for another request, which carries its own `match` and fields."""
        head = RequestHead.__new__(RequestHead)
        head.method = self.method
        head.target = self.target
        head.raw_path = self.raw_path
        head.path = self.path
        head.query_string = self.query_string
        head.minor_version = self.minor_version
        head.host = self.host
        head.keep_alive = self.keep_alive
        head.content_length = self.content_length
        head.chunked = self.chunked
        head.has_body = self.has_body
        head.expect_continue = self.expect_continue
        head.upgrade = self.upgrade
        head.match = None
        head.source = self.source
        head._field_block = self._field_block
        head._headers = None
        return head

    @property
    def field_block(self) -> bytes:
        """The field lines as they were sent: to search them costs less than to build the fields."""
        return self._field_block

    @property
    def headers(self) -> Headers:
        """The fields, built on first use from the validated block (architecture section 4)."""
        if self._headers is None:
            self._headers = Headers.from_field_block(self._field_block)
        return self._headers

    def __repr__(self) -> str:
        return f"<RequestHead {self.method} {self.target} HTTP/1.{self.minor_version}>"
