"""slowhttptest's four attacks: heads, bodies, reads and ranges (sec:T1-T4, sec:G2)."""

import shutil
import subprocess
import time

from tests.faults.probe import probing
from tests.faults.report import CannotRun, Finding
from tests.faults.site import MIB, Site, serve
from tests.support.wire import resident_bytes

CONNECTIONS = 900
RECOVERY = 1.0  # seconds after the attack until a page comes at once again

_ATTACKS = {
    "slow heads": ["-H", "-i", "5", "-x", "24", "-p", "2"],
    "slow bodies": ["-B", "-i", "5", "-s", "8192", "-x", "10", "-p", "2"],
    "slow reads": ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3", "-p", "2"],
    "many ranges": ["-R", "-a", "5", "-b", "2000", "-t", "HEAD", "-p", "2"],
}
_PATHS = {"slow bodies": "/upload", "slow reads": "/big", "many ranges": "/file"}


def run(seconds: float) -> list[Finding]:
    tool = shutil.which("slowhttptest")
    if tool is None:
        raise CannotRun("slowhttptest is missing: apt-get install slowhttptest")
    findings = []
    for scenario, options in _ATTACKS.items():
        with serve() as site:
            site.get()
            before = resident_bytes(site.pid)
            findings += _attack(site, scenario, [tool, *options], seconds)
            growth = (resident_bytes(site.pid) - before) / MIB
            findings.append(
                Finding(scenario, "more memory", "<= 300 MiB", f"{growth:.0f} MiB", growth <= 300)
            )
    return findings


def _attack(site: Site, scenario: str, command: list[str], seconds: float) -> list[Finding]:
    command += ["-c", str(CONNECTIONS), "-r", "300", "-l", str(int(seconds))]
    command += ["-u", site.url + _PATHS.get(scenario, "/")]
    with probing(site, seconds) as tally:
        subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds + 60,
            check=False,  # it ends with a status of its own when all connections were closed
        )
    start = time.perf_counter()
    status = site.get()
    took = time.perf_counter() - start
    return [
        *tally.findings(scenario, 99.5, 50),
        Finding(
            scenario,
            "page after the attack",
            f"200 in < {RECOVERY:g} s",
            f"{status} in {took * 1000:.0f} ms",
            status == 200 and took < RECOVERY,
        ),
    ]
