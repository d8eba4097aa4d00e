"""The object mapper beside its peers and the bare drivers, on SQLite and MariaDB.

    .venv/bin/python benchmarks/orm/run.py [--engine NAME ...] [--work LETTER ...]
        [--contender NAME ...] [--rounds 5] [--start] [--write]

Exit status 0 when every goal was met, else 1.
"""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Run as a file, so that the project's root is not where Python looks.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import machine, peers
from benchmarks.orm import contenders, start
from benchmarks.orm.goals import GOALS
from benchmarks.orm.work import WORKS
from benchmarks.paths import ROOT
from benchmarks.report import markdown
from tests.support.mariadb import ROOT_PASSWORD, MariaDbUnavailable, start_mariadb

ENGINES = {"sqlite": "SQLite", "mysql": "MariaDB, TCP loopback"}
PAGE = ROOT / "docs/orm/benchmarks.md"
DATA = PAGE.with_suffix(".json")
OURS, RAW = "Treadle", "raw driver"

Rounds = list[dict[str, float]]


def main() -> int:
    options = parse_arguments(sys.argv[1:])
    peers.prepare()
    found = json.loads(DATA.read_text()) if options.start else measure_engines(options)
    missed = [row for engine, rounds in found["engines"].items() for row in missing(engine, rounds)]
    if options.start or options.write:
        found["start"] = start.measure()
        print(f"\n{start.section(found['start'])}", flush=True)
        missed += start.missing(found["start"])
    if options.write:
        DATA.write_text(json.dumps(found, indent=1) + "\n")
        PAGE.write_text(page(found))
    print("\nmissed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


def measure_engines(options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"date": datetime.date.today().isoformat(), "engines": {}}
    found["machine"] = machine.describe()
    found["packages"] = peers.versions()
    for engine in options.engine:
        rounds = measure(engine, options)
        found["engines"][engine] = rounds
        print(f"\n## {ENGINES[engine]}\n\n{table(engine, rounds)}", flush=True)
    return found


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the mapper beside its peers.")
    letters = [work.letter for work in WORKS]
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--work", nargs="+", choices=letters, default=letters)
    parser.add_argument(
        "--contender", nargs="+", choices=contenders.NAMES, default=list(contenders.NAMES)
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--synchronous", choices=("NORMAL", "FULL"), default="NORMAL")
    parser.add_argument(
        "--start", action="store_true", help="only the start of programs; other figures are kept"
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    return parser.parse_args(arguments)


def measure(engine: str, options: argparse.Namespace) -> Rounds:
    with tempfile.TemporaryDirectory(prefix="treadle-orm-") as folder:
        place: dict[str, Any] = {"engine": engine, "path": f"{folder}/bench.db"}
        if engine == "sqlite":
            return contest({**place, "synchronous": options.synchronous}, options)
        share_a_core()
        try:
            server = start_mariadb()
        except MariaDbUnavailable as error:
            sys.exit(f"benchmarks: {error}")
        try:
            return contest({**place, "port": server.port, "password": ROOT_PASSWORD}, options)
        finally:
            server.stop()


def share_a_core() -> None:
    """Keep client and server on one core. Left to two, each sleeps while the other works, and to
    wake a core of a virtual machine takes some 100 us: five times what a statement does."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def contest(place: dict[str, Any], options: argparse.Namespace) -> Rounds:
    """All rounds of an engine, in a process of the peers' environment."""
    job = {
        "place": place,
        "contenders": options.contender,
        "works": options.work,
        "rounds": options.rounds,
    }
    command = [str(peers.PYTHON), "-m", "benchmarks.orm.contest"]
    done = subprocess.run(
        command, input=json.dumps(job), text=True, stdout=subprocess.PIPE, cwd=ROOT, check=False
    )
    if done.returncode:
        sys.exit(f"benchmarks: the contest on {place['engine']} failed, see above")
    rounds: Rounds = json.loads(done.stdout)
    return rounds


def table(engine: str, rounds: Rounds) -> str:
    """A row for each work: median rates, and our ratio to the bare driver's."""
    names = list(dict.fromkeys(key.partition(" ")[2] for key in rounds[0]))
    rows = [["", *names, "ours / raw", "asked", ""]]
    for letter in dict.fromkeys(key.partition(" ")[0] for key in rounds[0]):
        rates = [rate(rounds, f"{letter} {name}") for name in names]
        ratio, asked = ratio_of(letter, rounds), GOALS[engine].get(letter)
        verdict = "" if asked is None else ("met" if ratio >= asked else "not met")
        goal = "" if asked is None else f">= {asked:.2f}"
        rows.append([titles()[letter], *rates, f"{ratio:.2f}", goal, verdict])
    return markdown(rows)


def titles() -> dict[str, str]:
    found = {work.letter: f"{work.letter} {work.title}" for work in WORKS}
    return {**found, "L8": "L from 8 threads"}


def rate(rounds: Rounds, key: str) -> str:
    if key not in rounds[0]:
        return "-"
    value = statistics.median(each[key] for each in rounds)
    return f"{value / 1e6:.2f}M" if value >= 1e6 else f"{value / 1e3:.1f}k"


def ratio_of(letter: str, rounds: Rounds) -> float:
    """The median of the rounds' ratios; 0.0 where one of the two took no part."""
    ours, raw = f"{letter} {OURS}", f"{letter} {RAW}"
    if ours not in rounds[0] or raw not in rounds[0]:
        return 0.0
    return statistics.median(each[ours] / each[raw] for each in rounds)


def missing(engine: str, rounds: Rounds) -> list[str]:
    """The goals that were not met."""
    measured = {key.partition(" ")[0] for key in rounds[0] if key.endswith(f" {OURS}")}
    goals = {key: asked for key, asked in GOALS[engine].items() if key in measured}
    return [f"{engine} {key}" for key, asked in goals.items() if ratio_of(key, rounds) < asked]


def page(found: dict[str, Any]) -> str:
    parts = [_HEAD]
    for engine, rounds in found["engines"].items():
        parts.append(f"## {ENGINES[engine]}\n\n{table(engine, rounds)}\n\n")
    parts.append(start.section(found["start"]))
    facts = [*found["machine"].items(), *found["packages"].items()]
    when = f"{len(next(iter(found['engines'].values())))} rounds on {found['date']}"
    parts.append(f"## Machine\n\n{when}.\n\n{markdown([['', ''], *map(list, facts)])}\n")
    return "".join(parts)


_HEAD = """\
# The mapper beside its peers

Rows, objects or queries a second. *raw* is the bare driver: SQL by hand, tuples that nobody
decodes; `ours / raw` is taken in each round, where both met the same machine, and its median is
what counts. On MariaDB we can be ahead of it, as we read the server's answers ourselves
([MySQL and MariaDB](mysql.md)).

`.venv/bin/python benchmarks/orm/run.py` measures everything, `--write` brings it here. Each
engine's rounds run in one process, the contenders take turns, every result is checked. What is
there after a first round is set aside from the garbage collector, which would else walk through
everybody's objects before each call. A call of N is ten transactions. SQLite is opened with
`synchronous=NORMAL` for all; `--synchronous FULL` measures our default. MariaDB and its clients
share one core: on two, each sleeps while the other works, and waking a core of a virtual machine
takes five times as long as a statement, whoever sends it.

"""


if __name__ == "__main__":
    sys.exit(main())
