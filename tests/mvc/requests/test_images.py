"""Sizes of pictures from their headers alone (sec:T11)."""

import io
import struct

import pytest

from httpcore import HTTPError
from mvc.images import MAX_PIXELS, ImageSize, read_image_size


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + bytes(9)


def gif(width: int, height: int, version: bytes = b"89a") -> bytes:
    return b"GIF" + version + struct.pack("<HH", width, height) + bytes(20)


def jpeg(width: int, height: int, *segments: bytes, frame: int = 0xC0) -> bytes:
    head = b"\xff\xd8" + b"".join(segments)
    size = struct.pack(">BHH", 8, height, width)
    return head + b"\xff" + bytes([frame]) + b"\0\x11" + size + bytes(10)


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def webp(kind: bytes, payload: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + payload + bytes(10)


EXIF = segment(0xE1, b"Exif\0\0" + bytes(60_000))


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(640, 480), ("png", 640, 480)),
        (gif(3, 65535), ("gif", 3, 65535)),
        (gif(3, 4, b"87a"), ("gif", 3, 4)),
        (jpeg(640, 480, segment(0xE0, b"JFIF")), ("jpeg", 640, 480)),
        (jpeg(640, 480, EXIF, segment(0xC4, b"tables"), frame=0xC2), ("jpeg", 640, 480)),
        (jpeg(5, 6, b"\xff\xff\xff\xfe\0\x04ab"), ("jpeg", 5, 6)),
        (webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 176, 0x4000 + 144)),
         ("webp", 176, 144)),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", (399 << 14) | 299)), ("webp", 300, 400)),
        (webp(b"VP8X", bytes(4) + b"\x0f\x27\0" + b"\x01\0\0"), ("webp", 10000, 2)),
    ],
)  # fmt: skip
def test_sec_T11_formats(data: bytes, size: tuple[str, int, int]) -> None:
    file = io.BytesIO(data)
    file.seek(7)
    assert read_image_size(file) == ImageSize(*size)
    assert file.tell() == 0


def status_of(data: bytes, **options: int) -> int:
    with pytest.raises(HTTPError) as caught:
        read_image_size(io.BytesIO(data), **options)
    return caught.value.status


def test_sec_T11_too_many_pixels() -> None:
    assert status_of(png(10_000, 10_000)) == 413
    assert status_of(png(MAX_PIXELS + 1, 1)) == 413
    assert read_image_size(io.BytesIO(png(MAX_PIXELS, 1))).width == MAX_PIXELS
    assert status_of(gif(2, 1), max_pixels=1) == 413


@pytest.mark.parametrize(
    "data",
    [
        png(1, 1)[:20],
        png(0, 5),
        png(1, 1).replace(b"IHDR", b"IDAT"),
        gif(1, 0),
        gif(1, 1)[:8],
        jpeg(1, 1)[:8],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + segment(0xDA, b"scan") + jpeg(1, 1)[2:],
        b"\xff\xd8\xff\xe0\0\x01" + bytes(20),
        b"\xff\xd8\xff" + b"\xff" * 100,
        b"\xff\xd8" + segment(0xE0, b"") * 600 + jpeg(1, 1)[2:],
        webp(b"VP8 ", bytes(10)),
        webp(b"ABCD", bytes(10)),
        webp(b"VP8L", b"\x2f")[:22],
    ],
)
def test_damaged_headers(data: bytes) -> None:
    assert status_of(data) == 400


@pytest.mark.parametrize(
    "data", [b"", b"<svg xmlns='x'/>", b"GIF88a" + bytes(20), b"RIFF" + bytes(9)]
)
def test_other_formats(data: bytes) -> None:
    assert status_of(data) == 415
