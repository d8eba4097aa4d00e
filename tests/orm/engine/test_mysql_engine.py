"""MySQL and MariaDB: the pool, broken exchanges, lost connections, deadlocks."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

import orm.engine as engine
import orm.engine.mysql.pool as pool_module
from orm.engine.database import Database
from orm.errors import (
    CommitUnknown,
    DataError,
    Deadlock,
    Disconnected,
    DiskFull,
    LockTimeout,
    OperationalError,
    PoolTimeout,
    QueryError,
    TransactionError,
)
from tests.support.databases import drop_everything

pytestmark = pytest.mark.mysql

DEADLINE = 20.0


@pytest.fixture
def database(mysql_url: str) -> Iterator[Database]:
    database = engine.connect(mysql_url, pool_size=4, pool_wait=0.1, lock_wait=1)
    drop_everything(database)
    database.execute("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(5))")
    yield database
    drop_everything(database)
    engine.close()


@pytest.fixture
def admin(mysql_url: str) -> Iterator[Database]:
    """A second pool, to kill the first one's connections with."""
    yield engine.connect(mysql_url, "admin")
    engine.close("admin")


def connection_id(database: Database) -> int:
    return int(database.execute("SELECT connection_id()").rows[0][0])


def open_connections(admin: Database) -> set[int]:
    rows = admin.execute("SELECT id FROM information_schema.processlist WHERE command <> 'Daemon'")
    return {int(row[0]) for row in rows}


def wait_until(condition: Callable[[], bool]) -> None:
    """The server notices a closed socket, and does what it is told, in its own time."""
    pause = threading.Event()
    for _ in range(2000):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it did not happen")


def test_sec_D9_session_settings(database: Database) -> None:
    row = database.execute(
        "SELECT @@sql_mode, @@collation_connection, @@time_zone, @@autocommit, @@local_infile,"
        " @@innodb_lock_wait_timeout"
    ).rows[0]
    assert "STRICT_TRANS_TABLES" in row[0]
    assert "ONLY_FULL_GROUP_BY" not in row[0]
    assert row[1:4] == ("utf8mb4_bin", "+00:00", 1)
    assert row[5] == 1


def test_values_come_back_as_plain_python_values(database: Database) -> None:
    row = database.execute(
        "SELECT 7, 1.50, CAST('2024-05-06 07:08:09.5' AS DATETIME(6)), CAST('2024-05-06' AS DATE),"
        " CAST('-01:02:03' AS TIME), X'00FF', 2.5e0, NULL, 'ä😀'"
    ).rows[0]
    assert row == (
        7,
        Decimal("1.50"),
        datetime(2024, 5, 6, 7, 8, 9, 500000),
        date(2024, 5, 6),
        -timedelta(hours=1, minutes=2, seconds=3),
        b"\x00\xff",
        2.5,
        None,
        "ä😀",
    )


def test_a_date_that_python_does_not_know_stays_text(database: Database) -> None:
    assert database.execute("SELECT CAST('2024-00-00' AS DATE)").rows[0][0] in (None, "2024-00-00")
    assert database.execute("SELECT 1").rows == [(1,)]


@pytest.mark.parametrize("text", ["\\' OR 1=1 -- ", "\0", "\x1a", "%s %(a)s %%", "\\", "''"])
@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
def test_sec_D3_text_comes_back_as_it_went(database: Database, text: str, mode: str) -> None:
    with database.transaction():
        database.execute("SET SESSION sql_mode = ?", (mode,))
        assert database.execute("SELECT ?", (text,)).rows == [(text,)]


def test_sec_D3_one_statement_at_a_time(database: Database) -> None:
    with pytest.raises(OperationalError):
        database.execute("SELECT 1; DROP TABLE t")
    assert database.execute("SELECT count(*) FROM t").rows == [(0,)]


@pytest.mark.parametrize("sql", ["VALUES (1, 99999999999, '')", "VALUES (1, 1, 'too long')"])
def test_sec_D9_values_that_do_not_fit_are_refused(database: Database, sql: str) -> None:
    with pytest.raises(DataError):
        database.execute(f"INSERT INTO t {sql}")


def test_sec_D10_what_a_statement_set_is_not_inherited(database: Database) -> None:
    first = connection_id(database)
    assert connection_id(database) == first
    database.execute("SET @mine = 1")
    assert connection_id(database) != first
    assert database.execute("SELECT @mine").rows == [(None,)]


def test_sec_D15_a_pool_in_use_ends_in_pool_timeout(database: Database) -> None:
    streams = [
        database.stream("SELECT * FROM (SELECT 1 UNION SELECT 2) a", (), 1) for _ in range(4)
    ]
    for stream in streams:
        next(stream)
    with pytest.raises(PoolTimeout, match=r"all 4 connections .*pool_wait.*pool_size"):
        database.execute("SELECT 1")
    for stream in streams:
        stream.close()  # type: ignore[attr-defined]
    assert database.execute("SELECT 1").rows == [(1,)]


def test_sec_D11_a_read_survives_a_killed_connection(database: Database, admin: Database) -> None:
    admin.execute(f"KILL {connection_id(database)}")
    assert database.execute("SELECT 1").rows == [(1,)]


@pytest.fixture
def no_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the server hung up between the look at an idle connection and the statement."""
    monkeypatch.setattr(pool_module, "_GLANCED_IDLE", DEADLINE)


@pytest.mark.usefixtures("no_glance")
def test_sec_D12_a_lost_write_is_unknown_and_not_sent_twice(
    database: Database, admin: Database
) -> None:
    admin.execute(f"KILL {connection_id(database)}")
    with pytest.raises(CommitUnknown, match="may or may not be stored"):
        database.execute("INSERT INTO t VALUES (1, 1, '')")
    database.execute("INSERT INTO t VALUES (1, 1, '')")


def test_sec_D11_a_write_does_not_go_to_a_connection_that_was_hung_up(
    database: Database, admin: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_GLANCED_IDLE", 0.0)
    number = connection_id(database)
    admin.execute(f"KILL {number}")
    wait_until(lambda: number not in open_connections(admin))
    database.execute("INSERT INTO t VALUES (1, 1, '')")


def test_sec_D11_a_transaction_begins_on_a_new_connection(
    database: Database, admin: Database
) -> None:
    admin.execute(f"KILL {connection_id(database)}")
    with database.transaction():
        database.execute("INSERT INTO t VALUES (1, 1, '')")
    assert len(database.execute("SELECT * FROM t")) == 1


@pytest.mark.usefixtures("no_glance")
def test_sec_D11_idle_connections_of_a_dead_one_are_not_used(
    database: Database, admin: Database
) -> None:
    streams = [database.stream("SELECT connection_id()", (), 1) for _ in range(3)]
    ids = [int(next(stream)[0][0]) for stream in streams]
    for stream in streams:
        assert list(stream) == []  # read to the end: the connection goes back to the pool
    for number in ids:
        admin.execute(f"KILL {number}")
    with pytest.raises(CommitUnknown):
        database.execute("INSERT INTO t VALUES (1, 1, '')")
    database.execute("INSERT INTO t VALUES (1, 1, '')")


def test_sec_D11_a_transaction_lost_midway_breaks(database: Database, admin: Database) -> None:
    with pytest.raises(TransactionError, match="undone by Disconnected"), database.transaction():
        database.execute("INSERT INTO t VALUES (1, 1, '')")
        admin.execute(f"KILL {connection_id(database)}")
        with pytest.raises(Disconnected):
            database.execute("INSERT INTO t VALUES (2, 2, '')")
        with pytest.raises(TransactionError, match="no further statement"):
            database.execute("SELECT 1")
    assert len(database.execute("SELECT * FROM t")) == 0


def test_sec_D11_a_connection_lost_at_a_savepoint_breaks_the_transaction(
    database: Database, admin: Database
) -> None:
    with pytest.raises(TransactionError, match="nothing of it is stored"), database.transaction():
        database.execute("INSERT INTO t VALUES (1, 1, '')")
        admin.execute(f"KILL {connection_id(database)}")
        with pytest.raises(Disconnected), database.transaction():
            pass
    assert len(database.execute("SELECT * FROM t")) == 0


def test_parameters_that_do_not_fit_a_statement_in_the_driver_s_form(database: Database) -> None:
    with pytest.raises(QueryError, match="do not fit"):
        database.run("SELECT %s", ())


def test_sec_D12_a_connection_lost_at_commit_is_commit_unknown(
    database: Database, admin: Database
) -> None:
    tries: list[int] = []

    @engine.transaction(retry=3)
    def write() -> None:
        tries.append(1)
        database.execute("INSERT INTO t VALUES (1, 1, '')")
        admin.execute(f"KILL {connection_id(database)}")

    with pytest.raises(CommitUnknown, match="may or may not be stored"):
        write()
    assert len(tries) == 1
    assert database.execute("SELECT 1").rows == [(1,)]


def test_sec_D10_a_read_timeout_closes_the_connection(mysql_url: str, database: Database) -> None:
    slow = engine.connect(mysql_url, "slow", read_timeout=0.2, pool_size=1)
    with pytest.raises(Disconnected), slow.transaction():
        slow.execute("SELECT sleep(2), 'late answer'")
    assert slow.execute("SELECT 'mine'").rows == [("mine",)]
    engine.close("slow")


def test_sec_D10_a_packet_too_large_closes_the_connection(database: Database) -> None:
    """The server answers that it is, and hangs up: the next statement needs a new connection."""
    limit = int(database.execute("SELECT @@max_allowed_packet").rows[0][0])
    if limit > 2**25:
        pytest.skip("this server takes packets too large for a test")
    with pytest.raises((DataError, Disconnected)):
        database.execute("SELECT LENGTH(?)", ["x" * (limit + 1)])
    assert database.execute("INSERT INTO t VALUES (1, 1, 'x')").row_count == 1


def test_sec_D10_an_abandoned_stream_closes_its_connection(
    database: Database, admin: Database
) -> None:
    sql = "SELECT connection_id(), REPEAT('x', 1000) FROM seq_1_to_5000"
    stream = database.stream(sql, (), 1)
    number = int(next(stream)[0][0])
    assert number in open_connections(admin)
    stream.close()  # type: ignore[attr-defined]
    assert connection_id(database) != number


def test_sec_D13_a_real_deadlock_is_retried(database: Database) -> None:
    database.execute("INSERT INTO t VALUES (1, 0, ''), (2, 0, '')")
    meet = threading.Barrier(2)
    tries: list[int] = []
    errors: list[BaseException] = []

    def transfer(first: int, second: int) -> None:
        met = False

        @engine.transaction(retry=5)
        def move() -> None:
            nonlocal met
            tries.append(first)
            database.execute("UPDATE t SET n = n - 1 WHERE id = ?", (first,))
            if not met:
                met = True
                meet.wait(DEADLINE)
            database.execute("UPDATE t SET n = n + 1 WHERE id = ?", (second,))

        try:
            move()
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=transfer, args=pair, daemon=True) for pair in ((1, 2), (2, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive()
    assert errors == []
    assert len(tries) > 2
    assert database.execute("SELECT n FROM t ORDER BY id").rows == [(0,), (0,)]


def test_sec_D13_a_lock_wait_ends_and_undoes_the_whole_transaction(
    database: Database, admin: Database
) -> None:
    database.execute("INSERT INTO t VALUES (1, 0, '')")
    with admin.transaction():
        admin.execute("UPDATE t SET n = 5 WHERE id = 1")
        with pytest.raises(LockTimeout), database.transaction():
            database.execute("INSERT INTO t VALUES (2, 0, '')")
            database.execute("UPDATE t SET n = 6 WHERE id = 1")
    assert database.execute("SELECT id, n FROM t").rows == [(1, 5)]


def test_sec_D13_a_deadlock_met_while_an_error_is_looked_into_is_not_swallowed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node of a cluster tells once that the transaction is undone, whatever it is asked next."""
    signal = "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = %s"
    monkeypatch.setattr("orm.engine.mysql.connection._UNIQUE_COLUMNS", signal)
    with pytest.raises(TransactionError, match="undone by Deadlock"), database.transaction():
        database.execute("INSERT INTO t VALUES (1, 0, '')")
        with pytest.raises(Deadlock):
            database.execute("INSERT INTO t VALUES (1, 0, '')")
    assert len(database.execute("SELECT * FROM t")) == 0


def test_a_swallowed_deadlock_does_not_commit_the_rest(database: Database) -> None:
    with pytest.raises(TransactionError, match="undone by Deadlock"), database.transaction():
        database.execute("INSERT INTO t VALUES (1, 0, '')")
        with pytest.raises(Deadlock):
            database.execute("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213")
        with pytest.raises(TransactionError), database.transaction():
            pass
    assert len(database.execute("SELECT * FROM t")) == 0


@pytest.mark.parametrize("code", [1021, 1114])
def test_sec_F6_a_full_disk_has_an_error_of_its_own(database: Database, code: int) -> None:
    with pytest.raises(DiskFull) as caught:
        database.execute(f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}")
    assert caught.value.code == code


def test_schema_changes_are_refused_inside_a_transaction(database: Database) -> None:
    with database.transaction():
        with pytest.raises(TransactionError, match="commits a transaction"):
            database.execute("CREATE TABLE u (id INT)")
        database.execute("CREATE TEMPORARY TABLE u (id INT)")


def test_connections_are_closed_with_the_database(mysql_url: str, admin: Database) -> None:
    closing = engine.connect(mysql_url, "closing")
    number = connection_id(closing)
    engine.close("closing")
    wait_until(lambda: number not in open_connections(admin))


def test_threads_share_the_pool(database: Database) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(25):
                assert database.execute("SELECT ?, ?", (number, step)).rows == [(number, step)]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive()
    assert errors == []


def test_sqlite_alone_never_loads_pymysql() -> None:
    program = (
        "import sys, orm.engine as e; e.connect('sqlite://').execute('SELECT 1');"
        "sys.exit('pymysql' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
