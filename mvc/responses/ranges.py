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

from mvc.tokens import TOKEN

MAX_RANGES = 5
_MAX_ELEMENTS = 32  # of the list, empty ones among them

_UNIT = re.compile(TOKEN)
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_MAX_DIGITS = 18  # a position with more of them lies beyond any file
_CHUNK = 64 * 1024

# First and last position, both inclusive. (first, None): to the end; (None, n): the last n bytes.
RangeSpec = tuple[int | None, int | None]


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


def parse_range(header: str) -> dict[str, list[RangeSpec]]:
    """The Range field as {unit: specs} (feat:P19); {} for what is malformed or has too many.

    unit: in lower case. specs: positions as `make_partial` takes them, in the order asked. Whether
    there is anything at them only who knows the body can tell.
    """
    unit, _, listed = header.partition("=")
    # RFC 9110 5.6.1.2: elements of a list may be empty.
    texts = [text for part in listed.split(",", _MAX_ELEMENTS) if (text := part.strip(" \t"))]
    specs = [_parse_spec(text) for text in texts]
    known = [spec for spec in specs if spec is not None]
    if not _UNIT.fullmatch(unit) or len(known) < len(specs) or not 1 <= len(known) <= MAX_RANGES:
        return {}
    return {unit.lower(): known}


def parse_ranges(header: str, size: int) -> list[ByteRange] | None:
    """The satisfiable byte ranges in the order asked; [] means 416; None means the whole file: the
    field is malformed, of another unit, or asks for too much."""
    specs = parse_range(header).get("bytes")
    if specs is None:
        return None
    if not size and any(first is None and last for first, last in specs):
        return None  # the last bytes of nothing are all of it, which no Content-Range can say
    ranges = satisfiable(specs, size)
    return None if _asks_too_much(ranges, size) else ranges


def satisfiable(specs: Sequence[RangeSpec], size: int) -> list[ByteRange]:
    """The ranges of a body of `size` bytes, in their order, without those it has nothing of."""
    found = (_resolve(first, last, size) for first, last in specs)
    return [item for item in found if item is not None]


def _parse_spec(text: str) -> RangeSpec | None:
    match = _SPEC.fullmatch(text)
    if match is None or match[0] == "-":
        return None
    first, last = (_position(digits) if digits else None for digits in match.groups())
    is_backward = first is not None and last is not None and last < first
    return None if is_backward else (first, last)


def _resolve(first: int | None, last: int | None, size: int) -> ByteRange | None:
    if first is None:  # the last N bytes
        start, stop = max(0, size - (last or 0)), size
    else:
        start = first
        stop = size if last is None else min(size, last + 1)
    return ByteRange(start, stop) if start < stop else None


def _position(digits: str) -> int:
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _asks_too_much(ranges: Sequence[ByteRange], size: int) -> bool:
    ordered = sorted(ranges, key=lambda item: item.start)
    overlaps = any(a.stop > b.start for a, b in pairwise(ordered))
    return overlaps or sum(item.length for item in ranges) > size


class MultipartRanges:
    """Several ranges of one body as multipart/byteranges (RFC 9110 section 14.6).

    kind: its media type; size: its bytes; offset: where in the file it begins.
    """

    def __init__(
        self,
        file: BinaryIO,
        ranges: Sequence[ByteRange],
        kind: str,
        size: int,
        offset: int = 0,
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        self._file = file
        self._offset = offset
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
            self._file.seek(self._offset + item.start)
            left = item.length
            while left and (chunk := self._file.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk
            if left:
                # The file shrank. What follows would stand where bytes of this part should; with
                # less than the Content-Length the server closes the connection (sec:F2).
                return
        yield self._end

    def close(self) -> None:
        self._file.close()


class StreamRange:
    """One range of a body that is generated: what lies before is produced and thrown away."""

    def __init__(self, pieces: Iterator[bytes], body: object, wanted: ByteRange) -> None:
        self._pieces = pieces
        self._body = body
        self._wanted = wanted

    def __iter__(self) -> Iterator[bytes]:
        position = 0
        for piece in self._pieces:
            start = max(0, self._wanted.start - position)
            part = piece[start : self._wanted.stop - position]
            position += len(piece)
            if part:
                yield part
            if position >= self._wanted.stop:
                return

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
