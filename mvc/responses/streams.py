"""Bodies that are made while they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from httpcore import FileBody
from mvc.responses.encoding import encode_json

Body = bytes | Iterable[bytes] | FileBody

_BATCH = 16 * 1024  # bytes of small JSON items sent together


class ByteStream:
    """An iterator of bytes over pieces of bytes or str; empty pieces are left out.

    `close` ends the producer, so that its `finally` runs even when the client is gone.
    """

    __slots__ = ("_first", "_pieces", "_source")

    def __init__(self, pieces: Iterable[str | bytes]) -> None:
        # One text is one piece, not its letters.
        self._source = [pieces] if isinstance(pieces, str | bytes) else pieces
        self._pieces = iter(self._source)
        self._first: bytes | None = None

    def prime(self) -> None:
        """Produce the first piece now. Raises what the producer raises."""
        if self._first is None:
            self._first = next(self, b"")

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        for piece in self._pieces:
            data = _as_bytes(piece)
            if data:
                return data
        raise StopIteration

    def close(self) -> None:
        for held in (self._pieces, self._source):
            close = getattr(held, "close", None)
            if close is not None:
                close()


def as_body(body: object) -> Body:
    """A body as the server sends it: text as UTF-8, any iterable of text or bytes as a stream.

    Raises TypeError for what is neither, before anything of it is on the wire.
    """
    if isinstance(body, bytes | FileBody | ByteStream):
        return body
    if isinstance(body, str | bytearray | memoryview):
        return _as_bytes(body)
    if isinstance(body, Mapping) or not isinstance(body, Iterable):
        raise TypeError(
            f"a {type(body).__qualname__} is no body: give str, bytes, an iterable of them or a "
            "file; JsonResponse sends values as JSON"
        )
    return ByteStream(body)


def json_array(items: Iterable[Any]) -> Iterator[bytes]:
    """The items as one JSON array."""
    batch = bytearray(b"[")
    is_first = True
    for item in items:
        if not is_first:
            batch += b","
        is_first = False
        batch += encode_json(item)
        if len(batch) >= _BATCH:
            yield bytes(batch)
            batch.clear()
    yield bytes(batch) + b"]"


def json_lines(items: Iterable[Any]) -> Iterator[bytes]:
    """One JSON text a line, each sent at once: the reader may be waiting for it."""
    for item in items:
        yield encode_json(item) + b"\n"


def _as_bytes(piece: object) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise TypeError(f"a stream yields str or bytes, not {type(piece).__qualname__}")
