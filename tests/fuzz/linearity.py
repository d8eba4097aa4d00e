"""Goal G12: for each parser of client text, twice the bytes take at most 2.6 times as long.

    python -m tests.fuzz.linearity [--rounds 7] [TARGET ...]

Each text is measured at a quarter, a half and all of its largest size, in CPU time, the rounds
interleaved and the best of each size taken. Sizes that take less than 1 ms are repeated until they
take that much, so that the clock's noise does not decide. Exit status 1 when a ratio is larger.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable

from tests.fuzz.growing import GROWING, Growing
from tests.fuzz.targets import TARGETS

MOST = 2.6
LEAST_SECONDS = 0.001


def measure(growing: Growing, rounds: int) -> list[tuple[int, float]]:
    """(bytes, seconds) at a quarter, a half and the whole of the largest size."""
    texts = [growing.make(growing.largest // share) for share in (4, 2, 1)]
    repeats = [_repeats(growing.parse, text) for text in texts]
    best = [float("inf")] * len(texts)
    for _ in range(rounds):
        for index, text in enumerate(texts):
            best[index] = min(best[index], _seconds(growing.parse, text, repeats[index]))
    return [(len(text), seconds) for text, seconds in zip(texts, best, strict=True)]


def _repeats(parse: Callable[[bytes], object], text: bytes) -> int:
    return 1 + int(LEAST_SECONDS / max(1e-7, _seconds(parse, text, 1)))


def _seconds(parse: Callable[[bytes], object], text: bytes, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        parse(text)
    return (time.process_time() - start) / repeats


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how the parsers' time grows.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    missed = 0
    gc.disable()  # its passes over a growing heap are no cost of the parser
    print(f"{'':44} {'bytes':>9} {'time':>10} {'n/4->n/2':>9} {'n/2->n':>7}")
    for growing in GROWING:
        if arguments.targets and growing.target not in arguments.targets:
            continue
        (_, quarter), (_, half), (size, whole) = measure(growing, arguments.rounds)
        ratios = half / quarter, whole / half
        is_met = max(ratios) <= MOST
        missed += not is_met
        times = f"{whole * 1000:8.2f}ms {ratios[0]:9.2f} {ratios[1]:7.2f}"
        print(f"{growing.name:44} {size:9} {times}{'' if is_met else '  MISSED'}", flush=True)
    print(f"{missed} of the ratios above {MOST}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
