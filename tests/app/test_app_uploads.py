"""Which files are taken, by their own bytes (sec:F5, H12)."""

import pytest

from app.uploads import recognise

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@pytest.mark.parametrize(
    ("data", "name", "content_type"),
    [
        (PNG, "a.png", "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(8), "a.jpg", "image/jpeg"),
        (b"GIF89a" + bytes(8), "a.gif", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.webp", "image/webp"),
        (b"\x00\x00\x00\x20ftypavif" + bytes(8), "a.avif", "image/avif"),
        (b"%PDF-1.7\n", "a.pdf", "application/pdf"),
        (b"PK\x03\x04" + bytes(8), "a.ZIP", "application/zip"),
        (b"PK\x03\x04" + bytes(8), "a.odt", "application/vnd.oasis.opendocument.text"),
        ("Grüße".encode(), "a.txt", "text/plain; charset=utf-8"),
        ("Grüße".encode()[:3], "cut.txt", "text/plain; charset=utf-8"),
    ],
)
def test_sec_F5_the_bytes_decide_the_type(data: bytes, name: str, content_type: str) -> None:
    assert recognise(data, name) == content_type


def test_sec_F5_a_picture_is_one_whatever_its_name_says() -> None:
    assert recognise(PNG, "page.html") == "image/png"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html><script>alert(1)</script>", "a.html"),
        (b"<html><script>alert(1)</script>", "a.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"),
        (b"MZ\x90\x00", "a.exe"),
        (b"PK\x03\x04", "a.jar"),
        (b"binary\x00text", "a.txt"),
        (b"\xff\xfe text", "a.txt"),
        (b"RIFF\x00\x00\x00\x00WAVE", "a.webp"),
        (b"<script>WEBP", "a.webp"),
        (b"", "a.png"),
    ],
)
def test_sec_F5_anything_else_is_refused(data: bytes, name: str) -> None:
    assert recognise(data, name) is None
