"""What a pool tells about itself, and about those who keep its connections (sec:D15, orm:O29)."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

import orm.engine as engine
from orm.engine import limits, stacks
from orm.engine.database import Database
from orm.errors import PoolTimeout

pytestmark = pytest.mark.mysql


@pytest.fixture
def database(mysql_url: str) -> Iterator[Database]:
    yield engine.connect(mysql_url, "watched", pool_size=4, leak_after=0.02, pool_wait=0.05)
    engine.close("watched")


def wait_until(condition: object) -> None:
    for _ in range(1000):
        if condition():  # type: ignore[operator]
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not happen")


def test_sec_D15_a_kept_connection_is_logged_once_with_its_borrower(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "orm.pool")
    with database.transaction():
        wait_until(lambda: caplog.records)
        threading.Event().wait(0.1)
    (record,) = caplog.records
    text = record.getMessage()
    assert "leak_after" in text
    assert "in test_sec_D15_a_kept_connection_is_logged_once_with_its_borrower" in text
    assert f"{__file__}:" in text
    assert threading.current_thread().name in text


def test_sec_D15_a_long_statement_is_logged_with_the_place_of_its_thread(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "orm.pool")
    database.execute("SELECT sleep(0.2)")
    assert "its thread is at" in caplog.records[0].getMessage()


def test_sec_D15_a_stack_names_the_line_of_the_call() -> None:
    taken = stacks.take_stack()
    line = test_sec_D15_a_stack_names_the_line_of_the_call.__code__.co_firstlineno + 1
    assert stacks.format_stack(taken).startswith(f"  {__file__}:{line} in test_sec_D15_a_stack")


def test_orm_O29_statistics(database: Database) -> None:
    assert database.statistics.opened == 0
    with database.transaction():
        now = database.statistics
        assert (now.size, now.in_use, now.idle, now.waiting) == (4, 1, 0, 0)
        assert now.host
    assert (database.statistics.in_use, database.statistics.idle) == (0, 1)


def test_orm_O29_the_last_given_back_is_used_first(database: Database) -> None:
    """So that the others grow old and are closed."""
    streams = [database.stream("SELECT connection_id()") for _ in range(3)]
    numbers = [next(stream)[0][0] for stream in streams]
    for stream in streams:
        assert list(stream) == []
    assert database.execute("SELECT connection_id()").rows == [(numbers[-1],)]


def test_orm_O29_idle_connections_are_closed_and_the_caretaker_ends(mysql_url: str) -> None:
    others = set(threading.enumerate())  # of databases that are still open
    database = engine.connect(mysql_url, "idle", idle_timeout=0.05)
    database.execute("SELECT 1")
    assert database.statistics.idle == 1
    wait_until(lambda: database.statistics.idle == 0)
    database.execute("SELECT 1")
    assert database.statistics.opened == 2
    engine.close("idle")
    wait_until(lambda: not {each.name for each in set(threading.enumerate()) - others})


def test_orm_O29_a_connection_does_not_outlive_its_life(mysql_url: str) -> None:
    database = engine.connect(mysql_url, "mortal", connection_life=0.01)
    first = database.execute("SELECT connection_id()").rows
    time.sleep(0.02)
    assert database.execute("SELECT connection_id()").rows != first
    engine.close("mortal")


def test_sec_D15_a_thread_never_takes_two_connections_by_itself(database: Database) -> None:
    """All of a transaction runs on one, whatever is nested in it."""
    seen = []
    with database.transaction():
        database.execute("SELECT 1")
        with database.transaction(), database.read_only():
            seen += [database.statistics.in_use for _ in database.stream("SELECT 1 UNION SELECT 2")]
        database.on_commit(lambda: seen.append(database.statistics.in_use))
    assert seen == [1, 0]


def test_feat_V18_waiting_counts_against_the_deadline(mysql_url: str) -> None:
    database = engine.connect(mysql_url, "hurried", pool_size=1, pool_wait=3600)
    stream = database.stream("SELECT 1 FROM (SELECT 1 UNION SELECT 2) a", (), 1)
    next(stream)
    with limits.deadline(time.monotonic() + 0.05), pytest.raises(PoolTimeout):
        database.execute("SELECT 1")
    assert database.statistics.timeouts == 1
    stream.close()  # type: ignore[attr-defined]
    engine.close("hurried")
