"""Acknowledged means durable: power cuts and kills in the middle of writing (sec:D19, goal G6).

`python -m tests.faults.run power-cut kill-9` does the same for longer.
"""

from pathlib import Path

import pytest

from tests.support import killing, powercut

TRANSACTIONS = 60
SEEDS = range(50)


@pytest.fixture
def needs_strace() -> None:
    if not powercut.is_available():
        pytest.skip("strace records what is written: apt-get install strace")


@pytest.mark.usefixtures("needs_strace")
@pytest.mark.parametrize("close", [False, True])
def test_sec_D19_full_loses_nothing_in_a_power_cut(tmp_path: Path, close: bool) -> None:
    events = powercut.record(tmp_path, "FULL", TRANSACTIONS, close=close)
    outcome = powercut.cut_everywhere(events, tmp_path, SEEDS)
    assert outcome.damaged == []
    assert outcome.lost == 0
    assert outcome.acknowledged > 0


@pytest.mark.usefixtures("needs_strace")
def test_sec_D19_normal_loses_the_last_ones_and_is_whole(tmp_path: Path) -> None:
    events = powercut.record(tmp_path, "NORMAL", TRANSACTIONS)
    outcome = powercut.cut_everywhere(events, tmp_path, SEEDS)
    assert outcome.damaged == []
    assert outcome.lost > 0  # what the documentation says


@pytest.mark.usefixtures("needs_strace")
def test_sec_D19_the_simulation_finds_what_is_not_safe(tmp_path: Path) -> None:
    """Without any sync a power cut damages the file: were it not so, this would test nothing."""
    events = powercut.record(tmp_path, "OFF", TRANSACTIONS)
    assert powercut.cut_everywhere(events, tmp_path, SEEDS).damaged


def test_sec_G6_nothing_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    outcome = killing.kill_while_writing(tmp_path / "app.db", times=4, seed=1)
    assert outcome.damaged == []
    assert outcome.lost == 0
    assert outcome.acknowledged > 0
