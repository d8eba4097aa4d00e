"""Where the microseconds of one request go.

    .venv/bin/python benchmarks/profile_request.py [--seconds 2] [--browser]

First the CPU time of a whole server process under load, ours and the peers', from /proc; then the
stages of a request of ours, timed in this process without sockets and threads. What is left of the
user time is the loop's, the lanes' and the calls into the kernel.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Run as a file, so that the project's root is not where Python looks.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import machine, peers
from benchmarks.bench import Bench
from benchmarks.contenders import BJOERN, GRANIAN, TREADLE, TREADLE_LOGGING, Contender
from benchmarks.figures import BenchmarkError
from benchmarks.loads import JSON, JSON_FROM_BROWSER
from benchmarks.report import markdown
from benchmarks.stages import Stages, request_bytes
from benchmarks.wrk import Load

CONTENDERS = (TREADLE, TREADLE_LOGGING, BJOERN, GRANIAN)
BATCHES = 30


@dataclass(frozen=True)
class Cost:
    """Of one request under load. user, kernel: microseconds of CPU time; rate: requests/s."""

    rate: float
    user: float
    kernel: float


def main() -> int:
    parser = argparse.ArgumentParser(description="Where the time of a request goes.")
    parser.add_argument("--seconds", type=int, default=2, help="of load for each server (2)")
    parser.add_argument("--browser", action="store_true", help="a browser's head, not wrk's own")
    options = parser.parse_args()
    load = JSON_FROM_BROWSER if options.browser else JSON
    try:
        machine.prepare()
        peers.prepare()
        with tempfile.TemporaryDirectory(prefix="treadle-benchmarks-") as scratch:
            bench = Bench(options.seconds, Path(scratch))
            bench.prepare()
            costs = {each: cost_of(each, bench, load) for each in CONTENDERS}
            os.sched_setaffinity(0, {machine.SERVER_CORE})
            stages = Stages(bench.scratch / "treadle")
            times = stages.microseconds(request_bytes(load.fields), BATCHES)
    except BenchmarkError as error:
        sys.exit(f"benchmarks: {error}")
    print(costs_table(costs))
    print()
    print(stages_table(times, costs[TREADLE]))
    return 0


def cost_of(contender: Contender, bench: Bench, load: Load) -> Cost:
    """Load it and count what its process computed meanwhile."""
    with bench.serve(contender) as served:
        served.warm_up(load)
        user, kernel = served.process.cpu_seconds()
        rate = served.rate(load)
        user_after, kernel_after = served.process.cpu_seconds()
    microseconds = 1e6 / (rate * bench.seconds)
    return Cost(rate, (user_after - user) * microseconds, (kernel_after - kernel) * microseconds)


def costs_table(costs: Mapping[Contender, Cost]) -> str:
    rows = [["server, us of CPU a request", "user", "kernel", "both", "requests/s"]]
    for contender, cost in costs.items():
        numbers = (cost.user, cost.kernel, cost.user + cost.kernel)
        rows.append([contender.name, *(f"{each:.1f}" for each in numbers), f"{cost.rate:,.0f}"])
    return markdown(rows)


def stages_table(times: Mapping[str, float], cost: Cost) -> str:
    """The stages, and what is left of the CPU time that a request costs under load."""
    known = sum(times.values())
    parts = {
        **times,
        "these stages together": known,
        "loop, lanes, calls into the kernel (rest of user)": cost.user - known,
        "kernel": cost.kernel,
        "all": cost.user + cost.kernel,
    }
    rows = [["stage of ours", "us"], *([name, f"{value:.2f}"] for name, value in parts.items())]
    return markdown(rows)


if __name__ == "__main__":
    sys.exit(main())
