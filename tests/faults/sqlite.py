"""SQLite under many writers, in several processes, killed, cut off, held up (sec:D17-D21, G6)."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orm
from orm.engine.database import Database
from orm.engine.sqlite.writer import wal_size
from tests.faults.report import CannotRun, Finding
from tests.support import killing, powercut

THREADS = 64
SEEDS = 200
KILLS = 50
_MIB = 1024 * 1024
_WAL_LIMIT = 8 * _MIB
_CHECK_EVERY = 5.0

# Writes until its time is over; each number is printed once its transaction has returned.
_CHILD = """
import os, sys, time
import orm

database = orm.connect("sqlite:///" + sys.argv[1])
writer, end = int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
number = errors = 0
while time.monotonic() < end:
    try:
        with orm.transaction():
            database.execute("INSERT INTO done VALUES (?, ?)", (writer, number))
            database.execute("UPDATE total SET n = n + 1")
    except orm.OrmError as error:
        errors += 1
        print(error, file=sys.stderr)
    else:
        os.write(1, b"%d\\n" % number)
    number += 1
orm.close()
"""


@contextmanager
def _database(options: str = "") -> Iterator[tuple[Database, Path]]:
    with tempfile.TemporaryDirectory(prefix="treadle-sqlite-") as folder:
        path = Path(folder) / "app.db"
        database = orm.connect(f"sqlite:///{path}{options}", "faults")
        database.execute("CREATE TABLE done (writer INTEGER, number INTEGER)")
        database.execute("CREATE TABLE total (n INTEGER)")
        database.execute("INSERT INTO total VALUES (0)")
        try:
            yield database, path
        finally:
            orm.close("faults")


@dataclass
class _Tally:
    """What threads of writers met: seconds until they had the writer, and errors."""

    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def p99(self) -> float:
        ordered = sorted(self.waits)
        return ordered[int(len(ordered) * 0.99)] if ordered else float("inf")


def _write_until(database: Database, writer: int, end: float, tally: _Tally) -> None:
    number = 0
    while time.monotonic() < end:
        start = time.perf_counter()
        try:
            with database.transaction():
                tally.waits.append(time.perf_counter() - start)
                database.execute("INSERT INTO done VALUES (?, ?)", (writer, number))
                database.execute("UPDATE total SET n = n + 1")
            number += 1
        except orm.OrmError as error:
            tally.errors.append(str(error))


def run_writers(seconds: float) -> list[Finding]:
    """64 threads of one process write all the time, each transaction synced to the disk."""
    tally = _Tally()
    with _database() as (database, _):
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=_write_until, args=(database, each, end, tally))
            for each in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = database.execute("SELECT n FROM total").rows[0][0]
        counts = [row[0] for row in database.execute("SELECT count(*) FROM done GROUP BY writer")]
    locked = len(tally.errors)
    worst = max(tally.waits)
    name = "sqlite-writers"
    return [
        Finding(name, "errors ('locked')", "0", str(locked), not locked),
        Finding(name, "writer wait p99", "< 1 s", f"{tally.p99():.3f} s", tally.p99() < 1),
        Finding(name, "longest wait", "", f"{worst:.3f} s", True),
        Finding(name, "transactions", "all counted", f"{total}", total == sum(counts)),
        Finding(
            name,
            "per thread, least and most",
            "fair",
            f"{min(counts)}-{max(counts)}",
            max(counts) - min(counts) < max(10, total / THREADS / 5),
        ),
    ]


def run_processes(seconds: float) -> list[Finding]:
    """Two processes write; the file is checked meanwhile, what they were told at the end."""
    faults = []
    with _database() as (database, path):
        children = [
            subprocess.Popen(
                [sys.executable, "-c", _CHILD, str(path), str(each), str(seconds)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for each in range(2)
        ]
        outputs: dict[int, tuple[bytes, bytes]] = {}
        threads = [
            threading.Thread(target=lambda n=n: outputs.update({n: children[n].communicate()}))
            for n in range(2)
        ]
        for thread in threads:
            thread.start()
        checks = 0
        while any(thread.is_alive() for thread in threads):
            threading.Event().wait(_CHECK_EVERY)
            faults += [row for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
            checks += 1
        told = {(n, int(line)) for n in range(2) for line in outputs[n][0].split()}
        stored = {tuple(row) for row in database.execute("SELECT writer, number FROM done")}
        total = database.execute("SELECT n FROM total").rows[0][0]
    errors = [
        line for n in range(2) for line in outputs[n][1].splitlines() if b"walreset" not in line
    ]
    name = "sqlite-processes"
    return [
        Finding(name, "errors", "0", f"{len(errors)} {errors[:1]}", not errors),
        Finding(
            name,
            "acknowledged, lost",
            "0 lost",
            f"{len(told)}, {len(told - stored)}",
            told == stored and total == len(stored),
        ),
        Finding(name, "integrity_check", "ok", f"{checks} times, {len(faults)} faults", not faults),
    ]


def run_power_cut(seconds: float) -> list[Finding]:
    """200 power cuts each under FULL and NORMAL, see tests/support/powercut.py."""
    if not powercut.is_available():
        raise CannotRun("strace is missing: apt-get install strace")
    findings = []
    for mode in ("FULL", "NORMAL"):
        with tempfile.TemporaryDirectory(prefix="treadle-powercut-") as folder:
            events = powercut.record(Path(folder), mode, 200)
            outcome = powercut.cut_everywhere(events, Path(folder), range(SEEDS))
        told = f"{outcome.lost} of {outcome.acknowledged} in {outcome.cuts} cuts"
        asked = "0" if mode == "FULL" else "told in the documentation"
        findings += [
            Finding("power-cut", f"{mode}: lost", asked, told, mode != "FULL" or not outcome.lost),
            Finding(
                "power-cut", f"{mode}: damaged", "0", str(len(outcome.damaged)), not outcome.damaged
            ),
        ]
    return findings


def run_kill(seconds: float) -> list[Finding]:
    """Two processes that write are killed, fifty times."""
    with tempfile.TemporaryDirectory(prefix="treadle-kill-") as folder:
        outcome = killing.kill_while_writing(Path(folder) / "app.db", KILLS, seed=0)
    told = f"{outcome.lost} of {outcome.acknowledged} in {outcome.kills} kills"
    return [
        Finding("kill-9", "acknowledged transactions lost", "0", told, outcome.lost == 0),
        Finding("kill-9", "damaged", "0", str(outcome.damaged), not outcome.damaged),
    ]


def run_held_reader(seconds: float) -> list[Finding]:
    """A reader is held while others write; then it is let go."""
    largest = 0
    data = b"x" * 20_000
    with _database(f"?wal_limit={_WAL_LIMIT}&synchronous=OFF&snapshot_limit=0") as (database, path):
        database.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, data BLOB)")
        end = time.monotonic() + seconds

        def write() -> None:
            while time.monotonic() < end:
                database.execute("INSERT OR REPLACE INTO big VALUES (?, ?)", (1, data))
                time.sleep(0.001)

        thread = threading.Thread(target=write)
        with database.read_only():
            database.execute("SELECT count(*) FROM done")
            thread.start()
            thread.join()
            largest = wal_size(str(path))
        database.execute("INSERT OR REPLACE INTO big VALUES (1, ?)", (data,))
        deadline = time.monotonic() + 5
        while wal_size(str(path)) > 2 * _WAL_LIMIT and time.monotonic() < deadline:
            time.sleep(0.1)
        after = wal_size(str(path))
    told = f"{after / _MIB:.1f} MiB, was {largest / _MIB:.1f}"
    asked = f"<= {2 * _WAL_LIMIT // _MIB} MiB"
    return [Finding("held-reader", "WAL after the release", asked, told, after <= 2 * _WAL_LIMIT)]
