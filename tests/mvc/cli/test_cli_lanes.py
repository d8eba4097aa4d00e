"""What the server has learned about lanes, kept for `routes` (feat:D10, V1)."""

import json
import threading
from pathlib import Path

import pytest

from httpcore import LaneChange
from mvc.cli import lanes
from mvc.cli.lanes import LaneRecorder, Move, read_moves, replace_file
from tests.support.wire import wait_until

MOVE = LaneChange("home", "inline", "100 runs under 0.2 ms")


def test_a_move_is_in_the_file_while_the_server_runs(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lanes.json"
    with LaneRecorder(path.parent, lambda: 1000.0) as recorder:
        recorder.note(MOVE)
        wait_until(path.exists, "the first version of the file")
        assert read_moves(path) == {"home": Move("inline", MOVE.reason, 1000.0)}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["lanes.json"]


def test_the_last_move_counts_and_other_endpoints_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "lanes.json"
    for change in (MOVE, MOVE._replace(endpoint="list")):
        with LaneRecorder(tmp_path) as recorder:
            recorder.note(change)
            recorder.note(change._replace(lane="pool"))
    assert {name: move.lane for name, move in read_moves(path).items()} == {
        "home": "pool",
        "list": "pool",
    }


def test_many_moves_are_few_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions: list[str] = []
    monkeypatch.setattr(lanes, "replace_file", lambda path, text: versions.append(text))
    recorder = LaneRecorder(tmp_path)
    for n in range(lanes.CAPACITY + 50):  # the thread has not begun: all wait, within the bound
        recorder.note(LaneChange(f"r{n}", "inline", "x"))
    with recorder:
        pass
    assert len(versions) == 1
    assert len(json.loads(versions[0])) == lanes.CAPACITY


def test_noting_never_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_writing, may_write = threading.Event(), threading.Event()

    def stuck(path: Path, text: str) -> None:
        is_writing.set()
        may_write.wait(10)

    monkeypatch.setattr(lanes, "replace_file", stuck)
    with LaneRecorder(tmp_path) as recorder:
        recorder.note(MOVE)
        assert is_writing.wait(10)
        recorder.note(MOVE)
        may_write.set()


def test_a_folder_that_cannot_be_written_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "var").write_text("not a folder")
    with LaneRecorder(tmp_path / "var") as recorder:
        recorder.note(MOVE)
        wait_until(lambda: bool(caplog.records), "the warning")
        recorder.note(MOVE)
    assert len(caplog.records) == 1
    assert "cannot note the lanes in" in caplog.text


def test_without_a_folder_nothing_is_kept() -> None:
    with LaneRecorder(None) as recorder:
        recorder.note(MOVE)


def test_a_version_that_fails_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lanes.json"
    replace_file(path, "old")

    def fail(self: Path, target: Path) -> None:
        raise OSError("no")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": {"lane": "pool"}}', "\x00"])
def test_a_file_that_is_not_ours_says_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lanes.json"
    path.write_text(text)
    assert read_moves(path) == {}
