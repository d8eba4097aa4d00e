"""Asks for a page at a fixed rate, each time on a fresh connection, and keeps the times.

Open loop: a request that takes long does not delay the next one. A process of its own, so that the
attacker's work in this interpreter does not count as the server's delay:

    python -m tests.faults.probe HOST PORT SECONDS INTERVAL
"""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.faults.report import Finding
from tests.faults.site import ROOT

GOOD = 2.0  # seconds: later counts as no answer
TIMEOUT = 10.0
RECOVERY = 1.0  # seconds after an attack until a page comes at once again
_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Probed(Protocol):
    """Whatever listens somewhere; `get` is one request's status."""

    address: tuple[str, int]

    def get(self) -> int: ...


@dataclass
class Tally:
    """Seconds of each answer, infinity for none."""

    seconds: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Per cent that were answered in good time."""
        return 100 * sum(each < GOOD for each in self.seconds) / max(1, len(self.seconds))

    def percentile(self, per_cent: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))]

    def findings(self, scenario: str, share: float, p99: float) -> list[Finding]:
        """The two figures that every attack is judged by."""
        return [
            Finding(
                scenario,
                f"probes answered < {GOOD:g} s",
                f">= {share:g} %",
                f"{self.share:.1f} % of {len(self.seconds)}",
                self.share >= share,
            ),
            Finding(
                scenario,
                "probe p99 (p50)",
                f"< {p99:g} ms",
                f"{self.percentile(99):.1f} ({self.percentile(50):.1f}) ms",
                self.percentile(99) < p99,
            ),
        ]


@contextlib.contextmanager
def probing(site: Probed, seconds: float, interval: float = 0.1) -> Iterator[Tally]:
    """Probe while the block runs; the tally is filled when it is left."""
    tally = Tally()
    host, port = site.address
    command = [sys.executable, "-m", "tests.faults.probe", host, str(port)]
    process = subprocess.Popen(
        [*command, str(seconds), str(interval)], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        yield tally
        output, _ = process.communicate(timeout=seconds + 2 * TIMEOUT)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    tally.seconds.extend(json.loads(output))


def recovery(site: Probed, scenario: str) -> Finding:
    """How soon a page comes once the attack is over."""
    start = time.perf_counter()
    status = site.get()
    took = time.perf_counter() - start
    return Finding(
        scenario,
        "page after the attack",
        f"200 in < {RECOVERY:g} s",
        f"{status} in {took * 1000:.0f} ms",
        status == 200 and took < RECOVERY,
    )


def _ask(address: tuple[str, int], times: list[float], index: int) -> None:
    start = time.perf_counter()
    try:
        with socket.create_connection(address, TIMEOUT) as sock:
            sock.settimeout(TIMEOUT)
            sock.sendall(_REQUEST)
            answer = b""
            while data := sock.recv(65536):
                answer += data
    except OSError:
        return
    if answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"hello</p>"):
        times[index] = time.perf_counter() - start


def main(host: str, port: str, seconds: str, interval: str) -> None:
    count = int(float(seconds) / float(interval))
    times = [float("inf")] * count
    threads = []
    begin = time.perf_counter()
    for index in range(count):
        time.sleep(max(0.0, begin + index * float(interval) - time.perf_counter()))
        thread = threading.Thread(target=_ask, args=((host, int(port)), times, index))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    print(json.dumps(times))


if __name__ == "__main__":
    main(*sys.argv[1:])
