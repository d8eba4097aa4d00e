"""A response as an endpoint returns it; the serializer turns it into bytes.

A body is bytes, an iterable of bytes (sent as it is produced, in the chunked coding when its
length is unknown), or a part of an open file (sent by the kernel where it can).
"""

from collections.abc import Iterable, Mapping
from typing import BinaryIO

from httpcore.headers import Headers


class FileBody:
    """`length` bytes of an open binary file from `offset` on. The server closes the file."""

    __slots__ = ("file", "length", "offset")

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        self.file = file
        self.offset = offset
        self.length = length

    def close(self) -> None:
        self.file.close()


Body = bytes | Iterable[bytes] | FileBody


class Response:
    """An answer: status, header fields, body.

    status: 200-599; headers: anything `Headers` takes; content_type: sets `Content-Type`.
    Raises ValueError for a field name that is no token or a value with control bytes (http:R4).
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        body: Body = b"",
        status: int = 200,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        content_type: str | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.headers = Headers(headers) if headers is not None else Headers()
        if content_type is not None:
            self.headers["Content-Type"] = content_type

    def close(self) -> None:
        """Release the body (a generator, a file) when it was sent, or never will be."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}>"
