"""The access log's queue and thread: what it takes from a connection, what it does in want."""

import json
import os
import sys
import threading
from types import SimpleNamespace

import pytest

from httpcore import Server, ServerConfig
from httpcore.runtime import accesslog
from httpcore.runtime.accesslog import AccessLog
from httpcore.runtime.logfile import LinesLost
from httpcore.runtime.logformats import AccessRecord
from httpcore.runtime.timing import Timing
from tests.support.wire import FakeClock, Table, wait_until


def record(**changes: object) -> AccessRecord:
    plain = AccessRecord("127.0.0.1", "GET", "/a?b", 1, 200, 12, 784111777.0)
    return plain._replace(**changes)


def connection(**changes: object) -> SimpleNamespace:
    """As much of a connection as the log looks at."""
    head = SimpleNamespace(
        method="GET", target="/a", minor_version=1, field_block=b"User-Agent: x\r\n"
    )
    parts = {
        "peer": SimpleNamespace(remote=("192.0.2.1", 5)),
        "head": head,
        "endpoint": SimpleNamespace(name="show"),
        "answer": SimpleNamespace(status=200, size=100),
        "outbox": None,
        "timing": Timing(),
        "request_id": "",
    }
    return SimpleNamespace(**{**parts, **changes})


def written(path, form, *connections, clock=None):
    log = AccessLog(str(path), form, clock or FakeClock())
    log.start()
    for each in connections:
        log.log(each)
    log.stop()
    return path.read_text().splitlines()


def test_lines_are_written_to_the_file(tmp_path):
    path = tmp_path / "log"
    log = AccessLog(str(path))
    log.start()
    for n in range(100):
        log._put(record(target=f"/{n}"))
    log.stop()
    lines = path.read_text().splitlines()
    assert len(lines) == 100
    assert lines[42].startswith('127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /42 ')


def test_no_line_is_lost_between_two_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(accesslog, "BATCH", 3)
    log = AccessLog(str(tmp_path / "log"))
    for n in range(10):
        log._put(record(target=f"/{n}"))
    log.start()
    log.stop()
    targets = [line.split()[6] for line in (tmp_path / "log").read_text().splitlines()]
    assert targets == [f"/{n}" for n in range(10)]


def test_feat_V24_times_route_lane_and_id_of_a_connection(tmp_path):
    clock = FakeClock()
    timing = Timing(clock() - 0.875, 0.5, clock() - 0.125, "inline")
    (line,) = written(
        tmp_path / "log", "json", connection(timing=timing, request_id="feed"), clock=clock
    )
    entry = json.loads(line)
    assert (entry["queue_ms"], entry["handler_ms"], entry["send_ms"]) == (250.0, 500.0, 125.0)
    assert (entry["route"], entry["lane"]) == ("show", "inline")
    assert (entry["request_id"], entry["user_agent"]) == ("feed", "x")


def test_feat_V24_a_timing_may_serve_the_next_request(tmp_path):
    """What it says is taken at once, not when the line is written."""
    clock, timing = FakeClock(), Timing(1.0, 0.5, 1.75)
    log = AccessLog(str(tmp_path / "log"), "json", clock)
    log.log(connection(timing=timing))
    timing.handled = 77.0
    log.log(connection(timing=timing))  # refused: what was measured was the request before
    log.start()
    log.stop()
    first, second = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert (first["queue_ms"], first["handler_ms"]) == (250.0, 500.0)
    assert (second["queue_ms"], second["handler_ms"], second["lane"]) == (None, None, None)


def test_http_X1_the_line_names_the_client_behind_a_proxy(tmp_path):
    path = tmp_path / "log"
    log = AccessLog(str(path), client_of=lambda peer, fields: f"{peer}:{len(fields)}")
    log.log(connection())
    log.log(connection(admitted=None, head=None))
    log.start()
    log.stop()
    remotes = [line.split()[0] for line in path.read_text().splitlines()]
    assert remotes == ["192.0.2.1:15", "192.0.2.1:0"]


def test_a_fault_of_ours_ends_the_log_and_is_told(tmp_path, caplog):
    log = AccessLog(str(tmp_path / "log"), client_of=lambda peer, fields: peer[1000])
    log.log(connection())
    log.start()
    log.stop()
    assert not log.is_on
    assert "the access log ended" in caplog.text


def test_sec_T9_want_of_memory_costs_lines_and_not_the_log(tmp_path, monkeypatch, caplog):
    path = tmp_path / "log"
    log = AccessLog(str(path))
    line_of, failing = log._line_of, iter([True])

    def line_unless_short(record):
        if next(failing, False):
            raise MemoryError
        return line_of(record)

    monkeypatch.setattr(log, "_line_of", line_unless_short)
    log.start()
    log._put(record(target="/lost"))
    wait_until(lambda: log.dropped == 1, "the line to be lost")
    log._put(record(target="/kept"))
    log.stop()
    (line,) = path.read_text().splitlines()
    assert "/kept" in line
    assert "access log: out of memory; 1 lines dropped so far" in caplog.messages


def test_refused_and_cut_answers_are_logged_as_what_they_are(tmp_path):
    cut = connection(outbox=SimpleNamespace(unsent=30))
    lines = written(tmp_path / "log", "common", connection(head=None), cut)
    assert lines[0].endswith('"-" 200 100')
    assert lines[1].endswith('"GET /a HTTP/1.1" 200 70')


def test_sec_T14_request_without_an_answer_is_499(tmp_path):
    (line,) = written(tmp_path / "log", "common", connection(answer=None))
    assert line.endswith('"GET /a HTTP/1.1" 499 -')


def test_sec_T9_a_record_keeps_little_of_a_large_request(tmp_path):
    log = AccessLog(str(tmp_path / "log"), "combined")
    large = connection()
    large.head.field_block = b"Cookie: " + b"c" * 30_000 + b"\r\nUser-Agent: x\r\n"
    large.head.target = "/" + "t" * 8000
    log.log(large)
    kept = AccessRecord(*log._records.get_nowait())
    assert len(kept.fields) + len(kept.target) < 5000
    assert kept.fields == b"User-Agent: x\r\n"


def test_sec_R9_lines_beyond_the_queue_are_counted_and_told(monkeypatch, caplog):
    monkeypatch.setattr(accesslog, "CAPACITY", 10)
    clock = FakeClock()
    log = AccessLog("-", clock=clock)
    for _ in range(15):  # no writer runs: the queue stays full
        log._put(record())
    clock.advance(accesslog.REPORT_SECONDS)
    log._put(record())
    assert log.dropped == 6
    told = [entry.getMessage().rpartition("; ")[2] for entry in caplog.records]
    assert told == ["1 lines dropped so far", "6 lines dropped so far"]


class Disk:
    """Stands where the file does; each write does what the script says next."""

    def __init__(self, *script: LinesLost | None) -> None:
        self.script = list(script)
        self.lines: list[bytes] = []

    def write(self, lines: bytes) -> None:
        verdict = self.script.pop(0) if self.script else None
        if verdict is not None:
            raise verdict
        self.lines.append(lines)

    def close(self) -> None:
        self.lines.append(b"closed")


def served_by(disk: Disk, monkeypatch, records: int) -> AccessLog:
    """A log that has written so many records to the disk, one by one."""
    monkeypatch.setattr(accesslog, "LogFile", lambda destination, clock: disk)
    monkeypatch.setattr(accesslog, "BATCH", 1)
    log = AccessLog("log", clock=FakeClock())
    for n in range(records):
        log._put(record(target=f"/{n}"))
    log.start()
    log.stop()
    return log


def test_sec_F6_a_full_disk_costs_lines_until_it_has_room_again(monkeypatch, caplog):
    full = LinesLost(1, "No space left on device", is_final=False)
    disk = Disk(None, full, full, None)
    log = served_by(disk, monkeypatch, records=5)
    assert [b"/0 " in disk.lines[0], b"/3 " in disk.lines[1], b"/4 " in disk.lines[2]] == [True] * 3
    assert log.dropped == 2
    assert log.is_on
    assert [entry.getMessage() for entry in caplog.records] == [
        "access log: No space left on device; 1 lines dropped so far",
        "access log is written again; 2 lines were dropped",
    ]


def test_sec_R9_a_reader_that_has_gone_ends_the_log(monkeypatch, caplog):
    disk = Disk(LinesLost(1, "Broken pipe", is_final=True))
    log = served_by(disk, monkeypatch, records=3)
    assert not log.is_on
    assert disk.lines == [b"closed"]
    assert "access log ended: Broken pipe" in caplog.text


def test_sec_R9_a_pipe_that_nobody_reads_holds_nobody_up(monkeypatch):
    reader, writer = os.pipe()
    monkeypatch.setattr(accesslog, "CAPACITY", 100)
    path = f"/dev/fd/{writer}"
    log = AccessLog(path)
    log.start()
    try:
        size = 70 * 1024 // 4096 + 1  # more than the pipe holds
        for _ in range(size):
            log._put(record(target="/" + "x" * 4095))
        wait_until(lambda: log._records.empty(), "the writer to take what it then is stuck with")
        for _ in range(150):
            log._put(record())
        assert log.dropped >= 50
    finally:
        os.close(reader)  # the writer gets EPIPE
        log.stop()
        os.close(writer)


def test_sec_R9_the_server_says_how_many_lines_were_lost(monkeypatch):
    monkeypatch.setattr(accesslog, "CAPACITY", 0)
    with Server(Table(), ServerConfig(port=0, access_log="-")) as server:
        server._access_log.log(connection())
        assert server.counters["dropped_log_lines"] == 1


def test_log_that_is_off_starts_no_thread():
    before = threading.active_count()
    log = AccessLog("off")
    log.start()
    log.log(connection())
    assert threading.active_count() == before
    assert log._records.empty()
    log.stop()


def test_log_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(OSError, match=r"cannot write the access log .*missing/log: .*; make its"):
        AccessLog(str(tmp_path / "missing" / "log")).open()


def test_log_that_was_opened_but_not_started_is_closed(tmp_path):
    log = AccessLog(str(tmp_path / "log"))
    log.open()
    log.stop()
    assert (tmp_path / "log").read_text() == ""


def test_unknown_format_is_an_error():
    with pytest.raises(ValueError, match="format 'xml'; known: common, combined, json"):
        AccessLog("-", "xml")


def test_sec_R9_closed_standard_output_means_no_log(monkeypatch, caplog):
    """Its number belongs to a socket of ours by then: lines must not go there."""
    monkeypatch.setattr(sys, "stdout", None)
    log = AccessLog("-")
    log.start()
    assert not log.is_on
    assert "standard output is closed" in caplog.text
