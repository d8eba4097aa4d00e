"""SIGTERM in the middle of a load: no request that was sent gets lost (sec:R1, sec:G4)."""

import random
import re
import socket
import threading
import time
from collections import Counter

from tests.faults.report import Finding
from tests.faults.site import Site, serve

ROUNDS = 20
CLIENTS = 32
_PATHS = ("/", "/short-work", "/big")


def run(seconds: float) -> list[Finding]:
    """Half of the clients keep their connection, half open one for each request."""
    outcomes = Counter[str]()
    statuses = Counter[int]()
    slowest = 0.0
    for number in range(ROUNDS):
        with serve() as site:
            took, status = _stop_under_load(site, outcomes, random.Random(number))
            statuses[status] += 1
            slowest = max(slowest, took)
    lost = outcomes.total() - outcomes["answered"] - outcomes["not sent"]
    told = ", ".join(f"{count} {what}" for what, count in sorted(outcomes.items()))
    scenario = f"SIGTERM, {ROUNDS} times"
    return [
        Finding(scenario, "requests sent and lost", "0", f"{lost} ({told})", lost == 0),
        Finding(scenario, "exit status", "all 0", str(dict(statuses)), set(statuses) == {0}),
        Finding(scenario, "slowest end", "< 5 s", f"{slowest:.1f} s", slowest < 5),
    ]


def _stop_under_load(
    site: Site, outcomes: Counter[str], chance: random.Random
) -> tuple[float, int]:
    clients = [_Client(site, keeps=n % 2 == 0, path=_PATHS[n % 3]) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(0.3 + chance.random() / 2)
    begin = time.monotonic()
    status = site.terminate()
    took = time.monotonic() - begin
    for client in clients:
        client.join(30)
        outcomes.update(client.outcomes)
    return took, status


class _Client(threading.Thread):
    """Asks without pause until the server is gone. What became of each request is counted."""

    def __init__(self, site: Site, *, keeps: bool, path: str) -> None:
        super().__init__(daemon=True)
        self._address = site.address
        self._keeps = keeps
        self._request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("ascii")
        self.outcomes = Counter[str]()

    def run(self) -> None:
        while True:
            try:
                sock = socket.create_connection(self._address, 10)
            except OSError:
                self.outcomes["not sent"] += 1
                return
            with sock:
                sock.settimeout(30)
                self._use(sock)

    def _use(self, sock: socket.socket) -> None:
        goes_on = True
        while goes_on:
            try:
                sock.sendall(self._request)
                goes_on = _read_answer(sock) and self._keeps
            except (OSError, EOFError) as error:
                self.outcomes[type(error).__name__] += 1
                return
            self.outcomes["answered"] += 1


def _read_answer(sock: socket.socket) -> bool:
    """Whether the connection stays open behind this answer. Raises EOFError when it is cut."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise EOFError(head)
    missing = int(length[1]) - len(body)
    while missing > 0:
        missing -= len(_receive(sock))
    return b"\r\nconnection: close" not in head.lower()


def _receive(sock: socket.socket) -> bytes:
    data = sock.recv(256 * 1024)
    if not data:
        raise EOFError("the answer was cut")
    return data
