"""What h11 refuses we refuse, over many mutated requests (sec:P1, goal G1).

    python -m tests.fuzz.differential [--examples 50000] [--seed 1]

Prints each unexplained difference with its bytes, and how often each written exception was met.
Exit status 1 when anything is unexplained. The same generator runs in tests/property, for less.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from tests.fuzz.seeds import SEEDS, WORDS
from tests.support.corpus import load
from tests.support.h11_oracle import differences, excuse

METHODS = ["GET", "POST"] * 8 + ["HEAD", "OPTIONS", "get", "G(T", "", "GET "]
TARGETS = ["/", "/a?b"] * 8 + ["*", "http://b/", "/a b", "/\x7f", "", "//", "/%zz"]
VERSIONS = ["HTTP/1.1"] * 15 + ["HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/11"]
LINES = [
    "Host: a",
    "Host: b",
    "Content-Length: 5",
    "Content-Length: 5, 5",
    "Content-Length: +5",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: gzip, chunked",
    "Connection: close",
    "Connection: keep-alive",
    "X : y",
    " folded",
    "X: \0",
    "X: \x0b",
    "X",
    ": x",
    "X: y",
    "X:",
]
# Most of what is generated should get past the head, or the bodies would never be compared.
GOOD = [case.data for case in load("valid") if len(case.data) < 1000]
ENDS = ["\r\n"] * 60 + ["\n", "\r"]
BODIES = [
    "",
    "hello",
    "5\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
]


def assembled(source: random.Random) -> bytes:
    """A request put together from good and bad parts."""
    line = " ".join(source.choice(choice) for choice in (METHODS, TARGETS, VERSIONS))
    lines = source.choices(LINES, k=source.randrange(5))
    head = "".join(part + source.choice(ENDS) for part in (line, "Host: a", *lines, ""))
    return (head + source.choice(BODIES)).encode("latin-1")


def mutated(source: random.Random) -> bytes:
    """A request of the corpus with words put in or bytes cut out, perhaps two in a row."""
    data = bytearray(source.choice(source.choice((GOOD, SEEDS["head"]))))
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        place = source.randrange(len(data) + 1)
        word = source.choice(WORDS) if source.random() < 0.8 else source.randbytes(1)
        data[place : place + source.randrange(3)] = word * source.randrange(3)
    return bytes(data) * source.choice((1, 1, 1, 2))


GENERATORS = (assembled, mutated, mutated, mutated)


def generate(source: random.Random) -> bytes:
    return source.choice(GENERATORS)(source)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare our parser with h11.")
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    source = random.Random(arguments.seed)
    met, unexplained, start = Counter[str](), 0, time.perf_counter()
    for _ in range(arguments.examples):
        data = generate(source)
        if difference := differences(data):
            reason = excuse(data)
            met[reason] += bool(reason)
            if not reason:
                unexplained += 1
                print(f"{data!r}\n    {difference}")
    took = time.perf_counter() - start
    for reason, count in sorted(met.items()):
        if reason:
            print(f"{count} times: {reason}")
    print(f"{arguments.examples} requests in {took:.0f} s, {unexplained} differences unexplained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
