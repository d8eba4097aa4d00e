"""Connections that are cut anywhere: the right answer or an honest error (sec:D10, D12).

Everything runs with our own reader of answers and with PyMySQL's.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

import orm.engine as engine
from orm import Integer, Model, pipeline
from orm.engine import retry
from orm.engine.database import Database
from orm.engine.mysql.errors import map_error
from orm.engine.mysql.pooled import PooledConnection
from orm.engine.mysql.wire import exchange
from orm.engine.url import parse_url
from orm.errors import (
    CommitUnknown,
    Deadlock,
    Disconnected,
    OrmError,
    QueryError,
    ServerReadOnly,
    TransactionError,
)
from tests.support.faultproxy import FaultProxy, Plan

pytestmark = pytest.mark.mysql


@pytest.fixture
def proxy(mysql_url: str) -> Iterator[FaultProxy]:
    url = parse_url(mysql_url)
    with FaultProxy((url.host, url.port)) as proxy:
        yield proxy
        engine.close()


@pytest.fixture(params=[True, False], ids=["fast", "plain"])
def through(
    proxy: FaultProxy, mysql_url: str, request: pytest.FixtureRequest
) -> Callable[..., Database]:
    """Connects through the proxy, with each reader."""
    url = parse_url(mysql_url)

    def connect(**options: object) -> Database:
        return engine.connect(
            f"mysql://{url.user}:{url.password}@127.0.0.1:{proxy.port}/{url.name}",
            fast_reader=request.param,
            **{"pool_size": 1, **options},
        )

    return connect


@pytest.fixture
def table(mysql_url: str) -> Iterator[Database]:
    """A table `cut`, looked at past the proxy."""
    plain = engine.connect(mysql_url, "plain")
    plain.execute("DROP TABLE IF EXISTS cut")
    plain.execute("CREATE TABLE cut (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL DEFAULT 0)")
    yield plain
    plain.execute("DROP TABLE cut")
    engine.close("plain")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Pauses between tries take no time; the list has one item for each."""
    pauses: list[None] = []
    monkeypatch.setattr(retry, "pause", lambda: pauses.append(None))
    return pauses


def numbers(table: Database) -> list[int]:
    return [row[0] for row in table.execute("SELECT id FROM cut ORDER BY id")]


def test_sec_D10_no_cut_mixes_answers_up(
    through: Callable[..., Database], proxy: FaultProxy
) -> None:
    database = through()
    for size in range(1, 900, 11):
        database.close()
        proxy.plans.append(Plan(answer_bytes=size))
        for step in range(4):
            wanted = f"{size}-{step}"
            # A read is sent again, on a connection that nobody cuts.
            assert database.execute("SELECT ?, ?", (wanted, "x" * 50)).rows[0][0] == wanted


def test_sec_D10_an_answer_in_single_bytes(
    through: Callable[..., Database], proxy: FaultProxy
) -> None:
    proxy.default = Plan(piece=1)
    database = through()
    for step in range(30):
        assert database.execute("SELECT ?, ?", (step, "y" * step)).rows == [(step, "y" * step)]


def test_sec_D12_a_cut_anywhere_in_a_transaction(
    through: Callable[..., Database], proxy: FaultProxy, table: Database
) -> None:
    """What was acknowledged is there, what failed is not, and what is unknown says so."""
    database = through()
    told, unknown = set(), set()
    for size in range(100, 700, 7):
        database.close()
        proxy.plans.extend([Plan(answer_bytes=size)] * 2)
        try:
            with database.transaction():
                database.execute("INSERT INTO cut VALUES (?, 0)", (size,))
            told.add(size)
        except CommitUnknown:
            unknown.add(size)
        except OrmError:
            pass
        proxy.plans.clear()
    assert told
    assert unknown
    assert told <= set(numbers(table)) <= told | unknown


@pytest.mark.parametrize("plan", [Plan(unanswered=b"COMMIT"), Plan(ignored=b"COMMIT")])
def test_sec_D12_a_commit_without_an_answer_is_unknown_and_never_repeated(
    through: Callable[..., Database], proxy: FaultProxy, table: Database, plan: Plan
) -> None:
    database = through()
    proxy.plans.append(plan)
    tries = []

    @database.transaction(retry=5)
    def write() -> None:
        tries.append(1)
        database.execute("INSERT INTO cut VALUES (1, 0)")

    with pytest.raises(CommitUnknown, match="may or may not be stored"):
        write()
    assert len(tries) == 1
    assert numbers(table) == ([1] if plan.unanswered else [])


@pytest.mark.parametrize("plan", [Plan(unanswered=b"INSERT"), Plan(ignored=b"INSERT")])
def test_sec_D12_a_write_of_its_own_without_an_answer_is_unknown(
    through: Callable[..., Database], proxy: FaultProxy, table: Database, plan: Plan
) -> None:
    database = through(prepared_statements=0)
    proxy.plans.append(plan)
    with pytest.raises(CommitUnknown, match="during a write"):
        database.execute("INSERT INTO cut VALUES (1, 0)")
    assert proxy.accepted == 1
    database.execute("INSERT INTO cut VALUES (2, 0)")
    assert 2 in numbers(table)


@pytest.mark.parametrize("word", [b"INSERT", b"UPDATE", b"START"])
@pytest.mark.usefixtures("no_pauses")
def test_orm_A1_a_transaction_lost_before_commit_is_run_again(
    through: Callable[..., Database], proxy: FaultProxy, table: Database, word: bytes
) -> None:
    database = through(prepared_statements=0)
    proxy.plans.extend([Plan(unanswered=word)] * 3)

    @database.transaction(retry=5)
    def write() -> None:
        database.execute("INSERT INTO cut VALUES (1, 0)")
        database.execute("UPDATE cut SET n = n + 1 WHERE id = 1")

    write()
    assert table.execute("SELECT id, n FROM cut").rows == [(1, 1)]
    assert proxy.accepted == 4


@pytest.mark.usefixtures("no_pauses")
def test_orm_A1_tries_end(through: Callable[..., Database], proxy: FaultProxy) -> None:
    database = through()
    proxy.default = Plan(unanswered=b"INSERT")

    @database.transaction(retry=2)
    def write() -> None:
        database.execute("INSERT INTO cut VALUES (1, 0)")

    with pytest.raises(Disconnected):
        write()
    assert proxy.accepted == 3


def test_sec_D13_a_rollback_that_fails_does_not_hide_the_first_error(
    through: Callable[..., Database], proxy: FaultProxy, table: Database
) -> None:
    database = through()
    proxy.plans.append(Plan(unanswered=b"ROLLBACK"))
    with pytest.raises(QueryError, match="the first"), database.transaction():
        database.execute("INSERT INTO cut VALUES (1, 0)")
        raise QueryError("the first")
    assert numbers(table) == []


@pytest.mark.parametrize(
    ("code", "error"), [(1213, Deadlock), (1047, Disconnected), (1290, ServerReadOnly)]
)
def test_sec_D14_what_the_server_undid_or_refused_is_sent_again(
    through: Callable[..., Database], no_pauses: list[None], code: int, error: type[OrmError]
) -> None:
    """Nothing of it was done, so a single statement may; five times, then its error is shown."""
    with pytest.raises(error) as caught:
        through().execute(f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}")
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert len(no_pauses) == retry.STATEMENT_TRIES - 2  # the second try comes at once


@pytest.mark.parametrize(
    ("code", "state", "is_of_statement"),
    [
        (1064, b"42000", True),
        (1146, b"42S02", True),
        (1295, b"HY000", True),
        (1213, b"40001", False),  # as a node of Galera answers for a transaction it has undone
        (1205, b"HY000", False),
        (1317, b"70100", False),
        (1047, b"08S01", False),
    ],
)
def test_sec_D13_what_undoes_a_transaction_is_heard_while_preparing(
    code: int, state: bytes, is_of_statement: bool
) -> None:
    packet = b"\xff" + code.to_bytes(2, "little") + b"#" + state + b"some words"
    assert exchange._is_of_statement(packet) is is_of_statement


def test_sec_D12_a_single_write_whose_own_commit_failed_is_unknown(
    through: Callable[..., Database],
) -> None:
    """As a node of Galera answers that left its cluster while others may have taken the write."""
    database = through()
    first = database.execute("SELECT connection_id()").rows
    with pytest.raises(CommitUnknown, match="failed to commit") as caught:
        database.execute("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1180")
    assert caught.value.code == 1180
    assert database.execute("SELECT connection_id()").rows != first  # its node is not asked again


@pytest.mark.parametrize("code", [1180, 1047, 1317, 2013])
def test_sec_D12_a_commit_refused_without_reason_is_unknown(
    through: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    database, run = through(), PooledConnection.run

    def refuse(self: PooledConnection, sql: str, params: object) -> object:
        if sql == "COMMIT":
            raise map_error(code, "no", parse_url("mysql://u@h/n"))
        return run(self, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(PooledConnection, "run", refuse)
    with pytest.raises(CommitUnknown), database.transaction():
        database.execute("SELECT 1")
    with database.read_only():  # nothing can have been written: no question remains
        assert database.execute("SELECT 1").rows == [(1,)]


def test_sec_D13_an_error_of_a_callback_is_no_reason_to_run_again(
    through: Callable[..., Database], table: Database
) -> None:
    database = through()

    @database.transaction(retry=5)
    def write() -> None:
        database.execute("INSERT INTO cut VALUES (1, 0)")
        database.on_commit(fail)

    def fail() -> None:
        raise Deadlock("of something else")

    with pytest.raises(Deadlock, match="of something else"):
        write()
    assert numbers(table) == [1]


@pytest.mark.parametrize("code", [1047, 1290])
@pytest.mark.usefixtures("no_pauses")
def test_sec_D14_a_refusal_breaks_the_transaction_and_it_is_run_again(
    through: Callable[..., Database], table: Database, code: int
) -> None:
    database = through()
    refusals = [code, code]

    @database.transaction(retry=5)
    def write() -> None:
        database.execute("INSERT INTO cut VALUES (1, 0)")
        if refusals:
            with pytest.raises((Disconnected, ServerReadOnly)):
                database.execute(f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {refusals.pop()}")
            with pytest.raises(TransactionError):
                database.execute("SELECT 1")
            raise Disconnected("again")

    write()
    assert numbers(table) == [1]


@pytest.mark.usefixtures("no_pauses")
def test_orm_A1_a_transaction_that_swallowed_its_end_is_run_again(
    through: Callable[..., Database], table: Database
) -> None:
    database = through()
    tries: list[int] = []

    @database.transaction(retry=5)
    def write() -> None:
        tries.append(1)
        database.execute("INSERT INTO cut VALUES (1, 0)")
        if len(tries) < 3:
            with suppress(Deadlock):
                database.execute("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213")

    write()
    assert len(tries) == 3
    assert numbers(table) == [1]


class Cut(Model):
    n = Integer(default=0)


def test_sec_D10_a_pipeline_cut_anywhere_is_stored_whole_or_not_at_all(
    through: Callable[..., Database], proxy: FaultProxy, table: Database
) -> None:
    database = through()
    Cut.insert_many([{"n": 0} for _ in range(12)])
    ends = set()
    for size in range(420, 1500, 17):
        objects = Cut.all()
        database.close()
        proxy.plans.extend([Plan(answer_bytes=size)] * 2)
        end = "stored"
        try:
            with pipeline():
                for each in objects:
                    each.n = size
                    each.save()
        except CommitUnknown:
            end = "unknown"
        except OrmError:
            end = "undone"
        proxy.plans.clear()
        ends.add(end)
        kept = {row[0] for row in table.execute("SELECT n FROM cut")}
        assert len(kept) == 1
        if end != "unknown":
            assert (size in kept) is (end == "stored")
    assert ends >= {"stored", "undone"}


@pytest.mark.parametrize(
    "code", [0, 2002, 2003, 2006, 2013, 2014, 2045, 2055, 4031, 1927, 1053, 1047, 1040, 1203]
)
def test_sec_D11_the_server_is_gone_or_cannot_take_us(code: int) -> None:
    error = map_error(code, "gone", parse_url("mysql://ann@h:3307/n"))
    assert type(error) is Disconnected
    assert error.code == code
    assert "h:3307" in str(error)


@pytest.mark.parametrize("code", [1045, 1049, 1146, 9999])
def test_sec_D11_a_wrong_login_or_name_says_nothing_of_the_server(code: int) -> None:
    assert not isinstance(map_error(code, "no", parse_url("mysql://u@h/n")), Disconnected)


def test_sec_D16_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = engine.connect(
            f"mysql://u:p@127.0.0.1:{silent.getsockname()[1]}/n", connect_timeout=0.05, pool_wait=0
        )
        with pytest.raises(Disconnected):
            database.execute("SELECT 1")
        engine.close()


def test_sec_D16_an_answer_that_takes_too_long_is_given_up(
    through: Callable[..., Database], proxy: FaultProxy, table: Database
) -> None:
    database = through(read_timeout=0.2)
    database.execute("SELECT 1")
    with pytest.raises(CommitUnknown):
        database.execute("INSERT INTO cut SELECT 1, sleep(0.5)")
    assert database.execute("SELECT 'mine'").rows == [("mine",)]
