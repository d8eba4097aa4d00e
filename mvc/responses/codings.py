"""Content codings: which one a client likes best, and bytes put into it (RFC 9110 8.4, 12.5.3).

gzip is always there; br and zstd when their packages are (`pip install brotli zstandard`, the extra
`compression`). A coding is written piece by piece: after each piece it is flushed, so that the
client can read all that was produced so far.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from mvc.optional import optional_module
from mvc.requests.negotiation import read_weight

IDENTITY = ""  # no coding

_MAX_CODINGS = 32  # elements of Accept-Encoding that count; clients send up to six
_REMEMBERED = 256  # verdicts: there are few kinds of browsers
_LONGEST = 256  # characters looked at: strangers' texts must not fill the memory (sec:P9)
_GZIP_WINDOW = 31  # the largest window, with the head and tail of gzip
# Both about as fast as gzip at 6, and smaller.
_BROTLI_QUALITY = 4
_ZSTD_LEVEL = 3
_ALIASES = {"x-gzip": "gzip"}  # RFC 9110 8.4.1.3


class Encoder(Protocol):
    """Writes one body."""

    def add(self, piece: bytes) -> bytes:
        """The coded bytes from which all of `piece` can be read."""
        ...

    def finish(self) -> bytes:
        """The end of the coded body."""
        ...


@dataclass(frozen=True, slots=True)
class Coding:
    """name: as in Content-Encoding. suffix: of files that are in it. encoder: for one body, at a
    level from 1 to 9, which counts for gzip only."""

    name: str
    suffix: str
    encoder: Callable[[int], Encoder]

    def encode(self, data: bytes, level: int) -> bytes:
        """The whole of `data` in this coding; the same bytes for the same data."""
        encoder = self.encoder(level)
        return encoder.add(data) + encoder.finish()

    def encode_pieces(self, pieces: Iterator[bytes], level: int) -> Iterator[bytes]:
        """Each piece in the coding as soon as it is there, then the end."""
        encoder = self.encoder(level)
        for piece in pieces:
            yield encoder.add(piece)
        yield encoder.finish()


class _Gzip:
    def __init__(self, level: int) -> None:
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)

    def add(self, piece: bytes) -> bytes:
        return self._deflate.compress(piece) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._deflate.flush()


class _Brotli:
    def __init__(self, level: int) -> None:
        self._compressor = _brotli.Compressor(quality=_BROTLI_QUALITY)

    def add(self, piece: bytes) -> bytes:
        return bytes(self._compressor.process(piece) + self._compressor.flush())

    def finish(self) -> bytes:
        return bytes(self._compressor.finish())


class _Zstd:
    def __init__(self, level: int) -> None:
        self._compressor = _zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def add(self, piece: bytes) -> bytes:
        coded = self._compressor.compress(piece)
        return bytes(coded + self._compressor.flush(_zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    def finish(self) -> bytes:
        return bytes(self._compressor.flush())


_brotli = optional_module("brotli")
_zstandard = optional_module("zstandard")

# Suffixes of precompressed files, whether or not we could write them ourselves (feat:W7).
SUFFIXES: Mapping[str, str] = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
_ENCODERS: tuple[tuple[str, Any, Callable[[int], Encoder]], ...] = (
    ("br", _brotli, _Brotli),
    ("zstd", _zstandard, _Zstd),
    ("gzip", zlib, _Gzip),
)
# What this installation can write, the best first.
CODINGS: Mapping[str, Coding] = {
    name: Coding(name, SUFFIXES[name], encoder) for name, module, encoder in _ENCODERS if module
}


def best_coding(accept_encoding: str, offered: tuple[str, ...]) -> str:
    """The name among `offered` (the best first) that the client likes best, or `IDENTITY`.

    Without weights every coding the client names is better than none. A client that refuses all,
    identity too, gets it uncoded, as the RFC advises.
    """
    return _best_coding(accept_encoding[:_LONGEST], offered)


@lru_cache(_REMEMBERED)
def _best_coding(accept_encoding: str, offered: tuple[str, ...]) -> str:
    weights = _weights_of(accept_encoding)
    best, best_weight = IDENTITY, 0.0
    for name in offered:
        weight = weights.get(name, weights.get("*", 0.0))
        if weight > best_weight:
            best, best_weight = name, weight
    return IDENTITY if weights.get("identity", 0.0) > best_weight else best


def _weights_of(accept_encoding: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for element in accept_encoding.lower().split(",", _MAX_CODINGS)[:_MAX_CODINGS]:
        name, *parameters = element.split(";")
        coding = name.strip(" \t")
        weights.setdefault(_ALIASES.get(coding, coding), read_weight(parameters))
    return weights
