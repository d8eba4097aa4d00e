"""Results as tables: for the terminal, for the page, for the plot."""

import textwrap
from collections.abc import Iterable, Sequence

from benchmarks.figures import Round, Series, Unit, median_of, ratio_of
from benchmarks.results import Result, Results
from benchmarks.scenarios import SCENARIOS, Scenario

_MET = {True: "met", False: "not met"}

_HEAD = """\
# Benchmarks

What is asked of the server's speed, and what was measured. The framework runs with its defaults
on: security fields, lazy sessions, every request validated. Only the access log is off, as it is
for the peers; the figure with it stands beside.

![Throughput beside the peers', and how far each goal was reached](benchmarks.svg)

## Goals

"""

_METHOD = """\
## Method

`.venv/bin/python benchmarks/run.py` runs everything, `--scenario NAME ...` some of it; `--write`
puts the figures into this page. The peers are installed into `benchmarks/.venv`.

- One server process on one core, wrk on another, over loopback. Machines differ and are noisy;
  the ratios of one run are what counts.
- Each round starts every server afresh, checks status and body of its answers, warms it up for a
  second and loads it for {seconds} s. Rounds are interleaved: all take their turn in each.
- Figures are medians over the rounds. A ratio is taken within each round, then the median of those.
- An answer that is not 2xx, a broken connection or a time-out fails the scenario.
- Peers answer the same bytes, with 32 threads where they have any, without an access log; the rest
  are their defaults, but that nginx may keep a connection for more than 1,000 answers.
- Memory is counted in megabytes of 10^6 bytes.

`.venv/bin/python benchmarks/profile_request.py` shows where the time of one request goes.

## Machine

"""


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table; the first row holds the headings."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def goal_rows(scenario: Scenario, rounds: Sequence[Round]) -> list[list[str]]:
    return [
        [
            scenario.title,
            goal.figure,
            goal.asked,
            goal.unit.text(goal.measured(rounds)),
            _MET[goal.is_met(rounds)],
        ]
        for goal in scenario.goals
    ]


def series_rows(scenario: Scenario, rounds: Sequence[Round]) -> list[list[str]]:
    return [_series_row(each, rounds) for each in scenario.series]


def _series_row(series: Series, rounds: Sequence[Round]) -> list[str]:
    values = [each[series.name] for each in rounds]
    text = series.unit.text
    spread = f"{text(min(values))} - {text(max(values))}"
    return [series.name, text(median_of(rounds, series.name)), spread, _ours(series, rounds)]


def _ours(series: Series, rounds: Sequence[Round]) -> str:
    """How many times our rate is theirs."""
    if series.versus in ("", series.name):
        return ""
    return Unit.TIMES.text(ratio_of(rounds, series.versus, series.name))


def goals_table(results: Results) -> str:
    rows = [["scenario", "figure", "asked", "measured", ""]]
    for scenario, result in _measured(results):
        rows += goal_rows(scenario, result.rounds)
    return markdown(rows)


def series_table(scenario: Scenario, result: Result) -> str:
    headings = ["", "median", "min - max", "Treadle is"]
    return markdown([headings, *series_rows(scenario, result.rounds)])


def all_met(results: Results) -> bool:
    return all(
        goal.is_met(result.rounds)
        for scenario, result in _measured(results)
        for goal in scenario.goals
    )


def page(results: Results) -> str:
    """docs/benchmarks.md."""
    parts = [_HEAD, goals_table(results), "\n\n"]
    for scenario, result in _measured(results):
        parts += [_section(scenario, result), "\n\n"]
    seconds = sorted({result.seconds for _, result in _measured(results)})
    parts.append(_METHOD.format(seconds=" or ".join(map(str, seconds))))
    facts = [*results.machine.items(), *results.packages.items()]
    parts += [markdown([["", ""], *([name, value] for name, value in facts)]), "\n"]
    return "".join(parts)


def _section(scenario: Scenario, result: Result) -> str:
    when = f"{len(result.rounds)} rounds on {result.date}"
    about = f"{scenario.about} (`--scenario {scenario.name}`, {when})"
    about = textwrap.fill(about, 100, break_on_hyphens=False)
    return f"## {scenario.title}\n\n{about}\n\n{series_table(scenario, result)}"


def bars(results: Results) -> dict[str, list[tuple[str, float]]]:
    """What the plot shows: rates of the first scenario, and how far each goal was reached."""
    drawn: dict[str, list[tuple[str, float]]] = {"rates": [], "goals": []}
    for scenario, result in _measured(results):
        if scenario is SCENARIOS[0]:
            drawn["rates"] = [
                (series.name, median_of(result.rounds, series.name)) for series in scenario.series
            ]
        for goal in scenario.goals:
            label = f"{scenario.name}: {goal.figure} {goal.asked}"
            drawn["goals"].append((label, goal.reached(result.rounds)))
    return drawn


def _measured(results: Results) -> Iterable[tuple[Scenario, Result]]:
    for scenario in SCENARIOS:
        if scenario.name in results.scenarios:
            yield scenario, results.scenarios[scenario.name]
