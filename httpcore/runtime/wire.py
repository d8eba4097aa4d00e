"""Reading a request body straight from the socket, on the thread of the endpoint that wants it."""

import logging
import selectors
import socket
from collections.abc import Callable

from httpcore.errors import ClientDisconnected, ProtocolError
from httpcore.protocol.serializer import CONTINUE
from httpcore.runtime.deadlines import Transfer

logger = logging.getLogger("treadle.server")

# Just below 128 KiB, from where on malloc maps fresh pages for every buffer: with 256 KiB an upload
# was a third slower.
RECEIVE_SIZE = 120 * 1024

# Seconds between two looks whether the socket is still open. Behind a time-out the loop closes it,
# and should that happen just before we wait for it, its number may be another connection's already:
# a thread and a place were lost for as long as a body may take.
LOOK = 1.0

# Waits for one socket, whatever its number. Windows has only `select`, which takes any there.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class WireSource:
    """The bytes of one connection while a worker has it; the loop does not watch it then."""

    __slots__ = ("_clock", "_sock", "_transfer")

    def __init__(self, sock: socket.socket, transfer: Transfer, clock: Callable[[], float]) -> None:
        self._sock = sock
        self._transfer = transfer
        self._clock = clock

    def invite(self) -> None:
        """Say that the body is wanted (http:C5)."""
        try:
            self._sock.send(CONTINUE)
        except OSError as error:
            logger.debug("100 Continue not taken: %s", error)

    def receive(self) -> bytes:
        """The next bytes, b"" at the end. Raises ProtocolError (408), ClientDisconnected."""
        self._transfer.resume(self._clock())
        while True:
            try:
                data = self._sock.recv(RECEIVE_SIZE)
            except (BlockingIOError, InterruptedError):
                self._wait()
            except OSError as error:
                raise ClientDisconnected(f"the client went away: {error}") from error
            else:
                self._transfer.advance(self._clock(), len(data))
                return data

    def _wait(self) -> None:
        """Until something arrives. Raises ProtocolError (408) when that takes too long, and
        ClientDisconnected when the loop has just closed the socket."""
        left = self._transfer.deadline - self._clock()
        while left > 0:
            if self._is_ready(min(left, LOOK)):
                return
            left -= LOOK
        raise ProtocolError(408, "the request body took too long to arrive")

    def _is_ready(self, timeout: float) -> bool:
        with _Selector() as selector:
            try:
                selector.register(self._sock, selectors.EVENT_READ)
            except ValueError as error:
                raise ClientDisconnected("the connection was closed under its endpoint") from error
            return bool(selector.select(timeout))
