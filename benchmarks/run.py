"""Every figure that is asked of the server, beside the peers', in one run.

    .venv/bin/python benchmarks/run.py [--scenario NAME ...] [--rounds 5] [--seconds 2] [--write]

Installs what is missing. The rounds go to benchmarks/var/results.json; `--write` also brings them
into docs/. Exit status 0 when every scenario could be measured and met its goals, else 1.
"""

import argparse
import datetime
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Run as a file, so that the project's root is not where Python looks.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import machine, peers, report, results
from benchmarks.bench import Bench
from benchmarks.figures import BenchmarkError, Round
from benchmarks.paths import HERE, ROOT
from benchmarks.results import Result, Results
from benchmarks.scenarios import SCENARIOS, Scenario

KEPT = HERE / "var/results.json"
PAGE = ROOT / "docs/benchmarks.md"
DATA = PAGE.with_suffix(".json")
PLOT = PAGE.with_suffix(".svg")


def main() -> int:
    options = parse_arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that no server stays
    try:
        machine.prepare()
    except BenchmarkError as error:
        sys.exit(f"benchmarks: {error}")
    peers.prepare()
    if options.redraw:
        write(results.load(DATA))
        return 0
    chosen = [each for each in SCENARIOS if each.name in (options.scenario or names())]
    found, failures = measure_all(chosen, options.rounds, options.seconds)
    KEPT.parent.mkdir(exist_ok=True)
    results.save(found, KEPT)
    print(f"\n{report.goals_table(found)}")
    for failure in failures:
        print(f"\nFAILED {failure}")
    if options.write:
        write(found.merged_into(results.load(DATA)) if DATA.exists() else found)
    return 0 if not failures and report.all_met(found) else 1


def names() -> list[str]:
    return [each.name for each in SCENARIOS]


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the server beside its peers.")
    parser.add_argument("--scenario", nargs="+", choices=names(), help="all of them")
    parser.add_argument("--rounds", type=int, default=5, help="of each scenario (5)")
    parser.add_argument("--seconds", type=int, default=2, help="of load for each figure (2)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument(
        "--redraw", action="store_true", help="write the page from the figures it has; no load"
    )
    return parser.parse_args(arguments)


def measure_all(
    scenarios: Sequence[Scenario], rounds: int, seconds: int
) -> tuple[Results, list[str]]:
    """The results, and why which scenarios failed."""
    found = Results(machine.describe(), peers.versions())
    failures = []
    with tempfile.TemporaryDirectory(prefix="treadle-benchmarks-") as scratch:
        bench = Bench(seconds, Path(scratch))
        bench.prepare()
        for scenario in scenarios:
            try:
                result = measure(scenario, bench, rounds)
            except BenchmarkError as error:
                failures.append(f"{scenario.name}: {error}")
                print(f"FAILED {failures[-1]}", flush=True)
                continue
            found.scenarios[scenario.name] = result
            print(report.series_table(scenario, result), flush=True)
    return found, failures


def measure(scenario: Scenario, bench: Bench, rounds: int) -> Result:
    print(f"\n{scenario.name}: {scenario.title}", flush=True)
    done: list[Round] = []
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds} ...", flush=True)
        done.append(scenario.run_round(bench))
    return Result(datetime.date.today().isoformat(), bench.seconds, done)


def write(found: Results) -> None:
    """The page, its data and its plot."""
    results.save(found, DATA)
    PAGE.write_text(report.page(found))
    bars = json.dumps(report.bars(found))
    plot = [str(peers.PYTHON), str(HERE / "plot.py"), str(PLOT)]
    subprocess.run(plot, input=bars, text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
