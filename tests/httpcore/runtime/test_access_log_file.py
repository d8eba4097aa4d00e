"""The file behind the access log: rotation, and disks that are full (sec:F6, feat:S30)."""

import os
from pathlib import Path

import pytest

from httpcore.runtime import logfile
from httpcore.runtime.logfile import CHECK_SECONDS, LinesLost, LogFile
from tests.support.wire import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def log(tmp_path, clock):
    file = LogFile(str(tmp_path / "log"), clock)
    yield file
    file.close()


def test_a_renamed_file_is_noticed_within_a_second(log, tmp_path, clock):
    log.write(b"1\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    log.write(b"2\n")
    clock.advance(CHECK_SECONDS)
    log.write(b"3\n")
    assert (tmp_path / "log.1").read_bytes() == b"1\n2\n"
    assert (tmp_path / "log").read_bytes() == b"3\n"


def test_a_deleted_file_is_made_anew(log, tmp_path, clock):
    (tmp_path / "log").unlink()
    clock.advance(CHECK_SECONDS)
    log.write(b"1\n")
    assert (tmp_path / "log").read_bytes() == b"1\n"


def test_a_file_that_another_has_replaced_is_appended_to(log, tmp_path, clock):
    (tmp_path / "log").unlink()
    (tmp_path / "log").write_text("other\n")
    clock.advance(CHECK_SECONDS)
    log.write(b"1\n")
    assert (tmp_path / "log").read_bytes() == b"other\n1\n"


def test_where_it_cannot_be_made_the_old_file_goes_on(tmp_path, clock, caplog):
    folder = tmp_path / "logs"
    folder.mkdir()
    log = LogFile(str(folder / "log"), clock)
    kept = tmp_path / "kept"
    (folder / "log").rename(kept)
    folder.rmdir()
    for text in (b"1\n", b"2\n"):
        clock.advance(CHECK_SECONDS)
        log.write(text)
    assert kept.read_bytes() == b"1\n2\n"
    assert [entry.getMessage().rpartition("; ")[2] for entry in caplog.records] == [
        "going on with the file that had this name"
    ]
    folder.mkdir()
    clock.advance(CHECK_SECONDS)
    log.write(b"3\n")
    assert (folder / "log").read_bytes() == b"3\n"
    log.close()


def test_sec_F6_a_full_disk_says_how_many_lines_it_did_not_take(small_disk: Path, clock):
    log, ballast = LogFile(str(small_disk / "log"), clock), small_disk / "ballast"
    room = os.statvfs(small_disk)
    ballast.write_bytes(bytes((room.f_bavail - 1) * room.f_frsize))
    log.write(b"first\n")
    with pytest.raises(LinesLost, match="No space left") as caught:
        log.write(b"x" * 99 + b"\n" + (b"y" * 9999 + b"\n"))
    assert (caught.value.count, caught.value.is_final) == (1, False)
    with pytest.raises(LinesLost) as caught:
        log.write(b"z" * 9999 + b"\n")
    assert caught.value.count == 1  # the torn line is not counted again
    ballast.unlink()
    log.write(b"last\n")
    log.close()
    lines = (small_disk / "log").read_bytes().split(b"\n")
    assert [lines[0], lines[1], lines[-2:]] == [b"first", b"x" * 99, [b"last", b""]]
    assert set(lines[2]) == {ord("y")}  # torn, and ended before the next one
    assert len(lines) == 5


def test_sec_R9_a_reader_that_has_gone_is_final(clock):
    reader, writer = os.pipe()
    log = LogFile(f"/dev/fd/{writer}", clock)
    os.close(reader)
    with pytest.raises(LinesLost) as caught:
        log.write(b"1\n")
    assert caught.value.is_final
    log.close()
    os.close(writer)


def test_sec_R9_a_named_pipe_that_nobody_reads_ends_the_start(tmp_path, clock):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="start its reader first"):
        LogFile(str(tmp_path / "pipe"), clock)
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    log = LogFile(str(tmp_path / "pipe"), clock)
    log.write(b"1\n")
    assert os.read(reader, 9) == b"1\n"
    log.close()
    os.close(reader)


def test_output_that_is_not_blocking_is_tried_again(clock, monkeypatch):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    monkeypatch.setattr(os, "dup", lambda descriptor: writer)
    log = LogFile("-", clock)
    rests: list[float] = []
    received: list[bytes] = []

    def drain(seconds: float) -> None:
        rests.append(seconds)
        received.append(os.read(reader, 1024 * 1024))

    monkeypatch.setattr(logfile.time, "sleep", drain)
    line = b"x" * 200_000 + b"\n"
    log.write(line)
    log.close()
    received.append(os.read(reader, 1024 * 1024))
    os.close(reader)
    assert rests
    assert b"".join(received) == line
