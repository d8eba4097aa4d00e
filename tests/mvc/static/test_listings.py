"""The page of a folder, in its three forms (feat:W2, W3)."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

import orm
from mvc import Application, FileResponse, Settings, list_directory
from mvc.responses.dates import format_http_date
from mvc.static.directories import format_size
from mvc.testing import Client
from tests.support.static import write_tree

OLD = 1_000_000_000
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    files = {
        "b.txt": b"b" * 1234,
        "A.csv": b"a",
        "<i>&'\".html": b"odd",
        "a b#?%.txt": b"odd too",
        ".hidden": b"secret",
        "backup~": b"old",
        "sub/inner.txt": b"inner",
        "sub/deep/x": b"x",
    }
    write_tree(tmp_path / "files", files)
    os.mkfifo(tmp_path / "files/fifo")
    (tmp_path / "files/link").symlink_to("/etc/passwd")
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (OLD, OLD))
    yield tmp_path / "files"
    orm.close()


def site(folder: Path, **options: Any) -> Client:
    app = Application(settings=Settings(session_store="memory", root=folder.parent))
    app.mount("/files/", folder, **{"listing": True, **options})
    return Client(app)


def links_of(page: str) -> list[str]:
    return [
        link.replace("&#39;", "'").replace("&amp;", "&")
        for link in re.findall(r'<a href="([^"?]+)"', page)
    ]


def test_feat_W2_the_page(folder: Path) -> None:
    answer = site(folder).get("/files/")
    assert answer.status == 200
    assert "<h1>Index of /files/</h1>" in answer.text
    for column in ("Name", "Last Modified", "Size", "Type"):
        assert f">{column}</a>" in answer.text
    assert "1.2k" in answer.text
    assert "2001-09-09 01:46" in answer.text
    assert "text/plain" in answer.text
    assert "<i>" not in answer.text
    for hidden in (".hidden", "backup~", "fifo", "link<", "../"):
        assert hidden not in answer.text


def test_feat_W2_a_page_with_a_nonce_is_never_a_304(folder: Path) -> None:
    """Browsers gave the page they had the new policy, and refused its style."""
    browser = site(folder)
    page = browser.get("/files/")
    known = {"If-Modified-Since": page.headers["Last-Modified"]}
    again = browser.get("/files/", headers=known)
    assert again.status == 200
    assert re.search('nonce="([^"]+)"', again.text)[1] in again.headers["Content-Security-Policy"]
    as_json = browser.get("/files/", headers={**known, "Accept": "application/json"})
    assert as_json.status == 304


def test_feat_W2_every_link_leads_to_its_file(folder: Path) -> None:
    browser = site(folder)
    for page in ("/files/", "/files/sub/"):
        links = links_of(browser.get(page).text)
        assert links
        for link in links:
            assert browser.get(urljoin(page, link)).status == 200, link
    assert "../" in links_of(browser.get("/files/sub/").text)
    assert browser.get("/files/a%20b%23%3F%25.txt").text == "odd too"


def names_of(browser: Client, query: str) -> list[str]:
    answer = browser.get(f"/files/{query}", headers={"Accept": "application/json"})
    return [entry["name"] for entry in answer.json()["entries"]]


def test_feat_W2_sorting(folder: Path) -> None:
    browser = site(folder, match=r"^(b\.txt|A\.csv)$")
    os.utime(folder / "A.csv", (OLD - 5, OLD - 5))
    assert names_of(browser, "") == ["sub", "A.csv", "b.txt"]
    assert names_of(browser, "?sort=name&order=desc") == ["sub", "b.txt", "A.csv"]
    assert names_of(browser, "?sort=size&order=desc") == ["sub", "b.txt", "A.csv"]
    assert names_of(browser, "?sort=modified") == ["sub", "A.csv", "b.txt"]
    assert names_of(browser, "?sort=type&order=asc") == ["sub", "A.csv", "b.txt"]
    assert names_of(browser, "?sort=nonsense&order=up") == ["sub", "A.csv", "b.txt"]
    page = browser.get("/files/?sort=size&order=asc").text
    assert "?sort=size&amp;order=desc" in page


def test_feat_W2_json(folder: Path) -> None:
    answer = site(folder).get("/files/sub/", headers={"Accept": "application/json"})
    assert answer.json() == {
        "path": "/files/sub/",
        "entries": [
            {
                "name": "deep",
                "url": "/files/sub/deep/",
                "type": "folder",
                "size": None,
                "modified": answer.json()["entries"][0]["modified"],
            },
            {
                "name": "inner.txt",
                "url": "/files/sub/inner.txt",
                "type": "text/plain",
                "size": 5,
                "modified": "2001-09-09T01:46:40+00:00",
            },
        ],
    }
    assert "Accept" in answer.headers["Vary"]


def test_feat_W2_last_modified_is_that_of_the_newest(folder: Path) -> None:
    for path in (folder / "sub/deep", folder / "sub"):
        os.utime(path, (OLD, OLD))
    os.utime(folder / "sub/inner.txt", (OLD + 7, OLD + 7))
    answer = site(folder).get("/files/sub/")
    assert answer.headers["Last-Modified"] == format_http_date(OLD + 7)
    fields = {
        "If-Modified-Since": answer.headers["Last-Modified"],
        "Accept": "application/json",
    }
    assert site(folder).get("/files/sub/", headers=fields).status == 304


@pytest.mark.parametrize("name", ["README", "README.txt", "README.md"])
def test_feat_W2_a_readme_stands_above(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"Take <what> you like \xff")
    assert "<pre>Take &lt;what&gt; you like \ufffd</pre>" in site(folder).get("/files/").text
    assert "<pre>" not in site(folder).get("/files/sub/").text


def test_feat_W2_an_index_file_comes_first_and_no_listing_without_the_option(folder: Path) -> None:
    (folder / "sub/index.html").write_bytes(b"own")
    assert site(folder).get("/files/sub/").text == "own"
    assert site(folder, index="").get("/files/sub/").text != "own"
    closed = site(folder, listing=False)
    assert [closed.get(path).status for path in ("/files/", "/files/sub/deep/")] == [404, 404]


def test_feat_W2_folders_get_their_slash_and_no_link_is_followed(folder: Path) -> None:
    (folder / "out").symlink_to(folder.parent)
    browser = site(folder)
    assert browser.get("/files/sub").headers["Location"] == "/files/sub/"
    assert browser.get("/files").headers["Location"] == "/files/"
    for path in ("out", "out/", "none/", "b.txt/", "sub/../", ".hidden/"):
        assert browser.get(f"/files/{path}").status in (400, 404), path


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root reads everything, so it is somebody else meanwhile, who may reach the folder."""
    if os.geteuid() != 0:
        yield
        return
    for place in (folder, *folder.parents):
        if place.stat().st_uid == 0 and place.is_relative_to(tempfile.gettempdir()):
            place.chmod(place.stat().st_mode | 0o055)
    os.setresuid(NOBODY, NOBODY, 0)  # the saved one leads back
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_feat_W12_links_that_are_followed_are_listed(folder: Path) -> None:
    served = {"to-file": "b.txt", "to-folder": "sub"}
    for name, target in {**served, "circle": "circle", "gone": "none", ".dot": "b.txt"}.items():
        (folder / name).symlink_to(target)
    browser = site(folder, follow_symlinks=True)
    page = browser.get("/files/")
    links = links_of(page.text)
    assert {"/files/to-file", "/files/to-folder/"} <= set(links)
    assert not {"/files/link", "/files/circle", "/files/gone", "/files/.dot"} & set(links)
    assert links.index("/files/to-folder/") < links.index("/files/b.txt")  # folders first
    for link in links:
        assert browser.get(link).status == 200, link


@pytest.mark.parametrize("seconds", [-(10**12), 10**14])
def test_feat_W2_a_file_of_an_impossible_time(small_disk: Path, seconds: int) -> None:
    """Which tmpfs takes."""
    (small_disk / "odd.txt").write_bytes(b"odd")
    os.utime(small_disk / "odd.txt", (seconds, seconds))
    browser = site(small_disk)
    assert "odd.txt" in browser.get("/files/").text
    as_json = browser.get("/files/", headers={"Accept": "application/json"}).json()
    assert [each["name"] for each in as_json["entries"]] == ["odd.txt"]
    assert browser.get("/files/odd.txt").text == "odd"
    FileResponse(small_disk / "odd.txt").close()
    orm.close()


def test_feat_W2_what_cannot_be_read_is_left_out(folder: Path) -> None:
    (folder / "b.txt").chmod(0)
    browser = site(folder)
    with as_nobody(folder):
        page = browser.get("/files/").text
    assert "b.txt" not in page
    assert "sub/" in page


def test_feat_W3_the_plain_list(folder: Path) -> None:
    browser = site(folder, listing="plain")
    page = browser.get("/files/").text
    assert "<h1>Files in server</h1><ul><li>" in page
    assert '<li><a href="/files/b.txt">b.txt</a></li>' in page
    assert "<i>" not in page
    for link in links_of(page):
        assert browser.get(link).status == 200
    assert browser.get("/files/b.txt").body == b"b" * 1234


def test_feat_W3_no_such_directory(tmp_path: Path) -> None:
    browser = site(tmp_path / "none", listing="plain")
    answer = browser.get("/files/")
    assert (answer.status, answer.text) == (500, "Directory not found")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert browser.get("/files/x").status == 404
    write_tree(tmp_path / "none", {"x": b"now"})  # it may be made later


def test_list_directory_for_pages_of_ones_own(folder: Path) -> None:
    entries = list_directory(folder / "sub", "/somewhere/")
    assert [(entry.name, entry.url, entry.size_text) for entry in entries] == [
        ("deep", "/somewhere/deep/", ""),
        ("inner.txt", "/somewhere/inner.txt", "5"),
    ]
    assert [entry.is_folder for entry in entries] == [True, False]
    with pytest.raises(FileNotFoundError):
        list_directory(folder / "none", "/")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (1234, "1.2k"),
        (1024 * 1024, "1.0M"),
        (5 * 1024**3, "5.0G"),
        (7 * 1024**6, "7168.0P"),
    ],
)
def test_sizes_as_people_read_them(size: int, text: str) -> None:
    assert format_size(size) == text
