"""Byte ranges (RFC 9110 section 14): the Range field, and bodies of several parts.

A request that asks for more than `MAX_RANGES` ranges, for overlapping ones, or for more bytes than
the file has, gets the whole file: it costs less than what was asked for (sec:T4, http:V2).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

MAX_RANGES = 5

_UNIT = "bytes="
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_MAX_DIGITS = 18  # a position with more of them lies beyond any file
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Positions `start` up to but not including `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def parse_ranges(header: str, size: int) -> list[ByteRange] | None:
    """The satisfiable ranges in the order asked; [] means 416; None means the whole file: the
    field is malformed, of another unit, or asks for too much."""
    if not header.lower().startswith(_UNIT):
        return None
    specs = header[len(_UNIT) :].split(",", MAX_RANGES)
    if len(specs) > MAX_RANGES:
        return None
    ranges = []
    for spec in specs:
        match = _SPEC.fullmatch(spec.strip(" \t"))
        if match is None or match[0] == "-" or _is_backward(match[1], match[2]):
            return None
        if (found := _resolve(match[1], match[2], size)) is not None:
            ranges.append(found)
    return None if _asks_too_much(ranges, size) else ranges


def _is_backward(first: str, last: str) -> bool:
    return bool(first and last) and _position(last) < _position(first)


def _resolve(first: str, last: str, size: int) -> ByteRange | None:
    if not first:  # the last N bytes
        start, stop = max(0, size - _position(last)), size
    else:
        start = _position(first)
        stop = min(size, _position(last) + 1) if last else size
    return ByteRange(start, stop) if start < stop else None


def _position(digits: str) -> int:
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _asks_too_much(ranges: Sequence[ByteRange], size: int) -> bool:
    ordered = sorted(ranges, key=lambda item: item.start)
    overlaps = any(a.stop > b.start for a, b in pairwise(ordered))
    return overlaps or sum(item.length for item in ranges) > size


class MultipartRanges:
    """Several ranges of one file as multipart/byteranges (RFC 9110 section 14.6)."""

    def __init__(self, file: BinaryIO, ranges: Sequence[ByteRange], kind: str, size: int) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        self._file = file
        self._parts = [
            (
                f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n"
                f"Content-Range: {item.content_range(size)}\r\n\r\n".encode("latin-1"),
                item,
            )
            for item in ranges
        ]
        self._end = f"\r\n--{boundary}--\r\n".encode()

    @property
    def length(self) -> int:
        parts = sum(len(head) + item.length for head, item in self._parts)
        return parts + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        for head, item in self._parts:
            yield head
            self._file.seek(item.start)
            left = item.length
            # A file that shrank ends the part early; the server then closes the connection.
            while left and (chunk := self._file.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk
        yield self._end

    def close(self) -> None:
        self._file.close()
