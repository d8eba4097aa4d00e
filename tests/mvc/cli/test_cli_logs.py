"""The server's log when nobody reads it: lines are lost, service is not (sec:R9)."""

import logging
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mvc.cli import logs
from mvc.cli.logs import QueuedHandler, start_logging
from tests.support.wire import wait_until

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 20
BROKEN = """
from mvc import get

@get("/broken")
def broken(request):
    raise RuntimeError("x" * 2000)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The read and the write end."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def log_through(handler: QueuedHandler, *messages: str) -> None:
    for text in messages:
        handler.handle(logging.LogRecord("x", logging.ERROR, "", 0, text, (), None))


def read_all(descriptor: int) -> str:
    """What a pipe holds now."""
    os.set_blocking(descriptor, False)
    parts = []
    try:
        while part := os.read(descriptor, 65536):
            parts.append(part)
    except BlockingIOError:
        pass
    return b"".join(parts).decode()


def test_lines_are_written_in_order_by_the_end(pipe: tuple[int, int]) -> None:
    handler = QueuedHandler(pipe[1])
    log_through(handler, "first", "second \u2028 \udc80")
    handler.close()
    assert read_all(pipe[0]) == "first\nsecond \u2028 \\udc80\n"


def test_sec_R9_nobody_waits_for_an_unread_pipe(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "CAPACITY", 10)
    monkeypatch.setattr(logs, "STOP_SECONDS", 0.05)
    handler = QueuedHandler(pipe[1])
    log_through(handler, *["x" * 1000] * 500)
    handler.close()
    assert handler.dropped > 400 - 65
    read_all(pipe[0])
    handler._thread.join(SECONDS)
    assert not handler._thread.is_alive()


def test_what_was_dropped_is_told(pipe: tuple[int, int]) -> None:
    handler = QueuedHandler(pipe[1])
    handler.dropped = 3
    log_through(handler, "after")
    handler.close()
    assert read_all(pipe[0]) == "log: 3 lines dropped, it was too slow or full\nafter\n"


def test_message_that_does_not_fit_its_arguments_is_a_line(pipe: tuple[int, int]) -> None:
    handler = QueuedHandler(pipe[1])
    handler.handle(logging.LogRecord("x", logging.ERROR, "", 0, "%d", ("one",), None))
    handler.close()
    assert "'%d' cannot be logged" in read_all(pipe[0])


def test_reader_that_went_away_ends_the_log_only(pipe: tuple[int, int]) -> None:
    reader, writer = os.pipe()
    handler = QueuedHandler(writer)
    os.close(writer)
    os.close(reader)
    log_through(handler, "nobody is there")
    handler._thread.join(SECONDS)
    log_through(handler, "still nobody")
    handler.close()
    assert handler.dropped == 0


def test_sec_F6_a_full_disk_costs_lines_until_it_has_room_again(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with (small_disk / "log").open("wb", buffering=0) as log:
        handler = QueuedHandler(log.fileno())
        room = os.statvfs(small_disk)
        ballast.write_bytes(bytes(room.f_bavail * room.f_frsize))
        log_through(handler, "lost", "lost too")
        wait_until(lambda: handler.dropped == 2, "two lines to be dropped")
        ballast.unlink()
        log_through(handler, "kept")
        handler.close()
    expected = "log: 2 lines dropped, it was too slow or full\nkept\n"
    assert (small_disk / "log").read_text() == expected


def test_closed_standard_error_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "getLogger", lambda: root)
    monkeypatch.setattr(sys, "stderr", None)  # what Python makes of `server.py 2>&-`
    start_logging()
    root.error("to nobody")
    assert [type(each) for each in root.handlers] == [logging.NullHandler]


def test_feat_V1_moves_between_lanes_and_counters_are_shown_and_other_news_is_not() -> None:
    script = (
        "import logging\n"
        "from mvc.cli.logs import start_logging\n"
        "start_logging()\n"
        "logging.getLogger('treadle.server').info('refused')\n"
        "logging.getLogger('treadle.lanes').info('moved')\n"
        "logging.getLogger('treadle.counters').info('risen')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
    )
    news = [line.partition("INFO ")[2] for line in done.stderr.splitlines()]
    assert news == ["treadle.lanes: moved", "treadle.counters: risen"]
    assert "refused" not in done.stderr


def test_sec_R9_server_whose_output_nobody_reads_serves_and_stops(folder: Path) -> None:
    (folder / "controllers" / "broken.py").write_text(BROKEN)
    options = ["--port", "0", "--access-log", "off", "--app", str(folder)]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "server.py"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )
    with process:
        try:
            url = _url_printed_by(process)
            for _ in range(60):  # each a traceback of more than 3 kB, a pipe takes 64
                with pytest.raises(urllib.error.HTTPError, match="500"):
                    urllib.request.urlopen(url + "/broken", timeout=SECONDS)
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:
                assert answer.read() == b"home"
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()


def _url_printed_by(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    for line in iter(process.stdout.readline, b""):
        if line.startswith(b"Serving"):
            return line.split()[1].decode()
    raise AssertionError("the server printed no URL")
