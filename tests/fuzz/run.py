"""Fuzzes the parsers with atheris, guided by coverage.

    python -m tests.fuzz.run [--seconds 60] [TARGET ...]

Installs atheris at the first run, into an environment of its own (var/fuzz/venv; CPython 3.11 has a
wheel), and leaves the project's alone. Each target runs in a process of its own with bounded
memory and time; one input may take a second. The input that crashed, hung or took too much memory
stays in var/fuzz/<target>/, and is run again with `python -m tests.fuzz.run --replay FILE TARGET`.
Exit status 1 when there is one.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "fuzz"
PYTHON = FOLDER / "venv" / "bin" / "python"
MEMORY = 512  # MiB: the interpreter with atheris takes some 100 of them
HANG = 1  # seconds that one input may take
LONGEST = 4096  # bytes of an input


def install() -> None:
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parents[1])], check=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "atheris>=3"]
    subprocess.run(command, check=True)


def fuzz(target: str, seconds: int) -> tuple[str, bool]:
    """What came of it in one line, and whether all was well."""
    folder = FOLDER / target
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    options = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEMORY}",
        f"-timeout={HANG}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    # The project's packages are those of this interpreter; atheris alone comes from its own.
    paths = os.pathsep.join([str(ROOT), sysconfig.get_paths()["purelib"]])
    process = subprocess.run(
        [str(PYTHON), "-m", "tests.fuzz.guided", target, *options, str(corpus)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + 120,
        check=False,
    )
    found = re.search(r"number_of_executed_units:\s*([0-9]+)", process.stderr)
    left = sorted(path.name for path in set(folder.iterdir()) - before)
    told = f"{found[1] if found else '?'} executions, {', '.join(left) or 'no findings'}"
    if process.returncode:
        told += f"\n{process.stderr[-3000:]}"
    return told, process.returncode == 0 and not left


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the parsers of client text.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one input only")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    targets = arguments.targets or list(TARGETS)
    if arguments.replay:
        for target in targets:
            TARGETS[target](arguments.replay.read_bytes())
        return 0
    install()
    is_well = True
    for target in targets:
        told, is_good = fuzz(target, arguments.seconds)
        is_well &= is_good
        print(f"{target:16} {arguments.seconds} s: {told}", flush=True)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
