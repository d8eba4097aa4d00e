"""`python server.py` as a process: what it prints, what it refuses, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import orm
from mvc import Application
from mvc.cli.serving import announce

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 20


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "server.py"), "--access-log", "off", *arguments]


def refused(*arguments: str, environ: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit status and the error output of a start that fails."""
    done = subprocess.run(
        command("--port", "0", *arguments),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=os.environ | (environ or {}),
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning:")]
    return done.returncode, "\n".join(lines)


@contextmanager
def running(folder: Path, stop: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """What the server printed when it was ready; afterwards it must end with status 0."""
    arguments = command("--port", "0", "--app", str(folder))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines: list[str] = []
            while process.stdout and not (lines and lines[-1].startswith("Stop")):
                line = process.stdout.readline()
                if not line:
                    break
                lines.append(line)
            yield "".join(lines)
        finally:
            process.send_signal(stop)
            status = process.wait(SECONDS)
    assert status == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_serves_and_stops_with_status_0(
    folder: Path, stop: signal.Signals
) -> None:
    with running(folder, stop) as printed:
        for label in ("Serving", "Application", "Database", "Lanes", "Stop with"):
            assert re.search(rf"^{label} +\S", printed, re.MULTILINE)
        url = re.search(r"http://127\.0\.0\.1:\d+", printed)
        assert url
        with urllib.request.urlopen(url[0], timeout=SECONDS) as answer:
            assert answer.read() == b"home"
    assert (folder / "var" / "app.db").is_file()
    assert (folder / "var" / "keys").stat().st_mode & 0o077 == 0


def test_a_busy_port_is_one_line_and_status_1(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, error = refused("--app", str(folder), "--port", port)
    assert status == 1
    assert port in error
    assert "\n" not in error


def test_an_import_error_names_file_and_line(folder: Path) -> None:
    (folder / "controllers" / "bad.py").write_text("\nimport nothing_like_it\n")
    status, error = refused("--app", str(folder))
    assert status == 1
    assert "bad.py:2: ModuleNotFoundError" in error
    assert "\n" not in error


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("@get('/')\ndef a(r): ...\n@get('/')\ndef b(r): ...", "bad.py:4: GET / is already"),
        ("@get('/<id>')\ndef a(r): ...", "bad.py:2: handler 'a' does not take 'id'"),
        ("@get('/b', middleware='no.where')\ndef a(r): ...", "bad.py:2: middleware 'no.where'"),
        ("@get('/b', timeout='x')\ndef a(r): ...", "bad.py:2: timeout='x'"),
        ("@on_startup\ndef up(): raise OSError('no')", "on_startup: {}bad.py:3: OSError: no"),
    ],
)
def test_feat_R17_a_wrong_declaration_ends_the_start_with_one_line(
    folder: Path, source: str, problem: str
) -> None:
    bad = folder / "controllers" / "bad.py"
    (folder / "controllers" / "pages.py").unlink()
    bad.write_text(f"from mvc import get, on_startup\n{source}\n")
    status, error = refused("--app", str(folder))
    assert status == 1
    assert problem.format(f"{bad.parent}/") in error
    assert error.count("bad.py:") <= 2
    assert "\n" not in error


def test_an_access_log_that_cannot_be_written_is_one_line(folder: Path) -> None:
    """Before anything is announced."""
    options = ["--port", "0", "--app", str(folder), "--access-log", str(folder / "no" / "log")]
    done = subprocess.run(
        command(*options), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot write the access log" in done.stderr.splitlines()[-1]


def test_an_unknown_form_of_the_access_log_is_one_line(folder: Path) -> None:
    status, error = refused("--app", str(folder), "--access-log-format", "xml")
    assert status == 1
    assert error == (
        "server.py: --access-log-format must be one of common, combined, json, not 'xml'"
    )


def test_ctrl_c_before_it_serves_is_one_line(folder: Path) -> None:
    with (folder / "controllers" / "pages.py").open("a") as source:
        source.write(
            "\nimport time\nfrom mvc import on_startup\n"
            f"@on_startup\ndef up():\n    print('here', flush=True)\n    time.sleep({SECONDS})\n"
        )
    arguments = command("--port", "0", "--app", str(folder))
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 1
    assert error.splitlines()[-1].startswith("server.py: interrupted before it served")
    assert "Traceback" not in error


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_right_behind_the_announcement_ends_with_status_0(
    folder: Path, stop: signal.Signals
) -> None:
    for _ in range(3):
        with running(folder, stop) as printed:
            assert "Stop with" in printed


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="a signal of POSIX")
def test_sec_R6_who_asks_for_counters_while_the_server_ends_does_not_kill_it(folder: Path) -> None:
    with (folder / "controllers" / "pages.py").open("a") as source:
        source.write("\nimport os, signal\nfrom mvc import on_shutdown\n@on_shutdown\n")
        source.write("def down(): os.kill(os.getpid(), signal.SIGUSR1)\n")
    with running(folder) as printed:
        assert "Serving" in printed


def test_a_shutdown_hook_that_fails_is_logged_and_the_status_stays_0(folder: Path) -> None:
    with (folder / "controllers" / "pages.py").open("a") as source:
        source.write("\nfrom mvc import on_shutdown\n@on_shutdown\ndef down(): raise OSError\n")
    with running(folder) as printed:
        assert "Serving" in printed


@pytest.mark.parametrize(
    ("arguments", "environ", "problem"),
    [
        (["--debug", "--host", "0.0.0.0"], {"TREADLE_ALLOWED_HOSTS": "a.example"}, "debug"),
        (["--host", "0.0.0.0"], {}, "allowed_hosts"),
        ([], {"TREADLE_PROT": "1"}, "did you mean TREADLE_PORT?"),
        (["--threads", "many"], {}, "--threads must be a whole number"),
    ],
)
def test_sec_A9_H9_unsafe_or_unknown_settings_end_the_start(
    folder: Path, arguments: list[str], environ: dict[str, str], problem: str
) -> None:
    status, error = refused("--app", str(folder), *arguments, environ=environ)
    assert status == 1
    assert problem in error
    assert "\n" not in error


@pytest.mark.parametrize("option", ["--workers", "--reload", "--cert", "--unix=/tmp/x"])
def test_options_of_a_later_release_say_so(folder: Path, option: str) -> None:
    status, error = refused("--app", str(folder), option, "2")
    assert status == 2
    assert "is not available in this release" in error


def test_a_closed_standard_output_is_no_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Application.load(folder)
    monkeypatch.setattr(sys, "stdout", None)  # what Python makes of `server.py >&-`
    announce(app, "http://127.0.0.1:8000", is_filled=False)
    orm.close()
