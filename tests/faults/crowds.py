"""Thousands of connections of our own making: dribbling, idle, or coming and going."""

import contextlib
import itertools
import resource
import socket
import time
from collections.abc import Iterator

from tests.faults.probe import probing, recovery
from tests.faults.report import CannotRun, Finding
from tests.faults.site import MIB, Site, serve
from tests.support.wire import resident_bytes

DRIBBLERS = 4_000
IDLE = 10_000
CHURN = 2_000  # connections a second
IDLE_SECONDS = 6.0  # of measuring: the first of them are closed 15 s after their answer

_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 4000
_BODY = b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000\r\n\r\n" + b"x" * 8000
_KEEP = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def run_dribblers(seconds: float) -> list[Finding]:
    """Each sends a byte a second, half of them of a head and half of a body (sec:T1, T2)."""
    need_descriptors(DRIBBLERS + 100)
    with serve() as site, contextlib.ExitStack() as stack:
        crowd = [_Dribbler(site, _BODY if n % 2 else _HEAD) for n in range(DRIBBLERS)]
        for each in crowd:
            stack.callback(each.close)
        with probing(site, seconds) as tally:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                begin = time.monotonic()
                for each in crowd:
                    each.go_on()
                time.sleep(max(0.0, begin + 1 - time.monotonic()))
        reopened = sum(each.reopened for each in crowd)
        stack.close()
        return [
            *tally.findings("dribblers", 99.5, 50),
            recovery(site, "dribblers"),
            Finding("dribblers", "cut off by the server", "-", str(reopened), True),
        ]


class _Dribbler:
    def __init__(self, site: Site, request: bytes) -> None:
        self._site = site
        self._request = request
        self.reopened = -1
        self._open()

    def go_on(self) -> None:
        """The next byte; a new connection when the server has ended this one."""
        try:
            self._sock.send(self._request[self._sent : self._sent + 1])
            self._sent += 1
            if self._sock.recv(4096) is not None:  # an answer, or the end
                raise ConnectionError
        except BlockingIOError:
            return
        except OSError:
            self._sock.close()
            self._open()

    def close(self) -> None:
        self._sock.close()

    def _open(self) -> None:
        self._sock = socket.create_connection(self._site.address, 10)
        self._sock.setblocking(False)
        # Bodies dribble behind a whole head.
        self._sent = max(0, self._request.find(b"\r\n\r\n") + 4) if b"POST" in self._request else 0
        with contextlib.suppress(OSError):
            self._sock.send(self._request[: self._sent])
        self.reopened += 1


def run_idle(seconds: float) -> list[Finding]:
    """Connections that have had an answer and stay (sec:G3)."""
    need_descriptors(IDLE + 100)
    with serve() as site:
        for _ in range(200):
            site.get()
        before = resident_bytes(site.pid)
        crowd = [_open_idle(site) for _ in range(IDLE)]
        try:
            with probing(site, min(seconds, IDLE_SECONDS), 0.005) as tally:
                time.sleep(1)
                growth = (resident_bytes(site.pid) - before) / MIB
            open_now = sum(map(_is_open, crowd))
        finally:
            for sock in crowd:
                sock.close()
        return [
            Finding(f"{IDLE} idle", "more memory", "<= 30 MiB", f"{growth:.1f} MiB", growth <= 30),
            *tally.findings(f"{IDLE} idle", 100, 20),
            Finding(f"{IDLE} idle", "still open", "all", str(open_now), open_now == IDLE),
        ]


def _open_idle(site: Site) -> socket.socket:
    sock = socket.create_connection(site.address, 10)
    sock.sendall(_KEEP)
    if not sock.recv(4096).startswith(b"HTTP/1.1 200 "):
        raise RuntimeError("an idle connection got no page")
    return sock


def _is_open(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return bool(sock.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


def run_churn(seconds: float) -> list[Finding]:
    """Connections that are opened and closed at once, every other one by a reset (sec:T7)."""
    with serve() as site:
        with probing(site, seconds) as tally:
            made = _churn(site, seconds)
        rate = made / seconds
        return [
            Finding(
                "churn", "connections a second", f">= {CHURN}", f"{rate:.0f}", rate >= 0.95 * CHURN
            ),
            *tally.findings("churn", 99.5, 50),
        ]


def _churn(site: Site, seconds: float) -> int:
    """How many were made. From many addresses, so that the ports of one do not run out."""
    sources = itertools.cycle(f"127.0.1.{n}" for n in range(1, 255))
    made = 0
    for due in _ticks(seconds, CHURN):
        with socket.socket() as sock:
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.settimeout(10)
            sock.bind((next(sources), 0))
            sock.connect(site.address)
            if made % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        made += 1
        time.sleep(max(0.0, due - time.monotonic()))
    return made


_IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h
_RESET = b"\1\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds


def _ticks(seconds: float, rate: int) -> Iterator[float]:
    begin = time.monotonic()
    for n in itertools.count(1):
        due = begin + n / rate
        if time.monotonic() > begin + seconds or due > begin + seconds:
            return
        yield due


def need_descriptors(count: int) -> None:
    """Raise this process's limit of open files. Raises CannotRun when it cannot be so high."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise CannotRun(f"{count} open files are needed, the hard limit is {hard}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
