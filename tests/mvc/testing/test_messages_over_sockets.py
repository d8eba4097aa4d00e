"""Uploads and downloads between a real client library and a real server."""

import http.client
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import requests

import orm
from mvc import Application, JsonStreamResponse, Request, file, route
from mvc.config import Settings
from mvc.testing import LiveServer

SECONDS = 20
CONTENT = bytes(range(256)) * 4096  # 1 MiB


@route("/upload", methods="POST")
def upload(request: Request):
    files = request.files.getlist("f")
    return {
        "title": request.form["title"],
        "files": [[each.filename, each.size, sha256(each.read()).hexdigest()] for each in files],
    }


@route("/raw", methods="PUT", stream_body=True, max_body=4_000_000)
def raw(request: Request):
    target: Path = request.app.settings.root / "raw.bin"
    target.unlink(missing_ok=True)
    saved = request.save_to(target)
    return {"size": saved.size, "digest": saved.digest}


@route("/download")
def download(request: Request):
    return file(
        request.app.settings.root / "big.bin", download_name="naïve.bin", as_attachment=True
    )


@route("/rows")
def rows(request: Request):
    return JsonStreamResponse(({"n": n} for n in range(3000)), lines="lines" in request.query)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("files")
    (folder / "big.bin").write_bytes(CONTENT)
    app = Application([upload, raw, download, rows], Settings(root=folder, session_store="memory"))
    with LiveServer(app) as server:
        yield server.url
    orm.close()


def test_files_sent_by_requests(url: str) -> None:
    files = [("f", ("é.bin", CONTENT)), ("f", ("b.txt", b"small", "text/plain"))]
    answer = requests.post(f"{url}/upload", data={"title": "x"}, files=files, timeout=SECONDS)
    assert answer.json() == {
        "title": "x",
        "files": [
            ["é.bin", len(CONTENT), sha256(CONTENT).hexdigest()],
            ["b.txt", 5, sha256(b"small").hexdigest()],
        ],
    }


def test_a_missing_field_is_named(url: str) -> None:
    answer = requests.post(
        f"{url}/upload", data={}, headers={"Accept": "application/json"}, timeout=SECONDS
    )
    assert answer.status_code == 400
    assert "'title'" in answer.text


def test_feat_F15_a_streamed_body_goes_to_a_file(url: str) -> None:
    pieces = (CONTENT[start : start + 50_000] for start in range(0, len(CONTENT), 50_000))
    answer = requests.put(f"{url}/raw", data=pieces, timeout=SECONDS)
    assert answer.json() == {"size": len(CONTENT), "digest": sha256(CONTENT).hexdigest()}


def test_a_download_resumed_by_range(url: str) -> None:
    with requests.Session() as session:
        whole = session.get(f"{url}/download", timeout=SECONDS)
        assert whole.content == CONTENT
        assert "filename*=UTF-8''na%C3%AFve.bin" in whole.headers["Content-Disposition"]
        headers = {"Range": "bytes=1000000-", "If-Range": whole.headers["ETag"]}
        rest = session.get(f"{url}/download", headers=headers, timeout=SECONDS)
        assert (rest.status_code, rest.content) == (206, CONTENT[1_000_000:])
        headers = {"Range": "bytes=0-9,-10"}
        both = session.get(f"{url}/download", headers=headers, timeout=SECONDS)
        assert both.status_code == 206
        assert both.content.count(b"Content-Range: bytes ") == 2
        same = session.get(
            f"{url}/download", headers={"If-None-Match": whole.headers["ETag"]}, timeout=SECONDS
        )
        assert (same.status_code, same.content) == (304, b"")


def test_head_says_what_get_would(url: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=SECONDS)
    try:
        fields = []
        for method in ("GET", "HEAD"):
            connection.request(method, "/download")
            answer = connection.getresponse()
            assert len(answer.read()) == (len(CONTENT) if method == "GET" else 0)
            fields.append({name: answer.headers[name] for name in ("Content-Length", "ETag")})
        assert fields[0] == fields[1]
    finally:
        connection.close()


def test_feat_P12_streamed_json(url: str) -> None:
    expected = [{"n": n} for n in range(3000)]
    assert requests.get(f"{url}/rows", timeout=SECONDS).json() == expected
    lines = requests.get(f"{url}/rows?lines", timeout=SECONDS)
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert lines.text.count("\n") == 3000
