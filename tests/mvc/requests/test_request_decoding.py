"""Compressed request bodies: decoded while they are read, within bounds (sec:T10)."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm
from httpcore import ClientDisconnected, HTTPError, body_of
from mvc import Application, Request, Settings
from mvc.requests.decoding import DECODERS, FREE_BYTES, DecodedBody
from mvc.testing import Client

LIMIT = 1024 * 1024
CODINGS = ("gzip", "deflate", "br", "zstd")


def encode(coding: str, data: bytes) -> bytes:
    if coding == "gzip":
        return gzip.compress(data)
    if coding == "deflate":
        return zlib.compress(data)
    if coding == "br":
        return bytes(pytest.importorskip("brotli").compress(data))
    return bytes(pytest.importorskip("zstandard").compress(data))


def status_of(coding: str, data: bytes, limit: int = LIMIT) -> int:
    with pytest.raises(HTTPError) as caught:
        DecodedBody(body_of(data), coding, limit).read()
    return caught.value.status


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(
    "data", [b"", b"x", b"hello " * 9000, os.urandom(200_000)], ids=["0", "1", "text", "noise"]
)
def test_comes_out_as_it_went_in(coding: str, data: bytes) -> None:
    assert DecodedBody(body_of(encode(coding, data)), coding, LIMIT).read() == data


@pytest.mark.parametrize("coding", CODINGS)
def test_small_reads_give_the_same(coding: str) -> None:
    data = os.urandom(5000) * 3
    body = DecodedBody(body_of(encode(coding, data)), coding, LIMIT)
    pieces = list(iter(lambda: body.read(700), b""))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 700
    assert body.read(700) == body.read() == b""


@pytest.mark.parametrize("coding", CODINGS)
def test_rewinding_starts_again(coding: str) -> None:
    body = DecodedBody(body_of(encode(coding, b"again")), coding, LIMIT)
    assert body.read() == b"again"
    body.rewind()
    assert body.read() == b"again"


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_cut_or_spoiled_is_400(coding: str) -> None:
    coded = encode(coding, os.urandom(2000))
    for end in (1, len(coded) // 2, len(coded) - 1):
        assert status_of(coding, coded[:end]) == 400
    assert status_of(coding, b"this is no coding at all") == 400


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_several_members_are_one_body(coding: str) -> None:
    coded = encode(coding, b"one") + encode(coding, b"two")
    assert DecodedBody(body_of(coded), coding, LIMIT).read() == b"onetwo"


@pytest.mark.parametrize("coding", ["lzma", "gzip, br", "compress"])
def test_unknown_codings_are_415_and_the_known_are_named(coding: str) -> None:
    with pytest.raises(HTTPError) as caught:
        DecodedBody(body_of(b"x"), coding, LIMIT).read()
    assert caught.value.status == 415
    assert caught.value.headers == (("Accept-Encoding", ", ".join(DECODERS)),)


@pytest.mark.parametrize("coding", CODINGS)
def test_sec_T10_the_limit_counts_for_what_comes_out(coding: str) -> None:
    data = os.urandom(4000)
    assert status_of(coding, encode(coding, data), limit=3999) == 413
    assert DecodedBody(body_of(encode(coding, data)), coding, 4000).read() == data


@pytest.mark.parametrize("coding", CODINGS)
def test_sec_T10_a_bomb_is_413_whatever_the_limit(coding: str) -> None:
    bomb = encode(coding, bytes(10 * LIMIT))
    assert status_of(coding, bomb, limit=100 * LIMIT) == 413
    small = bytes(FREE_BYTES)  # as much may come out of anything
    assert DecodedBody(body_of(encode(coding, small)), coding, LIMIT).read() == small


@pytest.mark.parametrize("coding", CODINGS)
def test_sec_T10_a_bomb_costs_no_memory(coding: str, tmp_path: Path) -> None:
    """30 MiB of zeros in a process of its own: it grows by less than 5 MiB."""
    bomb = tmp_path / "bomb"
    bomb.write_bytes(encode(coding, bytes(30 * LIMIT)))
    script = f"""
import resource
from httpcore import HTTPError, body_of
from mvc.requests.decoding import DecodedBody
data = open({str(bomb)!r}, "rb").read()
DecodedBody(body_of(data), {coding!r}, 1).size
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    while DecodedBody(body_of(data), {coding!r}, 1 << 40).read():
        pass
except HTTPError as error:
    print(error.status, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60
    )
    status, grown = map(int, done.stdout.split())
    assert status == 413
    assert grown < 5 * 1024


def echo(request: Request) -> dict[str, object]:
    return {"size": len(request.body), "hash": hashlib.md5(request.body).hexdigest()}


def total(request: Request) -> int | dict[str, int]:
    return {"sum": sum(request.json["numbers"])}


def streamed(request: Request) -> dict[str, int]:
    size = 0
    while data := request.read(1000):
        size += len(data)
    return {"size": size}


def form(request: Request) -> str:
    return request.form["name"]


@pytest.fixture
def browser() -> Iterator[Client]:
    open_ = {"methods": "POST", "csrf": False, "encoded_body": True}
    app = Application(
        [
            ("/echo", echo, open_),
            ("/sum", total, open_),
            ("/form", form, open_),
            ("/small", echo, {**open_, "max_body": 1000}),
            ("/streamed", streamed, {**open_, "stream_body": True}),
            ("/plain", echo, {"methods": "POST", "csrf": False}),
        ],
        Settings(session_store="memory"),
    )
    yield Client(app)
    orm.close()


def post(browser: Client, path: str, data: bytes, coding: str = "gzip", kind: str = "text/plain"):
    fields = {"Content-Encoding": coding, "Content-Type": kind}
    return browser.post(path, body=encode("gzip", data), headers=fields)


def test_a_client_that_leaves_is_no_fault_of_the_coding() -> None:
    class Left:
        size = None

        def read(self, size: int = -1) -> bytes:
            raise ClientDisconnected("gone")

        def close(self) -> None: ...

    with pytest.raises(ClientDisconnected):
        DecodedBody(Left(), "gzip", 100).read()


def test_sec_T10_only_routes_that_ask_take_a_coding(browser: Client) -> None:
    assert post(browser, "/plain", b"x").status == 415
    assert post(browser, "/echo", b"xyz").json()["size"] == 3
    assert browser.post("/echo", body=b"xyz").json()["size"] == 3


def test_every_way_to_read_a_body_reads_it_decoded(browser: Client) -> None:
    assert post(browser, "/sum", b'{"numbers": [1, 2]}', kind="application/json").json() == {
        "sum": 3
    }
    answer = post(browser, "/form", b"name=ann", kind="application/x-www-form-urlencoded")
    assert answer.text == "ann"
    assert post(browser, "/streamed", bytes(50_000)).json() == {"size": 50_000}


def test_sec_T10_refusals_over_http(browser: Client) -> None:
    assert post(browser, "/echo", bytes(10 * LIMIT)).status == 413
    assert post(browser, "/streamed", bytes(10 * LIMIT)).status == 413
    assert post(browser, "/small", bytes(1001)).status == 413
    assert post(browser, "/small", bytes(1000)).json()["size"] == 1000
    unknown = post(browser, "/echo", b"x", coding="lzma")
    assert (unknown.status, "gzip" in unknown.headers["Accept-Encoding"]) == (415, True)
    broken = browser.post("/echo", body=b"nonsense", headers={"Content-Encoding": "gzip"})
    assert broken.status == 400
