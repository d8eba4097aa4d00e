"""Several servers of one database: which is used, when another is, and when none (orm:A2, sec:D14).

Two proxies in front of the one test server stand for two servers.
"""

import threading
from collections.abc import Iterator

import pytest

import orm.engine as engine
from orm.engine import retry
from orm.engine.database import Database
from orm.engine.mysql import breaker as breaker_module
from orm.engine.mysql import hosts as hosts_module
from orm.engine.mysql.breaker import FAILURES, Breaker
from orm.engine.mysql.health import check_health
from orm.engine.result import Result
from orm.engine.url import DatabaseURL, parse_url
from orm.errors import (
    ConfigurationError,
    Disconnected,
    OperationalError,
    ServerReadOnly,
    Unavailable,
)
from orm.schema.provision import create_database
from tests.support.faultproxy import FaultProxy, Plan

pytestmark = pytest.mark.mysql

DEADLINE = 20.0


@pytest.fixture
def url(mysql_url: str) -> DatabaseURL:
    return parse_url(mysql_url)


@pytest.fixture
def two(url: DatabaseURL) -> Iterator[tuple[FaultProxy, FaultProxy]]:
    target = (url.host, url.port)
    with FaultProxy(target) as first, FaultProxy(target) as second:
        yield first, second
        engine.close()


@pytest.fixture
def plain(mysql_url: str) -> Iterator[Database]:
    """Past the proxies, with an empty table `t`."""
    plain = engine.connect(mysql_url, "plain")
    plain.execute("DROP TABLE IF EXISTS t")
    plain.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    yield plain
    plain.execute("DROP TABLE t")
    engine.close("plain")


def connect(url: DatabaseURL, *proxies: FaultProxy, **options: object) -> Database:
    hosts = ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
    return engine.connect(f"mysql://{url.user}:{url.password}@{hosts}/{url.name}", **options)


def port_in_use(database: Database) -> int:
    return int(database.statistics.host.rpartition(":")[2])


class FakeServer:
    """Answers SHOW as a server in some state does."""

    def __init__(self, variables: dict[str, str], ready: str | None = None) -> None:
        self._variables = list(variables.items())
        self._ready = [("wsrep_ready", ready)] if ready else []

    def run(self, sql: str, params: tuple[()]) -> Result:
        assert sql.startswith("SHOW")  # a node that is not ready answers nothing else
        return Result(self._ready if "STATUS" in sql else self._variables, 0, None)


@pytest.mark.parametrize(
    ("variables", "ready", "is_node"),
    [
        ({"read_only": "OFF"}, None, False),  # MySQL
        ({"wsrep_on": "OFF", "read_only": "OFF"}, "OFF", False),  # MariaDB by itself
        ({"wsrep_on": "ON", "read_only": "OFF"}, "ON", True),
    ],
)
def test_orm_A2_a_server_that_serves(
    variables: dict[str, str], ready: str | None, is_node: bool
) -> None:
    assert check_health(FakeServer(variables, ready), writes=True) is is_node


@pytest.mark.parametrize("ready", ["OFF", None])
def test_orm_A2_a_node_outside_of_its_cluster_is_not_ready(ready: str | None) -> None:
    with pytest.raises(Disconnected, match="wsrep_ready"):
        check_health(FakeServer({"wsrep_on": "ON", "read_only": "OFF"}, ready), writes=False)


@pytest.mark.parametrize("value", ["ON", "NO_LOCK"])
def test_sec_D14_a_standby_is_good_for_reads_only(value: str) -> None:
    standby = FakeServer({"wsrep_on": "OFF", "read_only": value})
    assert check_health(standby, writes=False) is False
    with pytest.raises(ServerReadOnly):
        check_health(standby, writes=True)


def test_orm_A2_a_process_stays_with_the_first_server_until_it_fails(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL, plain: Database
) -> None:
    first, second = two
    database = connect(url, first, second)
    database.execute("INSERT INTO t VALUES (1)")
    assert second.accepted == 0
    first.refuse()
    assert database.execute("SELECT id FROM t").rows == [(1,)]
    database.execute("INSERT INTO t VALUES (2)")
    assert port_in_use(database) == second.port
    assert database.statistics.aside == (f"127.0.0.1:{first.port}",)
    first.open()
    database.execute("INSERT INTO t VALUES (3)")
    assert port_in_use(database) == second.port  # there is no way back by itself
    second.refuse()
    assert len(database.execute("SELECT id FROM t")) == 3
    assert port_in_use(database) == first.port


def test_orm_A2_a_server_that_hangs_is_put_aside(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL
) -> None:
    first, second = two
    database = connect(url, first, second, connect_timeout=0.2)
    database.execute("SELECT 1")
    first.flows.clear()
    late: list[object] = []
    waiting = threading.Thread(target=lambda: late.append(database.execute("SELECT 2").rows))
    waiting.start()
    pool = database._driver._pool  # type: ignore[attr-defined]
    while not pool.borrowed():
        threading.Event().wait(0.001)
    pool.probe(list(pool.borrowed()))  # as the caretaker does when three seconds are over
    waiting.join(DEADLINE)
    assert late == [[(2,)]]  # a read: sent again, elsewhere
    assert database.execute("SELECT 3").rows == [(3,)]
    assert port_in_use(database) == second.port


def test_orm_A2_random_order_uses_every_server(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL
) -> None:
    for _ in range(64):
        connect(url, *two, host_order="random").execute("SELECT 1")
        if all(proxy.accepted for proxy in two):
            return
    raise AssertionError("one server was never used")


def test_orm_A2_a_database_is_created_on_the_first_server_that_answers(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL, plain: Database
) -> None:
    first, second = two
    first.refuse()
    hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
    try:
        assert create_database(f"mysql://{url.user}:{url.password}@{hosts}/fresh") is True
        assert create_database(f"mysql://{url.user}:{url.password}@{hosts}/fresh") is False
    finally:
        plain.execute("DROP DATABASE IF EXISTS fresh")


def test_orm_A2_every_server_refuses(two: tuple[FaultProxy, FaultProxy], url: DatabaseURL) -> None:
    for proxy in two:
        proxy.refuse()
    with pytest.raises(Disconnected) as caught:
        connect(url, *two).execute("SELECT 1")
    assert caught.value.code == 2003


def test_orm_A2_reads_wait_for_other_nodes_after_a_switch(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    monkeypatch.setattr(hosts_module, "check_health", lambda connection, writes: True)
    database = connect(url, first, second)
    waits = "SELECT @@SESSION.wsrep_sync_wait"
    assert database.execute(waits).rows == [(0,)]
    first.refuse()
    assert database.execute(waits).rows == [(1,)]
    with database.transaction():
        assert database.execute(waits).rows == [(1,)]
    always = connect(url, second, sync_reads="always")
    assert always.execute(waits).rows == [(1,)]


def test_sec_D14_read_only_is_met_by_another_try(
    mariadb, url: DatabaseURL, plain: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.execute("GRANT ALL ON treadle.* TO 'ann'@'%' IDENTIFIED BY 'secret'")
    database = engine.connect(f"mysql://ann:secret@{url.host}:{url.port}/{url.name}")
    pauses = []

    def pause() -> None:
        pauses.append(1)
        plain.execute("SET GLOBAL read_only = 0")

    monkeypatch.setattr(retry, "pause", pause)
    database.execute("INSERT INTO t VALUES (1)")
    plain.execute("SET GLOBAL read_only = 1")
    try:
        database.execute("INSERT INTO t VALUES (2)")
    finally:
        plain.execute("SET GLOBAL read_only = 0")
        engine.close("default")
    assert pauses
    assert plain.execute("SELECT id FROM t ORDER BY id").rows == [(1,), (2,)]


def test_sec_D14_a_crowded_server_makes_the_pool_smaller(url: DatabaseURL, plain: Database) -> None:
    """Eight threads share the three connections that the server gives this user."""
    plain.execute(
        "GRANT ALL ON treadle.* TO 'few'@'%' IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 3"
    )
    database = engine.connect(f"mysql://few:secret@{url.host}:{url.port}/{url.name}", pool_size=8)
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for step in range(20):
                with database.transaction():
                    database.execute("INSERT INTO t VALUES (?)", (number * 100 + step,))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive()
    engine.close("default")
    assert errors == []
    assert plain.execute("SELECT count(*) FROM t").rows == [(160,)]


def test_sec_D14_the_circuit_opens_and_closes_again(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, _ = two
    monkeypatch.setattr("orm.engine.mysql.pool.jitter", lambda: 0.0)
    database = connect(url, proxy)
    proxy.default = Plan(answer_bytes=1)
    with pytest.raises(Disconnected) as caught:
        database.execute("INSERT INTO t VALUES (1)")
    assert not isinstance(caught.value, Unavailable)
    assert proxy.accepted == FAILURES
    with pytest.raises(Unavailable, match="5 times in a row") as refused:
        database.execute("SELECT 1")
    assert 0 < refused.value.retry_after <= 1
    assert proxy.accepted == FAILURES  # nobody tried
    proxy.default = Plan()
    monkeypatch.setattr(
        breaker_module.time, "monotonic", lambda now=breaker_module.time.monotonic: now() + 5
    )
    assert database.execute("SELECT 1").rows == [(1,)]


def test_sec_D14_an_open_circuit_lets_one_probe_through() -> None:
    breaker = Breaker("here")
    for _ in range(FAILURES):
        breaker.admit()
        breaker.note_failure(OperationalError("no", code=2003))
    breaker._refuse_until = 0.0  # its time has come
    breaker.admit()
    with pytest.raises(Unavailable) as caught:
        breaker.admit()
    assert caught.value.code == 2003
    breaker.note_success()
    breaker.admit()
    assert not breaker.is_open


def test_orm_O30_reads_go_to_a_replica_and_to_the_primary_after_a_write(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL, plain: Database
) -> None:
    primary, replica = two
    database = connect(url, primary, replicas=[f"127.0.0.1:{replica.port}"], replica_pin=60)
    database.execute("SELECT 1")
    with database.read_only():
        database.execute("SELECT 1")
    assert (primary.accepted, replica.accepted) == (0, 1)
    with database.transaction():
        database.execute("SELECT 1")
    assert (primary.accepted, replica.accepted) == (1, 1)
    database.execute("INSERT INTO t VALUES (1)")
    replica.refuse()  # this thread wrote: it asks the primary, which has what it wrote
    assert database.execute("SELECT * FROM t").rows == [(1,)]
    assert list(database.stream("SELECT * FROM t")) == [[(1,)]]


def test_orm_O30_a_replica_that_is_gone_is_no_error(
    two: tuple[FaultProxy, FaultProxy], url: DatabaseURL
) -> None:
    primary, replica = two
    database = connect(url, primary, replicas=f"127.0.0.1:{replica.port}")
    database.execute("SELECT 1")
    replica.refuse()
    for _ in range(3):
        assert database.execute("SELECT 2").rows == [(2,)]
    assert primary.accepted == 1


def test_orm_O30_wrong_replicas_are_refused(url: DatabaseURL) -> None:
    with pytest.raises(ConfigurationError, match="replicas"):
        engine.connect(f"mysql://u:p@{url.host}/n", replicas=["h:x"])
    with pytest.raises(ConfigurationError, match="SQLite has no option 'replicas'"):
        engine.connect("sqlite://", replicas=["h"])
