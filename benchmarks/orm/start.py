"""How long a program waits for its mapper: import, connect, and a first answer, in a fresh process.

Each figure is the wall-clock time of a whole process, the interpreter's own start included (the
column "Python alone" tells it). The contenders take turns; all have their bytecode compiled.
"""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks import peers
from benchmarks.figures import BenchmarkError
from benchmarks.orm import contest, data
from benchmarks.orm.goals import START
from benchmarks.orm.place import Place
from benchmarks.orm.programs import PROGRAMS
from benchmarks.paths import ROOT
from benchmarks.report import markdown

TITLES = {
    "connect": "import, connect, `SELECT 1`",
    "model": "import, one model, connect, one row of it",
}
OURS = "Treadle"
PROCESSES = 15  # of each program

Rounds = list[dict[str, float]]  # seconds by "connect Treadle"


def measure() -> Rounds:
    """All programs, in turns; a round before has compiled and cached everything."""
    with tempfile.TemporaryDirectory(prefix="treadle-start-") as folder:
        place = Place("sqlite", Path(folder) / "bench.db")
        stage = contest.build(place)
        found = [measure_round(place.path) for _ in range(PROCESSES + 1)]
        stage.close()
        return found[1:]


def measure_round(path: Path) -> dict[str, float]:
    return {key: seconds_of(key, program, path) for key, program in PROGRAMS.items()}


def seconds_of(key: str, program: str, path: Path) -> float:
    """Of one process, from its start to its end; BenchmarkError when it gave no right answer."""
    environment = {**os.environ, "BENCH": str(path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    done = subprocess.run(
        [str(peers.PYTHON), "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    right = {"connect": "1", "model": str(data.world_number(1))}[key.partition(" ")[0]]
    if done.returncode or done.stdout.split() != [right]:
        raise BenchmarkError(f"{key}: {done.stdout}{done.stderr}")
    return seconds


def table(rounds: Rounds) -> str:
    """Median milliseconds, and whether ours are as few as asked."""
    names = list(dict.fromkeys(key.partition(" ")[2] for key in rounds[0]))
    rows = [["", *names, "asked", ""]]
    for work, title in TITLES.items():
        figures = [figure(rounds, f"{work} {name}") for name in names]
        asked = START.get(work)
        goal = f"< {asked:.0f}" if asked else ""
        verdict = {None: "", True: "met", False: "not met"}[is_met(rounds, work)]
        rows.append([title, *figures, goal, verdict])
    return markdown(rows)


def figure(rounds: Rounds, key: str) -> str:
    return f"{milliseconds(rounds, key):.0f}" if key in rounds[0] else "-"


def milliseconds(rounds: Rounds, key: str) -> float:
    return 1e3 * statistics.median(each[key] for each in rounds)


def is_met(rounds: Rounds, work: str) -> bool | None:
    """None where nothing is asked."""
    asked = START.get(work)
    return None if asked is None else milliseconds(rounds, f"{work} {OURS}") < asked


def missing(rounds: Rounds) -> list[str]:
    """The goals that were not met."""
    return [f"start {work}" for work in START if not is_met(rounds, work)]


SECTION = """\
## Start of a program

Milliseconds of a whole process in which Python starts, imports, connects to an SQLite file and
prints what it was answered; medians of {rounds} processes, in turns. *Python alone* does nothing
but print. `.venv/bin/python benchmarks/orm/run.py --start` measures nothing else.

{table}

"""


def section(rounds: Rounds) -> str:
    return SECTION.format(rounds=len(rounds), table=table(rounds))
