"""Honest but heavy: large downloads read slowly, and everybody logging in at once."""

import contextlib
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.faults.probe import probing
from tests.faults.report import Finding
from tests.faults.site import FILE_SIZE, MIB, PASSWORD, Site, serve
from tests.support.wire import resident_bytes

DOWNLOADS = 12
LOGINS = 200
HASH_MEMORY = 32  # MiB a hash, of which as many run as there are processors (sec:A2)
FORM = "application/x-www-form-urlencoded"


def run_downloads(seconds: float) -> list[Finding]:
    """Each reader takes its 50 MB evenly over the whole time; no thread is held (sec:T3)."""
    scenario = f"{DOWNLOADS} slow downloads"
    with serve() as site:
        site.get()
        before = resident_bytes(site.pid)
        with probing(site, seconds) as tally, ThreadPoolExecutor(DOWNLOADS) as pool:
            readers = [pool.submit(_read_slowly, site, seconds) for _ in range(DOWNLOADS)]
            time.sleep(seconds / 2)
            growth = (resident_bytes(site.pid) - before) / MIB
            sizes = [reader.result(seconds + 60) for reader in readers]
        whole = sum(size > FILE_SIZE for size in sizes)
        return [
            *tally.findings(scenario, 99.5, 50),
            Finding(scenario, "whole files", str(DOWNLOADS), str(whole), whole == DOWNLOADS),
            Finding(scenario, "more memory", "<= 30 MiB", f"{growth:.0f} MiB", growth <= 30),
        ]


def _read_slowly(site: Site, seconds: float) -> int:
    """Bytes received, head included."""
    with socket.create_connection(site.address, 10) as sock:
        sock.sendall(b"GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        begin, received = time.monotonic(), 0
        while data := sock.recv(64 * 1024):
            received += len(data)
            due = begin + seconds * received / FILE_SIZE
            time.sleep(max(0.0, due - time.monotonic()))
        return received


def run_logins(seconds: float) -> list[Finding]:
    """Passwords are hashed a few at a time; the rest of the site does not notice (sec:A2)."""
    scenario = f"{LOGINS} logins at once"
    with serve() as site:
        names = [f"user{n}" for n in range(20)]
        for name in names:
            site.post("/register", f"username={name}".encode(), FORM)
        before = peak = resident_bytes(site.pid)
        with probing(site, min(seconds, 10.0)) as tally, ThreadPoolExecutor(LOGINS) as pool:
            tries = [pool.submit(_log_in, site, names[n % len(names)]) for n in range(LOGINS)]
            while not all(each.done() for each in tries):
                peak = max(peak, resident_bytes(site.pid))
                time.sleep(0.02)
            statuses = Counter(each.result() for each in tries)
        growth = (peak - before) / MIB
        told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
        return [
            *tally.findings(scenario, 100, 100),
            Finding(
                scenario,
                "answers",
                "200, 429 or 503",
                told,
                set(statuses) <= {200, 429, 503} and statuses[200] > 0,
            ),
            Finding(
                scenario,
                "more memory",
                f"<= {2 * HASH_MEMORY} MiB",
                f"{growth:.0f} MiB",
                growth <= 2 * HASH_MEMORY,
            ),
        ]


def _log_in(site: Site, name: str) -> int:
    body = f"username={name}&password={PASSWORD.replace(' ', '+')}".encode()
    with contextlib.suppress(OSError):
        return site.post("/login", body, FORM)
    return 0
