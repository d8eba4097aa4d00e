"""The same JSON, asked for with as large a head as browsers send."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import BJOERN, GRANIAN, TREADLE
from benchmarks.figures import Series, at_least
from benchmarks.loads import JSON_FROM_BROWSER
from benchmarks.scenarios.scenario import Scenario

_CONTENDERS = (TREADLE, BJOERN, GRANIAN)


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender in _CONTENDERS:
        with bench.serve(contender) as served:
            served.warm_up(JSON_FROM_BROWSER)
            yield contender.name, served.rate(JSON_FROM_BROWSER)


SCENARIO = Scenario(
    name="json-browser",
    title="JSON, browser-sized request",
    about="The same with 14 request fields, a cookie among them: 761 bytes of head.",
    measure=measure,
    series=tuple(Series(each.name, versus=TREADLE.name) for each in _CONTENDERS),
    goals=(at_least(1.1, TREADLE.name, GRANIAN.name),),
)
