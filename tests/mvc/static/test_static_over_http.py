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


@pytest.mark.parametrize("size", [100, 300_000])
def test_http_V1_V2_small_and_large_files_alike(project: Path, browser: Client, size: int) -> None:
    """From memory and from the disk, the first time and the next."""
    content = bytes(number % 251 for number in range(size))
    (project / "static/data.bin").write_bytes(content)
    for _ in range(2):
        whole = browser.get("/static/data.bin")
        tag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
        assert (whole.body, whole.headers["Accept-Ranges"]) == (content, "bytes")

        def ask(**fields: str) -> tuple[int, bytes]:
            given = {name.replace("_", "-"): value for name, value in fields.items()}
            answer = browser.get("/static/data.bin", headers=given)
            return answer.status, answer.body

        assert ask(If_None_Match=tag) == (304, b"")
        assert ask(If_Modified_Since=modified) == (304, b"")
        assert ask(If_Match='"x"')[0] == 412
        assert ask(Range="bytes=5-9") == (206, content[5:10])
        assert ask(Range="bytes=-7") == (206, content[-7:])
        assert ask(Range="bytes=5-9", If_Range=tag) == (206, content[5:10])
        assert ask(Range="bytes=5-9", If_Range='"x"') == (200, content)
        assert ask(Range=f"bytes={size}-")[0] == 416
        assert ask(Range="bytes=0-,0-,0-,0-,0-,0-") == (200, content)
        status, parts = ask(Range="bytes=0-1,9-9")
        assert status == 206
        assert content[:2] in parts
        assert browser.head("/static/data.bin").headers["Content-Length"] == str(size)


def test_http_V3_a_304_keeps_the_fields_of_its_200(project: Path, browser: Client) -> None:
    (project / "static/style.css").write_bytes(b"a {} " * 200)
    fields = {"Accept-Encoding": "gzip"}
    first = browser.get("/static/style.css", headers=fields)
    again = browser.get(
        "/static/style.css", headers={**fields, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status == 304
    for name in ("Cache-Control", "ETag", "Vary", "Date"):
        assert name in again.headers
        assert again.headers[name] == first.headers[name] or name == "Date"


def test_feat_W14_memory_and_disk_give_the_same_fields(browser: Client) -> None:
    first, second = browser.get("/static/app.js"), browser.get("/static/app.js")
    assert sorted(first.headers.items()) == sorted(second.headers.items())
