"""Power cuts under the real ORM and the real SQLite module (sec:D19, goal G6).

A child process runs transactions through the ORM and says on its standard output which of them
have returned. strace records what it does to files: every write with its bytes, every fsync,
creation and removal, and the acknowledgements between them. From that the disk is computed as a
power cut at any moment may leave it:

  - what was synced is there;
  - of each write since, every sector of 512 bytes is there, or not, or torn: its beginning is new
    and its end is old; writes are kept without regard to their order;
  - a file's length follows from what is kept; a truncation is kept or not;
  - a file that was made or removed since the folder was synced is there, or not.

That is harsher than real disks, which keep some order. Opening the result with the ORM again must
find a whole database with every acknowledged transaction, and nothing of one by halves.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orm.engine as engine
from orm.errors import OrmError

SECTOR = 512
_RECORD_SECONDS = 300

_CHILD = """
import os, random, sys
import orm

path, synchronous, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
source = random.Random(1)

class Entry(orm.Model):
    number = orm.Integer(index=True)
    half = orm.String(1)
    data = orm.Text()

class Counter(orm.Model):
    total = orm.Integer()

orm.connect("sqlite:///" + path, synchronous=synchronous)
orm.create_all()
counter = Counter.insert(total=0)
orm.database.execute("PRAGMA wal_autocheckpoint=60")  # the writer's: checkpoints are frequent
for number in range(count):
    with orm.transaction():
        for half in "ab":
            Entry.insert(number=number, half=half, data="x" * source.choice((10, 200, 5000)))
        if number % 7 == 3:
            Entry.update(data="y" * 3000).where(Entry.number == source.randrange(number)).execute()
        counter.total += 1
        counter.save()
    os.write(1, b"ack %d\\n" % number)
if sys.argv[4] == "close":
    orm.close()
os._exit(0)
"""


@dataclass(frozen=True)
class Event:
    """Something the child did: kind is create, write, truncate, sync, sync_folder, unlink, ack."""

    kind: str
    name: str = ""
    offset: int = 0  # the size of a truncation, the number of an acknowledgement
    data: bytes = b""


def is_available() -> bool:
    return shutil.which("strace") is not None


def record(folder: Path, synchronous: str, count: int, *, close: bool = False) -> list[Event]:
    """What a child that runs `count` transactions on a new database in `folder` did."""
    trace = folder / "trace"
    place = folder / "data"
    place.mkdir()
    calls = "openat,close,pwrite64,write,ftruncate,fsync,fdatasync,unlink"
    strace = ["strace", "-f", "-qq", "-xx", "-s", "100000", "-e", f"trace={calls}"]
    child = [sys.executable, "-c", _CHILD, str(place / "app.db"), synchronous, str(count)]
    subprocess.run(
        [*strace, "-o", str(trace), *child, "close" if close else "leave"],
        check=True,
        timeout=_RECORD_SECONDS,
        stdout=subprocess.DEVNULL,
    )
    events = list(_read_trace(trace, place))
    trace.unlink()
    return events


_CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)", re.S)
_UNFINISHED = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$", re.S)


def _whole_lines(trace: Path) -> Iterator[str]:
    """Calls of several threads overlap: their two halves are joined where the second one stands."""
    begun: dict[str, str] = {}
    with trace.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if match := _UNFINISHED.match(line):
                begun[match[1]] = match[2]
            elif match := _RESUMED.match(line):
                yield f"{match[1]} {begun.pop(match[1], '')}{match[2]}"
            else:
                yield line


def _bytes_of(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _read_trace(trace: Path, place: Path) -> Iterator[Event]:
    names: dict[str, str] = {}  # open files of interest by number: the name, "" for the folder
    for line in _whole_lines(trace):
        match = _CALL.match(line)
        if match is None or int(match[3]) < 0:
            continue
        call, arguments = match[1], match[2].split(", ")
        if call == "openat":
            path = Path(_bytes_of(arguments[1].strip('"')).decode())
            if path == place:
                names[match[3]] = ""
            elif path.parent == place and not path.name.endswith(("-shm", "-lock")):
                names[match[3]] = path.name
                if "O_CREAT" in arguments[2]:
                    yield Event("create", path.name)
        elif call == "unlink":
            path = Path(_bytes_of(arguments[0].strip('"')).decode())
            if path.parent == place and not path.name.endswith("-shm"):
                yield Event("unlink", path.name)
        elif call == "close":
            names.pop(arguments[0], None)
        elif call == "write" and arguments[0] == "1":
            yield Event("ack", offset=int(_bytes_of(arguments[1].strip('"')).split()[1]))
        elif arguments[0] in names:
            yield from _file_event(call, arguments, names[arguments[0]])


def _file_event(call: str, arguments: list[str], name: str) -> Iterator[Event]:
    if call == "pwrite64":
        yield Event("write", name, int(arguments[3]), _bytes_of(arguments[1].strip('"')))
    elif call == "ftruncate":
        yield Event("truncate", name, int(arguments[1]))
    elif call in ("fsync", "fdatasync"):
        yield Event("sync", name) if name else Event("sync_folder")
    else:
        raise ValueError(f"{call} to {name} is not understood")


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)

    def sync(self) -> None:
        for event in self.pending:
            _apply(self.durable, event)
        self.pending.clear()


class Disk:
    """The files of one folder, as far as they are safe and as they look."""

    def __init__(self) -> None:
        self._seen: dict[str, _File] = {}
        self._safe: dict[str, _File] = {}
        self._changes: list[tuple[str, _File | None]] = []  # of names, since the folder was synced
        self.acknowledged = -1

    def do(self, event: Event) -> None:
        getattr(self, f"_{event.kind}")(event)

    def _create(self, event: Event) -> None:
        if event.name not in self._seen:
            file = self._seen[event.name] = _File()
            self._changes.append((event.name, file))

    def _unlink(self, event: Event) -> None:
        del self._seen[event.name]
        self._changes.append((event.name, None))

    def _write(self, event: Event) -> None:
        self._seen[event.name].pending.append(event)

    _truncate = _write

    def _sync(self, event: Event) -> None:
        self._seen[event.name].sync()

    def _sync_folder(self, event: Event) -> None:
        for name, file in self._changes:
            _rename(self._safe, name, file)
        self._changes.clear()

    def _ack(self, event: Event) -> None:
        self.acknowledged = event.offset

    def cut(self, source: random.Random) -> dict[str, bytes]:
        """What is on the disk when the power comes back."""
        left = dict(self._safe)
        for name, file in self._changes:
            if source.random() < 0.5:
                _rename(left, name, file)
        share = source.choice((0.0, 0.2, 0.5, 0.9, 1.0))  # of the writes that arrived
        return {name: _survivors(file, share, source) for name, file in left.items()}


def _rename(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _survivors(file: _File, share: float, source: random.Random) -> bytes:
    content = bytearray(file.durable)
    for event in file.pending:
        if event.kind == "truncate":
            if source.random() < share:
                _apply(content, event)
            continue
        end = event.offset + len(event.data)
        start = event.offset
        while start < end:
            stop = min(end, (start // SECTOR + 1) * SECTOR)
            if source.random() < share:
                if source.random() < 0.1:  # torn
                    stop_new = source.randrange(start, stop)
                else:
                    stop_new = stop
                piece = event.data[start - event.offset : stop_new - event.offset]
                _apply(content, Event("write", event.name, start, piece))
            start = stop
    return bytes(content)


def _apply(content: bytearray, event: Event) -> None:
    size = event.offset if event.kind == "truncate" else event.offset + len(event.data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if event.kind == "truncate":
        del content[event.offset :]
    else:
        content[event.offset : size] = event.data


@dataclass
class Outcome:
    """What was found after power cuts: their number, and how many transactions were acknowledged
    before them, of which so many were lost; damaged: descriptions of broken databases."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    damaged: list[str] = field(default_factory=list)


def cut_everywhere(events: list[Event], folder: Path, seeds: range) -> Outcome:
    """Cut the power once for each seed, at a random moment."""
    outcome = Outcome()
    for seed in seeds:
        source = random.Random(seed)
        disk = Disk()
        for event in events[: source.randrange(len(events) + 1)]:
            disk.do(event)
        place = folder / f"cut-{seed}"
        place.mkdir()
        for name, content in disk.cut(source).items():
            (place / name).write_bytes(content)
        outcome.cuts += 1
        outcome.acknowledged += disk.acknowledged + 1
        try:
            outcome.lost += max(0, disk.acknowledged + 1 - _transactions_in(place / "app.db"))
        except (OrmError, AssertionError) as error:
            outcome.damaged.append(f"seed {seed}: {error}")
        shutil.rmtree(place)
    return outcome


def _transactions_in(path: Path) -> int:
    """How many transactions are there; AssertionError when one is there by halves or out of order.

    The tables themselves may be missing: they were never acknowledged."""
    database = engine.connect(f"sqlite:///{path}?synchronous=OFF", "powercut")
    try:
        assert database.execute("PRAGMA integrity_check").rows == [("ok",)], "integrity_check"
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
        if not {"entry", "counter"} <= tables:
            return 0
        totals = [row[0] for row in database.execute("SELECT total FROM counter")]
        found = database.execute("SELECT number, half FROM entry ORDER BY number, half").rows
        count = len(found) // 2
        expected = [(number, half) for number in range(count) for half in "ab"]
        assert found == expected, "a transaction is there by halves"
        assert totals in ([count], [] if count == 0 else [count]), "the counter is wrong"
        return count
    finally:
        engine.close("powercut")
