"""`mount`: folders under a prefix and their options (feat:W1, W9-W12, W15)."""

from __future__ import annotations

import os
import string
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import orm
from httpcore import Response
from mvc import Application, ConfigError, Request, Settings, TextResponse, signed_url
from mvc.security import signed_urls
from mvc.testing import Client
from tests.support.static import write_tree


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    files = {
        "a.txt": b"a",
        "page.html": b"<p>page",
        "index.html": b"<p>start",
        "404.html": b"<p>lost",
        "data.xyz": b"xyz",
        "sub/index.html": b"<p>sub",
        "sub/b.js": b"b()",
        "bare/c.txt": b"c",
        ".hidden": b"secret",
    }
    yield write_tree(tmp_path / "files", files)
    orm.close()


def site(folder: Path, prefix: str = "/files/", routes: Any = (), **options: Any) -> Client:
    app = Application(routes, Settings(session_store="memory", root=folder.parent))
    app.mount(prefix, folder, **options)
    return Client(app)


@pytest.mark.parametrize("prefix", ["/files", "/files/", "/deep/er/"])
def test_feat_W1_files_below_a_prefix(folder: Path, prefix: str) -> None:
    browser = site(folder, prefix)
    base = prefix.rstrip("/")
    assert browser.get(f"{base}/a.txt").text == "a"
    assert browser.get(f"{base}/sub/b.js").text == "b()"
    assert browser.head(f"{base}/a.txt").headers["Content-Length"] == "1"
    assert browser.post(f"{base}/a.txt", form={}).status == 405
    for path in ("none", ".hidden", "bare/", "bare", "a.txt/", "sub/none.js"):
        assert browser.get(f"{base}/{path}").status == 404, path


def test_feat_W10_index_of_each_folder(folder: Path) -> None:
    browser = site(folder)
    assert browser.get("/files/").text == "<p>start"
    assert browser.get("/files/sub/").text == "<p>sub"
    for path, location in (
        ("/files", "/files/"),
        ("/files/sub", "/files/sub/"),
        ("/files/sub?a=1", "/files/sub/?a=1"),
    ):
        moved = browser.get(path)
        assert (moved.status, moved.headers["Location"]) == (301, location)
    assert site(folder, index="page.html").get("/files/").text == "<p>page"
    assert site(folder, index=["none.html", "a.txt"]).get("/files/").text == "a"
    assert site(folder, index="").get("/files/").status == 404


def test_sec_H11_a_redirect_to_the_slash_stays_here(folder: Path) -> None:
    write_tree(folder, {"evil.example/index.html": b"x"})
    moved = site(folder, "/").get("//evil.example")
    assert moved.headers.get("Location", "/").startswith("//") is False


def test_feat_W1_a_document_root_comes_behind_the_routes(folder: Path) -> None:
    routes = [("/", lambda request: "route"), ("/a.txt", lambda request: "route")]
    browser = site(folder, "/", routes)
    assert browser.get("/").text == "route"
    assert browser.get("/a.txt").text == "route"
    assert browser.get("/page.html").text == "<p>page"
    assert browser.get("/sub/").text == "<p>sub"
    assert browser.get("/none").status == 404


def test_feat_W13_well_known_files(folder: Path) -> None:
    write_tree(folder, {"favicon.ico": b"icon", "robots.txt": b"all", "security.txt": b"mail"})
    app = Application(settings=Settings(session_store="memory"))
    app.mount("/", folder)
    app.mount("/.well-known/", folder, match=r"^security\.txt$")
    browser = Client(app)
    icon = browser.get("/favicon.ico")
    assert (icon.body, icon.headers["Content-Type"]) == (b"icon", "image/vnd.microsoft.icon")
    assert browser.get("/robots.txt").text == "all"
    assert browser.get("/.well-known/security.txt").text == "mail"
    assert browser.get("/.well-known/robots.txt").status == 404


def test_feat_W11_several_mounts_and_several_folders(folder: Path, tmp_path: Path) -> None:
    other = write_tree(tmp_path / "other", {"a.txt": b"other", "d.txt": b"d"})
    app = Application(settings=Settings(session_store="memory"))
    app.mount("/", folder)
    app.mount("/x/", other)
    app.mount("/both/", [other, folder])
    browser = Client(app)
    answers = ("/a.txt", "/x/a.txt", "/both/a.txt", "/both/page.html")
    assert [browser.get(path).text for path in answers] == ["a", "other", "other", "<p>page"]
    assert browser.get("/x/page.html").status == 404


def test_feat_W10_not_found_page_and_fallback(folder: Path) -> None:
    lost = site(folder, not_found="404.html").get("/files/none.txt")
    assert (lost.status, lost.text) == (404, "<p>lost")
    assert lost.headers["Cache-Control"] == "no-cache"
    app = site(folder, fallback="index.html")
    for path in ("/files/some/place", "/files/x"):
        assert (app.get(path).status, app.get(path).text) == (200, "<p>start")
    assert app.get("/files/some/script.js").status == 404  # an asset that is missing stays so
    assert app.get("/files/a.txt").text == "a"


def test_feat_W9_cache_control(folder: Path) -> None:
    assert site(folder).get("/files/a.txt").headers["Cache-Control"] == "no-cache"
    fixed = site(folder, cache_control="max-age=60")
    assert fixed.get("/files/a.txt").headers["Cache-Control"] == "max-age=60"
    table = site(folder, cache_control={"*.js": "max-age=9", "sub/*": "no-store"})
    found = [
        table.get(f"/files/{path}").headers["Cache-Control"]
        for path in ("sub/b.js", "sub/index.html", "a.txt")
    ]
    assert found == ["max-age=9", "no-store", "no-cache"]


def test_feat_W11_match_and_content_types(folder: Path) -> None:
    browser = site(folder, match=r"\.(txt|xyz)$", content_types={".xyz": "chemical/x-xyz"})
    assert browser.get("/files/a.txt").status == 200
    assert browser.get("/files/sub/b.js").status == 404
    assert browser.get("/files/data.xyz").headers["Content-Type"] == "chemical/x-xyz"


def test_feat_W12_links(folder: Path, tmp_path: Path) -> None:
    outside = write_tree(tmp_path / "outside", {"secret.txt": b"secret"})
    links = {
        "in.txt": "a.txt",
        "in-folder": "sub",
        "out.txt": outside / "secret.txt",
        "out-folder": outside,
        "to-hidden": ".hidden",
        "round": "round",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    strict, following = site(folder), site(folder, follow_symlinks=True)
    paths = ("in.txt", "in-folder/b.js", "out.txt", "out-folder/secret.txt", "to-hidden", "round")
    assert [strict.get(f"/files/{path}").status for path in paths] == [404] * 6
    found = [following.get(f"/files/{path}").status for path in paths]
    assert found == [200, 200, 404, 404, 404, 404]


def test_sec_H12_download(folder: Path) -> None:
    answer = site(folder, download=True).get("/files/page.html")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_feat_W15_permission_is_asked_before_anybody_looks(folder: Path) -> None:
    asked = []

    def may_read(request: Request, path: str) -> bool | Response:
        asked.append(path)
        if path.startswith("sub/"):
            return TextResponse("ask first", 401, {"WWW-Authenticate": "Basic"})
        return request.query.get("key", "") == "1"

    browser = site(folder, permission=may_read)
    assert [browser.get(f"/files/{path}").status for path in ("a.txt", "none")] == [403, 403]
    assert browser.get("/files/sub/b.js").text == "ask first"
    for _ in range(2):
        allowed = browser.get("/files/a.txt?key=1")
        assert (allowed.text, allowed.headers["Cache-Control"]) == ("a", "private, no-cache")
        assert browser.get("/files/a.txt").status == 403
    assert asked == ["a.txt", "none", "sub/b.js", *["a.txt"] * 4]


def test_feat_W15_login(folder: Path) -> None:
    browser = site(folder, login=True)
    assert browser.get("/files/a.txt").status in (303, 401)


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_sec_F1_an_encoded_slash_leads_past_no_guard(folder: Path, slash: str) -> None:
    app = Application((), Settings(session_store="memory", root=folder.parent))
    app.mount("/files/", folder, name="outer")
    app.mount("/files/sub/", folder / "sub", login=True)
    browser = Client(app)
    assert browser.get("/files/sub/b.js").status == 303
    assert browser.get(f"/files/sub{slash}b.js").status == 404
    assert browser.get("/files/bare/c.txt").text == "c"  # known from now on
    assert browser.get(f"/files/bare{slash}c.txt").status == 404


def test_http_L4_an_encoded_slash_is_a_place_of_an_application_of_one_page(folder: Path) -> None:
    browser = site(folder, fallback="page.html")
    assert browser.get("/files/teams/a%2Fb").text == "<p>page"


def test_feat_W15_signed_urls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(request: Request) -> str:
        return signed_url(request, request.query["path"], request.query.get("seconds", 60, int))

    browser = site(folder, routes=[("/link", link)], signed=True)
    url = browser.get("/link", query={"path": "/files/a.txt"}).text
    answer = browser.get(url)
    assert (answer.text, answer.headers["Cache-Control"]) == ("a", "private, no-cache")
    assert browser.get(f"{url}&more=1").status == 200
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    twin = letters[letters.index(url[-1]) ^ 1]  # the last letter has two bits to spare
    spoiled = (
        "/files/a.txt",
        "/files/none",
        url.replace("a.txt", "page.html"),
        url.replace("expires=", "expires=1"),
        url[:-1] + twin,
        url.replace("signature=", "signature=%00"),
        f"{url}&expires=1",
    )
    assert [browser.get(each).status for each in spoiled[:6]] == [403] * 6
    assert browser.get(browser.get("/link?path=/files/a.txt&seconds=-1").text).status == 403
    later = time.time() + 61
    monkeypatch.setattr(signed_urls.time, "time", lambda: later)
    assert browser.get(url).status == 403


def test_signed_urls_of_encoded_paths(folder: Path) -> None:
    write_tree(folder, {"a b\u00e9.txt": b"odd"})
    link = lambda request: signed_url(request, "/files/a%20b%C3%A9.txt")  # noqa: E731
    browser = site(folder, routes=[("/link", link)], signed=True)
    url = browser.get("/link").text
    assert browser.get(url).text == "odd"
    assert browser.get(url.replace("a%20b", "%61%20b")).text == "odd"


@pytest.mark.parametrize("path", ["files/a", "//host/a", "https://x/a", "/a?b=1", "/a#b"])
def test_only_paths_are_signed(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be signed"):
        signed_url(None, path)  # type: ignore[arg-type]


def test_a_missing_folder_ends_the_start_and_is_named(folder: Path) -> None:
    app = Application(settings=Settings(session_store="memory"))
    app.mount("/x/", folder / "none")
    with pytest.raises(ConfigError, match=r"test_mounts\.py:\d+: mount /x/: .*none; make it"):
        app.compile()


def test_a_relative_folder_counts_from_the_applications(folder: Path) -> None:
    app = Application(settings=Settings(session_store="memory", app_dir=folder.parent))
    app.mount("/x/", "files")
    assert Client(app).get("/x/a.txt").text == "a"


@pytest.mark.parametrize(
    ("prefix", "options", "message"),
    [
        ("files/", {}, "give a path"),
        ("/a//b/", {}, "give a path"),
        ("/<id>/", {}, "give a path"),
        ("/files/", {"listings": True}, "did you mean 'listing'"),
        ("/files/", {"listing": "yes"}, "True, False or 'plain'"),
        ("/files/", {"match": "("}, "unterminated"),
        ("/files/", {"is_private": True}, "no option"),
        ("/files/", {"cache_control": "a\r\nb"}, "give a text"),
        ("/files/", {"cache_control": {"*.js": 60}}, "give a text"),
        ("/files/", {"content_types": {"xyz": "a/b"}}, "'.suffix'"),
    ],
)
def test_a_wrong_mount_is_named(prefix: str, options: dict[str, Any], message: str) -> None:
    app = Application(settings=Settings(session_store="memory"))
    with pytest.raises(ValueError, match=message) as caught:
        app.mount(prefix, ".", **options)
    assert "test_mounts.py:" in str(caught.value)


def test_names_and_hooks(folder: Path) -> None:
    app = Application(
        [("/link", lambda request: request.app.url_for("docs", path="sub/b.js"))],
        Settings(session_store="memory"),
    )
    app.mount("/files/", folder, name="docs")
    seen = []
    app.after(lambda request, response: seen.append(request.path))
    browser = Client(app)
    assert browser.get("/link").text == "/files/sub/b.js"
    for _ in range(2):
        assert browser.get("/files/a.txt").text == "a"
    assert seen == ["/link", "/files/a.txt", "/files/a.txt"]


def test_feat_W4_the_applications_middleware_is_not_asked_for_files(folder: Path) -> None:
    asked = []

    def around(request: Request, call_next: Any) -> Response:
        asked.append(request.path)
        return call_next(request)

    app = Application([("/page", lambda request: "page")], Settings(session_store="memory"))
    app.middleware(around)
    app.mount("/files/", folder)
    browser = Client(app)
    assert browser.get("/files/a.txt").text == "a"
    assert browser.get("/files/none").status == 404
    assert browser.get("/page").text == "page"
    assert asked == ["/page"]


@pytest.mark.parametrize("is_known", [False, True])
def test_sec_F2_what_is_no_regular_file(folder: Path, is_known: bool) -> None:
    os.mkfifo(folder / "fifo")
    browser = site(folder, "/files/")
    for name in ("fifo", "sub", "bare"):
        answer = browser.get(f"/files/{name}")
        assert answer.status == (301 if name == "sub" else 404)
    devices = site(Path("/dev"), "/files/", index="")
    for name in ("null", "zero", "tty", "full"):
        assert devices.get(f"/files/{name}").status == 404


def test_https_adds_its_field_on_files_too(folder: Path) -> None:
    app = Application(settings=Settings(session_store="memory", allowed_hosts=("example.org",)))
    app.mount("/files/", folder)
    browser = Client(app, base_url="https://example.org")
    for _ in range(2):
        assert "Strict-Transport-Security" in browser.get("/files/a.txt").headers


def test_cors_reaches_files(folder: Path) -> None:
    settings = Settings(session_store="memory", cors_allowed_origins=("https://x.org",))
    app = Application(settings=settings)
    app.mount("/files/", folder)
    for _ in range(2):
        answer = Client(app).get("/files/a.txt", headers={"Origin": "https://x.org"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://x.org"
