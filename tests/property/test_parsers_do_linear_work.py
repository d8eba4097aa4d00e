"""Goal G12 without a clock: calls grow with the text, for every parser and adversarial text.

What expressions do inside counts as one call; `python -m tests.fuzz.linearity` measures time.
"""

import sys

import pytest

from tests.fuzz.growing import GROWING, Growing

LINEAR = 2.6
CONSTANT = 50  # calls that have nothing to do with the text
LARGEST = 16_000  # bytes: enough for a quadratic count to show


def _calls(growing: Growing, size: int) -> int:
    text = growing.make(size)
    count = 0

    def tally(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tally)
    try:
        growing.parse(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("growing", GROWING, ids=lambda growing: growing.name)
def test_sec_P9_calls_grow_with_the_text(growing: Growing) -> None:
    size = min(growing.largest, LARGEST)
    growing.parse(growing.make(size))  # what is made once, is made here
    assert _calls(growing, size) <= LINEAR * _calls(growing, size // 2) + CONSTANT
