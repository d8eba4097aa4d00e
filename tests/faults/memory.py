"""2,000 connections that each hold as much of the server's memory as they can (sec:T9)."""

import contextlib
import socket
import time
from collections.abc import Callable

from tests.faults.crowds import need_descriptors
from tests.faults.probe import probing
from tests.faults.report import Finding
from tests.faults.site import MIB, Site, serve
from tests.support.wire import resident_bytes

CROWD = 2_000
KIB = 1024
SLACK = 1.3
PROBING = 5.0  # seconds

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
    need_descriptors(CROWD + 100)
    findings = []
    for name, (data, each) in CROWDS.items():
        with serve() as site, contextlib.ExitStack() as stack:
            site.get()
            before = resident_bytes(site.pid)
            for _ in range(CROWD):
                _send(_connect(site, stack.callback), data, waits=data is _ENDLESS)
            with probing(site, min(seconds, PROBING)) as tally:
                time.sleep(min(seconds, PROBING) / 2)
                growth = (resident_bytes(site.pid) - before) / MIB
        scenario = f"{CROWD} {name}"
        most = SLACK * CROWD * each / MIB
        findings += [
            *tally.findings(scenario, 99.5, 50),
            Finding(
                scenario, "more memory", f"<= {most:.0f} MiB", f"{growth:.0f} MiB", growth <= most
            ),
        ]
    return findings


def _connect(site: Site, at_end: Callable[[Callable[[], None]], object]) -> socket.socket:
    sock = socket.socket()
    at_end(sock.close)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LITTLE)
    sock.settimeout(10)
    sock.connect(site.address)
    return sock


def _send(sock: socket.socket, data: bytes, *, waits: bool) -> None:
    """waits: until the answer begins, so that the crowd is not also an overload."""
    # A server that sheds at its memory's limit may close; that is no fault.
    with contextlib.suppress(ConnectionError):
        sock.sendall(data)
        if waits:
            sock.recv(1, socket.MSG_PEEK)
