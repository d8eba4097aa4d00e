"""Several processes on one SQLite file: the lock beside it, forks, network file systems."""

import logging
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.engine.sqlite.place import network_filesystem
from orm.engine.sqlite.processlock import ProcessLock
from orm.engine.sqlite.releases import has_wal_reset_bug
from orm.errors import LockTimeout, OperationalError

DEADLINE = 30.0

WRITER = """
import sys
import orm
database = orm.connect("sqlite:///" + sys.argv[1], synchronous="OFF")
for number in range(int(sys.argv[2])):
    with database.transaction():
        (before,) = database.execute("SELECT n FROM counter").rows[0]
        database.execute("UPDATE counter SET n = ?", (before + 1,))
orm.close()
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = engine.connect(f"sqlite:///{tmp_path}/app.db?synchronous=OFF")
    database.execute("CREATE TABLE counter (n INTEGER)")
    database.execute("INSERT INTO counter VALUES (0)")
    yield database
    engine.close()


@pytest.fixture
def locks(tmp_path: Path) -> Iterator[tuple[ProcessLock, ProcessLock]]:
    """Two that stand for two processes: the lock belongs to the open file."""
    first, second = (ProcessLock(str(tmp_path / "x.db")) for _ in range(2))
    yield first, second
    first.close()
    second.close()


def test_sec_D18_the_first_keeps_the_lock_until_another_one_asks(
    locks: tuple[ProcessLock, ProcessLock],
) -> None:
    first, second = locks
    assert first.open()
    assert not first.is_shared
    assert not first.is_wanted
    assert not second.open()
    assert second.is_shared
    with pytest.raises(LockTimeout, match="another process"):
        second.acquire(0)
    assert first.is_wanted
    first.share()
    assert not first.is_wanted
    second.acquire(0)
    with pytest.raises(LockTimeout):
        first.acquire(0)
    second.release()
    first.acquire(0)


def test_sec_D18_who_waits_is_let_in_when_the_other_is_done(
    locks: tuple[ProcessLock, ProcessLock],
) -> None:
    first, second = locks
    first.open()
    second.open()
    passed = threading.Event()

    def wait() -> None:
        second.acquire(DEADLINE)
        passed.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    for _ in range(1000):
        if first.is_wanted:
            break
        threading.Event().wait(0.001)
    assert not passed.is_set()
    first.share()
    assert passed.wait(DEADLINE)
    thread.join(DEADLINE)


def test_sec_D18_the_lock_of_a_dead_process_is_free(
    locks: tuple[ProcessLock, ProcessLock],
) -> None:
    first, second = locks
    first.open()
    first.close()
    assert second.open()


def test_sec_D18_processes_take_turns(database: Database, tmp_path: Path) -> None:
    """Each adds one to what it has read, in a transaction: nothing is lost, nobody is refused."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "app.db"), "100"]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for _ in range(100):
        with database.transaction():
            (before,) = database.execute("SELECT n FROM counter").rows[0]
            database.execute("UPDATE counter SET n = ?", (before + 1,))
    for child in children:
        _, errors = child.communicate(timeout=DEADLINE)
        assert child.returncode == 0, errors.decode()
    assert database.execute("SELECT n FROM counter").rows == [(300,)]
    assert database.execute("PRAGMA integrity_check").rows == [("ok",)]


WRITER_AND_READERS = """
import sys, threading
import orm
database = orm.connect("sqlite:///" + sys.argv[1], synchronous="OFF")
database.execute("CREATE TABLE t (data BLOB)")

def read():
    for _ in range(100):
        database.execute("SELECT count(*) FROM t")
        list(database.stream("SELECT * FROM t LIMIT 50", (), 10))

threads = [threading.Thread(target=read) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(1500):  # beyond the 1000 pages of a checkpoint
    database.execute("INSERT INTO t VALUES (zeroblob(4000))")
for thread in threads:
    thread.join()
orm.close()
"""


def test_sec_D18_no_other_connection_ever_checkpoints(tmp_path: Path) -> None:
    """Every connection has a descriptor of its own: whoever writes the database file is seen."""
    if shutil.which("strace") is None:
        pytest.skip("strace shows who writes: apt-get install strace")
    trace, path = tmp_path / "trace", tmp_path / "app.db"
    strace = ["strace", "-f", "-y", "-qq", "-e", "trace=pwrite64", "-o", str(trace)]
    command = [*strace, sys.executable, "-c", WRITER_AND_READERS, str(path)]
    subprocess.run(command, check=True, timeout=DEADLINE)
    writes = trace.read_text(errors="replace")
    checkpointers = set(re.findall(rf"pwrite64\((\d+)<{re.escape(str(path))}>", writes))
    assert len(checkpointers) == 1


@pytest.mark.parametrize(
    ("release", "has_bug"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_sec_D18_releases_with_the_wal_reset_bug(
    release: tuple[int, int, int], has_bug: bool
) -> None:
    assert has_wal_reset_bug(release) is has_bug


def test_sec_D18_a_second_process_is_told_of_the_bug(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orm.engine.sqlite.writer.has_wal_reset_bug", lambda: True)
    with caplog.at_level(logging.WARNING, "orm.sqlite"):
        other = engine.connect(f"sqlite:///{tmp_path}/app.db", "other")
        other.execute("UPDATE counter SET n = 5")
    engine.close("other")
    assert any("walresetbug" in record.getMessage() for record in caplog.records)
    assert database.execute("SELECT n FROM counter").rows == [(5,)]


def test_sec_D20_a_child_gives_the_parents_lock_back_untouched(
    database: Database, tmp_path: Path
) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)  # its copies of the files are closed
    os.waitpid(child, 0)
    lock = ProcessLock(str(tmp_path / "app.db"))
    assert not lock.open()  # it is the parent's still
    lock.close()


def test_sec_D20_a_child_reads_while_the_parent_writes(database: Database) -> None:
    with database.transaction():
        database.execute("UPDATE counter SET n = 7")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = int(database.execute("SELECT n FROM counter").rows != [(0,)])
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
36 22 0:32 / /srv rw,relatime shared:2 - nfs4 server:/export rw
37 36 0:33 / /srv/local rw - xfs /dev/vdb rw
38 22 0:34 / /mnt/with\\040blank rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/app.db", ""),
        ("/srv/app.db", "nfs4"),
        ("/srv/local/app.db", ""),
        ("/srvother/app.db", ""),
        ("/mnt/with blank/app.db", "fuse.sshfs"),
    ],
)
def test_sec_D20_network_file_systems_are_known(path: str, kind: str) -> None:
    assert network_filesystem(path, MOUNTS) == kind


def test_sec_D20_a_database_over_a_network_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orm.engine.sqlite.writer.network_filesystem", lambda path: "nfs4")
    database = engine.connect(f"sqlite:///{tmp_path}/remote.db", "remote")
    database.execute("CREATE TABLE t (n)")
    engine.close("remote")
    (record,) = caplog.records
    assert "network file system (nfs4)" in record.getMessage()


def test_sec_D20_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database, but somebody's notes")
    database = engine.connect(f"sqlite:///{path}")
    with pytest.raises(OperationalError, match="is no SQLite database"):
        database.execute("SELECT 1")
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]
