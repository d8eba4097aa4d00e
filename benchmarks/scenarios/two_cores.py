"""A second core must not make it slower: threads that fight over the interpreter would."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.contenders import TREADLE
from benchmarks.figures import Series, Unit, at_least
from benchmarks.loads import JSON
from benchmarks.machine import LOAD_CORE, SERVER_CORE
from benchmarks.scenarios.scenario import Scenario

_CORES = {"one core": (SERVER_CORE,), "both cores": (SERVER_CORE, LOAD_CORE)}


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    for name, cores in _CORES.items():
        with bench.serve(TREADLE, cores) as served:
            served.warm_up(JSON)
            yield name, served.rate(JSON)


SCENARIO = Scenario(
    name="two-cores",
    title="The same JSON with both cores open to the server",
    about="The JSON again, the server free to run on wrk's core, too.",
    measure=measure,
    series=(Series("one core"), Series("both cores")),
    goals=(at_least(0.90, "both cores", "one core", Unit.SHARE),),
)
