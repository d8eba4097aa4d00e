"""Medians, ratios within a round, goals and how far they were reached."""

import pytest

from benchmarks.figures import Unit, at_least, at_most, below, median_of, ratio_of

# The second round met a machine half as fast; the third one disturbed theirs alone.
ROUNDS = [
    {"ours": 200.0, "theirs": 100.0, "ms": 2.0},
    {"ours": 100.0, "theirs": 50.0, "ms": 9.0},
    {"ours": 210.0, "theirs": 70.0, "ms": 3.0},
]


def test_median() -> None:
    assert median_of(ROUNDS, "ours") == 200.0


def test_ratios_are_taken_within_a_round() -> None:
    assert ratio_of(ROUNDS, "ours", "theirs") == 2.0


@pytest.mark.parametrize(
    ("goal", "asked", "measured", "is_met", "reached"),
    [
        (at_least(1.6, "ours", "theirs"), ">= 1.60 x", 2.0, True, 1.25),
        (at_least(4, "ours", "theirs"), ">= 4.00 x", 2.0, False, 0.5),
        (at_least(0.5, "theirs", "ours", Unit.SHARE), ">= 50.0%", 0.5, True, 1.0),
        (at_least(250, "ours", unit=Unit.RATE), ">= 250/s", 200.0, False, 0.8),
        (at_most(3.0, "ms", Unit.MILLISECONDS), "<= 3.00 ms", 3.0, True, 1.0),
        (below(3.0, "ms", Unit.MILLISECONDS), "< 3.00 ms", 3.0, False, 1.0),
        (below(6.0, "ms", Unit.MILLISECONDS), "< 6.00 ms", 3.0, True, 2.0),
    ],
)
def test_goals(goal, asked: str, measured: float, is_met: bool, reached: float) -> None:
    assert goal.asked == asked
    assert goal.measured(ROUNDS) == measured
    assert goal.is_met(ROUNDS) is is_met
    assert goal.reached(ROUNDS) == reached


def test_nothing_used_is_finitely_good() -> None:
    assert below(10, "memory", Unit.MEGABYTES).reached([{"memory": -0.5}]) == 100


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit.RATE, 67283.53, "67,284/s"),
        (Unit.TIMES, 1.157, "1.16 x"),
        (Unit.SHARE, 0.8512, "85.1%"),
        (Unit.SECONDS, 0.2984, "0.298 s"),
        (Unit.MEGABYTES, 35.51, "35.5 MB"),
        (Unit.COUNT, 1000.0, "1,000"),
    ],
)
def test_units(unit: Unit, value: float, text: str) -> None:
    assert unit.text(value) == text
