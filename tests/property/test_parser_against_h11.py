"""Whatever h11 refuses we refuse, but for a written list; and what both take means the same.

The oracle and the list stand in tests/support/h11_oracle.py. `python -m tests.fuzz.differential`
does the same with as many examples as one likes.
"""

import random

import pytest

from tests.fuzz.differential import generate
from tests.support.corpus import Case, load
from tests.support.h11_oracle import OURS_ALONE, differences, excuse

EXAMPLES = 5_000


@pytest.mark.parametrize("case", load("valid") + load("invalid") + load("attack"), ids=str)
def test_sec_P1_corpus_holds_nothing_that_only_we_accept_unsaid(case: Case) -> None:
    difference = differences(case.data)
    assert not difference or excuse(case.data), difference


def test_sec_P1_what_h11_refuses_we_refuse() -> None:
    source = random.Random(1)
    examples = (generate(source) for _ in range(EXAMPLES))
    found = {data: difference for data in examples if (difference := differences(data))}
    assert {data: told for data, told in found.items() if not excuse(data)} == {}


def test_each_written_exception_is_met() -> None:
    met = {excuse(case.data) for case in load("valid") if differences(case.data)}
    assert met == set(OURS_ALONE)
