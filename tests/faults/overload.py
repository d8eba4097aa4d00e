"""Three times as many requests as can be answered (sec:T12, goal G8).

The route works for some milliseconds, so its capacity is the processor's. First that capacity is
measured, then the time of an answer at a fifth of it, then the overload, on fresh connections at a
fixed rate, then how soon an answer comes as fast as before.

The server has one core and the client another, as in `benchmarks/`: an overload is three times as
much work for the client, too, and on a core that both share the server would pay for it.
"""

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from tests.faults.open_loop import Asked, ask_at_rate
from tests.faults.report import CannotRun, Finding
from tests.faults.site import Site, serve
from tests.faults.tools import need

PATH = "/work"
CLIENTS = 16  # of the closed loop that measures the capacity
MEASURE = 4.0  # seconds
EXCESS = 3
RECOVERY = 2.0  # seconds
CLIENT_LATE = 0.02  # seconds: beyond it the figures say more of the client than of the server


def run(seconds: float) -> list[Finding]:
    with _on_cores_of_their_own() as prefix, serve(*prefix) as site:
        _answered_per_second(site, 1.0)  # lanes are learned, the pool grows
        capacity = _answered_per_second(site, MEASURE)
        calm = ask_at_rate(site.address, PATH, capacity / 5, MEASURE)
        usual = _percentile([each.seconds for each in calm], 99)
        asked = ask_at_rate(site.address, PATH, EXCESS * capacity, seconds)
        recovery = _seconds_until_usual(site, 4 * usual)
    return _judge(asked, seconds, capacity, usual, recovery)


@contextlib.contextmanager
def _on_cores_of_their_own() -> Iterator[list[str]]:
    """What goes before the server's command, while this process keeps to another core."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise CannotRun("one core is too few: the server needs one and the client another")
    os.sched_setaffinity(0, cores[1:])
    try:
        yield [need("taskset", "util-linux"), "--cpu-list", str(cores[0])]
    finally:
        os.sched_setaffinity(0, cores)


def _judge(
    asked: list[Asked], seconds: float, capacity: float, usual: float, recovery: float
) -> list[Finding]:
    scenario = f"overload, {EXCESS} x {capacity:.0f}/s"
    taken = [each.seconds for each in asked if each.status == 200]
    shed = [each.seconds for each in asked if each.status == 503 and each.says_when]
    others = Counter(each.status for each in asked) - Counter({200: len(taken), 503: len(shed)})
    goodput = _goodput(asked, EXCESS * capacity, seconds)
    p99 = _percentile(taken, 99)
    refusal = _percentile(shed, 99)
    late = _percentile([each.late for each in asked], 99)
    rows = [
        (
            "the client's own delay, p99",
            f"< {CLIENT_LATE * 1000:.0f} ms",
            f"{late * 1000:.0f} ms",
            late < CLIENT_LATE,
        ),
        (
            "goodput",
            ">= 90 % of capacity",
            f"{goodput:.0f}/s, {100 * goodput / capacity:.0f} %",
            goodput >= 0.9 * capacity,
        ),
        (
            "p99 of the accepted",
            f"< 4 x {usual * 1000:.0f} ms",
            f"{p99 * 1000:.0f} ms",
            p99 < 4 * usual,
        ),
        (
            "503 with Retry-After, p99",
            "the rest, < 50 ms",
            f"{len(shed)} in {refusal * 1000:.0f} ms, others {dict(others)}",
            bool(shed) and not others and refusal < 0.05,
        ),
        ("back to normal", f"< {RECOVERY:g} s", f"{recovery:.2f} s", recovery < RECOVERY),
    ]
    return [Finding(scenario, *row) for row in rows]


def _goodput(asked: list[Asked], rate: float, seconds: float) -> float:
    """Answers a second while the overload lasts: those from the queue afterwards do not count."""
    return (
        sum(
            each.status == 200 and number / rate + each.seconds <= seconds
            for number, each in enumerate(asked)
        )
        / seconds
    )


def _answered_per_second(site: Site, seconds: float) -> float:
    """What a few clients that wait for their answers get."""
    end = time.perf_counter() + seconds

    def ask_on(_: None) -> int:
        count = 0
        while time.perf_counter() < end:
            count += site.get(PATH) == 200
        return count

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(ask_on, repeat(None, CLIENTS))) / seconds


def _seconds_until_usual(site: Site, quick: float) -> float:
    """Until three answers in a row are as quick as without the overload."""
    begin = time.perf_counter()
    in_a_row = 0
    while in_a_row < 3 and time.perf_counter() < begin + 5 * RECOVERY:
        start = time.perf_counter()
        status = 0
        with contextlib.suppress(OSError):
            status = site.get(PATH)
        is_usual = status == 200 and time.perf_counter() - start < quick
        in_a_row = in_a_row + 1 if is_usual else 0
        time.sleep(0.02)
    return time.perf_counter() - begin


def _percentile(seconds: list[float], per_cent: float) -> float:
    ordered = sorted(seconds) or [float("inf")]
    return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))]
