"""Killing processes that write through the ORM, at any moment (goal G6)."""

import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import orm.engine as engine
from orm.errors import OrmError

WRITERS = 2
_DEADLINE = 60.0

# Every number is written twice, in one transaction, and acknowledged when that has returned.
_CHILD = """
import os, sys
import orm

database = orm.connect("sqlite:///" + sys.argv[1])
writer, start = int(sys.argv[2]), int(sys.argv[3])
with orm.transaction():
    database.execute("CREATE TABLE IF NOT EXISTS done (writer INTEGER, number INTEGER, half TEXT)")
number = start
while True:
    with orm.transaction():
        for half in "ab":
            database.execute("INSERT INTO done VALUES (?, ?, ?)", (writer, number, half))
    os.write(1, b"%d\\n" % number)
    number += 1
"""


@dataclass
class KillOutcome:
    """acknowledged: transactions that had returned. lost: those of them that are missing."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    damaged: list[str] = field(default_factory=list)


def kill_while_writing(path: Path, times: int, seed: int) -> KillOutcome:
    """Let two processes write the file, kill both at a random moment, look; again and again."""
    source = random.Random(seed)
    outcome = KillOutcome()
    acknowledged: set[tuple[int, int]] = set()
    for _ in range(times):
        starts = [1 + max((n for w, n in acknowledged if w == each), default=-1) for each in (0, 1)]
        # A transaction that was never acknowledged may be there: its number is not used again.
        children = [_Writer(path, each, starts[each] + 1) for each in range(WRITERS)]
        for child in children:
            child.first.wait(_DEADLINE)
        threading.Event().wait(source.uniform(0, 0.15))
        for child in children:
            child.kill()
        for child in children:
            acknowledged |= child.collect()
        outcome.kills += 1
        _look(path, acknowledged, outcome)
    outcome.acknowledged = len(acknowledged)
    return outcome


class _Writer:
    def __init__(self, path: Path, number: int, start: int) -> None:
        self.first = threading.Event()  # something was acknowledged
        self._number = number
        self._acknowledged: list[int] = []
        command = [sys.executable, "-c", _CHILD, str(path), str(number), str(start)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self._process.stdout is None:
            raise RuntimeError("there is no pipe")
        for line in self._process.stdout:
            if line.endswith(b"\n"):
                self._acknowledged.append(int(line))
                self.first.set()
        self.first.set()

    def kill(self) -> None:
        self._process.kill()

    def collect(self) -> set[tuple[int, int]]:
        """What it had acknowledged."""
        self._process.wait(_DEADLINE)
        self._reader.join(_DEADLINE)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return {(self._number, each) for each in self._acknowledged}


def _look(path: Path, acknowledged: set[tuple[int, int]], outcome: KillOutcome) -> None:
    try:
        database = engine.connect(f"sqlite:///{path}", "killed")
        whole = database.execute("PRAGMA integrity_check").rows
        rows = database.execute("SELECT writer, number, count(*) FROM done GROUP BY 1, 2").rows
        engine.close("killed")
    except OrmError as error:
        outcome.damaged.append(str(error))
        return
    halves = [row for row in rows if row[2] != 2]
    if whole != [("ok",)] or halves:
        outcome.damaged.append(f"{whole[:1]}, by halves: {halves[:3]}")
    outcome.lost = len(acknowledged - {(writer, number) for writer, number, _ in rows})
