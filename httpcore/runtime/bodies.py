"""Request bodies while they arrive: collected before the endpoint runs, or read by it."""

import contextlib
import tempfile
from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, cast

from httpcore.body import BodyReader, StoredBody
from httpcore.config import Limits
from httpcore.errors import ClientDisconnected, HTTPError, ProtocolError
from httpcore.head import RequestHead
from httpcore.headers import Headers
from httpcore.protocol.events import BodyData, EndOfBody
from httpcore.protocol.parser import RequestParser
from httpcore.response import FileBody, Response


class BodyCollector:
    """Gathers a body: in memory up to `in_memory` bytes, in an unnamed temporary file beyond."""

    __slots__ = ("_file", "_in_memory", "_parts", "_size")

    def __init__(self, in_memory: int) -> None:
        self._in_memory = in_memory
        self._parts: list[bytes] = []
        self._file: BinaryIO | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Raises HTTPError (503) when the disk does not take it."""
        self._size += len(data)
        if self._file is None and self._size <= self._in_memory:
            self._parts.append(data)
            return
        try:
            self._spool().write(data)
        except OSError as error:
            raise _no_room(error) from error

    def finish(self, trailers: Headers | None = None) -> StoredBody:
        """The whole body, read from its start, and the fields behind it."""
        file = self._file
        if file is None:
            return StoredBody(BytesIO(b"".join(self._parts)), self._size, trailers)
        try:
            file.seek(0)
        except OSError as error:  # flushing what was buffered
            raise _no_room(error) from error
        self._file = None
        return StoredBody(file, self._size, trailers)

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # it tries once more what a full disk did not take
                self._file.close()
            self._file = None
        self._parts.clear()

    def _spool(self) -> BinaryIO:
        if self._file is None:
            # The loop writes here: page cache, no fsync, the name is gone from the start.
            self._file = cast(BinaryIO, tempfile.TemporaryFile(prefix="treadle-body-"))  # noqa: SIM115
            self._file.write(b"".join(self._parts))
            self._parts.clear()
        return self._file


def _no_room(error: OSError) -> HTTPError:
    detail = f"no room for the request body: {error.strerror}"
    return HTTPError(503, detail, (("Retry-After", "10"),))


class ArrivingBody:
    """A body its endpoint reads while it arrives (`Endpoint.stream_body`). One thread at a time.

    receive: gives the next bytes of the connection, b"" when the peer has ended; it may block, and
    raises what `read` raises. invite: sends `100 Continue`. wants_trailers: as its endpoint.
    trailers: the fields behind it, once it is complete, when they are wanted.
    """

    __slots__ = (
        "_awaits_invitation",
        "_invite",
        "_is_failed",
        "_left",
        "_parser",
        "_receive",
        "_taken",
        "_wants_trailers",
        "is_complete",
        "size",
        "trailers",
    )

    def __init__(
        self,
        head: RequestHead,
        parser: RequestParser,
        receive: Callable[[], bytes],
        invite: Callable[[], None],
        wants_trailers: bool = False,
    ) -> None:
        self.size = head.content_length
        self.trailers: Headers | None = None
        self._wants_trailers = wants_trailers
        self.is_complete = False
        self._parser = parser
        self._receive = receive
        self._invite = invite
        # A client that did not wait for it gets none (http:C5).
        self._awaits_invitation = head.expect_continue and not parser.buffered
        self._left = b""
        self._taken = 0
        self._is_failed = False

    def read(self, size: int = -1) -> bytes:
        """As `BodyReader.read`; a read of `size` bytes gives what has arrived, at least one."""
        if size < 0:
            return b"".join(iter(self._next_data, b""))
        if size == 0:
            return b""
        data = self._next_data()
        if len(data) > size:
            data, self._left = data[:size], data[size:]
        return data

    def close(self) -> None:
        self._left = b""

    def withdraw_invitation(self) -> None:
        """The answer has begun: an interim one would stand in the middle of it."""
        self._awaits_invitation = False

    def settle(self, limit: int) -> bool:
        """Whether the connection can be used again, though parts may be unread (http:C3).

        Takes what has arrived already; a rest of at most `limit` bytes will be discarded by the
        loop. Of a chunked body the rest is not known: the parser stops where it gets longer.
        """
        try:
            while not self._is_failed and not self.is_complete and self._take_event():
                pass
            if self.size is None and not self.is_complete:
                self._parser.set_body_limit(self._taken + limit)
        except HTTPError:
            self._is_failed = True
        if self._is_failed or self._awaits_invitation:
            return False
        return self.is_complete or (self.size or 0) - self._taken <= limit

    def _next_data(self) -> bytes:
        if self._left:
            data, self._left = self._left, b""
            return data
        try:
            while not self.is_complete:
                if data := self._take_event():
                    return data
                if not self.is_complete:
                    self._receive_more()
        except (HTTPError, ClientDisconnected):
            self._is_failed = True
            raise
        return b""

    def _take_event(self) -> bytes:
        """Data that is already here; b"" at the end of the body or of what is here."""
        event = self._parser.next_event()
        if isinstance(event, BodyData):
            self._taken += len(event.data)
            return event.data
        if isinstance(event, EndOfBody):
            self.is_complete = True
            self.trailers = event.trailers if self._wants_trailers else None
        return b""

    def _receive_more(self) -> None:
        if self._awaits_invitation:
            self._awaits_invitation = False
            self._invite()
        data = self._receive()
        if not data:
            # Its client may only have shut its side, and then reads what was wrong (RFC 9112 8).
            raise ProtocolError(400, self._what_is_missing())
        self._parser.feed(data)

    def _what_is_missing(self) -> str:
        if self.size is None:
            return "the request body ended before its last chunk"
        return f"the request body ended after {self._taken} of {self.size} bytes"


def is_reusable(body: BodyReader, response: Response, limits: Limits) -> bool:
    """Whether the connection may go on after this response, as far as the request body matters."""
    if not isinstance(body, ArrivingBody):
        return True
    if isinstance(response.body, bytes | FileBody):
        return body.settle(limits.unread_body)
    # A generator may still be reading, so nothing can be said about what will be left.
    return body.is_complete
