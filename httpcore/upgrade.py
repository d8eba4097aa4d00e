"""Leaving HTTP: an endpoint that goes on in another protocol (RFC 9110 section 7.8, http:C6).

The endpoint returns an `UpgradeResponse`. So everything that surrounds an endpoint, hooks, session,
transaction, ends as with any other answer, and its thread is free again. The server sends 101, and
then calls `serve` in a thread of its own, which has the socket until it returns.
"""

import socket
from collections.abc import Callable

from httpcore.headers import HeadersLike
from httpcore.response import Response

_RECEIVE_SIZE = 64 * 1024


class UpgradedConnection:
    """What `serve` gets: the socket, and what the client sent behind its request.

    protocol: that was switched to. sock: blocking, with the time-out of `UpgradeResponse`; closed
    by the server when `serve` has returned. remote: address and port of the client.
    received: bytes of the new protocol that are here already; `receive` gives them first.
    """

    def __init__(
        self,
        protocol: str,
        sock: socket.socket,
        remote: tuple[str, int],
        received: bytes,
        is_stopping: Callable[[], bool],
    ) -> None:
        self.protocol = protocol
        self.sock = sock
        self.remote = remote
        self.received = received
        self._is_stopping = is_stopping

    @property
    def is_stopping(self) -> bool:
        """Whether the server ends. Then reading comes to its end; what is left is to take leave."""
        return self._is_stopping()

    def receive(self, size: int = _RECEIVE_SIZE) -> bytes:
        """Up to `size` bytes as they come, b"" at the end. Raises OSError (TimeoutError)."""
        if self.received:
            data, self.received = self.received[:size], self.received[size:]
            return data
        return self.sock.recv(size)

    def send(self, data: bytes) -> None:
        """All of `data`. Raises OSError (TimeoutError)."""
        self.sock.sendall(data)


Serve = Callable[[UpgradedConnection], None]


class UpgradeResponse(Response):
    """`101 Switching Protocols`; then `serve` has the connection. `Request.upgrade` makes it.

    timeout: seconds that one receiving or sending may take, None = any time. Raises ValueError for
    a protocol or a field that could not be sent.
    """

    __slots__ = ("protocol", "serve", "timeout")

    def __init__(
        self,
        protocol: str,
        serve: Serve,
        headers: HeadersLike | None = None,
        timeout: float | None = 60.0,
    ) -> None:
        super().__init__(b"", 101, headers)
        self.headers["Upgrade"] = protocol
        self.protocol = protocol
        self.serve = serve
        self.timeout = timeout
