"""The access log's lines and its behaviour when nobody reads it (sec:A8, R9)."""

import sys
import threading

import pytest

from httpcore.runtime import accesslog
from httpcore.runtime.accesslog import AccessLog, AccessRecord, escape, format_record
from httpcore.runtime.date import DateCache, format_date


def record(**changes: object) -> AccessRecord:
    plain = AccessRecord("127.0.0.1", "GET", "/a?b", 1, 200, 12, 784111777.0)
    return plain._replace(**changes)


def test_common_log_format():
    line = format_record(record(), "06/Nov/1994:08:49:37 +0000")
    assert line == '127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /a?b HTTP/1.1" 200 12\n'
    assert format_record(record(method="", status=400, size=0), "x").endswith('"-" 400 -\n')


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("/plain", "/plain"),
        ("/\x1b[31m\nFAKE", "/\\x1b[31m\\x0aFAKE"),
        ('/"\\', "/\\x22\\x5c"),
        ("/\u2028\u202e\u2066", "/\\u2028\\u202e\\u2066"),
        ("/\x85\x9b\x7f", "/\\x85\\x9b\\x7f"),
        ("/grün", "/grün"),
    ],
)
def test_sec_A8_control_characters_are_escaped(text, safe):
    assert escape(text) == safe


def test_lines_are_written_to_the_file(tmp_path):
    path = tmp_path / "log"
    log = AccessLog(str(path))
    log.start()
    for n in range(100):
        log.write(record(target=f"/{n}"))
    log.stop()
    lines = path.read_text().splitlines()
    assert len(lines) == 100
    assert lines[42].startswith('127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /42 ')


def test_sec_R9_lines_beyond_the_queue_are_counted_not_waited_for(monkeypatch):
    monkeypatch.setattr(accesslog, "CAPACITY", 10)
    log = AccessLog("-")
    for _ in range(15):  # no writer runs: the queue stays full
        log.write(record())
    assert log.dropped == 5


def test_log_that_is_off_starts_no_thread():
    before = threading.active_count()
    log = AccessLog("off")
    log.start()
    assert threading.active_count() == before
    log.stop()


def test_log_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(OSError, match=r"cannot write the access log .*missing/log: .*; make its"):
        AccessLog(str(tmp_path / "missing" / "log")).start()


def test_date_is_formatted_once_a_second():
    assert format_date(784111777) == b"Sun, 06 Nov 1994 08:49:37 GMT"
    times = iter([784111777.1, 784111777.9, 784111778.0])
    date = DateCache(lambda: next(times))
    first = date()
    assert date() is first
    assert date() == b"Sun, 06 Nov 1994 08:49:38 GMT"


def test_sec_R9_closed_standard_output_means_no_log(monkeypatch, caplog):
    """Its number belongs to a socket of ours by then: lines must not go there."""
    monkeypatch.setattr(sys, "stdout", None)
    log = AccessLog("-")
    log.start()
    assert not log.is_on
    assert "standard output is closed" in caplog.text
