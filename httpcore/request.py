"""One request as an endpoint sees it: the head, the body's reader and where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from httpcore.body import BodyReader
from httpcore.errors import HTTPError
from httpcore.head import RequestHead
from httpcore.headers import Headers, HeadersLike
from httpcore.protocol.serializer import early_hints
from httpcore.upgrade import Serve, UpgradeResponse


@dataclass(frozen=True, slots=True)
class Peer:
    """The two ends of a connection, the same for all its requests.

    remote: (address, port) of the client; where a PROXY header is required, whom that names, and
        the proxy itself when it names nobody (http:X1).
    local: (address, port) of our listener.
    scheme: "http" or "https".
    """

    remote: tuple[str, int]
    local: tuple[str, int]
    scheme: str = "http"


class ConnectionView(Protocol):
    """What a request may ask about its connection while it is handled.

    request_id: set it to have the access log name the request by it.
    """

    request_id: str

    def is_disconnected(self) -> bool: ...

    def send_early(self, head: RequestHead, data: bytes) -> bool: ...


class Request:
    """What the server hands to an endpoint. Frameworks subclass it (`Endpoint.request_type`).

    head: the parsed head.
    stream: the body; already whole unless the endpoint has `stream_body`.
    peer: addresses and scheme.
    connection: asked for `disconnected`; None for a request made without a socket.
    deadline: monotonic time at which the client gets 504, or None.
    """

    __slots__ = ("connection", "deadline", "head", "peer", "stream")

    def __init__(
        self,
        head: RequestHead,
        stream: BodyReader,
        peer: Peer,
        connection: ConnectionView | None = None,
        deadline: float | None = None,
    ) -> None:
        self.head = head
        self.stream = stream
        self.peer = peer
        self.connection = connection
        self.deadline = deadline

    @property
    def method(self) -> str:
        return self.head.method

    @property
    def path(self) -> str:
        return self.head.path

    @property
    def headers(self) -> Headers:
        return self.head.headers

    @property
    def trailers(self) -> Headers:
        """The fields behind a chunked body, for an endpoint that `wants_trailers` (http:M4).

        They are known when the body has been read to its end; empty before, and without any.
        """
        return getattr(self.stream, "trailers", None) or Headers()

    @property
    def disconnected(self) -> bool:
        """Whether the client has gone. A half-closed client counts as gone once we have asked."""
        return self.connection is not None and self.connection.is_disconnected()

    def early_hints(self, links: Iterable[str]) -> bool:
        """Send `103 Early Hints` ahead of the answer (RFC 8297, feat:S33); never waits.

        links: values of Link, such as `</style.css>; rel=preload; as=style`.
        Returns whether it was sent: not to HTTP/1.0, and not once the answer is made.
        Raises ValueError for a value that is none, TypeError for one text instead of several.
        """
        if isinstance(links, str):
            raise TypeError("early_hints takes several links, not one text; put it in a list")
        data = early_hints(links)
        if self.connection is None or not self.head.minor_version:
            return False
        return self.connection.send_early(self.head, data)

    def upgrade(
        self,
        protocol: str,
        serve: Serve,
        *,
        headers: HeadersLike | None = None,
        timeout: float | None = 60.0,
    ) -> UpgradeResponse:
        """The answer that switches to another protocol; to be returned (http:C6).

        serve: called with an `UpgradedConnection` in a thread of its own, once 101 is sent.
        headers: further fields of the 101. timeout: see `UpgradeResponse`.
        Raises HTTPError 426 when the client does not offer the protocol (RFC 9110 section 15.5.22).
        """
        if protocol.lower() not in self.head.upgrade.split(", "):
            needed = (("Upgrade", protocol), ("Connection", "Upgrade"))
            raise HTTPError(426, f"This is served by the protocol {protocol} only.", needed)
        return UpgradeResponse(protocol, serve, headers, timeout)
