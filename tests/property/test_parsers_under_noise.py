"""No text of a client crashes a parser: every fuzz target over generated and mutated bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.seeds import SEEDS, WORDS
from tests.fuzz.targets import TARGETS


def noise(target: str) -> st.SearchStrategy[bytes]:
    """Seeds with words of the grammar put in or cut out, mere words, or anything."""
    word = st.one_of(st.sampled_from(WORDS), st.binary(min_size=1, max_size=3))

    @st.composite
    def mutated(draw: st.DrawFn) -> bytes:
        data = bytearray(draw(st.sampled_from(SEEDS[target])))
        for _ in range(draw(st.integers(1, 4))):
            place = draw(st.integers(0, len(data)))
            removed = draw(st.integers(0, 3))
            data[place : place + removed] = draw(word) * draw(st.integers(0, 3))
        return bytes(data)

    return st.one_of(mutated(), st.lists(word, max_size=20).map(b"".join), st.binary(max_size=300))


@pytest.mark.parametrize("target", TARGETS)
def test_sec_P9_no_text_crashes_a_parser(target: str) -> None:
    @settings(max_examples=250)
    @given(noise(target))
    def check(data: bytes) -> None:
        TARGETS[target](data)

    check()


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_of_a_target_are_taken(target: str) -> None:
    for seed in SEEDS[target]:
        TARGETS[target](seed)
