"""Files, beside the server that is known for them."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import NGINX, TREADLE
from benchmarks.figures import Series, at_least
from benchmarks.loads import FILE_LOADS, VARIED_FILE
from benchmarks.scenarios.scenario import Scenario

_CONTENDERS = (TREADLE, NGINX)
_LOADS = {**FILE_LOADS, "10KiB.bin, varied": VARIED_FILE}


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender in _CONTENDERS:
        with bench.serve(contender) as served:
            for file, load in _LOADS.items():
                served.warm_up(load)
                yield f"{contender.name}, {file}", served.rate(load)


SCENARIO = Scenario(
    name="static",
    title="Static file of 10 KiB and 1 MiB",
    about=(
        "A file below /static/ to 64 connections. nginx with `worker_processes 1; access_log off; "
        "sendfile on`. The clients repeat one request to the byte, and Treadle answers such a one "
        "from memory for up to a second; `varied` has a field that is another each time."
    ),
    measure=measure,
    series=tuple(
        Series(f"{each.name}, {file}", versus=f"{TREADLE.name}, {file}")
        for file in _LOADS
        for each in _CONTENDERS
    ),
    goals=tuple(
        at_least(1.0, f"{TREADLE.name}, {file}", f"{NGINX.name}, {file}") for file in FILE_LOADS
    ),
)
