"""Content codings: what a client takes, and bytes that come back (feat:P25, RFC 9110 12.5.3)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from mvc.responses.codings import CODINGS, IDENTITY, best_coding

OFFERED = ("br", "zstd", "gzip")


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ("", IDENTITY),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip; q=0.2 , br ;q=0.1", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0", IDENTITY),
        ("br;q=0, *", "zstd"),
        ("gzip, *;q=0", "gzip"),
        ("identity", IDENTITY),
        ("identity, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", IDENTITY),
        ("identity;q=0.5, gzip;q=1", "gzip"),
        ("identity;q=0", IDENTITY),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("identity;q=0, *;q=0", IDENTITY),
        ("deflate, lzma", IDENTITY),
        ("gzip;q=nonsense", "gzip"),
        ("gzip;q=2", "gzip"),
        (";q=1,,gzip", "gzip"),
        ("gzip;q=0, gzip;q=1", IDENTITY),
    ],
)
def test_feat_P25_the_client_decides(accept: str, best: str) -> None:
    assert best_coding(accept, OFFERED) == best


def test_a_long_list_costs_little_and_only_its_start_counts() -> None:
    assert best_coding("x," * 40 + "gzip", OFFERED) == IDENTITY
    assert best_coding("gzip," + "x," * 4000, OFFERED) == "gzip"


DECODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": lambda data: pytest.importorskip("brotli").decompress(data),
}


def decode(coding: str, data: bytes) -> bytes:
    if coding == "zstd":
        library = pytest.importorskip("zstandard")
        return bytes(library.ZstdDecompressor().decompressobj().decompress(data))
    return DECODE[coding](data)


@pytest.mark.parametrize("coding", list(CODINGS))
def test_whole_bodies_come_back(coding: str) -> None:
    for data in (b"", b"x", b"hello " * 1000):
        coded = CODINGS[coding].encode(data, 6)
        assert decode(coding, coded) == data
        assert CODINGS[coding].encode(data, 6) == coded


@pytest.mark.parametrize("coding", list(CODINGS))
def test_feat_P25_each_piece_can_be_read_at_once(coding: str) -> None:
    pieces = CODINGS[coding].encode_pieces(iter([b"first ", b"second"]), 6)
    first = next(pieces)
    rest = b"".join(pieces)
    if coding == "gzip":
        assert zlib.decompressobj(31).decompress(first) == b"first "
    elif coding == "br":
        assert pytest.importorskip("brotli").Decompressor().process(first) == b"first "
    else:
        reader = pytest.importorskip("zstandard").ZstdDecompressor().decompressobj()
        assert reader.decompress(first) == b"first "
    assert decode(coding, first + rest) == b"first second"


def test_gzip_is_always_there() -> None:
    assert "gzip" in CODINGS
