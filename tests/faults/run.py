"""Runs the scenarios and prints what was asked of each beside what was measured.

    python -m tests.faults.run [--seconds N] [SCENARIO ...]

Exit status 0 when every figure was met, else 1.
"""

import argparse
import sys
from collections.abc import Callable

from tests.faults import (
    crowds,
    framing,
    galera,
    heavy_use,
    memory,
    mysql,
    overload,
    shortage,
    shutdown,
    slow_clients,
    slow_database,
    sqlite,
)
from tests.faults.report import CannotRun, Finding, print_table

SCENARIOS: dict[str, Callable[[float], list[Finding]]] = {
    "framing": framing.run,
    "slow": slow_clients.run,
    "dribblers": crowds.run_dribblers,
    "idle": crowds.run_idle,
    "memory": memory.run,
    "overload": overload.run,
    "churn": crowds.run_churn,
    "descriptors": shortage.run_descriptors,
    "shutdown": shutdown.run,
    "disk": shortage.run_disk,
    "blocked-log": shortage.run_blocked_log,
    "downloads": heavy_use.run_downloads,
    "logins": heavy_use.run_logins,
    "galera": galera.run,
    "galera-minority": galera.run_minority,
    "pool": slow_database.run_pool,
    "slow-database": slow_database.run_slow,
    "no-database": slow_database.run_none,
    "mysql-cuts": mysql.run_cuts,
    "mysql-restarts": mysql.run_restarts,
    "mysql-kills": mysql.run_kills,
    "mysql-deadlocks": mysql.run_deadlocks,
    "mysql-standby": mysql.run_standby,
    "mysql-hang": mysql.run_hang,
    "mysql-crowd": mysql.run_crowd,
    "sqlite-writers": sqlite.run_writers,
    "sqlite-processes": sqlite.run_processes,
    "held-reader": sqlite.run_held_reader,
    "power-cut": sqlite.run_power_cut,
    "kill-9": sqlite.run_kill,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Attack a live server on loopback.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--seconds", type=float, default=25.0, help="of each attack (25)")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenarios) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    findings: list[Finding] = []
    for name in arguments.scenarios or SCENARIOS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            findings += SCENARIOS[name](arguments.seconds)
        except CannotRun as reason:
            findings.append(Finding(name, "could not run", "", str(reason), False))
    print_table(findings)
    return 0 if all(finding.is_met for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
