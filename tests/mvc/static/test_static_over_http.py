"""Static files as a client meets them: traversal in every spelling, fields, folders in order."""

import os
import re
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import orm
from mvc import Application
from mvc.config import Settings
from mvc.static import open_below
from mvc.testing import Client

CANARY = b"root:canary"
DOTS = ("..", "%2e%2e", ".%2e", "%252e%252e", "..%00", "....", "%c0%ae%c0%ae", "..;", "%uff0e.")
SLASHES = ("/", "%2f", "%252f", "\\", "%5c", "%255c", "//", "/./", "%2f%2f")
TARGETS = ("secret.txt", "static_private/x.txt", "etc/passwd", "app/config.toml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "static/site.css": b"top",
        "static/app.js": b"1",
        "static/.env": CANARY,
        "static/deep/er/x.txt": b"x",
        "app/static/site.css": b"own",
        "app/config.toml": CANARY,
        "static_private/x.txt": CANARY,
        "secret.txt": CANARY,
        "etc/passwd": CANARY,
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


@pytest.fixture
def browser(project: Path) -> Iterator[Client]:
    settings = Settings(root=project, app_dir=project / "app", session_store="memory")
    yield Client(Application(settings=settings))
    orm.close()


def test_the_applications_folder_wins_file_by_file(browser: Client) -> None:
    assert browser.get("/static/site.css").body == b"own"
    assert browser.get("/static/app.js").body == b"1"


def test_fields_ranges_and_conditions(browser: Client) -> None:
    first = browser.get("/static/deep/er/x.txt")
    assert first.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Content-Length"] == "1"
    again = browser.get(first.url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    part = browser.get("/static/site.css", headers={"Range": "bytes=1-"})
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"wn", "bytes 1-2/3")
    several = browser.get("/static/site.css", headers={"Range": "bytes=0-0,2-2"})
    assert several.status == 206
    assert several.headers["Content-Length"] == str(len(several.body))
    none = browser.get("/static/site.css", headers={"Range": "bytes=7-"})
    assert (none.status, none.headers["Content-Range"]) == (416, "bytes */3")
    head = browser.head("/static/site.css")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "3")


def test_only_get_and_head(browser: Client) -> None:
    refused = browser.post("/static/site.css", form={})
    assert refused.status == 405
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_sec_F1_no_spelling_leaves_the_folder(browser: Client) -> None:
    for dots, slash, target, depth in product(DOTS, SLASHES, TARGETS, (1, 3)):
        for start in ("/static/", "/static", "/static/deep/"):
            answer = browser.get(start + (dots + slash) * depth + target)
            assert answer.status in (400, 404), answer
            assert CANARY not in answer.body


@pytest.mark.parametrize("name", [".env", "%2eenv", "app.js%00", "app.js%3a", "con", "app.js%20"])
def test_sec_F1_hidden_and_reserved_names(browser: Client, name: str) -> None:
    answer = browser.get(f"/static/{name}")
    assert answer.status in (400, 404)
    assert CANARY not in answer.body


def test_sec_F1_what_is_outside_and_what_is_not_look_alike(browser: Client) -> None:
    answers = [browser.get(f"/static/{name}") for name in (".env", "deep", "none", "con")]
    assert {answer.status for answer in answers} == {404}
    # The page carries a nonce of its own each time; nothing else differs.
    assert len({re.sub(r'nonce="[^"]*"', "", answer.text) for answer in answers}) == 1


def test_sec_F1_a_race_of_links_never_escapes(project: Path) -> None:
    """One thread swaps a folder for a link to the outside, the other keeps opening below it."""
    static, spare, link = project / "static", project / "spare", project / "link"
    link.symlink_to(project / "static_private")
    (static / "deep" / "x.txt").write_bytes(b"inside")
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            os.rename(static / "deep", spare)
            os.rename(link, static / "deep")
            os.rename(static / "deep", link)
            os.rename(spare, static / "deep")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for _ in range(2000):
            file = open_below(static, "deep/x.txt")
            if file is not None:
                with file:
                    assert file.read() == b"inside"
    finally:
        is_over.set()
        swapper.join(10)
