"""Load by wrk: what to ask for, the command, and what it printed."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import BenchmarkError
from benchmarks.machine import LOAD_CORE
from benchmarks.processes import pinned

CONNECTIONS = 64
# Far beyond any latency worth comparing: a request that takes longer is an error, not a figure.
TIMEOUT_SECONDS = 10
PATIENCE_SECONDS = 30

_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_RATE = re.compile(r"^Requests/sec:\s+([0-9.]+)$", re.MULTILINE)
_P99 = re.compile(r"^\s+99%\s+([0-9.]+)(us|ms|s|m)$", re.MULTILINE)
_FAULTS = re.compile(r"^\s*(?:Socket errors: .*|Non-2xx or 3xx responses: \d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Load:
    """Requests of one kind, all the time on every connection.

    body: that every answer must have; checked once, before measuring. fields: added to the head.
    script: of wrk, which then makes the requests.
    """

    path: str
    body: bytes
    connections: int = CONNECTIONS
    fields: tuple[tuple[str, str], ...] = ()
    script: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """rate: answers a second; p99: latency in milliseconds that 99 % of the requests kept."""

    rate: float
    p99: float


def command(load: Load, port: int, seconds: int) -> list[str]:
    options = ["-t1", f"-c{load.connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s"]
    fields = [f"--header={name}: {value}" for name, value in load.fields]
    script = [f"--script={load.script}"] if load.script else []
    url = f"http://127.0.0.1:{port}{load.path}"
    return ["wrk", "--latency", *options, *fields, *script, url]


def parse(output: str) -> Outcome:
    """What wrk printed. Raises BenchmarkError for any error or time-out among the answers."""
    faults = [line.strip() for line in _FAULTS.findall(output)]
    rate, p99 = _RATE.search(output), _P99.search(output)
    if faults or rate is None or p99 is None:
        raise BenchmarkError(f"wrk: {'; '.join(faults) or 'printed no figures'}:\n{output}")
    return Outcome(float(rate[1]), float(p99[1]) * _MILLISECONDS[p99[2]])


def run_together(loads: Sequence[Load], port: int, seconds: int) -> list[Outcome]:
    """Run all loads at once on the load's core; what each measured."""
    running = [
        subprocess.Popen(
            pinned(command(load, port, seconds), LOAD_CORE),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for load in loads
    ]
    try:
        printed = [each.communicate(timeout=seconds + PATIENCE_SECONDS)[0] for each in running]
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"wrk did not end after {error.timeout:g} s: {error.cmd}") from error
    finally:
        for each in running:
            if each.poll() is None:
                each.kill()
                each.wait()
    return [parse(output) for output in printed]
