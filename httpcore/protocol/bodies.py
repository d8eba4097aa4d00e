"""Request bodies of known length, and what both kinds of body share."""

from typing import Protocol

from httpcore.errors import ProtocolError
from httpcore.headers import Headers
from httpcore.protocol.events import NEED_DATA, BodyData, BodyEvent, EndOfBody
from httpcore.sizes import size_text


class BodyFraming(Protocol):
    """Cuts one body out of the connection's bytes."""

    def limit(self, size: int) -> None:
        """Raise ProtocolError 413 as soon as the body is known to be longer (http:M6)."""
        ...

    def read(self, buffer: bytes | bytearray, position: int) -> tuple[BodyEvent, int]:
        """The next event, and the position behind the bytes it used up."""
        ...


def too_large(limit: int) -> ProtocolError:
    return ProtocolError(413, f"The request body exceeds {size_text(limit)}.")


class FixedBody:
    """A body of Content-Length bytes, bounded by `limit` until another limit is set."""

    __slots__ = ("_left", "_length", "_limit")

    def __init__(self, length: int, limit: int) -> None:
        self._length = self._left = length
        self._limit = limit

    def limit(self, size: int) -> None:
        self._limit = size
        if self._length > size:
            raise too_large(size)

    def read(self, buffer: bytes | bytearray, position: int) -> tuple[BodyEvent, int]:
        if self._length > self._limit:
            raise too_large(self._limit)
        if not self._left:
            return EndOfBody(Headers()), position
        end = min(position + self._left, len(buffer))
        if end == position:
            return NEED_DATA, position
        self._left -= end - position
        return BodyData(bytes(buffer[position:end])), end
