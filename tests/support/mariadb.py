"""A private MariaDB server for a test session: own folder, own port, gone afterwards."""

import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from os import environ
from pathlib import Path

import pymysql

# A fresh data folder takes 1-3 s and a start 1 s here; a loaded machine may need many times that.
_START_DEADLINE = 60.0
_STOP_DEADLINE = 20.0

ROOT_PASSWORD = "root-secret"

_CONFIGURATION = """\
[mariadbd]
datadir={folder}/data
socket={folder}/socket
# Of its own: a server that starts removes temporary tables it finds there, whosever they are.
tmpdir={folder}
pid-file={folder}/pid
log-error={folder}/error.log
port={port}
bind-address=127.0.0.1
skip-name-resolve
innodb_buffer_pool_size=32M
innodb_log_file_size=16M
# Nothing in here must survive a power cut. 0 loses commits when the process is killed, 2 does not.
innodb_flush_log_at_trx_commit={flush}
innodb_doublewrite=0
innodb_flush_method=nosync
sync_binlog=0
performance_schema=OFF
max_connections=200
"""


class MariaDbUnavailable(RuntimeError):
    """MariaDB is not installed here; the text says what to do."""


@dataclass
class MariaDb:
    """A running server; `stop` ends it and removes its folder."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    def url(self, name: str, user: str = "root", password: str = ROOT_PASSWORD) -> str:
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        self.process.kill()
        self.process.wait(_STOP_DEADLINE)

    def start_again(self) -> None:
        """After `kill`, on the same port; returns when the port accepts."""
        self.process = _spawn(self.folder)
        _wait_until_ready(self)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(_STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_STOP_DEADLINE)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_mariadb(*, survives_kill: bool = False) -> MariaDb:
    """Install an empty data folder and start a server on it.

    survives_kill: what it has committed is there after `kill`.
    MariaDbUnavailable where it is not installed; RuntimeError, with the server's own words, when
    it is and does not start.
    """
    _find("mariadbd")
    installer = _find("mariadb-install-db")
    folder = Path(tempfile.mkdtemp(prefix="treadle-mariadb-"))
    port = _free_port()
    text = _CONFIGURATION.format(folder=folder, port=port, flush=2 if survives_kill else 0)
    (folder / "my.cnf").write_text(text)
    try:
        _install(installer, folder)
        process = _spawn(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    database = MariaDb(process, folder, port)
    try:
        _wait_until_ready(database)
        _set_root_password(folder)
    except BaseException:
        database.stop()
        raise
    return database


def _spawn(folder: Path) -> subprocess.Popen[bytes]:
    # The server refuses root unless told so by name.
    options = [f"--defaults-file={folder}/my.cnf", f"--user={getpass.getuser()}"]
    return subprocess.Popen(
        [*_ends_with_us(), _find("mariadbd"), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _ends_with_us() -> list[str]:
    """A prefix for the command (util-linux) that ends it when a killed test run could not."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _find(program: str) -> str:
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise MariaDbUnavailable(
            f"{program} is not installed (apt-get install mariadb-server), and "
            "TREADLE_TEST_MYSQL names no server"
        )
    return path


def _install(installer: str, folder: Path) -> None:
    outcome = subprocess.run(
        [
            installer,
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--user={getpass.getuser()}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        env=environ | {"TMPDIR": str(folder)},
        capture_output=True,
        timeout=_START_DEADLINE,
        check=False,
    )
    if outcome.returncode:
        text = (outcome.stdout + outcome.stderr).decode(errors="replace")
        raise RuntimeError(f"mariadb-install-db failed: {text[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(database: MariaDb) -> None:
    """The server says when it is ready by accepting connections; there is nothing to wait on but
    the attempt itself, so it is repeated until a deadline."""
    deadline = time.monotonic() + _START_DEADLINE
    while time.monotonic() < deadline:
        if database.process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", database.port)) == 0:
                return
        time.sleep(0.05)
    log = database.folder / "error.log"
    text = log.read_text(errors="replace")[-2000:] if log.exists() else "it wrote no log"
    raise RuntimeError(f"mariadbd did not start within {_START_DEADLINE:g} s: {text}")


def _set_root_password(folder: Path) -> None:
    """Give root a password, for the loopback address too: tests of wrong passwords need one."""
    connection = pymysql.connect(unix_socket=f"{folder}/socket", user="root")
    with connection, connection.cursor() as cursor:
        for host in ("127.0.0.1", "localhost"):
            cursor.execute(
                "GRANT ALL ON *.* TO %s@%s IDENTIFIED BY %s WITH GRANT OPTION",
                ("root", host, ROOT_PASSWORD),
            )
