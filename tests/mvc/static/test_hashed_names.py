"""URLs with the hash of the content (feat:W8)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm
from httpcore import HTTPError
from mvc import Application, Settings
from mvc.static.hashed import MAX_HASHED, split_name
from mvc.static.opening import RECHECK_SECONDS
from mvc.testing import Client
from tests.support.messages import make_request
from tests.support.static import StillClock, body_of, static_files, write_tree

IMMUTABLE = "public, max-age=31536000, immutable"
HASHED = re.compile(r"/static/(.+)\.([0-9a-f]{12})(\.[a-z]+)?")


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "app.js": b"run()",
        "LICENSE": b"free",
        "css/site.css": b"@import 'base.css'; a { background: url(../img/x.png?v=1#f) }",
        "css/base.css": b"b { background: url('../img/y.png') }",
        "css/plain.css": b"b { color: red }",
        "css/round.css": b"@import 'trip.css';",
        "css/trip.css": b'@import "round.css";',
        "img/x.png": b"x",
        "img/y.png": b"y",
    }
    return write_tree(tmp_path / "static", files)


@pytest.fixture
def files(folder: Path, clock: StillClock):
    return static_files(folder, clock=clock, is_hashed=True)


def get(files, url: str, **fields: str):
    path = url.removeprefix("/static/")
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return files(make_request(url, headers=given), path)


def text_of(files, url: str) -> str:
    return body_of(get(files, url)).decode()


def test_feat_W8_the_name_holds_the_hash_and_serves_the_file(files) -> None:
    url = files.url("app.js")
    assert HASHED.fullmatch(url)
    response = get(files, url)
    assert response.body == b"run()"
    assert response.headers["Cache-Control"] == IMMUTABLE
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert get(files, url, If_None_Match=response.headers["ETag"]).status == 304
    plain = get(files, "/static/app.js")
    assert (plain.body, plain.headers["Cache-Control"]) == (b"run()", "no-cache")


def test_feat_W8_names_without_suffix_and_with_a_leading_slash(files) -> None:
    assert re.fullmatch(r"/static/LICENSE\.[0-9a-f]{12}", files.url("LICENSE"))
    assert text_of(files, files.url("LICENSE")) == "free"
    assert files.url("/app.js") == files.url("app.js")


def test_feat_W8_what_is_not_there_keeps_its_name(files, folder: Path) -> None:
    assert files.url("none.js") == "/static/none.js"
    assert files.url("../secret") == "/static/../secret"
    with open(folder / "huge.bin", "wb") as huge:
        huge.truncate(MAX_HASHED + 1)
    assert files.url("huge.bin") == "/static/huge.bin"


def test_feat_W8_another_content_is_another_name(files, folder: Path, clock: StillClock) -> None:
    old = files.url("app.js")
    (folder / "app.js").write_bytes(b"run(2)")
    assert files.url("app.js") == old  # looked at once a second
    clock.now += RECHECK_SECONDS
    new = files.url("app.js")
    assert new != old
    assert get(files, new).headers["Cache-Control"] == IMMUTABLE
    # A page from before the change gets what there is, and asks again next time.
    outdated = get(files, old)
    assert (outdated.body, outdated.headers["Cache-Control"]) == (b"run(2)", "no-cache")
    (folder / "app.js").write_bytes(b"run()")
    clock.now += RECHECK_SECONDS
    assert files.url("app.js") == old


def test_feat_W8_new_content_is_never_kept_under_an_old_hash(files, folder: Path) -> None:
    """The file changes in the second between its hash and the first request for it."""
    url = files.url("app.js")
    (folder / "app.js").write_bytes(b"other")
    response = get(files, url)
    assert (response.body, response.headers["Cache-Control"]) == (b"other", "no-cache")


def test_feat_W8_a_made_up_hash_is_not_kept(files) -> None:
    response = get(files, "/static/app.000000000000.js")
    assert (response.body, response.headers["Cache-Control"]) == (b"run()", "no-cache")
    for url in ("/static/none.000000000000.js", "/static/app.00000000000.js"):
        with pytest.raises(HTTPError, match="404"):
            get(files, url)


def test_feat_W8_a_file_that_is_really_called_so_is_served(files, folder: Path) -> None:
    (folder / "app.0123456789ab.js").write_bytes(b"itself")
    response = get(files, "/static/app.0123456789ab.js")
    assert (response.body, response.headers["Cache-Control"]) == (b"itself", "no-cache")


def test_feat_W8_references_in_style_sheets(files) -> None:
    sheet = text_of(files, files.url("css/site.css"))
    names = {path: files.url(path).rpartition("/")[2] for path in ("css/base.css", "img/x.png")}
    assert sheet == (
        f"@import '{names['css/base.css']}'; "
        f"a {{ background: url(../img/{names['img/x.png']}?v=1#f) }}"
    )
    assert "url('../img/y." in text_of(files, files.url("css/base.css"))
    assert b"../img/x.png?v=1" in get(files, "/static/css/site.css").body  # plain name, plain file


def test_feat_W8_a_picture_changes_every_sheet_above_it(
    files, folder: Path, clock: StillClock
) -> None:
    before = files.url("css/site.css")
    (folder / "img/y.png").write_bytes(b"another")  # through base.css
    clock.now += RECHECK_SECONDS
    after = files.url("css/site.css")
    assert after != before
    assert files.url("img/y.png").rpartition("/")[2] in text_of(files, files.url("css/base.css"))
    assert files.url("css/base.css").rpartition("/")[2] in text_of(files, after)
    assert get(files, after).headers["Cache-Control"] == IMMUTABLE


def test_feat_W8_sheets_in_a_circle_come_to_an_end(files, clock: StillClock) -> None:
    for _ in range(2):
        for path in ("css/round.css", "css/trip.css"):
            url = files.url(path)
            assert "@import" in text_of(files, url)
        clock.now += RECHECK_SECONDS


@pytest.mark.parametrize(
    "reference",
    [
        "url(data:image/png;base64,xx)",
        "url(https://example.org/x.png)",
        "url(//example.org/x.png)",
        "url(#gradient)",
        "url(/other/x.png)",
        "url(../../../etc/passwd)",
        "url(none.png)",
        "@import 'none.css'",
        "url()",
        "url(\"open.png')",
    ],
)
def test_feat_W8_references_elsewhere_stay(files, folder: Path, reference: str) -> None:
    (folder / "css/more.css").write_text(reference)
    assert text_of(files, files.url("css/more.css")) == reference


def test_feat_W8_absolute_and_encoded_references(files, folder: Path) -> None:
    (folder / "img/a b.png").write_bytes(b"1")
    (folder / "css/more.css").write_text("url(/static/img/x.png) URL( '../img/a%20b.png' )")
    sheet = text_of(files, files.url("css/more.css"))
    assert re.fullmatch(
        r"url\(/static/img/x\.\w{12}\.png\) URL\( '\.\./img/a%20b\.\w{12}\.png' \)", sheet
    )


def test_a_sheet_that_is_no_utf8_comes_through(files, folder: Path) -> None:
    (folder / "css/more.css").write_bytes(b"/* \xff\xfe */ url(../img/x.png)")
    assert body_of(get(files, files.url("css/more.css"))).startswith(
        b"/* \xff\xfe */ url(../img/x."
    )


def test_feat_W8_siblings_of_a_rewritten_sheet_are_not_used(files, folder: Path) -> None:
    for name in ("site", "plain"):
        (folder / f"css/{name}.css.gz").write_bytes(b"stale references")
    rewritten = get(files, files.url("css/site.css"), Accept_Encoding="gzip")
    assert rewritten.body != b"stale references"
    as_it_is = get(files, files.url("css/plain.css"), Accept_Encoding="gzip")
    assert as_it_is.body == b"stale references"
    assert as_it_is.headers["Cache-Control"] == IMMUTABLE


def test_split_name() -> None:
    assert split_name("a/b.0123456789ab.css") == ("a/b.css", "0123456789ab")
    assert split_name("b.0123456789ab") == ("b", "0123456789ab")
    assert split_name("b.0123456789AB.css") is None
    assert split_name("0123456789ab.css") is None


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    yield write_tree(tmp_path, {"static/app.js": b"run()"})
    orm.close()


@pytest.mark.parametrize(
    ("settings", "is_hashed"),
    [
        ({}, True),
        ({"debug": True}, False),
        ({"static_hashed_urls": "off"}, False),
        ({"static_hashed_urls": "on", "debug": True}, True),
    ],
)
def test_feat_W8_on_in_production_and_off_in_debug(
    project: Path, settings: dict, is_hashed: bool
) -> None:
    app = Application(settings=Settings(root=project, session_store="memory", **settings))
    url = app.templates.render_string("{{ static('app.js') }}", {})
    assert bool(HASHED.fullmatch(url)) is is_hashed
    answer = Client(app).get(url)
    assert (answer.status, answer.body) == (200, b"run()")
    assert answer.headers["Cache-Control"] == (IMMUTABLE if is_hashed else "no-cache")


def test_the_hash_is_that_of_the_content_not_of_the_time(files, folder: Path, clock) -> None:
    before = files.url("app.js")
    os.utime(folder / "app.js", (1, 1))
    clock.now += RECHECK_SECONDS
    assert files.url("app.js") == before
