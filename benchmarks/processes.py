"""Servers as child processes, pinned to their core, and what /proc says of them."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import BenchmarkError

START_SECONDS = 20.0
STOP_SECONDS = 5.0
_POLL_SECONDS = 0.005
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """A server that listens; it leads a process group of its own.

    started_at: on the monotonic clock, before it was started.
    """

    pid: int
    started_at: float

    def resident_mb(self) -> float:
        """Memory it holds now, in megabytes of 10^6 bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise BenchmarkError(f"process {self.pid} has no VmRSS; it has ended")

    def cpu_seconds(self) -> tuple[float, float]:
        """What it and its children have computed: in user mode, in the kernel."""
        user = system = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                # Behind the name, which may hold anything: state, parent, process group, ...
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.pid:
                    user, system = user + int(fields[11]), system + int(fields[12])
        return user / _TICKS, system / _TICKS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pinned(command: Sequence[str], *cores: int) -> list[str]:
    return ["taskset", "-c", ",".join(map(str, cores)), *command]


@contextlib.contextmanager
def serving(
    command: Sequence[str], port: int, log: Path, cores: Sequence[int]
) -> Iterator[Process]:
    """Run one server on its cores until the block ends. Raises BenchmarkError with its output."""
    started_at = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(command, *cores),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_listening(process, port, log)
        yield Process(process.pid, started_at)
    finally:
        _stop(process)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchmarkError(f"{process.args!r} ended at once:\n{log.read_text()}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(_POLL_SECONDS)
    raise BenchmarkError(
        f"{process.args!r} does not listen after {START_SECONDS:g} s:\n{log.read_text()}"
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its children."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return
