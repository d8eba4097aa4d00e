"""Precompressed files beside their originals, and what we compress ourselves (feat:W7)."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from httpcore import Response
from mvc.config import Settings
from mvc.responses import apply_conditional
from mvc.responses.codings import CODINGS
from mvc.static.opening import RECHECK_SECONDS
from mvc.static.resources import MAX_IN_MEMORY
from tests.support.messages import make_request
from tests.support.static import StillClock, body_of, static_files, write_tree

ORIGINAL = b"body { color: red }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "a.css": ORIGINAL,
        "a.css.br": b"br bytes",
        "a.css.gz": b"gz bytes",
        "b.css": ORIGINAL,
        "tiny.css": b"b{}",
        "picture.png": ORIGINAL,
        "large.js": b"x" * (MAX_IN_MEMORY + 1),
        "large.js.gz": b"large gz",
    }
    return write_tree(tmp_path / "static", files)


def ask(files, path: str, accept: str = "", **fields: str) -> Response:
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    if accept:
        given["Accept-Encoding"] = accept
    request = make_request(f"/static/{path}", headers=given)
    request.head.match = {"path": path}
    quick = files.quick(request)
    slow = apply_conditional(request, files(request, path))
    if quick is not None:  # both roads give the same
        assert quick.headers == slow.headers
        assert type(quick.body) is type(slow.body)
        quick.close()
    return slow


@pytest.mark.parametrize(
    ("accept", "body", "coding"),
    [
        ("", ORIGINAL, None),
        ("br", b"br bytes", "br"),
        ("gzip", b"gz bytes", "gzip"),
        ("gzip, br", b"br bytes", "br"),
        ("GZIP;q=1, br;q=0.5", b"gz bytes", "gzip"),
        ("zstd", ORIGINAL, None),
        ("identity;q=1, *;q=0.5", ORIGINAL, None),
        ("*;q=0", ORIGINAL, None),
        ("*", b"br bytes", "br"),
    ],
)
def test_feat_W7_negotiated(folder: Path, accept: str, body: bytes, coding: str | None) -> None:
    files = static_files(folder)
    for _ in range(2):  # from disk, from memory
        response = ask(files, "a.css", accept)
        assert response.body == body
        assert response.headers.get("Content-Encoding") == coding
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Content-Type"] == "text/css; charset=utf-8"


def test_feat_W7_each_has_a_strong_etag_of_its_own(folder: Path) -> None:
    files = static_files(folder)
    tags = [ask(files, "a.css", accept).headers["ETag"] for accept in ("", "br", "gzip")]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"') for tag in tags)
    assert ask(files, "a.css", "br", If_None_Match=tags[1]).status == 304
    assert ask(files, "a.css", "gzip", If_None_Match=tags[1]).status == 200
    assert ask(files, "a.css", "br", If_None_Match=tags[1]).headers["Vary"] == "Accept-Encoding"


def test_feat_W7_ranges_count_in_the_bytes_that_are_sent(folder: Path) -> None:
    files = static_files(folder)
    part = ask(files, "a.css", "br", Range="bytes=0-1")
    assert (part.status, part.body) == (206, b"br")
    assert part.headers["Content-Range"] == "bytes 0-1/8"
    assert part.headers["Content-Encoding"] == "br"
    whole = ask(files, "a.css", Range="bytes=0-1", If_Range=part.headers["ETag"])
    assert (whole.status, whole.body) == (200, ORIGINAL)


def test_feat_W7_a_sibling_older_than_its_original_is_not_there(folder: Path) -> None:
    clock = StillClock()
    files = static_files(folder, clock=clock)
    old = os.stat(folder / "a.css").st_mtime - 10
    os.utime(folder / "a.css.br", (old, old))
    assert ask(files, "a.css", "br, gzip").body == b"gz bytes"
    os.utime(folder / "a.css.br")
    clock.now += RECHECK_SECONDS
    assert ask(files, "a.css", "br, gzip").body == b"br bytes"
    (folder / "a.css.br").unlink()
    clock.now += RECHECK_SECONDS
    assert ask(files, "a.css", "br, gzip").body == b"gz bytes"


def test_feat_W7_a_large_sibling_is_sent_from_disk(folder: Path) -> None:
    files = static_files(folder)
    assert body_of(ask(files, "large.js", "gzip")) == b"large gz"
    (folder / "large.js.gz").write_bytes(b"z" * (MAX_IN_MEMORY + 2))
    files = static_files(folder)
    assert body_of(ask(files, "large.js", "gzip")) == b"z" * (MAX_IN_MEMORY + 2)
    assert body_of(ask(files, "large.js")) == b"x" * (MAX_IN_MEMORY + 1)


def test_feat_P25_a_small_file_is_compressed_once(folder: Path) -> None:
    files = static_files(folder)
    plain, coded = ask(files, "b.css"), ask(files, "b.css", "gzip")
    assert gzip.decompress(coded.body) == plain.body == ORIGINAL
    assert coded.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert "Accept-Ranges" not in coded.headers
    assert coded.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert ask(files, "b.css", "gzip").body is coded.body
    # Whoever wants a part gets one of the file itself.
    part = ask(files, "b.css", "gzip", Range="bytes=0-3")
    assert (part.status, part.body) == (206, b"body")
    assert "Content-Encoding" not in part.headers


@pytest.mark.parametrize("path", ["tiny.css", "picture.png"])
def test_feat_P25_what_is_small_or_compressed_already_is_left(folder: Path, path: str) -> None:
    response = ask(static_files(folder), path, ", ".join(CODINGS))
    assert "Content-Encoding" not in response.headers
    assert "Vary" not in response.headers


def test_feat_P25_without_a_cache_nothing_is_compressed_again_and_again(folder: Path) -> None:
    files = static_files(folder, settings=Settings(file_cache=0))
    assert "Content-Encoding" not in ask(files, "b.css", "gzip").headers


def test_feat_P25_off(folder: Path) -> None:
    files = static_files(folder, settings=Settings(compression="off"))
    assert "Vary" not in ask(files, "b.css", "gzip").headers
    assert ask(files, "a.css", "gzip").body == b"gz bytes"  # somebody put it there
