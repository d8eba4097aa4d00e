"""sec:P9: no memory is kept for what clients write, however many texts they invent."""

import gc
import tracemalloc

import pytest

from tests.fuzz.targets import TARGETS

TEXTS = 2_000
MIB = 1024 * 1024
LENGTH = 4_000  # characters: a cache of 256 of them would show
VALUES = sorted(TARGETS.keys() - {"head", "chunked", "multipart", "typed"})


@pytest.mark.parametrize("target", VALUES)
def test_sec_P9_distinct_values_leave_nothing_behind(target: str) -> None:
    def read(first: int) -> None:
        for n in range(first, first + TEXTS):
            TARGETS[target](b"%07d" % n + b"x" * LENGTH)

    read(0)  # what is made once, is made here
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        read(TEXTS)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < MIB / 4
