"""Does a quick route stay quick while others compute?"""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import GRANIAN, TREADLE
from benchmarks.figures import Series, at_least
from benchmarks.loads import BURN_FOUR, BURN_ONE, JSON
from benchmarks.scenarios.scenario import Scenario

_CONTENDERS = (TREADLE, GRANIAN)
_BURNING = {"1 computing": BURN_ONE, "4 computing": BURN_FOUR}


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender in _CONTENDERS:
        with bench.serve(contender) as served:
            served.warm_up(JSON)
            for beside, burn in _BURNING.items():
                served.warm_up(JSON, burn)
                yield f"{contender.name}, {beside}", served.measure(JSON, burn)[0].rate


SCENARIO = Scenario(
    name="json-beside-cpu",
    title="JSON beside 1 and 4 CPU-bound handlers",
    about=(
        "64 clients ask for the JSON while 1 or 4 others ask, all the time, for a route that "
        "computes for some 100 ms in Python."
    ),
    measure=measure,
    series=tuple(
        Series(f"{each.name}, {beside}", versus=f"{TREADLE.name}, {beside}")
        for beside in _BURNING
        for each in _CONTENDERS
    ),
    goals=tuple(
        at_least(2.5, f"{TREADLE.name}, {beside}", f"{GRANIAN.name}, {beside}")
        for beside in _BURNING
    ),
)
