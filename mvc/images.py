"""How large a picture is, from its first bytes, before anything decodes it (sec:T11).

A file of a kilobyte can ask a decoder for gigabytes. The formats are those that browsers show as
pictures and people upload: PNG, JPEG, GIF, WebP; only their headers are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Literal

from httpcore import HTTPError

MAX_PIXELS = 50_000_000
_HEADER = 32  # bytes, all that is needed of any format but JPEG
_MAX_SEGMENTS = 500  # of a JPEG before its frame: cameras write a dozen

# JPEG markers: start of a frame (T.81 table B.1) and those without a length.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class ImageSize:
    """format: "png", "jpeg", "gif" or "webp"; width and height in pixels."""

    format: str
    width: int
    height: int


def read_image_size(file: BinaryIO, max_pixels: int = MAX_PIXELS) -> ImageSize:
    """The size of the picture in a seekable file, which is left at its start.

    Frames of an animation are not counted. Raises HTTPError 415 for what is none of the formats,
    400 when its header is damaged, 413 when it has more than `max_pixels`.
    """
    file.seek(0)
    head = file.read(_HEADER)
    name, measure = _format_of(head)
    try:
        width, height = measure(head, file)
    except (ValueError, IndexError) as error:
        raise HTTPError(400, "The picture is damaged.") from error
    finally:
        file.seek(0)
    if not width or not height:
        raise HTTPError(400, "The picture is empty.")
    if width * height > max_pixels:
        raise HTTPError(413, f"The picture has more than {max_pixels} pixels.")
    return ImageSize(name, width, height)


_Measure = Callable[[bytes, BinaryIO], tuple[int, int]]


def _format_of(head: bytes) -> tuple[str, _Measure]:
    for name, magic, offset, measure in _FORMATS:
        if head.startswith(magic[0]) and head.startswith(magic[1], offset):
            return name, measure
    raise HTTPError(415, "This is not a PNG, JPEG, GIF or WebP picture.")


def _measure_png(head: bytes, file: BinaryIO) -> tuple[int, int]:
    """The first chunk must be IHDR (PNG, 5.6)."""
    if head[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    return _big(head, 16, 4), _big(head, 20, 4)


def _measure_gif(head: bytes, file: BinaryIO) -> tuple[int, int]:
    return _little(head, 6, 2), _little(head, 8, 2)


def _measure_webp(head: bytes, file: BinaryIO) -> tuple[int, int]:
    """The chunk after the RIFF header: lossy (RFC 6386 9.1), lossless, or extended (RFC 9649)."""
    kind = head[12:16]
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return _little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = _little(head, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return _little(head, 24, 3) + 1, _little(head, 27, 3) + 1
    raise ValueError("unknown chunk")


def _measure_jpeg(head: bytes, file: BinaryIO) -> tuple[int, int]:
    """From segment to segment until the frame (T.81 B.2.2); what they hold is passed over."""
    file.seek(2)
    for _ in range(_MAX_SEGMENTS):
        marker = _next_marker(file)
        if marker in _BARE:
            continue
        length = _big(file.read(2), 0, 2)
        if marker in _FRAMES:
            frame = file.read(5)
            return _big(frame, 3, 2), _big(frame, 1, 2)
        if length < 2 or marker in (0xD9, 0xDA):
            break
        file.seek(length - 2, 1)
    raise ValueError("no frame")


def _next_marker(file: BinaryIO) -> int:
    if file.read(1) != b"\xff":
        raise ValueError("no marker")
    for _ in range(_HEADER):  # fill bytes
        if (code := file.read(1)[0]) != 0xFF:
            return code
    raise ValueError("no marker")


def _big(data: bytes, offset: int, size: int) -> int:
    return _number(data, offset, size, "big")


def _little(data: bytes, offset: int, size: int) -> int:
    return _number(data, offset, size, "little")


def _number(data: bytes, offset: int, size: int, order: Literal["big", "little"]) -> int:
    part = data[offset : offset + size]
    if len(part) < size:
        raise ValueError("cut short")
    return int.from_bytes(part, order)


# Name, how it begins, and what else is at an offset.
_FORMATS: tuple[tuple[str, tuple[bytes, bytes], int, _Measure], ...] = (
    ("png", (b"\x89PNG\r\n\x1a\n", b""), 0, _measure_png),
    ("jpeg", (b"\xff\xd8\xff", b""), 0, _measure_jpeg),
    ("gif", (b"GIF8", b"7a"), 4, _measure_gif),
    ("gif", (b"GIF8", b"9a"), 4, _measure_gif),
    ("webp", (b"RIFF", b"WEBP"), 8, _measure_webp),
)
