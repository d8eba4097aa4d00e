"""Figures of a scenario, round by round, and what was asked of them.

Rounds are interleaved: each measures every contender once. A ratio is therefore taken within a
round, where both sides met the same machine, and the median of those ratios is what counts; it
may differ in the last digit from the ratio of the two medians.
"""

import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

Round = Mapping[str, float]  # one round: the value of each series


class BenchmarkError(Exception):
    """A scenario could not be measured; the text says why and what to do."""


class Unit(Enum):
    """How a value is written."""

    RATE = "{:,.0f}/s"
    TIMES = "{:.2f} x"
    SHARE = "{:.1%}"
    MILLISECONDS = "{:.2f} ms"
    SECONDS = "{:.3f} s"
    MEGABYTES = "{:.1f} MB"
    COUNT = "{:,.0f}"

    def text(self, value: float) -> str:
        return self.value.format(value)


class Comparison(Enum):
    """How a value must stand to its bound."""

    AT_LEAST = (">=", operator.ge)
    AT_MOST = ("<=", operator.le)
    BELOW = ("<", operator.lt)

    def __init__(self, sign: str, holds: Callable[[float, float], bool]) -> None:
        self.sign = sign
        self.holds = holds


@dataclass(frozen=True)
class Series:
    """One value that a scenario yields each round.

    versus: our series that its rate is compared with in the table; "" for none.
    """

    name: str
    unit: Unit = Unit.RATE
    versus: str = ""


@dataclass(frozen=True)
class Goal:
    """A bound for a series, or for its ratio to the series `over`."""

    of: str
    comparison: Comparison
    bound: float
    unit: Unit
    over: str = ""

    @property
    def figure(self) -> str:
        return f"{self.of} / {self.over}" if self.over else self.of

    @property
    def asked(self) -> str:
        return f"{self.comparison.sign} {self.unit.text(self.bound)}"

    def measured(self, rounds: Sequence[Round]) -> float:
        if not self.over:
            return median_of(rounds, self.of)
        return ratio_of(rounds, self.of, self.over)

    def is_met(self, rounds: Sequence[Round]) -> bool:
        return self.comparison.holds(self.measured(rounds), self.bound)

    def reached(self, rounds: Sequence[Round]) -> float:
        """How much of the goal was reached: 1 is just met, more is better."""
        measured = self.measured(rounds)
        if self.comparison is Comparison.AT_LEAST:
            return measured / self.bound
        # Nothing used at all would be infinitely good, which no plot can show.
        return self.bound / max(measured, self.bound / 100)


def at_least(bound: float, of: str, over: str = "", unit: Unit = Unit.TIMES) -> Goal:
    return Goal(of, Comparison.AT_LEAST, bound, unit, over)


def at_most(bound: float, of: str, unit: Unit) -> Goal:
    return Goal(of, Comparison.AT_MOST, bound, unit)


def below(bound: float, of: str, unit: Unit) -> Goal:
    return Goal(of, Comparison.BELOW, bound, unit)


def median_of(rounds: Sequence[Round], series: str) -> float:
    return statistics.median(each[series] for each in rounds)


def ratio_of(rounds: Sequence[Round], series: str, over: str) -> float:
    return statistics.median(each[series] / each[over] for each in rounds)
