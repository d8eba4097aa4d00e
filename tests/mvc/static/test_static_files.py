"""Static files: the right file, its type, and nothing outside the folders (sec:F1, sec:F2)."""

import os

import pytest

from httpcore import HTTPError
from mvc.static import open_below
from tests.support.messages import make_request
from tests.support.static import body_of, static_files


@pytest.fixture
def tree(tmp_path):
    static = tmp_path / "static"
    (static / "css").mkdir(parents=True)
    (static / "css" / "site.css").write_text("body{}")
    (static / "app.js").write_text("1")
    (static / ".env").write_text("secret")
    (static / ".git").mkdir()
    (static / ".git" / "config").write_text("secret")
    (tmp_path / "static_private").mkdir()
    (tmp_path / "static_private" / "x.txt").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (static / "link.txt").symlink_to(tmp_path / "secret.txt")
    (static / "linked").symlink_to(tmp_path / "static_private")
    os.mkfifo(static / "fifo")
    return static


def test_serves_with_type_and_revalidation(tree) -> None:
    response = static_files(tree)(make_request(), "css/site.css")
    response.close()
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert "ETag" in response.headers


def test_the_first_folder_that_has_the_file_counts(tree, tmp_path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "app.js").write_text("own")
    files = static_files(own, tmp_path / "missing", tree)
    for path, content in (("app.js", b"own"), ("css/site.css", b"body{}")):
        assert body_of(files(make_request(), path)) == content


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "none.js",
        "css",
        "css/",
        "css//site.css",
        "./app.js",
        "../secret.txt",
        "css/../app.js",
        "../static_private/x.txt",
        "..\\secret.txt",
        "css\\site.css",
        "/etc/passwd",
        "//etc/passwd",
        ".env",
        ".git/config",
        "app.js\0.css",
        "app.js:stream",
        "app.js.",
        "app.js ",
        "CON",
        "con.txt",
        "css/nul .js",
        "COM1.css",
        "link.txt",
        "linked/x.txt",
        "fifo",
        "app.js/x",
        "a/" * 40 + "x",
        "x" * 5000,
    ],
)
def test_sec_F1_everything_else_is_the_same_404(tree, path: str) -> None:
    with pytest.raises(HTTPError) as caught:
        static_files(tree)(make_request(), path)
    assert (caught.value.status, caught.value.detail) == (404, "Not Found")


def test_sec_F1_a_swapped_folder_never_leads_outside(tree, tmp_path) -> None:
    """A folder becomes a link between two requests: the link is not followed."""
    before = open_below(tree, "css/site.css")
    assert before is not None
    before.close()
    (tree / "css" / "site.css").unlink()
    (tree / "css").rmdir()
    (tree / "css").symlink_to(tmp_path / "static_private")
    assert open_below(tree, "css/x.txt") is None


def test_running_out_of_descriptors_is_no_404(tree, monkeypatch) -> None:
    def refuse(*arguments, **keywords):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match="Too many"):
        open_below(tree, "app.js")
