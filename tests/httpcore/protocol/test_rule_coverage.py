"""Every rule of the HTTP specification has cases, and this is the list of the rules.

A case is a file of the corpus or a test whose name says the rule. The figures are the least there
may be, so that none gets lost; more are welcome.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.support.corpus import CORPUS, load
from tests.support.exchanges import load_exchanges

TESTS = Path(__file__).parents[2]
FOLDERS = ("valid", "invalid", "attack", "exchange")

# Rule: the least number of files in each folder, and of tests named after it.
RULES = {
    "L1": (2, 15, 30, 1, 0),
    "L2": (2, 5, 1, 10, 1),
    "L3": (2, 20, 2, 2, 0),
    "L4": (10, 30, 35, 6, 2),
    "L5": (1, 4, 1, 1, 0),
    "F1": (4, 40, 25, 1, 0),
    "F2": (3, 6, 3, 2, 1),
    "F3": (10, 35, 35, 1, 0),
    "F4": (5, 2, 4, 10, 2),
    "F5": (1, 0, 2, 1, 1),
    "M1": (5, 30, 30, 1, 0),
    "M2": (1, 30, 60, 1, 0),
    "M3": (8, 50, 50, 1, 0),
    "M4": (2, 20, 18, 2, 0),
    "M5": (6, 0, 3, 6, 0),
    "M6": (0, 3, 1, 4, 5),
    "M7": (0, 0, 1, 3, 1),
    "C1": (6, 0, 1, 7, 3),
    "C2": (1, 0, 1, 5, 5),
    "C3": (0, 0, 0, 3, 2),
    "C4": (0, 0, 0, 4, 2),
    "C5": (4, 2, 4, 5, 5),
    "C6": (3, 0, 2, 3, 1),
    "C7": (0, 0, 0, 2, 2),
    "C8": (2, 0, 1, 3, 0),
    "R1": (0, 0, 0, 9, 8),
    "R2": (0, 0, 0, 2, 2),
    "R3": (0, 0, 0, 1, 4),
    "R4": (0, 0, 0, 1, 4),
    "R5": (0, 0, 0, 0, 2),
    "R6": (0, 0, 0, 6, 2),
    "R7": (0, 0, 0, 2, 2),
    "R8": (0, 0, 0, 2, 1),
    "V1": (0, 0, 0, 20, 3),
    "V2": (0, 0, 0, 24, 4),
    "V3": (0, 0, 0, 2, 3),
    "X1": (0, 0, 0, 12, 0),
}


@cache
def _files() -> dict[str, Counter[str]]:
    return {
        folder: Counter(path.stem.partition("-")[0] for path in (CORPUS / folder).glob("*.http"))
        for folder in FOLDERS
    }


@cache
def _tests() -> Counter[str]:
    named = re.compile(r"^ *def test_http_([A-Z][0-9])_", re.MULTILINE)
    sources = [path.read_text("utf-8") for path in TESTS.rglob("test_*.py")]
    return Counter(rule for source in sources for rule in named.findall(source))


@pytest.mark.parametrize("folder", ["valid", "invalid", "attack"])
def test_sec_G1_no_case_holds_by_saying_nothing(folder: str) -> None:
    """An empty file, or one that wants neither a refusal nor a whole request, would always pass."""
    empty = [case.name for case in load(folder) if not case.data]
    open_ended = [case.name for case in load(folder) if not (case.status or case.request_count)]
    assert (empty, open_ended) == ([], [])


def test_sec_G1_no_exchange_holds_by_saying_nothing() -> None:
    silent = [each.name for each in load_exchanges() if not (each.data and each.answers)]
    assert all(name.endswith("-then-end-gets-nothing") for name in silent)


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_its_cases(rule: str) -> None:
    found = (*(_files()[folder][rule] for folder in FOLDERS), _tests()[rule])
    short = [pair for pair in zip(found, RULES[rule], strict=True) if pair[0] < pair[1]]
    assert not short, f"{rule} has {found} (valid, invalid, attack, exchange, tests)"


def test_every_case_shows_a_rule_of_the_list() -> None:
    assert set().union(*_files().values()) <= set(RULES)


def test_sec_G1_every_probe_has_its_case() -> None:
    lines = (CORPUS / "probes.txt").read_text("ascii").splitlines()
    probes = dict(line.split() for line in lines if not line.startswith("#"))
    assert len(probes) >= 190
    assert [name for name in probes.values() if not (CORPUS / f"{name}.http").exists()] == []
