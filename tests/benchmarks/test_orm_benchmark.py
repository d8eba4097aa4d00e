"""The mapper's benchmark: every figure that is asked is measured, and every result is checked."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import BenchmarkError
from benchmarks.orm import contenders, contest, data, run, start
from benchmarks.orm.contenders.raw import Raw
from benchmarks.orm.goals import GOALS
from benchmarks.orm.place import Place
from benchmarks.orm.programs import PROGRAMS
from benchmarks.orm.stage import Stage
from benchmarks.orm.work import WORKS


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place("sqlite", tmp_path / "bench.db", "OFF")


@pytest.fixture
def stage(place: Place) -> Iterator[Stage]:
    made = contest.build(place)
    yield made
    made.close()


@pytest.fixture
def raw(stage: Stage, place: Place) -> Iterator[Raw]:
    made = Raw(place)
    yield made
    made.close()


def on_sqlite(letter: str) -> Any:
    (found,) = [work for work in WORKS if work.letter == letter]
    return found


def test_every_goal_has_its_work() -> None:
    letters = {work.letter: work.engines for work in WORKS}
    for engine, goals in GOALS.items():
        for letter in goals:
            assert letter == "L8" or engine in letters[letter]


@pytest.mark.parametrize(
    "letter", [work.letter for work in WORKS if "sqlite" in work.engines], ids=str
)
def test_the_bare_driver_does_every_work(stage: Stage, raw: Raw, letter: str) -> None:
    work = on_sqlite(letter)
    result = work.run(raw, work.prepare(stage, raw))
    work.check(stage, raw, result)


@pytest.mark.parametrize("letter", ["A", "B", "C", "D", "E", "F", "L", "I", "J", "K", "M", "N"])
def test_a_contender_that_does_nothing_is_found_out(stage: Stage, raw: Raw, letter: str) -> None:
    work = on_sqlite(letter)
    work.prepare(stage, raw)
    with pytest.raises((BenchmarkError, TypeError, IndexError)):
        work.check(stage, raw, raw.of_level(99) if letter in "DEM" else None)


def test_the_wide_table_has_36_columns_of_eight_kinds() -> None:
    assert len(data.wide_row(1)) == 36
    assert len({kind for _, kind in data.wide_columns()}) == 8


def test_a_ratio_is_taken_within_its_round() -> None:
    rounds = [
        {"A raw driver": 10.0, "A Treadle": 5.0},
        {"A raw driver": 100.0, "A Treadle": 90.0},
        {"A raw driver": 20.0, "A Treadle": 16.0},
    ]
    assert run.ratio_of("A", rounds) == pytest.approx(0.8)
    assert run.missing("sqlite", rounds) == []
    assert run.missing("mysql", rounds) == ["mysql A"]


@pytest.mark.parametrize(
    "key",
    [f"{work} {name}" for work in start.TITLES for name in ("raw driver", "Treadle")],
    ids=str,
)
def test_a_program_connects_and_is_answered(
    stage: Stage, place: Place, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(start.peers, "PYTHON", sys.executable)
    assert start.seconds_of(key, PROGRAMS[key], place.path) > 0
    with pytest.raises(BenchmarkError, match=key):
        start.seconds_of(key, "print('wrong')", place.path)


def test_every_contender_has_its_program_for_both_starts() -> None:
    by_work = [
        {key.partition(" ")[2] for key in PROGRAMS if key.startswith(f"{work} ")}
        for work in start.TITLES
    ]
    assert by_work[0] - {"Python alone"} == by_work[1]
    assert len(by_work[1]) == len(contenders.NAMES)


def test_a_start_that_is_too_slow_is_missing() -> None:
    rounds = [dict.fromkeys(PROGRAMS, 0.059)] * 2 + [dict.fromkeys(PROGRAMS, 9.0)]
    assert start.missing(rounds) == []
    assert start.missing(rounds[1:]) == ["start connect"]
    assert "| 59 | < 60 | met |" in start.table(rounds)


def test_the_page_is_made_of_the_data() -> None:
    assert run.PAGE.read_text() == run.page(json.loads(run.DATA.read_text()))
