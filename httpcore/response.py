"""A response as an endpoint returns it; the serializer turns it into bytes.

A body is bytes, an iterable of bytes (sent as it is produced, in the chunked coding when its
length is unknown), or a part of an open file (sent by the kernel where it can).
"""

from collections.abc import Iterable, Mapping
from typing import BinaryIO

from httpcore.headers import Headers
from httpcore.protocol.trailers import Trailers, check_names


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

    __slots__ = ("_trailers", "body", "headers", "status")

    # Monotonic time until which whoever sends the same request, to the byte and over plain HTTP,
    # may be given this response again without asking; 0.0: ask each time. For a subclass to set.
    same_until: float = 0.0

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

    @property
    def trailers(self) -> Trailers | None:
        """Fields behind a generated body: name -> what gives the value once the body is whole.

        Sent to clients that ask for them (`TE: trailers`), in the chunked coding, which a body of
        unknown length has on HTTP/1.1. Setting raises ValueError for a name that is none, or that
        means something in front of the body only (RFC 9110 section 6.5.1).
        """
        return getattr(self, "_trailers", None)

    @trailers.setter
    def trailers(self, trailers: Trailers | None) -> None:
        # The slot stays empty without: most responses have none, and need not say so.
        check_names(trailers or {})
        self._trailers = trailers

    def close(self) -> None:
        """Release the body (a generator, a file) when it was sent, or never will be."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}>"
