"""What a scenario is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.figures import BenchmarkError, Goal, Round, Series


@dataclass(frozen=True)
class Scenario:
    """Something to measure.

    name: on the command line. title: in the tables. about: what happens, in a sentence or two.
    measure: one round; yields the value of each series. It raises BenchmarkError when an answer
    was wrong, missing or late, and then no figure of the scenario counts.
    """

    name: str
    title: str
    about: str
    measure: Callable[[Bench], Iterator[tuple[str, float]]]
    series: tuple[Series, ...]
    goals: tuple[Goal, ...]

    def run_round(self, bench: Bench) -> Round:
        values = dict(self.measure(bench))
        expected = {each.name for each in self.series}
        if values.keys() != expected:
            odd = ", ".join(sorted(values.keys() ^ expected))
            raise BenchmarkError(f"{self.name} measured other series than it declares: {odd}")
        return values
