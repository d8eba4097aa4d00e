"""Files of a form go straight to their destination, whole or not at all (feat:V22, F15, sec:F6)."""

import errno
import hashlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from httpcore import HTTPError
from mvc import Application
from mvc.config import Settings
from mvc.requests import Request
from mvc.requests.incoming import FileCallback, SavedFile, SaveTo
from mvc.requests.multidict import MultiDict
from mvc.testing.bodies import encode_multipart
from mvc.testing.live import LiveServer
from tests.support.messages import FakeServices, make_request
from tests.support.wire import wait_until

MIB = 1024 * 1024


def form(files: list[tuple[str, tuple[str, bytes]]], **fields: str) -> Request:
    body, kind = encode_multipart(fields, files)
    return make_request(method="POST", headers={"Content-Type": kind}, body=body)


def two_files() -> Request:
    return form([("a", ("one.txt", b"1" * 100)), ("b", ("two.txt", b"2" * 200))], title="x")


def beside(folder: Path) -> FileCallback:
    return lambda field, filename, content_type: folder / filename


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_feat_V22_each_file_goes_where_the_callback_says(tmp_path: Path) -> None:
    asked: list[tuple[str, str, str]] = []

    def place(field: str, filename: str, content_type: str) -> Path:
        asked.append((field, filename, content_type))
        return tmp_path / field

    request = two_files()
    saved = request.save_files(place)
    digest = hashlib.sha256(b"1" * 100).hexdigest()
    assert saved["a"] == SavedFile("one.txt", "text/plain", tmp_path / "a", 100, digest)
    assert (tmp_path / "b").read_bytes() == b"2" * 200
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    assert asked == [("a", "one.txt", "text/plain"), ("b", "two.txt", "text/plain")]
    assert request.form["title"] == "x"
    assert len(request.files) == 0


def test_feat_V22_hash_and_progress_of_each_file(tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    target = SaveTo(tmp_path / "f", hash="md5", progress=lambda *now: steps.append(now))
    content = os.urandom(300_000)
    saved = form([("f", ("f", content))]).save_files(lambda *about: target)
    assert saved["f"].digest == hashlib.md5(content).hexdigest()
    assert steps[-1] == (300_000, None)
    assert len(steps) > 3


def test_feat_V22_a_callback_may_throw_a_file_away(tmp_path: Path) -> None:
    saved = two_files().save_files(
        lambda field, filename, content_type: tmp_path / "b" if field == "b" else None
    )
    assert list(saved) == ["b"]
    assert names(tmp_path) == ["b"]


def test_a_file_input_left_empty_is_no_file(tmp_path: Path) -> None:
    assert len(form([("a", ("", b""))]).save_files(beside(tmp_path))) == 0
    assert names(tmp_path) == []


def test_sec_F4_the_callback_gets_a_safe_name(tmp_path: Path) -> None:
    saved = form([("a", ("../../etc/passwd", b"x"))]).save_files(beside(tmp_path))
    assert saved["a"].path == tmp_path / "passwd"


def limited(folder: Path) -> FileCallback:
    return lambda field, filename, content_type: SaveTo(folder / filename, max_size=150)


def refusing(folder: Path) -> FileCallback:
    def place(field: str, filename: str, content_type: str) -> Path:
        if field == "b":
            raise HTTPError(415, "no b")
        return folder / filename

    return place


def same_name(folder: Path) -> FileCallback:
    return lambda field, filename, content_type: folder / "same"


@pytest.mark.parametrize(
    ("make", "error", "status"),
    [(limited, HTTPError, 413), (refusing, HTTPError, 415), (same_name, FileExistsError, None)],
)
def test_feat_V22_all_files_or_none(
    tmp_path: Path,
    make: Callable[[Path], FileCallback],
    error: type[Exception],
    status: int | None,
) -> None:
    with pytest.raises(error) as caught:
        two_files().save_files(make(tmp_path))
    assert getattr(caught.value, "status", None) == status
    assert names(tmp_path) == []


def test_feat_V22_the_quota_is_exact(tmp_path: Path) -> None:
    request = form([("f", ("f", b"x" * 150))])
    assert request.save_files(limited(tmp_path))["f"].size == 150


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("kept")
    with pytest.raises(FileExistsError):
        two_files().save_files(beside(tmp_path))
    assert names(tmp_path) == ["two.txt"]
    assert (tmp_path / "two.txt").read_text() == "kept"


def test_a_form_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    body, kind = encode_multipart({}, [("a", ("a", b"1")), ("b", ("b", b"2" * 200_000))])
    request = make_request(method="POST", headers={"Content-Type": kind}, body=body[:-100])
    with pytest.raises(HTTPError):
        request.save_files(beside(tmp_path))
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_other_bodies_are_415(tmp_path: Path, kind: str) -> None:
    request = make_request(method="POST", headers={"Content-Type": kind}, body=b"a=b")
    with pytest.raises(HTTPError) as caught:
        request.save_files(beside(tmp_path))
    assert caught.value.status == 415


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
def test_where_there_are_no_links_the_name_is_exclusive_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*names: object) -> None:
        raise OSError(code, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    two_files().save_files(beside(tmp_path))
    assert names(tmp_path) == ["one.txt", "two.txt"]
    with pytest.raises(FileExistsError):
        two_files().save_files(same_name(tmp_path))
    assert names(tmp_path) == ["one.txt", "two.txt"]


def test_sec_F6_without_room_nothing_begins(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(8 * MIB - MIB // 4))
    for act in (
        lambda: two_files().save_files(beside(small_disk)),
        lambda: make_request(method="PUT", body=b"x").save_to(small_disk / "f"),
    ):
        with pytest.raises(HTTPError) as caught:
            act()
        assert caught.value.status == 507
    assert names(small_disk) == ["ballast"]


def test_sec_F6_a_disk_that_fills_up_on_the_way_keeps_nothing(small_disk: Path) -> None:
    services = FakeServices(Settings(upload_reserve=0))
    body, kind = encode_multipart({}, [("f", ("f", bytes(9 * MIB)))])
    fields = {"Content-Type": kind}
    request = make_request(method="POST", headers=fields, body=body, services=services)
    with pytest.raises(HTTPError) as caught:
        request.save_files(beside(small_disk))
    assert caught.value.status == 507
    assert names(small_disk) == []


class Board:
    """A served application with one streaming upload route."""

    def __init__(self, folder: Path) -> None:
        self.app = Application()
        self.began, self.ended = threading.Event(), threading.Event()

        @self.app.post("/files", stream_body=True, max_body=64 * MIB)
        def receive(request: Request) -> str:
            try:
                files: MultiDict[SavedFile] = request.save_files(self.place)
                return f"{files['f'].size} {files['f'].digest}"
            finally:
                self.ended.set()

        self.folder = folder

    def place(self, field: str, filename: str, content_type: str) -> Path:
        self.began.set()
        return self.folder / filename


def send(url: str, data: bytes, kind: str, size: int) -> socket.socket:
    parts = urlsplit(url)
    sock = socket.create_connection((parts.hostname, parts.port), 10)
    head = (
        f"POST /files HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {size}\r\nConnection: close\r\n\r\n"
    )
    sock.sendall(head.encode() + data)
    return sock


def test_feat_V22_over_a_socket(tmp_path: Path) -> None:
    board, content = Board(tmp_path), os.urandom(20 * MIB)
    body, kind = encode_multipart({}, [("f", ("f.bin", content))])
    with LiveServer(board.app) as server, send(server.url, body, kind, len(body)) as sock:
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    digest = hashlib.sha256(content).hexdigest()
    assert answer.endswith(f"{20 * MIB} {digest}".encode())
    assert names(tmp_path) == ["f.bin"]


def test_feat_V22_a_client_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    board = Board(tmp_path)
    body, kind = encode_multipart({}, [("f", ("f.bin", bytes(MIB)))])
    with LiveServer(board.app) as server:
        sock = send(server.url, body[: MIB // 2], kind, len(body))
        assert board.began.wait(10)
        wait_until(lambda: len(names(tmp_path)) == 1, "the draft")
        assert names(tmp_path)[0].endswith(".part")
        sock.close()
        assert board.ended.wait(10)
    assert names(tmp_path) == []
