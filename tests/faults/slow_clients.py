"""slowhttptest's four attacks: heads, bodies, reads and ranges (sec:T1-T4, sec:G2).

The same is done to nginx, on the same machine and for as long.
"""

import re
import subprocess

from tests.faults.nginx import Nginx, serve_nginx
from tests.faults.probe import Tally, probing, recovery
from tests.faults.report import CannotRun, Finding
from tests.faults.site import MIB, Site, serve
from tests.faults.tools import need
from tests.support.wire import resident_bytes

CONNECTIONS = 900

_ATTACKS = {
    "slow heads": ["-H", "-i", "5", "-x", "24", "-p", "2"],
    "slow bodies": ["-B", "-i", "5", "-s", "8192", "-x", "10", "-p", "2"],
    "slow reads": ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3", "-p", "2"],
    "many ranges": ["-R", "-a", "5", "-b", "2000", "-t", "HEAD", "-p", "2"],
    # So many stay below the limit of a field: these are read, those before are refused by 431.
    "ranges that are read": ["-R", "-a", "5", "-b", "1000", "-t", "GET", "-p", "2"],
}
_PATHS = {
    "slow bodies": "/upload",
    "slow reads": "/big",
    "many ranges": "/file",
    "ranges that are read": "/small-file",
}
# How the tool says that it came as far as attacking; nobody is left where all are closed at once.
_ATTACKED = re.compile(rb"Hit test time limit|No open connections left")


def run(seconds: float) -> list[Finding]:
    tool = need("slowhttptest", "slowhttptest")
    findings = []
    for scenario, options in _ATTACKS.items():
        command = [tool, *options]
        with serve() as site:
            site.get()
            before = resident_bytes(site.pid)
            tally, after = _attack(site, scenario, command, seconds)
            growth = (resident_bytes(site.pid) - before) / MIB
        findings += [
            *tally.findings(scenario, 99.5, 50),
            after,
            Finding(scenario, "more memory", "<= 300 MiB", f"{growth:.0f} MiB", growth <= 300),
            _beside_nginx(tally, scenario, command, seconds),
        ]
    return findings


def _attack(
    site: Site | Nginx, scenario: str, command: list[str], seconds: float
) -> tuple[Tally, Finding]:
    """The probes during the attack, and the page behind it."""
    command = [*command, "-c", str(CONNECTIONS), "-r", "300", "-l", str(int(seconds))]
    command += ["-u", site.url + _PATHS.get(scenario, "/")]
    with probing(site, seconds) as tally:
        told = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds + 60,
            check=False,  # it ends with a status of its own when all connections were closed
        ).stdout
    if not _ATTACKED.search(told):
        raise CannotRun(f"slowhttptest did not attack: {told[-200:]!r}")
    return tally, recovery(site, scenario)


def _beside_nginx(ours: Tally, scenario: str, command: list[str], seconds: float) -> Finding:
    """The same attack on nginx: ours may not be worse by more than half a point."""
    with serve_nginx() as nginx:
        theirs, _ = _attack(nginx, scenario, command, seconds)
    return Finding(
        scenario,
        "probes answered, ours beside nginx's",
        ">= nginx - 0.5",
        f"{ours.share:.1f} %, nginx {theirs.share:.1f} %, p99 {theirs.percentile(99):.1f} ms",
        ours.share >= theirs.share - 0.5,
    )
