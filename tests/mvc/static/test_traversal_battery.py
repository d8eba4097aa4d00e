"""Ways out of a folder, several hundred of them, raw and encoded once and twice (sec:F1).

The list is ours: the ideas of the known lists (dots, slashes, encodings, prefixes, suffixes, device
and drive names, wrappers of other systems), put together by rule.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

import orm
from mvc import Application, Settings
from mvc.testing import Client
from tests.support.static import write_tree

CANARY = b"root:canary"
UPS = (
    "..",
    "...",
    "....",
    ".../...",
    "..;",
    ". .",
    ".. ",
    " ..",
    "..\0",
    "..%",
    "%2e%2e",
    "%c0%ae%c0%ae",
    "%e0%80%ae.",
    "\u2025",
    "\uff0e\uff0e",
    "..\u2215",
    "~",
    ".",
)
SEPARATORS = ("/", "\\", "//", "/./", "\\/", ";/", "/\\", "%5c", "\u2215", "\uff0f")
TARGETS = ("secret.txt", "static_private/x.txt", "etc/passwd")
LONE = (
    "/etc/passwd",
    "//etc/passwd",
    "///secret.txt",
    "\\\\host\\share\\secret.txt",
    "C:\\boot.ini",
    "c:/secret.txt",
    "file:///etc/passwd",
    "php://filter/resource=secret.txt",
    "../secret.txt\0.css",
    "../secret.txt%00.css",
    "..\\secret.txt::$DATA",
    "site.css::$DATA",
    "site.css\0",
    "site.css ",
    "site.css.",
    "site.css/",
    "site.css/.",
    "site.css/../../secret.txt",
    "deep/../../secret.txt",
    "./../secret.txt",
    ".env",
    ".git/config",
    "deep/.env",
    "CON",
    "con.css",
    "NUL .txt",
    "aux.h",
    "COM1",
    "lpt9.x",
    "deep/PRN",
    "CON .txt",
    "_private/x.txt",
    "link.txt",
    "linked/x.txt",
    "deep/up/secret.txt",
    "fifo",
    "../" * 31 + "etc/passwd",
    "../" * 40 + "etc/passwd",
    "a/" * 1000 + "x",
    "x" * 5000,
    "%",
    "%2",
    "%zz",
    "?../secret.txt",
    "#../secret.txt",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {
        "static/site.css": b"body{}",
        "static/deep/x.txt": b"x",
        "static/.env": CANARY,
        "static/.git/config": CANARY,
        "static/deep/.env": CANARY,
        "static_private/x.txt": CANARY,
        "secret.txt": CANARY,
        "etc/passwd": CANARY,
    }
    folder = write_tree(tmp_path_factory.mktemp("project"), files)
    static = folder / "static"
    (static / "link.txt").symlink_to(folder / "secret.txt")
    (static / "linked").symlink_to(folder / "static_private")
    (static / "deep/up").symlink_to("../..")
    return folder


@pytest.fixture
def browser(project: Path) -> Iterator[Client]:
    """The static folder; the same folder with every option that opens something; a root."""
    app = Application(settings=Settings(root=project, session_store="memory"))
    app.mount("/open/", project / "static", listing=True, follow_symlinks=True, fallback="none")
    app.mount("/", project / "static")
    yield Client(app)
    orm.close()


def payloads() -> set[str]:
    made = {
        (up + separator) * depth + target
        for up, separator, target, depth in product(UPS, SEPARATORS, TARGETS, (1, 2))
    }
    return made | {f"deep/{each}" for each in LONE} | set(LONE)


def sent(payload: str, encodings: int) -> str:
    """The payload in a request-target: encoded so often, and then what no target can hold."""
    for _ in range(encodings):
        payload = quote(payload, safe="")
    return quote(payload, safe="/\\%;:?#=$~")


@pytest.mark.parametrize("prefix", ["/static/", "/static", "/open/", "/"])
@pytest.mark.parametrize("encodings", [0, 1, 2])
def test_sec_F1_no_spelling_leads_outside(browser: Client, prefix: str, encodings: int) -> None:
    statuses = set()
    for payload in payloads():
        answer = browser.get(prefix + sent(payload, encodings).replace("#", "%23"))
        assert CANARY not in answer.body, payload
        # The file itself behind `?`, a folder's page behind its slash; 414 and 431 for the longest.
        assert answer.status in (200, 301, 400, 404, 414), (payload, answer.status)
        if answer.status == 200:
            assert prefix == "/open/" or answer.body in (b"body{}", b"x"), payload
        statuses.add(answer.status)
    assert 404 in statuses


def test_the_battery_is_large() -> None:
    assert len(payloads()) > 1000


def test_sec_F1_all_refusals_look_alike(browser: Client) -> None:
    names = (
        "none.txt",
        ".env",
        "deep",
        "con",
        "link.txt",
        "linked/x.txt",
        "..%5csecret.txt",
        "site.css%3a",
        "site.css/x",
        "x" * 300,
        "a/" * 40 + "x",
    )
    answers = [browser.get(f"/static/{name}") for name in names]
    assert {answer.status for answer in answers} == {404}
    # The page carries a nonce of its own each time; nothing else differs.
    pages = {re.sub(r'nonce="[^"]*"', "", answer.text) for answer in answers}
    assert len(pages) == 1
    names_of_fields = {tuple(sorted(answer.headers)) for answer in answers}
    assert len(names_of_fields) == 1


def test_sec_F1_a_race_of_links_never_escapes(tmp_path: Path) -> None:
    """A file and a folder turn into links to the outside and back while a client asks for them."""
    static = write_tree(tmp_path / "static", {"deep/x.txt": b"inside", "y.txt": b"inside"})
    outside = write_tree(tmp_path / "outside", {"x.txt": CANARY, "y.txt": CANARY})
    (tmp_path / "folder-link").symlink_to(outside)
    (tmp_path / "file-link").symlink_to(outside / "y.txt")
    settings = Settings(root=tmp_path, session_store="memory", file_cache=0)
    app = Application(settings=settings)
    app.mount("/follow/", static, follow_symlinks=True)
    browser = Client(app)
    is_over = threading.Event()

    def swap() -> None:
        names = (("deep", "folder-link"), ("y.txt", "file-link"))
        while not is_over.is_set():
            for name, link in names:
                (static / name).rename(tmp_path / "spare")
                (tmp_path / link).rename(static / name)
                (static / name).rename(tmp_path / link)
                (tmp_path / "spare").rename(static / name)

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen = set()
    try:
        for _ in range(400):
            for path in ("/static/deep/x.txt", "/static/y.txt", "/follow/deep/x.txt"):
                answer = browser.get(path)
                seen.add(answer.status)
                assert answer.body == b"inside" or answer.status == 404
    finally:
        is_over.set()
        swapper.join(10)
        orm.close()
    assert 200 in seen
