"""Who takes part, and the command that serves on a given port.

Every contender runs without an access log, on one core, with 32 threads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

# What the peers' own environment holds.
PEER_PACKAGES = ("flask", "gunicorn", "waitress")


@dataclass(frozen=True)
class Contender:
    """name: in the table; command: from the peers' Python and a port to an argument list."""

    name: str
    command: Callable[[Path, int], list[str]]


def treadle(_peer_python: Path, port: int) -> list[str]:
    python = str(ROOT / ".venv/bin/python")
    app = str(HERE / "apps/tiny")
    return [python, "server.py", "--app", app, "--port", str(port), "--access-log", "off"]


def gunicorn(peer_python: Path, port: int) -> list[str]:
    options = ["--worker-class", "gthread", "--threads", "32", "--workers", "1"]
    where = ["--chdir", str(HERE / "apps"), "--bind", f"127.0.0.1:{port}"]
    return [str(peer_python), "-m", "gunicorn", *options, *where, "flask_json:app"]


def waitress(peer_python: Path, port: int) -> list[str]:
    serve = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from flask_json import app; import waitress; "
        "waitress.serve(app, host='127.0.0.1', port=int(sys.argv[2]), threads=32, "
        "connection_limit=1000)"
    )
    return [str(peer_python), "-c", serve, str(HERE / "apps"), str(port)]


CONTENDERS = (
    Contender("Treadle", treadle),
    Contender("Flask on gunicorn gthread (32)", gunicorn),
    Contender("Flask on waitress (32)", waitress),
)
