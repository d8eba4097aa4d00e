"""Who takes part, and the command that serves.

Each runs as one process with 32 threads where it has any, and without an access log unless its name
says otherwise. What is not said here is the peer's own default.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.nginx import write_configuration
from benchmarks.paths import APPS, ROOT

THREADS = 32


@dataclass(frozen=True)
class Place:
    """Where a server is to serve: its port, and the scratch folder with the copied application."""

    port: int
    scratch: Path


@dataclass(frozen=True)
class Contender:
    """name: in the tables; command: what starts it."""

    name: str
    command: Callable[[Place], list[str]]


def _treadle(access_log: str) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        app, log = place.scratch / "treadle", access_log.format(place.scratch)
        options = ["--app", str(app), "--port", str(place.port), "--access-log", log]
        return [sys.executable, str(ROOT / "server.py"), *options]

    return command


def _granian(place: Place) -> list[str]:
    threads = ["--workers", "1", "--blocking-threads", str(THREADS)]
    where = ["--working-dir", str(APPS), "--host", "127.0.0.1", "--port", str(place.port)]
    options = ["--interface", "wsgi", "--no-access-log", *threads, *where]
    return [str(peers.PYTHON), "-m", "granian", *options, "falcon_app:app"]


def _gunicorn(place: Place) -> list[str]:
    threads = ["--worker-class", "gthread", "--threads", str(THREADS), "--workers", "1"]
    where = ["--chdir", str(APPS), "--bind", f"127.0.0.1:{place.port}"]
    return [str(peers.PYTHON), "-m", "gunicorn", *threads, *where, "flask_app:app"]


def _uvicorn(place: Place) -> list[str]:
    parts = ["--loop", "uvloop", "--http", "httptools"]
    where = ["--app-dir", str(APPS), "--port", str(place.port)]
    options = ["--no-access-log", "--log-level", "warning", *parts, *where]
    return [str(peers.PYTHON), "-m", "uvicorn", *options, "starlette_app:app"]


def _by_script(server: str, module: str) -> Callable[[Place], list[str]]:
    script = str(APPS / "serve.py")
    return lambda place: [str(peers.PYTHON), script, server, module, str(place.port)]


def _nginx(place: Place) -> list[str]:
    configuration = write_configuration(place.scratch, place.port)
    return ["nginx", "-p", str(place.scratch), "-c", str(configuration), "-e", "nginx.log"]


TREADLE = Contender("Treadle", _treadle("off"))
TREADLE_LOGGING = Contender("Treadle, access log to a file", _treadle("{}/access.log"))
GRANIAN = Contender("Falcon on granian", _granian)
BJOERN = Contender("Falcon on bjoern", _by_script("bjoern", "falcon_app"))
GUNICORN = Contender("Flask on gunicorn gthread", _gunicorn)
UVICORN = Contender("Starlette on uvicorn", _uvicorn)
WAITRESS = Contender("Flask on waitress", _by_script("waitress", "flask_app"))
CHEROOT = Contender("Bottle on cheroot", _by_script("cheroot", "bottle_app"))
NGINX = Contender("nginx", _nginx)
