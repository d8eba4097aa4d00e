"""The application under attack, served by the real `server.py` in a process of its own."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from os import environ
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20
STOP_SECONDS = 40
MIB = 1024 * 1024
BIG_SIZE = MIB
FILE_SIZE = 50 * MIB
PASSWORD = "correct horse battery staple"

_CONTROLLERS = f'''
import sys
import time
from pathlib import Path

from mvc import FileResponse, HTTPError, Request, User, authenticate, get, login, post

BIG = b"x" * {BIG_SIZE}
FILE = Path(__file__).parents[1] / "file.bin"


@get("/")
def index(request: Request):
    return "<p>hello</p>"


@get("/big")
def big(request: Request):
    return BIG


@get("/short-work")
def short_work(request: Request):
    time.sleep(0.02)
    return "done"


@get("/work")
def work(request: Request):
    end = time.thread_time() + 0.005
    while time.thread_time() < end:
        pass
    return "done"


@get("/endless")
def endless(request: Request):
    piece = b"x" * 16384
    while True:
        yield piece


@get("/file")
def file(request: Request):
    return FileResponse(FILE)


@get("/small-file")
def small_file(request: Request):
    return FileResponse(__file__)


@get("/broken")
def broken(request: Request):
    raise RuntimeError("broken on purpose " + "x" * 2000)


@post("/upload")
def upload(request: Request):
    return {{"size": len(request.body)}}


@post("/register")
def register(request: Request):
    user = User(username=request.form["username"])
    user.set_password("{PASSWORD}")
    user.save()
    return "registered"


@post("/login", transaction=False)
def log_in(request: Request):
    user = authenticate(request, request.form["username"], request.form["password"])
    if user is None:
        raise HTTPError(422, "no")
    login(request, user)
    return "in"
'''


class Site:
    """A running server. address: host and port; pid: of its process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.pid = process.pid
        self.address = _address_printed_by(process)
        self.url = f"http://{self.address[0]}:{self.address[1]}"

    def get(self, path: str = "/", timeout: float = 10.0) -> int:
        """Status of one request on a connection of its own. Raises OSError."""
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return self.ask(head.encode("ascii"), timeout)

    def post(self, path: str, body: bytes, media_type: str, timeout: float = 30.0) -> int:
        """The same with a body."""
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        head += f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        return self.ask(head.encode("ascii") + body, timeout)

    def ask(self, request: bytes, timeout: float) -> int:
        with socket.create_connection(self.address, timeout) as sock:
            sock.sendall(request)
            return read_status(sock)

    def terminate(self) -> int:
        """Send SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


def read_status(sock: socket.socket) -> int:
    """Read to the end of the stream; 0 when that was no whole answer of known length."""
    parts = []
    while data := sock.recv(256 * 1024):
        parts.append(data)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    if length is None or len(body) != int(length[1]):
        return 0
    return int(head.split(b" ", 2)[1])


@contextlib.contextmanager
def serve(
    *prefix: str,
    access_log: str = "off",
    environment: Mapping[str, str] | None = None,
    reads_output: bool = True,
    more_controllers: str = "",
) -> Iterator[Site]:
    """Serve the application; `prefix` is put before the command.

    more_controllers: the text of a second module of them.
    reads_output: whether anybody reads what the server prints once it has started.
    """
    with tempfile.TemporaryDirectory(prefix="treadle-faults-") as folder:
        application = _write_application(Path(folder))
        (application / "controllers" / "more.py").write_text(more_controllers, encoding="utf-8")
        options = ["--app", str(application), "--port", "0", "--access-log", access_log]
        process = subprocess.Popen(
            [*prefix, sys.executable, "server.py", *options],
            cwd=ROOT,
            env={**environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            site = Site(process)
            if reads_output:
                threading.Thread(target=_swallow, args=(process,), daemon=True).start()
            yield site
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(STOP_SECONDS)


def _write_application(folder: Path) -> Path:
    application = folder / "attacked"
    (application / "controllers").mkdir(parents=True)
    (application / "controllers" / "pages.py").write_text(_CONTROLLERS, encoding="utf-8")
    with (application / "file.bin").open("wb") as file:
        file.truncate(FILE_SIZE)
    return application


def _address_printed_by(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    printed = []
    try:
        # One byte at a time: a buffered read would go on emptying the pipe behind the URL.
        line = b""
        while byte := process.stdout.raw.read(1):
            line += byte
            if byte == b"\n":
                printed.append(line)
                if found := re.search(rb"http://([0-9.]+):(\d+)", line):
                    return found[1].decode(), int(found[2])
                line = b""
    finally:
        watchdog.cancel()
    raise RuntimeError("the server printed no URL:\n" + b"".join(printed).decode())


def _swallow(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ValueError, OSError):
        while process.stdout.raw.read(65536):
            pass
