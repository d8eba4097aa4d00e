"""The cache of small files: fast, bounded, and never wrong for longer than a second (feat:W14)."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from mvc.config import Settings
from mvc.requests import Request
from mvc.static import hashed, opening, resources
from mvc.static.cache import ResourceCache
from mvc.static.opening import RECHECK_SECONDS, Root
from mvc.static.resources import MAX_IN_MEMORY, Resource, ResourceMaker
from tests.support.messages import make_request
from tests.support.static import StillClock, body_of, static_files, write_tree


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"a.bin": b"first", "b.bin": b"b" * 100, "large.bin": b"l" * (MAX_IN_MEMORY + 1)}
    return write_tree(tmp_path / "static", files)


class Opens:
    """Counts what is opened below folders."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = os.open

        def counted(*arguments: Any, **keywords: Any) -> int:
            self.count += 1
            return real(*arguments, **keywords)

        monkeypatch.setattr(opening.os, "open", counted)


def asked(path: str, **fields: str) -> Request:
    request = make_request(f"/static/{path}", headers=fields)
    request.head.match = {"path": path}
    return request


def test_feat_W14_within_a_second_nothing_is_opened(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = static_files(folder, clock=clock)
    assert files.quick(asked("a.bin")) is None  # not known yet
    assert body_of(files(asked("a.bin"), "a.bin")) == b"first"
    opens = Opens(monkeypatch)
    (folder / "a.bin").write_bytes(b"second")
    for _ in range(3):
        quick = files.quick(asked("a.bin"))
        assert quick is not None
        assert body_of(quick) == body_of(files(asked("a.bin"), "a.bin")) == b"first"
    assert opens.count == 0


def test_feat_W14_after_a_second_it_is_looked_at_again(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_CLOCK_STEP", -60.0)  # every change is long ago
    files = static_files(folder, clock=clock)
    first = files(asked("a.bin"), "a.bin")
    (folder / "a.bin").write_bytes(b"second")
    clock.now += RECHECK_SECONDS
    assert files.quick(asked("a.bin")) is None
    second = files(asked("a.bin"), "a.bin")
    assert (body_of(first), body_of(second)) == (b"first", b"second")
    assert first.headers["ETag"] != second.headers["ETag"]
    clock.now += RECHECK_SECONDS
    third = files(asked("a.bin"), "a.bin")
    assert third.body is second.body  # unchanged: neither read nor made again


def test_same_size_and_time_do_not_hide_a_change(folder: Path, clock: StillClock) -> None:
    files = static_files(folder, clock=clock)
    assert body_of(files(asked("a.bin"), "a.bin")) == b"first"
    before = os.stat(folder / "a.bin")
    (folder / "new").write_bytes(b"other")
    os.utime(folder / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(folder / "new", folder / "a.bin")
    clock.now += RECHECK_SECONDS
    assert body_of(files(asked("a.bin"), "a.bin")) == b"other"


def test_feat_W14_a_change_within_a_step_of_the_clock_is_seen(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system whose times have steps: signatures tell of nothing but the size."""
    for module in (resources, hashed):
        monkeypatch.setattr(module, "signature_of", lambda status: (0, 0, 0, 0, status.st_size))
    files = static_files(folder, clock=clock, is_hashed=True)
    first, name = files(asked("a.bin"), "a.bin"), files.url("a.bin")
    (folder / "a.bin").write_bytes(b"other")
    clock.now += RECHECK_SECONDS
    second = files(asked("a.bin"), "a.bin")
    assert (body_of(first), body_of(second)) == (b"first", b"other")
    assert files.url("a.bin") != name
    known = {"If-None-Match": first.headers["ETag"]}
    assert files(asked("a.bin", **known), "a.bin").status == 200


def test_feat_W14_the_etag_of_a_small_file_is_that_of_its_content(
    folder: Path, clock: StillClock
) -> None:
    """Also in a copy that keeps time and size (`rsync -t`)."""
    files = static_files(folder, clock=clock)
    first = files(asked("a.bin"), "a.bin")
    before = os.stat(folder / "a.bin")
    (folder / "a.bin").write_bytes(b"other")
    os.utime(folder / "a.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    clock.now += RECHECK_SECONDS
    assert files(asked("a.bin"), "a.bin").headers["ETag"] != first.headers["ETag"]


def test_a_removed_file_is_gone_and_a_new_one_there(folder: Path, clock: StillClock) -> None:
    own = write_tree(folder.parent / "own", {})
    own.mkdir()
    files = static_files(own, folder, clock=clock)
    assert body_of(files(asked("a.bin"), "a.bin")) == b"first"
    (own / "a.bin").write_bytes(b"own")
    clock.now += RECHECK_SECONDS
    assert body_of(files(asked("a.bin"), "a.bin")) == b"own"
    (own / "a.bin").unlink()
    (folder / "a.bin").unlink()
    clock.now += RECHECK_SECONDS
    with pytest.raises(Exception, match="404"):
        files(asked("a.bin"), "a.bin")
    assert files.quick(asked("a.bin")) is None


def content_of(root: Root) -> bytes:
    found = root.find("a.bin")
    assert found is not None
    with found.as_file() as file:
        return file.read()


def test_a_folder_put_in_place_of_another_is_noticed(folder: Path, clock: StillClock) -> None:
    root = Root(folder, clock=clock)
    write_tree(folder.parent / "next", {"a.bin": b"next"})
    assert content_of(root) == b"first"
    folder.rename(folder.parent / "old")
    (folder.parent / "next").rename(folder)
    assert content_of(root) == b"first"
    clock.now += RECHECK_SECONDS
    assert content_of(root) == b"next"


def test_descriptors_of_replaced_folders_are_closed(folder: Path, clock: StillClock) -> None:
    root = Root(folder, clock=clock)
    before = len(os.listdir("/proc/self/fd"))
    for turn in range(5):
        found = root.find("a.bin")
        assert found is not None
        found.close()
        folder.rename(folder.parent / f"old{turn}")
        write_tree(folder, {"a.bin": b"x"})
        clock.now += RECHECK_SECONDS
    assert len(os.listdir("/proc/self/fd")) <= before + 1


@pytest.mark.parametrize(
    "field", ["If-None-Match", "If-Modified-Since", "Range", "if-range", "IF-MATCH"]
)
def test_what_could_change_the_answer_takes_the_long_road(
    folder: Path, field: str, clock: StillClock
) -> None:
    files = static_files(folder, clock=clock)
    files(asked("a.bin"), "a.bin")
    assert files.quick(asked("a.bin", **{"X-Other": "If-None-Match"})) is not None
    assert files.quick(asked("a.bin", Host="x", **{field: "x"})) is None


def test_feat_W6_a_304_opens_no_file(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = static_files(folder, clock=clock)
    first = files(asked("large.bin"), "large.bin")
    first.close()
    opens = Opens(monkeypatch)
    request = asked("large.bin", **{"If-None-Match": first.headers["ETag"]})
    assert files(request, "large.bin").status == 304
    assert opens.count == 0


def test_a_large_file_is_sent_from_disk_and_as_it_is_now(folder: Path, clock: StillClock) -> None:
    files = static_files(folder, clock=clock)
    size = MAX_IN_MEMORY + 1
    assert body_of(files(asked("large.bin"), "large.bin")) == b"l" * size
    quick = files.quick(asked("large.bin"))
    assert quick is not None
    assert body_of(quick) == b"l" * size
    # Another file within the second: its length must be the one announced.
    (folder / "large.bin").write_bytes(b"n" * (size + 5))
    assert files.quick(asked("large.bin")) is None
    assert body_of(files(asked("large.bin"), "large.bin")) == b"n" * (size + 5)


def test_each_answer_has_fields_of_its_own(folder: Path) -> None:
    files = static_files(folder)
    for answer in (files(asked("a.bin"), "a.bin"), files.quick(asked("a.bin"))):
        assert answer is not None
        answer.headers["X-Mine"] = "1"
    assert "X-Mine" not in files(asked("a.bin"), "a.bin").headers


def made(folder: Path, name: str) -> Resource:
    root = Root(folder)
    found = root.find(name)
    assert found is not None
    files = static_files(folder)
    resource = ResourceMaker(files.options, Settings()).make(root, name, {"": found})
    found.close()
    return resource


def test_feat_W14_the_cache_is_bounded_and_drops_the_stalest(folder: Path) -> None:
    resource = made(folder, "b.bin")
    cache = ResourceCache(resource.cost * 3)
    for name in ("a", "b", "c"):
        cache.put(name, resource)
    cache.put("a", resource)  # found unchanged: it moves to the end
    cache.put("d", resource)
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]
    cache.drop("a")
    cache.put("e", resource)
    assert [name for name in "acde" if cache.get(name)] == ["c", "d", "e"]


def test_feat_W14_what_does_not_fit_is_not_kept(folder: Path) -> None:
    resource = made(folder, "b.bin")
    for capacity in (0, resource.cost - 1):
        cache = ResourceCache(capacity)
        cache.put("b", resource)
        assert cache.get("b") is None
    files = static_files(folder, settings=Settings(file_cache=0))
    assert body_of(files(asked("b.bin"), "b.bin")) == b"b" * 100
    assert files.quick(asked("b.bin")) is None


def test_threads_always_get_a_whole_file_of_one_moment(folder: Path) -> None:
    """A writer swaps the file while readers ask: length, content and ETag always fit."""
    contents = [bytes([65 + number]) * (50 + number) for number in range(8)]
    (folder / "a.bin").write_bytes(contents[0])
    ticks = iter(range(10_000_000))
    files = static_files(folder, clock=lambda: next(ticks) * RECHECK_SECONDS / 7)
    wrong: list[bytes] = []
    is_over = threading.Event()
    tags: dict[str, bytes] = {}

    def read() -> None:
        while not is_over.is_set():
            response = files.quick(asked("a.bin")) or files(asked("a.bin"), "a.bin")
            body = body_of(response)
            if body not in contents or tags.setdefault(response.headers["ETag"], body) != body:
                wrong.append(body)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for turn in range(200):
        (folder / "next").write_bytes(contents[turn % 8])
        os.utime(folder / "next", ns=(turn * 10**9, turn * 10**9))
        os.replace(folder / "next", folder / "a.bin")
    is_over.set()
    for reader in readers:
        reader.join(10)
    assert wrong == []
