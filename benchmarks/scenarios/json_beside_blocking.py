"""Does a quick route stay quick while all threads are held by one that waits?"""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import GRANIAN, GUNICORN, THREADS, TREADLE
from benchmarks.figures import Series, Unit, at_least, at_most
from benchmarks.loads import JSON, SLEEP_10MS
from benchmarks.scenarios.scenario import Scenario

_CONTENDERS = (TREADLE, GRANIAN, GUNICORN)
_IDEAL = THREADS / 0.010  # requests a second when a thread does nothing but wait


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for contender in _CONTENDERS:
        with bench.serve(contender) as served:
            served.warm_up(JSON)
            alone = served.rate(JSON)
            served.warm_up(JSON, SLEEP_10MS)
            beside, slow = served.measure(JSON, SLEEP_10MS)
            yield f"{contender.name}: JSON alone", alone
            yield f"{contender.name}: JSON beside", beside.rate
            yield f"{contender.name}: p99 of JSON beside", beside.p99
            yield f"{contender.name}: slow route, of the ideal", slow.rate / _IDEAL


def _series(name: str) -> tuple[Series, ...]:
    return (
        Series(f"{name}: JSON alone", versus=f"{TREADLE.name}: JSON alone"),
        Series(f"{name}: JSON beside", versus=f"{TREADLE.name}: JSON beside"),
        Series(f"{name}: p99 of JSON beside", Unit.MILLISECONDS),
        Series(f"{name}: slow route, of the ideal", Unit.SHARE),
    )


SCENARIO = Scenario(
    name="json-beside-blocking",
    title="JSON while 32 clients hold a 10 ms blocking route",
    about=(
        "32 clients ask for a route that sleeps for 10 ms, all the time, while 64 ask for the "
        "JSON. Ideal for the slow route are 32 answers in 10 ms."
    ),
    measure=measure,
    series=tuple(series for each in _CONTENDERS for series in _series(each.name)),
    goals=(
        at_least(0.85, "Treadle: JSON beside", "Treadle: JSON alone", Unit.SHARE),
        at_most(3.0, "Treadle: p99 of JSON beside", Unit.MILLISECONDS),
        at_least(0.90, "Treadle: slow route, of the ideal", unit=Unit.SHARE),
    ),
)
