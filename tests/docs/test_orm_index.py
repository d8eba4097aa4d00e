"""docs/orm.md leads to every page, and every capability has its page and its tests."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEX = (ROOT / "docs/orm.md").read_text()
IDS = [
    *(f"O{number}" for number in range(1, 44)),
    *(f"A{number}" for number in range(1, 13)),
    *(f"M{number}" for number in range(1, 11)),
]


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(orm/([a-z-]+\.md)\)", INDEX))
    assert linked == {path.name for path in (ROOT / "docs/orm").glob("*.md")}


def test_every_capability_is_in_the_index() -> None:
    named = set(re.findall(r"\b[OAM]\d+\b", INDEX))
    assert set(IDS) - named == set()


def test_every_capability_has_a_test_that_names_it() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"def test_(?:\w*?_)??([OAM]\d+)_", tests))
    named |= set(re.findall(r"(?:orm|feat)_([OAM]\d+)(?=_)", tests))
    assert [each for each in IDS if each not in named] == []
