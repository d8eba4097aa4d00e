"""Compression of answers as a client meets it (feat:P24, P25)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

import orm
from mvc import Application, Request, Response, Settings, StreamResponse
from mvc.testing import Client

TEXT = "compress me " * 100
GZIP = {"Accept-Encoding": "gzip"}
closed: list[str] = []


def page(request: Request) -> str:
    return TEXT


def streamed(request: Request) -> Iterator[str]:
    try:
        yield "first"
        yield "second" * 100
    finally:
        closed.append(request.path)


def visit(request: Request) -> str:
    request.session.get("x")
    return TEXT


def cookie(request: Request) -> Response:
    response = Response(TEXT)
    response.set_cookie("a", "b")
    return response


def answer(**given: Any):
    """A handler that answers the text with this status, headers or type."""
    return lambda request: Response(TEXT, **given)


def site(**settings: Any) -> Client:
    routes = [
        ("/page", page),
        ("/small", lambda request: "x" * 499),
        ("/just", lambda request: "x" * 500),
        ("/streamed", streamed),
        ("/length", lambda request: StreamResponse([TEXT], length=len(TEXT))),
        ("/visit", visit),
        ("/cookie", cookie),
        ("/json", lambda request: {"text": TEXT}),
        ("/bytes", lambda request: TEXT.encode()),
        ("/png", answer(content_type="image/png")),
        ("/svg", answer(content_type="image/svg+xml")),
        ("/coded", answer(headers={"Content-Encoding": "br"})),
        ("/asis", answer(headers={"Cache-Control": "public, no-transform"})),
        ("/error", answer(status=404)),
        ("/created", answer(status=201)),
        ("/etag", answer(headers={"ETag": '"v1"'})),
        ("/weak", answer(headers={"ETag": 'W/"v1"'})),
        ("/vary", answer(headers={"Vary": "Cookie"})),
        ("/ranges", answer(headers={"Accept-Ranges": "bytes"})),
        ("/nostore", answer(headers={"Cache-Control": "no-store"})),
    ]
    return Client(Application(routes, Settings(session_store="memory", **settings)))


@pytest.fixture
def browser() -> Iterator[Client]:
    yield site()
    orm.close()


@pytest.mark.parametrize("path", ["/page", "/just", "/json", "/svg", "/created"])
def test_feat_P25_text_is_compressed(browser: Client, path: str) -> None:
    plain = browser.get(path)
    assert "Content-Encoding" not in plain.headers
    coded = browser.get(path, headers=GZIP)
    assert coded.headers["Content-Encoding"] == "gzip"
    assert coded.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(coded.body) == plain.body
    assert coded.headers["Content-Length"] == str(len(coded.body))
    assert coded.status == plain.status


@pytest.mark.parametrize(
    "path", ["/small", "/bytes", "/png", "/coded", "/asis", "/error", "/ranges", "/cookie"]
)
def test_feat_P25_what_is_left_as_it_is(browser: Client, path: str) -> None:
    coded = browser.get(path, headers=GZIP)
    assert coded.body == browser.get(path).body
    assert coded.headers.get("Content-Encoding") in (None, "br")


def test_feat_P25_every_coding_there_is(browser: Client) -> None:
    for coding in ("br", "zstd", "gzip"):
        assert browser.get("/page", headers={"Accept-Encoding": coding}).headers[
            "Content-Encoding"
        ] in (coding, "gzip")


def test_feat_P25_nothing_secret_is_compressed_unless_asked_to(browser: Client) -> None:
    refused = browser.get("/visit", headers=GZIP)
    assert "Content-Encoding" not in refused.headers
    everything = site(compression="all")
    assert everything.get("/visit", headers=GZIP).headers["Content-Encoding"] == "gzip"
    assert everything.get("/cookie", headers=GZIP).headers["Content-Encoding"] == "gzip"


def test_feat_P25_settings() -> None:
    off = site(compression="off").get("/page", headers=GZIP)
    assert "Content-Encoding" not in off.headers
    assert "Vary" not in off.headers
    low = site(compression_minimum=1).get("/small", headers=GZIP)
    assert low.headers["Content-Encoding"] == "gzip"
    fast = site(compression_level=1).get("/page", headers=GZIP)
    assert gzip.decompress(fast.body) == TEXT.encode()
    orm.close()


def test_feat_P25_streams_are_flushed_piece_by_piece(browser: Client) -> None:
    closed.clear()
    coded = browser.get("/streamed", headers=GZIP)
    assert coded.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(coded.body) == browser.get("/streamed").body
    assert closed == ["/streamed", "/streamed"]
    # The first piece can be read before the second was made.
    whole = zlib.decompressobj(31)
    cut = coded.body.index(b"\0\0\xff\xff") + 4
    assert whole.decompress(coded.body[:cut]) == b"first"
    length = browser.get("/length", headers=GZIP)
    assert gzip.decompress(length.body).decode() == TEXT


def test_feat_P25_head_says_what_get_would(browser: Client) -> None:
    for path in ("/page", "/just", "/small", "/etag"):
        get, head = browser.get(path, headers=GZIP), browser.head(path, headers=GZIP)
        assert head.body == b""
        names = ("Content-Length", "Content-Encoding", "ETag", "Vary")
        assert [head.headers.get(name) for name in names] == [
            get.headers.get(name) for name in names
        ]
    closed.clear()
    assert browser.head("/streamed", headers=GZIP).headers["Content-Encoding"] == "gzip"
    assert closed == ["/streamed"]


def test_feat_P25_validators(browser: Client) -> None:
    coded = browser.get("/etag", headers=GZIP)
    assert coded.headers["ETag"] == 'W/"v1"'
    assert browser.get("/etag").headers["ETag"] == '"v1"'
    assert browser.get("/weak", headers=GZIP).headers["ETag"] == 'W/"v1"'
    for tag in ('"v1"', 'W/"v1"'):
        again = browser.get("/etag", headers={**GZIP, "If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")
        assert (again.headers["ETag"], again.headers["Vary"]) == ('W/"v1"', "Accept-Encoding")
        assert "Content-Encoding" not in again.headers
    assert browser.get("/etag", headers={**GZIP, "If-Match": '"v2"'}).status == 412


def test_feat_P29_vary_is_extended(browser: Client) -> None:
    assert browser.get("/vary", headers=GZIP).headers["Vary"] == "Cookie, Accept-Encoding"


def test_feat_P24_an_etag_of_the_content_where_asked_for(browser: Client) -> None:
    assert "ETag" not in browser.get("/page").headers
    tagged = site(auto_etag=True)
    first = tagged.get("/page")
    assert first.headers["ETag"].startswith('"')
    assert tagged.get("/page", headers={"If-None-Match": first.headers["ETag"]}).status == 304
    assert tagged.get("/just").headers["ETag"] != first.headers["ETag"]
    assert tagged.get("/etag").headers["ETag"] == '"v1"'
    for path in ("/streamed", "/error", "/nostore", "/created"):
        assert "ETag" not in tagged.get(path).headers
    assert tagged.get("/page", headers=GZIP).headers["ETag"] == f"W/{first.headers['ETag']}"
