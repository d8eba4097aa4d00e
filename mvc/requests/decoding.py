"""Compressed request bodies, for routes that ask for them with `encoded_body=True` (sec:T10).

The body is decoded while it is read, a bounded piece at a time, so a small body that would become a
large one costs no memory. Two bounds end it with a 413: the limit of the body counts for what comes
out, and nothing may become more than `MAX_RATIO` times larger than it was sent, beyond the first
`FREE_BYTES`, which any text of spaces may.

gzip and deflate are always known, br and zstd where their packages are installed. One coding is
taken, not several on top of each other.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from httpcore import (
    BodyReader,
    ClientDisconnected,
    Headers,
    HTTPError,
    Peer,
    RequestHead,
    StoredBody,
    size_text,
)
from mvc.optional import optional_module
from mvc.requests.request import Binding, Request, new_request
from mvc.requests.services import Services

MAX_RATIO = 100
FREE_BYTES = 64 * 1024

_PIECE = 64 * 1024  # bytes that come out at a time
_INPUT = 4 * 1024  # bytes that go in at a time: ratio and limit are looked at in between
_GZIP_WINDOW = 31
_ZLIB_WINDOW = 15  # "deflate" is the zlib format (RFC 9110 8.4.1.2)
_ZSTD_WINDOW = 8 * 1024 * 1024  # bytes of memory one body may ask for (RFC 9659)
_ZSTD_INPUT = 64  # bytes that go in at a time, see `_Zstd`

# Gives up to so many bytes of the coded body, b"" at its end.
Source = Callable[[int], bytes]


class Decoder(Protocol):
    """Reads one coded body. Raises EOFError when it ends too early, else what its library raises
    for what is not in its coding."""

    def read(self, size: int) -> bytes:
        """One to `size` bytes, b"" at the end."""
        ...


class _Inflater:
    """gzip and deflate. A gzip body may be several members, one behind the other (RFC 1952 2.2)."""

    def __init__(self, source: Source, window: int) -> None:
        self._source = source
        self._window = window
        self._inflate = zlib.decompressobj(window)
        self._input = b""
        self._holds_output = False

    def read(self, size: int) -> bytes:
        while True:
            if not self._input and not self._holds_output:
                self._input = self._source(_INPUT)
                if not self._input:
                    return self._end()
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(self._window)
            output = self._inflate.decompress(self._input, size)
            self._holds_output = len(output) == size and not self._inflate.eof
            self._input = self._inflate.unconsumed_tail or self._inflate.unused_data
            if output:
                return output

    def _end(self) -> bytes:
        if not self._inflate.eof:
            raise EOFError
        return b""


class _Brotli:
    """The library may pass the bound it is given by a little: the rest waits for the next read."""

    def __init__(self, source: Source, library: Any) -> None:
        self._source = source
        self._decompressor = library.Decompressor()
        self._output = b""

    def read(self, size: int) -> bytes:
        while not self._output and not self._decompressor.is_finished():
            takes_more = self._decompressor.can_accept_more_data()
            data = self._source(_INPUT) if takes_more else b""
            if takes_more and not data:
                raise EOFError
            self._output = bytes(self._decompressor.process(data, output_buffer_limit=size))
        if not self._output and self._source(1):
            raise ValueError("bytes behind the end")
        piece, self._output = self._output[:size], self._output[size:]
        return piece


class _Zstd:
    """Frames, one behind the other. The library bounds no output, so the input is cut small: a
    block of 128 KiB takes at least 4 bytes."""

    def __init__(self, source: Source, library: Any) -> None:
        self._source = source
        self._library = library
        self._frame = self._new_frame()
        self._input = b""
        self._output = b""

    def read(self, size: int) -> bytes:
        while not self._output:
            self._input = self._input or self._source(_ZSTD_INPUT)
            if not self._input:
                if not self._frame.eof:
                    raise EOFError
                return b""
            if self._frame.eof:
                self._frame = self._new_frame()
            self._output = bytes(self._frame.decompress(self._input))
            self._input = bytes(self._frame.unused_data) if self._frame.eof else b""
        piece, self._output = self._output[:size], self._output[size:]
        return piece

    def _new_frame(self) -> Any:
        return self._library.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()


def _decoders() -> dict[str, Callable[[Source], Decoder]]:
    decoders: dict[str, Callable[[Source], Decoder]] = {
        "gzip": lambda source: _Inflater(source, _GZIP_WINDOW),
        "x-gzip": lambda source: _Inflater(source, _GZIP_WINDOW),
        "deflate": lambda source: _Inflater(source, _ZLIB_WINDOW),
    }
    brotli, zstandard = optional_module("brotli"), optional_module("zstandard")
    if hasattr(getattr(brotli, "Decompressor", None), "can_accept_more_data"):  # since 1.2
        decoders["br"] = lambda source: _Brotli(source, brotli)
    if zstandard is not None:
        decoders["zstd"] = lambda source: _Zstd(source, zstandard)
    return decoders


DECODERS: Mapping[str, Callable[[Source], Decoder]] = _decoders()


class DecodedBody:
    """A `BodyReader` over another one, whose bytes are in a content coding.

    coding: as in Content-Encoding. limit: bytes that may come out.
    Reading raises HTTPError: 415 for an unknown coding, 413 beyond a bound, 400 for what is not in
    the coding or ends too early, and what reading the other one raises.
    """

    def __init__(self, stream: BodyReader, coding: str, limit: int) -> None:
        self.size: int | None = None
        self._stream = stream
        self._coding = coding
        self._limit = limit
        self._decoder: Decoder | None = None
        self._taken = 0
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        """As `BodyReader.read`; a read of `size` bytes gives at least one until the end."""
        if size < 0:
            return b"".join(iter(lambda: self._piece(_PIECE), b""))
        return self._piece(min(size, _PIECE)) if size else b""

    @property
    def trailers(self) -> Headers | None:
        return getattr(self._stream, "trailers", None)

    def close(self) -> None:
        self._stream.close()

    def rewind(self) -> None:
        """Start again at the first byte, where the other body can."""
        if isinstance(self._stream, StoredBody):
            self._stream.rewind()
            self._decoder, self._taken, self._given = None, 0, 0

    def _piece(self, size: int) -> bytes:
        if self._decoder is None:
            self._decoder = self._opened()
        try:
            piece = self._decoder.read(size)
        except (HTTPError, ClientDisconnected):
            raise
        except Exception as error:  # each library has a class of its own, EOFError is ours
            raise HTTPError(400, f"The body is not whole, or not in {self._coding}.") from error
        self._given += len(piece)
        if self._given > self._limit:
            raise HTTPError(413, f"The body decodes to more than {size_text(self._limit)}.")
        if self._given > max(FREE_BYTES, MAX_RATIO * self._taken):
            raise HTTPError(413, f"The body decodes to more than {MAX_RATIO} times its size.")
        return piece

    def _opened(self) -> Decoder:
        decoder = DECODERS.get(self._coding)
        if decoder is None:
            known = ", ".join(DECODERS)
            raise HTTPError(
                415,
                f"Send the body in one of these codings, or in none: {known}.",
                (("Accept-Encoding", known),),
            )
        return decoder(self._take)

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._taken += len(data)
        return data


def decoding_request(
    binding: Binding,
    head: RequestHead,
    stream: BodyReader,
    peer: Peer,
    connection: Any = None,
    deadline: float | None = None,
) -> Request:
    """A request whose body is read decoded; one without a coding is any other request."""
    coding = head.headers.get("Content-Encoding", "identity").strip(" \t").lower()
    if coding != "identity":
        limit = _limit_of(*binding, head.headers.get("Content-Type", ""))
        stream = DecodedBody(stream, coding, limit)
    return new_request(binding, head, stream, peer, connection, deadline)


def _limit_of(services: Services, route: Any, content_type: str) -> int:
    """The same that counts for the body as it is sent."""
    if route.options.max_body is not None:
        return int(route.options.max_body)
    settings = services.settings
    is_form = content_type.lower().startswith("multipart/form-data")
    return max(settings.max_upload, settings.max_body) if is_form else settings.max_body
