"""Things run out: descriptors, the disk, whoever reads the log (sec:T8, F6, R9)."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.faults.probe import probing
from tests.faults.report import CannotRun, Finding
from tests.faults.site import MIB, Site, serve
from tests.support.disks import mounted_disk
from tests.support.wire import cpu_seconds

DESCRIPTORS = 64
CLIENTS = 200
SILENT_SECONDS = 8.0  # less than the server waits for a first byte
DISK = 8 * MIB
UPLOAD = 3 * MIB
UPLOADS = 12
NO_ROOM = (503, 507)
LONG_LINES = 200  # of 4 kB each: a pipe takes 64
TRACEBACKS = 100


def run_descriptors(seconds: float) -> list[Finding]:
    """More clients than descriptors: all silent, then all in the middle of a request (sec:T8)."""
    if shutil.which("prlimit") is None:
        raise CannotRun("prlimit is missing: apt-get install util-linux")
    scenario = f"{DESCRIPTORS} descriptors"
    limited = ("prlimit", f"--nofile={DESCRIPTORS}")
    with serve(*limited) as site, contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection(site.address, 10))
        with probing(site, min(seconds, SILENT_SECONDS)) as tally:
            pass
    findings = tally.findings(f"{scenario}, silent", 99.5, 50)
    with serve(*limited) as site:
        before = cpu_seconds(site.pid)
        _crowd(site, seconds)
        load = 100 * (cpu_seconds(site.pid) - before) / seconds
        start = time.perf_counter()
        status = _status_within(site, 1.0)
        took = time.perf_counter() - start
        return [
            *findings,
            Finding(scenario, "processor", "< 5 %", f"{load:.1f} %", load < 5),
            Finding(
                scenario,
                "page after the release",
                "200 in < 1 s",
                f"{status} in {took * 1000:.0f} ms",
                status == 200,
            ),
            Finding(scenario, "exit status", "0", str(status := site.terminate()), status == 0),
        ]


def _crowd(site: Site, seconds: float) -> None:
    """Hold CLIENTS connections with half a head each; those that were closed come back."""
    clients: list[socket.socket] = []
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            clients = [sock for sock in clients if _is_waiting(sock)]
            while len(clients) < CLIENTS:
                sock = socket.create_connection(site.address, 10)
                sock.setblocking(False)
                clients.append(sock)
                with contextlib.suppress(OSError):
                    sock.send(b"GET / HTTP/1.1\r\nHo")
            time.sleep(1)
    finally:
        for sock in clients:
            sock.close()


def _is_waiting(sock: socket.socket) -> bool:
    try:
        sock.recv(4096)
    except BlockingIOError:
        return True
    except OSError:
        pass
    sock.close()
    return False


def _status_within(site: Site, seconds: float) -> int:
    """The first whole answer's status, 0 when none comes in time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(OSError):
            if status := site.get(timeout=left):
                return status
    return 0


def run_disk(seconds: float) -> list[Finding]:
    """Uploads that do not fit on the disk bodies are spooled to (sec:F6)."""
    scenario = "full disk"
    with _small_disk() as disk:
        environment = {"TMPDIR": str(disk), "TREADLE_MAX_BODY": str(2 * UPLOAD)}
        with serve(environment=environment) as site:
            first = _upload(site)
            with probing(site, min(seconds, 10.0)) as tally:
                statuses = Counter[int]()
                with ThreadPoolExecutor(UPLOADS) as pool:
                    for _ in range(5):
                        statuses.update(pool.map(_upload, [site] * UPLOADS))
            refused = sum(statuses[status] for status in NO_ROOM)
            used = shutil.disk_usage(disk).used
            again = _upload(site)
            told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
            return [
                Finding(
                    scenario,
                    f"{5 * UPLOADS} uploads",
                    "200, 503 or 507",
                    told,
                    refused > 0 and refused + statuses[200] == 5 * UPLOADS,
                ),
                *tally.findings(scenario, 100, 100),
                Finding(scenario, "left on the disk", "0 bytes", str(used), used == 0),
                Finding(
                    scenario,
                    "upload before and after",
                    "200, 200",
                    f"{first}, {again}",
                    (first, again) == (200, 200),
                ),
            ]


def _upload(site: Site) -> int:
    try:
        return site.post("/upload", b"x" * UPLOAD, "application/octet-stream")
    except OSError:
        return -1


@contextlib.contextmanager
def _small_disk() -> Iterator[Path]:
    try:
        with mounted_disk(str(DISK)) as folder:
            yield folder
    except PermissionError as error:
        raise CannotRun(str(error)) from error


def run_blocked_log(seconds: float) -> list[Finding]:
    """Standard output and error go to a pipe that nobody reads (sec:R9)."""
    scenario = "blocked log"
    with serve(access_log="-", reads_output=False) as site:
        with ThreadPoolExecutor(10) as pool:
            get = partial(_patient_get, site)
            missing = Counter(pool.map(get, ["/" + "x" * 4000] * LONG_LINES))
            broken = Counter(pool.map(get, ["/broken"] * TRACEBACKS))
        with probing(site, min(seconds, 10.0)) as tally:
            pass
        start = time.perf_counter()
        with contextlib.suppress(subprocess.TimeoutExpired):
            site.terminate()
        took = time.perf_counter() - start
        return [
            Finding(
                scenario, "long access lines", "all 404", str(dict(missing)), set(missing) == {404}
            ),
            Finding(
                scenario, "failing controller", "all 500", str(dict(broken)), set(broken) == {500}
            ),
            *tally.findings(scenario, 100, 50),
            Finding(
                scenario,
                "end after SIGTERM",
                "0 in < 10 s",
                f"{site.process.poll()} in {took:.1f} s",
                site.process.poll() == 0 and took < 10,
            ),
        ]


def _patient_get(site: Site, path: str) -> int:
    try:
        return site.get(path, timeout=2.0)
    except OSError:
        return 0
