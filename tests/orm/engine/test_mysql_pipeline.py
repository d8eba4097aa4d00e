"""Statements sent ahead of their answers on MariaDB: deadlocks, floods, lost connections, cuts."""

import threading
from collections.abc import Iterator

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.engine.url import parse_url
from orm.errors import CommitUnknown, Deadlock, Disconnected, IntegrityError, OrmError
from tests.support.databases import drop_everything
from tests.support.faultproxy import FaultProxy, Plan

pytestmark = pytest.mark.mysql

UPDATE = "UPDATE p SET n = %s WHERE id = %s"
INSERT = "INSERT INTO p VALUES (%s, %s, %s)"


@pytest.fixture
def database(mysql_url: str) -> Iterator[Database]:
    database = engine.connect(mysql_url, pool_size=4, lock_wait=2)
    drop_everything(database)
    database.execute("CREATE TABLE p (id INT PRIMARY KEY, n INT NOT NULL, s LONGTEXT)")
    database.execute("INSERT INTO p SELECT seq, 0, NULL FROM seq_1_to_500")
    yield database
    drop_everything(database)
    engine.close()


@pytest.fixture
def admin(mysql_url: str) -> Iterator[Database]:
    yield engine.connect(mysql_url, "admin")
    engine.close("admin")


def connection_id(database: Database) -> int:
    return int(database.execute("SELECT connection_id()").rows[0][0])


def submit(database: Database, number: int, key: int) -> None:
    database.submit(UPDATE, (number, key), lambda count: None, f"row {key}")


def numbers(database: Database) -> list[int]:
    return [row[0] for row in database.execute("SELECT n FROM p ORDER BY id")]


def test_orm_O27_what_follows_a_deadlock_is_not_stored(database: Database) -> None:
    """The server has undone the transaction, and goes on with statements it was sent already."""
    meet = threading.Barrier(2, timeout=10)
    errors: list[BaseException] = []

    def other() -> None:
        try:
            with database.transaction():
                # The one that changed more rows is the one that survives.
                database.execute("UPDATE p SET n = 1 WHERE id > 100")
                meet.wait()
                database.execute("UPDATE p SET n = 1 WHERE id = 1")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    with pytest.raises(Deadlock) as caught, database.pipeline():
        submit(database, 2, 1)
        database.execute("SELECT 1")  # so that the row is locked
        meet.wait()
        for key in (101, 2, 3, 4):
            submit(database, 2, key)
    thread.join()
    assert not errors
    assert "row 101" in caught.value.__notes__[0]
    assert 2 not in numbers(database)


def test_orm_O27_the_function_is_run_again(database: Database) -> None:
    meet = threading.Barrier(2, timeout=10)
    runs = []

    def other() -> None:
        with database.transaction():
            database.execute("UPDATE p SET n = 1 WHERE id > 100")
            meet.wait()
            database.execute("UPDATE p SET n = 1 WHERE id = 1")

    @database.transaction(retry=3)
    def work() -> None:
        runs.append(1)
        with database.pipeline():
            submit(database, 2, 1)
            database.execute("SELECT 1")
            if len(runs) == 1:
                meet.wait()
            submit(database, 2, 101)
            submit(database, 2, 2)

    thread = threading.Thread(target=other)
    thread.start()
    work()
    thread.join()
    assert len(runs) == 2
    assert [numbers(database)[key - 1] for key in (1, 2, 101)] == [2, 2, 2]


def test_the_connection_is_as_before_afterwards(database: Database) -> None:
    first = connection_id(database)
    for fails in (False, True):
        try:
            with database.pipeline():
                submit(database, 1, 1)
                if fails:
                    database.submit(INSERT, (1, 1, None), lambda count: None)
        except IntegrityError:
            assert fails
        row = database.execute("SELECT @@autocommit, @@in_transaction, connection_id()").rows[0]
        assert row == (1, 0, first)


def test_many_long_statements_do_not_block_each_other(database: Database) -> None:
    """20 MB go out before the first answer is looked at by anybody."""
    text = "x" * 100_000
    with database.pipeline():
        for key in range(1001, 1201):
            database.submit(INSERT, (key, 0, text), lambda count: None)
    assert database.execute("SELECT COUNT(*), SUM(LENGTH(s)) FROM p").rows == [(700, 20_000_000)]


def test_many_errors_do_not_block_each_other(database: Database) -> None:
    first = connection_id(database)
    seen = []
    with pytest.raises(IntegrityError) as caught, database.pipeline():
        for key in range(1, 400):
            database.submit(INSERT, (key + 300, 0, "y" * 500), seen.append, f"row {key + 300}")
    assert "row 301" in caught.value.__notes__[0]
    assert seen == []
    assert connection_id(database) == first


def test_answers_come_in_order(database: Database) -> None:
    seen: list[int] = []
    with database.pipeline():
        for key in range(1, 300):
            sql = f"UPDATE p SET n = {key} WHERE id <= %s"
            database.submit(sql, (key,), seen.append)
    assert seen == list(range(1, 300))


def test_sec_D11_a_connection_killed_in_a_pipeline(database: Database, admin: Database) -> None:
    with pytest.raises(Disconnected), database.pipeline():
        for key in range(1, 200):
            submit(database, 5, key)
            if key == 100:
                admin.execute(f"KILL {connection_id(database)}")
    assert 5 not in numbers(database)


def test_an_interrupt_closes_the_connection(database: Database) -> None:
    first = connection_id(database)

    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.pipeline():
        submit(database, 5, 1)
        database.submit(UPDATE, (5, 2), interrupt)
        submit(database, 5, 3)
    assert 5 not in numbers(database)
    assert connection_id(database) == first  # it came between two exchanges


def test_sec_D12_a_cut_anywhere_in_a_pipeline(database: Database, mysql_url: str) -> None:
    """What was acknowledged is there whole, what failed is not, what is unknown says so."""
    url = parse_url(mysql_url)
    acknowledged, unknown = set(), set()
    with FaultProxy((url.host, url.port)) as proxy:
        through = engine.connect(
            f"mysql://{url.user}:{url.password}@127.0.0.1:{proxy.port}/{url.name}",
            "through",
            pool_size=1,
        )
        for size in range(100, 900, 5):
            through.close()
            proxy.plans.extend([Plan(answer_bytes=size)] * 2)
            try:
                with through.pipeline():
                    for step in range(3):
                        through.submit(INSERT, (size * 10 + step, size, None), int)
                acknowledged.add(size)
            except CommitUnknown:
                unknown.add(size)
            except OrmError:
                pass
            proxy.plans.clear()
        engine.close("through")
    rows = database.execute("SELECT n, COUNT(*) FROM p WHERE id > 900 GROUP BY n").rows
    assert {count for _, count in rows} == {3}
    stored = {size for size, _ in rows}
    assert acknowledged
    assert unknown
    assert acknowledged <= stored <= acknowledged | unknown


def test_orm_O29_every_thread_gets_its_own_answers(database: Database) -> None:
    errors: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for number in range(150):
                got = database.execute("SELECT ?, ?, REPEAT('z', ?)", (name, number, number)).rows
                assert got == [(name, number, "z" * number)]
                if number % 30 == 0:
                    with database.pipeline():
                        for key in range(name * 50 + 1, name * 50 + 20):
                            submit(database, number, key)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
