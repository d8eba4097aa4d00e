"""A database that is slow, gone, or whose connections are all kept (sec:D14-D16)."""

import contextlib
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.faults.mysql import server
from tests.faults.probe import probing
from tests.faults.report import Finding
from tests.faults.site import Site, serve
from tests.support.faultproxy import FaultProxy, Plan

POOL = 4
KEEP_SECONDS = 6
LATENCY = 10.0
CLIENTS = 64

_CONTROLLERS = f"""
import time

from mvc import Request, get
from orm import database, transaction


@get("/keep")
def keep(request: Request):
    with transaction():
        database.execute("SELECT 1")
        time.sleep({KEEP_SECONDS})
    return "kept"


@get("/read")
def read(request: Request):
    return str(database.execute("SELECT 1")[0][0])
"""


class Answers:
    """Status and seconds of requests."""

    def __init__(self) -> None:
        self.all: list[tuple[int, float, str]] = []

    def ask(self, site: Site, path: str, timeout: float = 60.0) -> None:
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        start = time.perf_counter()
        answer = b""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(site.address, timeout) as sock,
        ):
            sock.sendall(head.encode())
            while data := sock.recv(65536):
                answer += data
        status = int(answer[9:12] or 0)
        retry = re.search(rb"(?i)\r\nretry-after: (\S+)", answer)
        self.all.append((status, time.perf_counter() - start, retry[1].decode() if retry else ""))

    @property
    def statuses(self) -> Counter[int]:
        return Counter(status for status, _, _ in self.all)

    @property
    def slowest(self) -> float:
        return max((seconds for _, seconds, _ in self.all), default=0.0)


@contextlib.contextmanager
def site_on(url: str) -> Iterator[Site]:
    with serve(environment={"DATABASE_URL": url}, more_controllers=_CONTROLLERS) as site:
        yield site


def run_pool(seconds: float) -> list[Finding]:
    """Every connection is kept: others get 503 after pool_wait, and all is well afterwards."""
    kept, refused, after = Answers(), Answers(), Answers()
    with server() as running, site_on(f"{running.url('faults')}?pool_size={POOL}") as site:
        with ThreadPoolExecutor(CLIENTS) as clients:
            for _ in range(POOL):
                clients.submit(kept.ask, site, "/keep")
            threading.Event().wait(1.0)
            for _ in range(POOL * 2):
                clients.submit(refused.ask, site, "/read")
        for _ in range(50):
            after.ask(site, "/read")
    told = f"{dict(refused.statuses)}, {refused.slowest:.2f} s at most"
    return [
        Finding(
            "pool",
            "others while it is kept",
            "503 in 2 s",
            told,
            set(refused.statuses) == {503} and refused.slowest < 2.5,
        ),
        Finding("pool", "keepers", "200", f"{dict(kept.statuses)}", set(kept.statuses) == {200}),
        Finding(
            "pool", "afterwards", "200", f"{dict(after.statuses)}", set(after.statuses) == {200}
        ),
    ]


def run_slow(seconds: float) -> list[Finding]:
    """Ten seconds of latency, and more clients that need the database than there are threads."""
    slow = Answers()
    with server() as running, FaultProxy(("127.0.0.1", running.port)) as proxy:
        url = running.url("faults").replace(str(running.port), str(proxy.port))
        with site_on(url) as site, ThreadPoolExecutor(CLIENTS) as clients:
            slow.ask(site, "/read")
            proxy.default = Plan(delay=LATENCY)
            for _ in range(CLIENTS):
                clients.submit(slow.ask, site, "/read")
            threading.Event().wait(1.0)
            with probing(site, min(seconds, 10.0)) as tally:
                pass
            proxy.default = Plan()
            proxy.cut_all()
    told = f"{dict(slow.statuses)}"
    return [
        *tally.findings("slow-database", 100, 50),
        Finding("slow-database", "pages with the database", "200 or 503", told, True),
    ]


def run_none(seconds: float) -> list[Finding]:
    """Nobody listens: after a few tries requests are refused at once, then served again."""
    first, refused, after = Answers(), Answers(), Answers()
    with server() as running, FaultProxy(("127.0.0.1", running.port)) as proxy:
        url = running.url("faults").replace(str(running.port), str(proxy.port))
        with site_on(url) as site:
            first.ask(site, "/read")
            proxy.refuse()
            for _ in range(8):
                first.ask(site, "/read")
            end = time.monotonic() + min(seconds, 5.0)
            while time.monotonic() < end:
                refused.ask(site, "/read")
            proxy.open()
            threading.Event().wait(1.0)
            after.ask(site, "/read")
    quick = sorted(taken for _, taken, _ in refused.all)
    p99 = quick[int(len(quick) * 0.99)] * 1000
    hints = {hint for status, _, hint in refused.all if status == 503}
    statuses = dict(refused.statuses)
    return [
        Finding("no-database", "answers", "503", f"{statuses}", set(statuses) == {503}),
        Finding("no-database", "Retry-After", "given", f"{hints}", hints == {"1"}),
        Finding("no-database", "p99 of them", "< 50 ms", f"{p99:.1f} ms", p99 < 50),
        Finding(
            "no-database",
            "1 s after it is back",
            "200",
            f"{dict(after.statuses)}",
            set(after.statuses) == {200},
        ),
    ]
