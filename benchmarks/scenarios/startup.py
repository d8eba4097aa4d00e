"""From nothing to the first answer."""

import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import TREADLE
from benchmarks.figures import Series, Unit, below
from benchmarks.loads import JSON
from benchmarks.scenarios.scenario import Scenario


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    with bench.serve(TREADLE) as served:
        served.check(JSON)
        yield "start to first answer", time.monotonic() - served.process.started_at
        yield "memory after start", served.process.resident_mb()


SCENARIO = Scenario(
    name="startup",
    title="Start",
    about="`server.py` until its first answer, and the memory (RSS) its one process then holds.",
    measure=measure,
    series=(
        Series("start to first answer", Unit.SECONDS),
        Series("memory after start", Unit.MEGABYTES),
    ),
    goals=(
        below(0.4, "start to first answer", Unit.SECONDS),
        below(45, "memory after start", Unit.MEGABYTES),
    ),
)
