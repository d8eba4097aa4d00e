"""The machine: its cores, its tools, and what it is called in the page."""

import os
import platform
import resource
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import BenchmarkError

_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]

# Debian package -> whether what it brings is there.
_NEEDED: dict[str, Callable[[], object]] = {
    "util-linux": lambda: shutil.which("taskset"),
    "wrk": lambda: shutil.which("wrk"),
    "nginx-light": lambda: shutil.which("nginx"),
    "gcc": lambda: shutil.which("gcc"),
    "libev-dev": lambda: Path("/usr/include/ev.h").exists(),
    "python3-dev": lambda: (Path(sysconfig.get_path("include")) / "Python.h").exists(),
}


def prepare() -> None:
    """Install missing tools, stay off the server's core, allow many open files.

    Raises BenchmarkError when the machine does not do.
    """
    if SERVER_CORE == LOAD_CORE:
        raise BenchmarkError("one core is too few: the server needs one and the load another")
    os.environ["PATH"] += ":/usr/sbin"  # nginx stands where only root looks for programs
    missing = [package for package, is_there in _NEEDED.items() if not is_there()]
    if missing:
        install(missing)
    os.sched_setaffinity(0, {LOAD_CORE})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def install(packages: list[str]) -> None:
    """By apt-get, which needs root. Raises BenchmarkError that says what to run instead."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BenchmarkError(f"missing on this machine; run as root: {' '.join(command)}")
    print(f"installing {', '.join(packages)} ...", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def describe() -> dict[str, str]:
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "nginx": _printed("nginx", "-v").rpartition("/")[2],
        "wrk": _printed("wrk", "-v").split()[1],
    }


def _printed(*command: str) -> str:
    """The first line; where and with which exit status programs tell their version differs."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.partition("\n")[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
