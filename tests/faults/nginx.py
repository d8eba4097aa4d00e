"""nginx with the pages of the attacked application, for the same attacks beside ours."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.report import CannotRun
from tests.faults.site import BIG_SIZE, FILE_SIZE, read_status
from tests.faults.tools import need

START_SECONDS = 5.0
_CONFIGURATION = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 18000; }}
http {{
  access_log off; sendfile on; default_type text/html;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024; root {folder}/pages;
    location = / {{ return 200 "<p>hello</p>"; }}
    location = /upload {{ proxy_pass http://127.0.0.1:{port}/; }}
  }}
}}
"""


class Nginx:
    """A running nginx; what a probe and an attacker need of it."""

    def __init__(self, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str = "/", timeout: float = 10.0) -> int:
        with socket.create_connection(self.address, timeout) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            return read_status(sock)


@contextlib.contextmanager
def serve_nginx() -> Iterator[Nginx]:
    """Raises CannotRun when there is no nginx."""
    program = need("nginx", "nginx-light")
    with tempfile.TemporaryDirectory(prefix="treadle-nginx-") as name:
        folder, port = Path(name), _free_port()
        folder.chmod(0o755)  # its worker is another user
        _write_pages(folder / "pages")
        configuration = folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, port=port), encoding="ascii")
        process = subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)
        try:
            yield _when_started(Nginx(port))
        finally:
            process.terminate()
            process.wait(10)


def _write_pages(folder: Path) -> None:
    folder.mkdir()
    (folder / "big").write_bytes(b"x" * BIG_SIZE)
    (folder / "small-file").write_bytes(b"x" * 4096)
    with (folder / "file").open("wb") as file:
        file.truncate(FILE_SIZE)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _when_started(nginx: Nginx) -> Nginx:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if nginx.get() == 200:
                return nginx
        time.sleep(0.05)
    raise CannotRun("nginx did not start")
