"""`file_below`: files that clients name, sent by a controller (sec:F1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from httpcore import HTTPError
from mvc import Application, Settings, file_below
from mvc.testing import Client
from tests.support.static import body_of, write_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"files/a.txt": b"a", "files/sub/b.png": b"b", "files/.env": b"no", "secret.txt": b"no"}
    write_tree(tmp_path, files)
    (tmp_path / "files/link").symlink_to("../secret.txt")
    return tmp_path / "files"


@pytest.fixture
def browser(folder: Path) -> Client:
    route = ("/get/<path:name>", lambda request, name: file_below(folder, name))
    return Client(Application([route], Settings(session_store="memory")))


def test_sec_F1_what_is_inside_is_sent(browser: Client) -> None:
    answer = browser.get("/get/sub/b.png", headers={"Range": "bytes=0-0"})
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (206, b"b", "image/png")
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.txt", "..%2Fsecret.txt", "sub/../a.txt", "/etc/passwd", "%2Fetc%2Fpasswd"),
        *("link", ".env", "sub", "sub/", "none", "a.txt/", "a" * 300),
    ],
)
def test_sec_F1_nothing_else_is(browser: Client, path: str) -> None:
    assert browser.get(f"/get/{path}").status == 404


def test_sec_H12_an_attachment_has_the_name_of_the_file(folder: Path) -> None:
    response = file_below(str(folder), "sub/b.png", as_attachment=True)
    assert body_of(response) == b"b"
    assert response.headers["Content-Disposition"] == 'attachment; filename="b.png"'


def test_sec_F1_a_nul_is_no_name(folder: Path) -> None:
    with pytest.raises(HTTPError, match="404"):
        file_below(folder, "a\0.txt")
