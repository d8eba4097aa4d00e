"""Statements that are stopped: by a limit of theirs, or from another thread (orm:A4, feat:V4)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

import orm.engine as engine
from orm import Model, alias, create_all
from orm.engine import limits
from orm.engine.database import Database
from orm.errors import Cancelled, Disconnected, OrmError, QueryError, QueryTimeout, TransactionError

DEADLINE = 20.0

# Some seconds of work on either engine.
SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000)"
    " SELECT count(*) FROM n"
)


@pytest.fixture
def table(db: Database) -> Iterator[Database]:
    db.execute("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY)")
    if db.dialect.name == "mysql":
        db.execute("SET GLOBAL max_recursive_iterations = 4294967295")
    yield db
    if db.dialect.name == "mysql":
        db.execute("SET GLOBAL max_recursive_iterations = DEFAULT")


def test_orm_A4_a_statement_that_runs_too_long_is_stopped(table: Database) -> None:
    with table.timeout(0.05), pytest.raises(QueryTimeout) as caught:
        table.execute(SLOW)
    assert not isinstance(caught.value, Cancelled)
    assert table.execute("SELECT 1").rows == [(1,)]


def test_orm_A4_the_limit_holds_in_transactions_and_streams(table: Database) -> None:
    with table.transaction():
        table.execute("INSERT INTO t VALUES (1)")
        with table.timeout(0.05), pytest.raises(QueryTimeout):
            table.execute(SLOW)
        table.execute("INSERT INTO t VALUES (2)")  # only the statement was undone
    with table.timeout(0.05), pytest.raises(QueryTimeout):
        list(table.stream(SLOW))
    assert len(table.execute("SELECT * FROM t")) == 2


def test_orm_A4_an_inner_block_can_only_be_shorter(table: Database) -> None:
    with table.timeout(0.05), table.timeout(60), pytest.raises(QueryTimeout):
        table.execute(SLOW)
    with table.timeout(60):
        with table.timeout(0.05):
            pass
        assert limits.current.seconds == 60
    assert limits.current.seconds is None


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_orm_A4_a_limit_is_above_0(table: Database, seconds: float) -> None:
    with pytest.raises(QueryError, match="above 0"), table.timeout(seconds):
        pass


def test_orm_A4_one_text_for_mysql_and_mariadb() -> None:
    assert limits.with_limit("SELECT 1", 1.5) == (
        "/*M! SET STATEMENT max_statement_time=1.500000 FOR */"
        " SELECT /*+ MAX_EXECUTION_TIME(1500) */ 1"
    )
    assert limits.with_limit("DELETE FROM t", 2) == (
        "/*M! SET STATEMENT max_statement_time=2.000000 FOR */ DELETE FROM t"
    )
    assert limits.with_limit("DROP TABLE t", 2) == "DROP TABLE t"


@pytest.mark.mysql
def test_orm_A4_a_limit_may_be_longer_than_that_of_the_connection(mysql_url: str) -> None:
    database = engine.connect(mysql_url, "short", read_timeout=0.3)
    with database.timeout(DEADLINE):
        assert database.execute("SELECT sleep(0.5)").rows == [(0,)]
    with pytest.raises(Disconnected), database.transaction():
        database.execute("SELECT sleep(0.5)")
    engine.close("short")


class Runner:
    """A thread that runs one function and keeps its error."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error

    @property
    def ident(self) -> int:
        assert self._thread.ident is not None
        return self._thread.ident

    def join(self) -> None:
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()


def cancel_when_it_runs(database: Database, runner: Runner) -> None:
    """It takes a moment until the statement is under way."""
    for _ in range(200):
        if database.cancel(runner.ident):
            return
        threading.Event().wait(0.01)
    raise AssertionError("there was nothing to cancel")


def test_feat_V4_a_statement_is_cancelled(table: Database) -> None:
    started = threading.Event()

    def work() -> None:
        started.set()
        table.execute(SLOW)

    runner = Runner(work)
    started.wait(DEADLINE)
    threading.Event().wait(0.05)
    cancel_when_it_runs(table, runner)
    runner.join()
    assert isinstance(runner.error, Cancelled)
    assert table.execute("SELECT 1").rows == [(1,)]


def test_feat_V4_a_cancelled_transaction_is_undone(table: Database) -> None:
    started = threading.Event()
    errors: list[OrmError] = []

    def work() -> None:
        with table.transaction():
            table.execute("INSERT INTO t VALUES (1)")
            started.set()
            try:
                table.execute(SLOW)
            except Cancelled as error:
                errors.append(error)

    runner = Runner(work)
    started.wait(DEADLINE)
    threading.Event().wait(0.05)
    cancel_when_it_runs(table, runner)
    runner.join()
    assert isinstance(runner.error, TransactionError)
    assert errors
    assert table.execute("SELECT * FROM t").rows == []


def test_feat_V4_a_cancelled_transaction_is_not_run_again(table: Database) -> None:
    started = threading.Event()
    tries = []

    @table.transaction(retry=5)
    def work() -> None:
        tries.append(1)
        started.set()
        table.execute(SLOW)

    runner = Runner(work)
    started.wait(DEADLINE)
    threading.Event().wait(0.05)
    cancel_when_it_runs(table, runner)
    runner.join()
    assert isinstance(runner.error, Cancelled)
    assert len(tries) == 1


def test_feat_V4_nothing_to_cancel(table: Database) -> None:
    assert table.cancel(threading.get_ident()) is False
    table.execute("SELECT 1")


def test_feat_V4_a_late_kill_never_meets_another_statement(table: Database) -> None:
    """The thread ends its statements while it is being cancelled; others run beside it."""
    stop = threading.Event()

    def borrow_briefly() -> None:
        while not stop.is_set():
            with suppress(Cancelled):
                table.execute("SELECT 1")

    victim = Runner(borrow_briefly)

    def work() -> None:
        while not stop.is_set():
            assert table.execute("SELECT 2").rows == [(2,)]

    others = [Runner(work) for _ in range(3)]
    for _ in range(60 if table.dialect.name == "mysql" else 5):
        table.cancel(victim.ident)
    stop.set()
    for runner in (victim, *others):
        runner.join()
        assert runner.error is None


@pytest.mark.mysql
def test_feat_V4_a_commit_is_never_killed(mysql_url: str) -> None:
    database = engine.connect(mysql_url, "commits")
    try:
        with database.transaction():
            database.execute("SELECT 1")
            driver = database._driver
            lease = database.thread_state.unit._lease  # type: ignore[union-attr]
            lease.commit()  # type: ignore[union-attr]
            assert driver.cancel(threading.get_ident()) is False
            database.thread_state.unit._lease = None  # type: ignore[union-attr]
        with pytest.raises(Cancelled, match="nothing of it is stored"), database.transaction():
            database.execute("SELECT 1")
            assert database.cancel(threading.get_ident()) is True
    finally:
        engine.close("commits")


def test_orm_O26_isolation_of_one_transaction(table: Database) -> None:
    with table.transaction(isolation="SERIALIZABLE"):
        table.execute("INSERT INTO t VALUES (1)")
    with engine.transaction(isolation="read_committed"):
        assert len(table.execute("SELECT * FROM t")) == 1
    assert table.execute("SELECT * FROM t").rows == [(1,)]


def test_orm_O26_isolation_is_checked(table: Database) -> None:
    with pytest.raises(TransactionError, match="'serializable'"):
        table.transaction(isolation="serialisable")
    with (
        table.transaction(),
        pytest.raises(TransactionError, match="outermost"),
        table.transaction(isolation="serializable"),
    ):
        pass


@pytest.mark.mysql
def test_orm_O26_the_server_is_told_for_one_transaction_only(mysql_url: str) -> None:
    """Under READ COMMITTED a transaction sees what another has committed meanwhile."""
    database = engine.connect(mysql_url, "isolated", pool_size=1)
    other = engine.connect(mysql_url, "isolated-2")
    other.execute("CREATE TABLE seen (id INT PRIMARY KEY)")
    try:
        counts = []
        for level in ("read committed", None):
            with database.transaction(isolation=level):
                database.execute("SELECT * FROM seen")
                other.execute("INSERT INTO seen VALUES (?)", (len(counts),))
                counts.append(len(database.execute("SELECT * FROM seen")))
        assert counts == [1, 1]
        assert database.statistics.opened == 1
    finally:
        other.execute("DROP TABLE seen")
        engine.close("isolated")
        engine.close("isolated-2")


def test_orm_A4_a_query_has_a_limit_of_its_own(table: Database) -> None:
    class Numbered(Model):
        class Meta:
            table = "numbered"

    create_all()
    Numbered.insert_many([{"id": number} for number in range(1, 201)])
    other, third, fourth = alias(Numbered), alias(Numbered), alias(Numbered)
    slow = (
        Numbered.select()
        .join(other, on=other.id > 0)
        .join(third, on=third.id > 0)
        .join(fourth, on=fourth.id > third.id + other.id + Numbered.id)
        .where(fourth.id + third.id < 0)  # finds nothing, after all of them
        .timeout(0.05)
    )
    for run in (slow.count, slow.all, lambda: list(slow.stream())):
        with pytest.raises(QueryTimeout):
            run()
    assert Numbered.select().timeout(60).count() == 200
    with pytest.raises(QueryError, match="above 0"):
        Numbered.select().timeout(0).all()
