"""A few bytes of JSON: what a request costs when there is hardly anything to do."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import (
    BJOERN,
    CHEROOT,
    GRANIAN,
    GUNICORN,
    TREADLE,
    TREADLE_LOGGING,
    UVICORN,
    WAITRESS,
)
from benchmarks.figures import Series, at_least
from benchmarks.loads import JSON
from benchmarks.scenarios.scenario import Scenario

_CONTENDERS = (TREADLE, TREADLE_LOGGING, BJOERN, GRANIAN, UVICORN, CHEROOT, WAITRESS, GUNICORN)


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender in _CONTENDERS:
        with bench.serve(contender) as served:
            served.warm_up(JSON)
            yield contender.name, served.rate(JSON)


SCENARIO = Scenario(
    name="json",
    title="JSON through `@route`",
    about="27 bytes of JSON to 64 keep-alive connections.",
    measure=measure,
    series=tuple(Series(each.name, versus=TREADLE.name) for each in _CONTENDERS),
    goals=(
        at_least(1.15, TREADLE.name, GRANIAN.name),
        at_least(1.0, TREADLE.name, BJOERN.name),
        at_least(12, TREADLE.name, GUNICORN.name),
        at_least(1.5, TREADLE.name, UVICORN.name),
    ),
)
