"""How a handler reads a request body: from memory, from a spooled file, or from the wire."""

from io import BytesIO
from typing import BinaryIO, Protocol

from httpcore.headers import Headers


class BodyReader(Protocol):
    """The body of one request, read front to back."""

    # Bytes in all, or None while a chunked body is still arriving.
    @property
    def size(self) -> int | None: ...

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all that is left when negative, b"" at the end.

        Raises HTTPError (408, 413, 400) or, when nobody is there any more, ClientDisconnected.
        """
        ...

    def close(self) -> None:
        """Forget what was not read; a spooled file is deleted."""
        ...


class StoredBody:
    """A body that has arrived whole, in memory or in a spooled temporary file.

    trailers: the fields behind it, when its endpoint `wants_trailers` and there were any.
    """

    __slots__ = ("_file", "size", "trailers")

    def __init__(self, file: BinaryIO, size: int, trailers: Headers | None = None) -> None:
        self._file = file
        self.size: int | None = size
        self.trailers = trailers

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def rewind(self) -> None:
        """Start again at the first byte, as the raw body after a parsed form."""
        self._file.seek(0)

    def close(self) -> None:
        self._file.close()


def body_of(data: bytes) -> StoredBody:
    """A body held in memory."""
    return StoredBody(BytesIO(data), len(data))


class _EmptyBody(StoredBody):
    """What most requests have. Shared by all of them, so closing it does nothing."""

    __slots__ = ()

    def close(self) -> None:
        pass


EMPTY_BODY = _EmptyBody(BytesIO(), 0)
