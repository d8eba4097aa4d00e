"""2,000 connections that each hold as much of the server's memory as they can (sec:T9)."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

from tests.faults.crowds import need_descriptors
from tests.faults.probe import probing, recovery
from tests.faults.report import Finding
from tests.faults.site import MIB, Site, serve
from tests.faults.tools import need
from tests.support.wire import memory_bytes, resident_bytes

CROWD = 2_000
KIB = 1024
SLACK = 1.3
PROBING = 5.0  # seconds
ROOM = 32 * MIB  # of address space beyond what the server reserves at its start
PLENTY = 4096 * MIB

_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + (b"X: " + b"x" * 8000 + b"\r\n") * 3
_BODY = b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65000\r\n\r\n" + b"x" * 64_000
_ENDLESS = b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"GET / HTTP/1.1\r\n" + b"X" * 4000

# What is sent, and what a connection may hold for it, by sec:T9: buffers of head, body and output,
# and some KiB for the connection itself.
CROWDS = {
    "heads of 24 KiB": (_HEAD, 32 * KIB + 16 * KIB),
    "bodies of 63 KiB": (_BODY, 64 * KIB + 16 * KIB),
    "streams nobody reads": (_ENDLESS, 256 * KIB + 64 * KIB),
}
_LITTLE = 4096  # receive buffer of a client that does not read


def run(seconds: float) -> list[Finding]:
    """Each crowd twice: where memory suffices, and where it does not."""
    need_descriptors(CROWD + 100)
    seconds = min(seconds, PROBING)
    limit = _address_space_at_start() + ROOM
    findings = []
    for name, (data, each) in CROWDS.items():
        findings += _run_amply(f"{CROWD} {name}", data, each, seconds)
        findings += _run_scarcely(f"{CROWD} {name}, {ROOM // MIB} MiB", data, limit, seconds)
    return findings


def _run_amply(scenario: str, data: bytes, each: int, seconds: float) -> list[Finding]:
    with serve() as site:
        site.get()
        before = resident_bytes(site.pid)
        with _crowd(site, data), probing(site, seconds) as tally:
            time.sleep(seconds / 2)
            growth = (resident_bytes(site.pid) - before) / MIB
    most = SLACK * CROWD * each / MIB
    return [
        *tally.findings(scenario, 99.5, 50),
        Finding(scenario, "more memory", f"<= {most:.0f} MiB", f"{growth:.0f} MiB", growth <= most),
    ]


def _run_scarcely(scenario: str, data: bytes, limit: int, seconds: float) -> list[Finding]:
    """The address space is limited to less than the crowd would take: who comes too late is refused
    or cut off, and everybody else is served."""
    with serve(*_limited(limit)) as site:
        site.get()
        with _crowd(site, data), probing(site, seconds) as tally:
            pass
        peak = memory_bytes(site.pid, "VmPeak") / MIB
        after = recovery(site, scenario)
        status = site.terminate()
    return [
        *tally.findings(scenario, 99.5, 500),
        Finding(scenario, "address space", f"<= {limit / MIB:.0f} MiB", f"{peak:.0f} MiB", True),
        after,
        Finding(scenario, "exit status", "0", str(status), status == 0),
    ]


def _address_space_at_start() -> int:
    """Bytes that a server reserves which knows of a limit."""
    with serve(*_limited(PLENTY)) as site:
        site.get()
        return memory_bytes(site.pid, "VmSize")


def _limited(size: int) -> tuple[str, str]:
    return need("prlimit", "util-linux"), f"--as={size}"


@contextlib.contextmanager
def _crowd(site: Site, data: bytes) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(CROWD):
            # A server that sheds at its memory's limit may close; that is no fault.
            with contextlib.suppress(OSError):
                _send(_connect(site, stack.callback), data, waits=data is _ENDLESS)
        yield


def _connect(site: Site, at_end: Callable[[Callable[[], None]], object]) -> socket.socket:
    sock = socket.socket()
    at_end(sock.close)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LITTLE)
    sock.settimeout(10)
    sock.connect(site.address)
    return sock


def _send(sock: socket.socket, data: bytes, *, waits: bool) -> None:
    """waits: until the answer begins, so that the crowd is not also an overload."""
    sock.sendall(data)
    if waits:
        sock.recv(1, socket.MSG_PEEK)
