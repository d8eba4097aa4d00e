"""A route that waits a little, as for a database near by."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import GRANIAN, TREADLE
from benchmarks.figures import Series, at_least
from benchmarks.loads import SLEEP_300US
from benchmarks.scenarios.scenario import Scenario

_CONTENDERS = (TREADLE, GRANIAN)


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender in _CONTENDERS:
        with bench.serve(contender) as served:
            served.warm_up(SLEEP_300US)
            yield contender.name, served.rate(SLEEP_300US)


SCENARIO = Scenario(
    name="blocking-0.3ms",
    title="0.3 ms blocking route, 32 clients",
    about="A route that sleeps for 0.3 ms, asked for by 32 clients.",
    measure=measure,
    series=tuple(Series(each.name, versus=TREADLE.name) for each in _CONTENDERS),
    goals=(at_least(0.95, TREADLE.name, GRANIAN.name),),
)
