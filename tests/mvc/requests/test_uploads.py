"""Uploaded files: harmless names, new files only, private modes (sec:F4, sec:A11)."""

import pytest

from mvc.requests import UploadedFile, safe_filename
from mvc.testing.bodies import encode_multipart
from tests.support.messages import make_request


def upload(name: str = "a.txt", content: bytes = b"hello") -> UploadedFile:
    body, kind = encode_multipart({}, {"f": (name, content)})
    return make_request(method="POST", headers={"Content-Type": kind}, body=body).files["f"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.JPG", "photo.JPG"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("../../", "file"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("CON", "_CON"),
        ("con .txt", "_con .txt"),
        ("NUL.tar.gz", "_NUL.tar.gz"),
        ("name. . ", "name"),
        ("file.txt:ads", "file.txt_ads"),
        ('a"b<c>|*?.txt', "a_b_c____.txt"),
        ("e\u0301.txt", "é.txt"),
        ("", "file"),
        ("x" * 300 + ".png", "x" * 251 + ".png"),
        ("." + "é" * 200, "é" * 127),
    ],
)
def test_sec_F4_safe_names(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_save_to_a_path_is_exclusive_and_private(tmp_path) -> None:
    file = upload()
    target = tmp_path / "stored.bin"
    assert file.save(target) == target
    assert target.read_bytes() == b"hello"
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        file.save(target)
    assert target.read_bytes() == b"hello"


def test_save_does_not_follow_a_planted_link(tmp_path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        upload().save(tmp_path / "link")


def test_feat_F11_save_to_a_folder_finds_a_free_name(tmp_path) -> None:
    file = upload("../a.txt")
    first, second = file.save(tmp_path), file.save(tmp_path)
    assert first == tmp_path / "a.txt"
    assert second != first
    assert second.name.startswith("a_")
    assert second.suffix == ".txt"
    assert second.read_bytes() == b"hello"


def test_reading_and_seeking() -> None:
    file = upload()
    assert (file.read(2), file.read(), file.read()) == (b"he", b"llo", b"")
    file.seek(0)
    assert file.file.read() == b"hello"
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_saving_does_not_move_the_place_of_reading(tmp_path) -> None:
    file = upload()
    start = file.read(2)
    file.save(tmp_path / "copy")
    assert start + file.read() == (tmp_path / "copy").read_bytes()
