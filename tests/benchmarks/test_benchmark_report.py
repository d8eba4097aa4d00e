"""The page follows from the stored rounds alone."""

from pathlib import Path

import pytest

from benchmarks import report, results
from benchmarks.results import Result, Results
from benchmarks.run import DATA, PAGE, PLOT, parse_arguments
from benchmarks.scenarios import SCENARIOS

MACHINE = {"processor": "a fast one", "python": "3.11.7"}


def found(*names: str, packages: dict[str, str] | None = None, value: float = 2.0) -> Results:
    """Two equal rounds of some scenarios, with the same value for every series."""
    chosen = [each for each in SCENARIOS if each.name in names]
    rounds = {each.name: [{series.name: value for series in each.series}] * 2 for each in chosen}
    return Results(
        MACHINE,
        packages or {"granian": "2.8.7"},
        {name: Result("2026-11-22", 2, each) for name, each in rounds.items()},
    )


def test_tables() -> None:
    table = report.goals_table(found("startup"))
    assert table.splitlines() == [
        "| scenario | figure | asked | measured |  |",
        "|---|---|---|---|---|",
        "| Start | start to first answer | < 0.400 s | 2.000 s | not met |",
        "| Start | memory after start | < 45.0 MB | 2.0 MB | met |",
    ]


def test_series_show_what_ours_is_times_theirs() -> None:
    scenario = next(each for each in SCENARIOS if each.name == "blocking-0.3ms")
    rounds = [
        {"Treadle": 300.0, "Falcon on granian": 200.0},
        {"Treadle": 310.0, "Falcon on granian": 100.0},
        {"Treadle": 100.0, "Falcon on granian": 100.0},
    ]
    assert report.series_rows(scenario, rounds) == [
        ["Treadle", "300/s", "100/s - 310/s", ""],
        ["Falcon on granian", "100/s", "100/s - 200/s", "1.50 x"],
    ]


def test_all_goals_met_or_not() -> None:
    assert not report.all_met(found("startup"))
    assert report.all_met(found("startup", value=0.1))


def test_page_has_every_measured_scenario_and_no_other() -> None:
    text = report.page(found("startup", "idle"))
    for words in ("## Start\n", "## 9,000 idle", "| granian | 2.8.7 |", "loads it for 2 s"):
        assert words in text
    assert "## Static" not in text


def test_bars() -> None:
    bars = report.bars(found("json", "startup"))
    assert ("Falcon on bjoern", 2.0) in bars["rates"]
    assert ("startup: memory after start < 45.0 MB", 22.5) in bars["goals"]


def test_results_are_kept_whole(tmp_path: Path) -> None:
    measured = found("startup", "idle")
    results.save(measured, tmp_path / "results.json")
    assert results.load(tmp_path / "results.json") == measured


def test_new_figures_replace_old_ones() -> None:
    old, new = found("startup", "idle"), found("idle", value=3.0)
    merged = new.merged_into(old)
    assert merged.scenarios == {
        "startup": old.scenarios["startup"],
        "idle": new.scenarios["idle"],
    }


def test_figures_of_other_versions_are_dropped() -> None:
    old, new = found("startup", packages={"granian": "1"}), found("idle")
    assert new.merged_into(old) is new


def test_the_page_in_docs_is_made_of_its_data() -> None:
    assert PAGE.read_text() == report.page(results.load(DATA)), (
        "run: .venv/bin/python benchmarks/run.py --redraw"
    )
    assert PLOT.read_text().startswith("<?xml")


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    options = parse_arguments(["--scenario", "json", "idle", "--rounds", "3"])
    assert (options.scenario, options.rounds, options.seconds) == (["json", "idle"], 3, 2)
    with pytest.raises(SystemExit):
        parse_arguments(["--scenario", "jason"])
    assert "json-browser" in capsys.readouterr().err
