"""Starts the real `server.py` for an application folder and stops it again."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


@contextlib.contextmanager
def served(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The base URL of `server.py --app folder` on a free port; it must stop with status 0."""
    process = subprocess.Popen(
        [sys.executable, "server.py", "--app", str(folder), "--port", "0", "--access-log", "off"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _url_printed_by(process)
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, rest


def _url_printed_by(process: subprocess.Popen[str]) -> str:
    """The URL that the server prints once it accepts; a failed start ends the stream instead."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("the server printed no URL:\n" + "".join(printed))
