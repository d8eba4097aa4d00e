"""A response's head as bytes, and how its body will be delimited (http:R1-R3).

Which of the framings it is follows from the status, the method, the body's type and the client's
version, in this order:

1. 204, 304, 205 and every answer to HEAD have no body bytes: NONE.
2. The length is known, from the body itself or from the endpoint's Content-Length: LENGTH.
3. HTTP/1.1: CHUNKED. HTTP/1.0 has no chunks, so the body ends with the connection: CLOSE.

Framing belongs to the server: what an endpoint says in Transfer-Encoding is dropped, and of its
Connection only `close` and the options that are not about persistence count. Header fields were
validated when they were set (`headers`), so nothing is checked again here.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple

from httpcore.head import RequestHead
from httpcore.headers import Headers
from httpcore.phrases import REASON_PHRASES
from httpcore.protocol.grammar import CONTENT_LENGTH
from httpcore.response import FileBody, Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

# Never a body, never Content-Length or Transfer-Encoding (RFC 9110 sections 15.3.5, 15.4.5).
BODILESS = frozenset({204, 304})
_RESET_CONTENT = 205  # no body either, but it says so with Content-Length: 0 (section 15.3.6)

# The fields of a response that concern the serializer when an endpoint sets them.
_OUR_FIELDS = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_FRAMING_FIELDS = frozenset({"connection", "content-length", "transfer-encoding"})

_STATUS_LINES = {
    status: f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")
    for status, phrase in REASON_PHRASES.items()
}
_LINES_WITH_BODY = {
    status: line
    for status, line in _STATUS_LINES.items()
    if status not in BODILESS and status != _RESET_CONTENT
}
_CLOSE = b"Connection: close\r\n"
_KEEP_ALIVE = b"Connection: keep-alive\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"


class Framing(Enum):
    """How the end of the body is shown."""

    NONE = auto()  # there are no body bytes
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()


class ResponsePlan(NamedTuple):
    """What to send and what to do then.

    head: status line and fields, complete.
    length: body bytes the head promised; the sender cuts or closes at it (http:R3). None when
        unknown or when there are none.
    keep_alive: whether the connection may serve another request after this answer.
    """

    head: bytes
    framing: Framing
    length: int | None
    keep_alive: bool


def encode_chunk(data: bytes) -> bytes:
    """One chunk. `data` must not be empty: that would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Serializer:
    """Writes response heads.

    default_fields: what every response carries unless it sets the field itself. Raises ValueError
        for a field that is not valid.
    date: gives the value of Date, as IMF-fixdate.
    """

    def __init__(
        self, default_fields: Sequence[tuple[str, str]], date: Callable[[], bytes]
    ) -> None:
        self._date = date
        self._defaults = Headers(default_fields)
        self._watched = _OUR_FIELDS.union(self._defaults.lower_names())
        # The fields of a response that sets none of the watched ones itself, and the date they
        # name. One tuple, replaced whole: no thread ever pairs a date with another one's lines.
        self._common: tuple[bytes, bytes] = (b"", b"")

    def usual_head(
        self, response: Response, length: int, head: RequestHead, keep_alive: bool
    ) -> bytes | None:
        """The same as `plan` says of an answer that has nothing special, else None.

        Most answers are whole, have a body and leave framing and the common fields to the server.
        For them the theory above has one outcome, and writing it out takes 0.7 us instead of 2.4.
        length: of the body. keep_alive: what server and client agree on.
        """
        fields = response.headers
        status_line = _LINES_WITH_BODY.get(response.status)
        if status_line is None or head.method == "HEAD":
            return None
        if not self._watched.isdisjoint(fields.lower_names()):
            return None
        return b"%b%b%bContent-Length: %d\r\n%b\r\n" % (
            status_line,
            fields.encoded(),
            self._common_fields(),
            length,
            b"" if keep_alive and head.minor_version else _connection_line(head, keep_alive, []),
        )

    def plan(self, response: Response, head: RequestHead | None, keep_alive: bool) -> ResponsePlan:
        """The head of `response` to the request `head`, None for a request that had none.

        keep_alive: whether the server would go on; the client's wish is respected here.
        Raises ValueError for a status or a Content-Length that is none.
        """
        fields = response.headers
        declared, options = None, []
        if self._watched.isdisjoint(fields.lower_names()):
            common, lines = self._common_fields(), fields.encoded()
        else:
            common = self._unset_fields(fields)
            declared, options = _declared_length(fields), _connection_options(fields)
            lines = _encode(_own_fields(fields))
        framing, length, framing_line = _frame(response, head, declared)
        is_whole = framing is Framing.NONE or length == _known_length(response, length)
        keep_alive = (
            keep_alive
            and head is not None
            and head.keep_alive
            and framing is not Framing.CLOSE
            and "close" not in options
            and (declared is None or is_whole)
        )
        parts = (
            _status_line(response.status),
            lines,
            common,
            framing_line,
            _connection_line(head, keep_alive, options),
            b"\r\n",
        )
        return ResponsePlan(b"".join(parts), framing, length, keep_alive)

    def _common_fields(self) -> bytes:
        """Date, Server and the default fields; written once a second."""
        date = self._date()
        known, lines = self._common
        if date is not known:
            lines = b"Date: %b\r\nServer: treadle\r\n%b" % (date, self._defaults.encoded())
            self._common = (date, lines)
        return lines

    def _unset_fields(self, fields: Headers) -> bytes:
        """Date, Server and the default fields, without those the response sets itself."""
        common = [("Date", self._date().decode("ascii")), ("Server", "treadle")]
        common += self._defaults.items()
        return _encode([(name, value) for name, value in common if name not in fields])


def early_hints(links: Iterable[str]) -> bytes:
    """A 103 with these values of Link (RFC 8297). Raises ValueError for one that is no value."""
    fields = Headers([("Link", link) for link in links])
    return b"HTTP/1.1 103 Early Hints\r\n%b\r\n" % fields.encoded()


def upgrade_head(response: Response) -> bytes:
    """The head of a 101. It has no body, so no framing and nothing that is said of bodies; its
    Upgrade field names the protocol (RFC 9110 section 7.8)."""
    lines = _encode(_own_fields(response.headers))
    return b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n%b\r\n" % lines


def _encode(fields: Iterable[tuple[str, str]]) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in fields]).encode("latin-1")


def _status_line(status: int) -> bytes:
    line = _STATUS_LINES.get(status)
    if line is not None:
        return line
    # 1xx is no answer: the client would go on waiting for one (RFC 9110 section 15.2).
    if not 200 <= status <= 599:
        raise ValueError(f"a response cannot have the status {status!r}; use 200 to 599")
    return b"HTTP/1.1 %d \r\n" % status  # the reason phrase may be empty (RFC 9112 section 4)


def _own_fields(fields: Headers) -> list[tuple[str, str]]:
    return [field for field in fields.items() if field[0].lower() not in _FRAMING_FIELDS]


def _declared_length(fields: Headers) -> int | None:
    """What the endpoint says its body has. Raises ValueError when that is no length."""
    values = fields.get_all("content-length")
    if not values:
        return None
    if len(values) > 1 or not CONTENT_LENGTH.fullmatch(values[0].encode("latin-1")):
        raise ValueError(
            f"a response has the Content-Length {', '.join(values)!r}; give one number of bytes, "
            "or leave it out and let the server count"
        )
    return int(values[0])


def _connection_options(fields: Headers) -> list[str]:
    """The endpoint's own Connection options but `keep-alive`, which is the server's to say."""
    values = ",".join(fields.get_all("connection"))
    options = [option.strip(" \t").lower() for option in values.split(",")]
    return [option for option in options if option not in ("", "keep-alive")]


def _known_length(response: Response, otherwise: int | None) -> int | None:
    body = response.body
    if isinstance(body, bytes):
        return len(body)
    return body.length if isinstance(body, FileBody) else otherwise


def _frame(
    response: Response, head: RequestHead | None, declared: int | None
) -> tuple[Framing, int | None, bytes]:
    """Framing, length and the field that tells them, as the theory above orders it."""
    if response.status in BODILESS:
        return Framing.NONE, None, b""
    if response.status == _RESET_CONTENT:
        return Framing.NONE, None, b"Content-Length: 0\r\n"
    length = _known_length(response, None) if declared is None else declared
    if length is not None:
        framing, line = Framing.LENGTH, b"Content-Length: %d\r\n" % length
    elif head is not None and head.minor_version == 0:
        framing, line = Framing.CLOSE, b""
    else:
        framing, line = Framing.CHUNKED, _CHUNKED
    if head is not None and head.method == "HEAD":
        return Framing.NONE, None, line
    return framing, length, line


def _connection_line(head: RequestHead | None, keep_alive: bool, options: list[str]) -> bytes:
    if options:
        if not keep_alive and "close" not in options:
            options = [*options, "close"]
        return f"Connection: {', '.join(options)}\r\n".encode("latin-1")
    if not keep_alive:
        return _CLOSE
    # A client that speaks 1.0 goes on only when told so (http:C1).
    return _KEEP_ALIVE if head is not None and head.minor_version == 0 else b""
