"""JSON requests a second, ours beside the peers', in one run.

    .venv/bin/python benchmarks/run.py [--rounds 5] [--seconds 3] [--write]

The peers are installed into benchmarks/.venv on the first run. The machine is shared and noisy, so
rounds are interleaved, medians are quoted, and the ratio to us is what counts. `--write` puts the
table into docs/benchmarks.md.
"""

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from contenders import CONTENDERS, HERE, PEER_PACKAGES, ROOT, Contender
from processes import free_port, requests_per_second, serving

CONNECTIONS = 64
TABLE = ROOT / "docs/benchmarks.md"


def peer_environment() -> Path:
    """The Python that has the peers installed."""
    folder = HERE / ".venv"
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", *PEER_PACKAGES], check=True)
    return python


def measure(contender: Contender, peer_python: Path, seconds: int, scratch: Path) -> float:
    port = free_port()
    url = f"http://127.0.0.1:{port}/json"
    with serving(contender.command(peer_python, port), port, ROOT, scratch / "server.log"):
        requests_per_second(url, 1, CONNECTIONS)  # warm up
        return requests_per_second(url, seconds, CONNECTIONS)


def table(rates: dict[str, list[float]]) -> str:
    ours = statistics.median(rates[CONTENDERS[0].name])
    rows = ["| server | requests/s (median) | min - max | ours is |", "|---|---|---|---|"]
    for name, figures in rates.items():
        median = statistics.median(figures)
        spread = f"{min(figures):,.0f} - {max(figures):,.0f}"
        rows.append(f"| {name} | {median:,.0f} | {spread} | {ours / median:.1f} x |")
    return "\n".join(rows)


def page(body: str, rounds: int, seconds: int) -> str:
    return f"""# Benchmarks

`/json` of a tiny application (27 bytes of JSON through the router), {CONNECTIONS} keep-alive
connections, {rounds} interleaved rounds of {seconds} s. Server pinned to one core, wrk to another;
everyone without an access log. Python {platform.python_version()}, {platform.machine()}.

{body}

Repeat with `.venv/bin/python benchmarks/run.py --write`. Machines differ and are noisy; the ratios
of one run are what counts.
"""


def main() -> None:
    options = argparse.ArgumentParser(description="JSON requests a second beside the peers")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=3, help="of load a round and contender")
    options.add_argument("--write", action="store_true", help=f"write {TABLE.relative_to(ROOT)}")
    chosen = options.parse_args()
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            sys.exit(f"benchmarks: {tool} is not installed; try: apt-get install wrk util-linux")

    peer_python = peer_environment()
    rates: dict[str, list[float]] = {contender.name: [] for contender in CONTENDERS}
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(1, chosen.rounds + 1):
            for contender in CONTENDERS:
                rate = measure(contender, peer_python, chosen.seconds, Path(scratch))
                rates[contender.name].append(rate)
                print(f"round {number}: {contender.name}: {rate:,.0f}/s", flush=True)
    body = table(rates)
    print(body)
    if chosen.write:
        TABLE.write_text(page(body, chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    main()
