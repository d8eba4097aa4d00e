"""A connection cut at any byte gives the right answer or an error, never another's (sec:D10)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

import orm.engine as engine
from orm.engine.url import parse_url
from orm.errors import CommitUnknown, OrmError

pytestmark = pytest.mark.mysql

DEADLINE = 10.0


class CuttingProxy:
    """Passes connections on to a server and cuts each after so many bytes of its answers."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.allowances: list[int] = []  # for the next connections, then no limit
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [self._start(self._accept)]

    def _start(self, function: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=function, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target, DEADLINE)
            self._sockets += (client, server)
            allowance = self.allowances.pop(0) if self.allowances else 2**40
            self._threads += (
                self._start(self._copy, client, server, 2**40),
                self._start(self._copy, server, client, allowance),
            )

    def _copy(self, source: socket.socket, sink: socket.socket, allowance: int) -> None:
        with suppress(OSError):
            while allowance > 0 and (data := source.recv(65536)):
                sink.sendall(data[:allowance])
                allowance -= len(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()
        for each in self._sockets:
            each.close()


@pytest.fixture
def proxy(mysql_url: str) -> Iterator[CuttingProxy]:
    url = parse_url(mysql_url)
    proxy = CuttingProxy((url.host, url.port))
    yield proxy
    engine.close()
    proxy.close()


def connect_through(proxy: CuttingProxy, mysql_url: str) -> engine.Database:
    url = parse_url(mysql_url)
    return engine.connect(
        f"mysql://{url.user}:{url.password}@127.0.0.1:{proxy.port}/{url.name}", pool_size=1
    )


def test_sec_D10_no_cut_mixes_answers_up(proxy: CuttingProxy, mysql_url: str) -> None:
    right = 0
    database = connect_through(proxy, mysql_url)
    for allowance in range(1, 900, 11):
        database.close()
        proxy.allowances = [allowance]
        for step in range(4):
            wanted = f"{allowance}-{step}"
            # A read is sent again, on a connection that nobody cuts.
            assert database.execute("SELECT ?, ?", (wanted, "x" * 50)).rows[0][0] == wanted
            right += 1
    assert right == 82 * 4


def test_sec_D12_a_cut_anywhere_in_a_transaction(proxy: CuttingProxy, mysql_url: str) -> None:
    """What was acknowledged is there, what failed is not, and what is unknown says so."""
    plain = engine.connect(mysql_url, "plain")
    plain.execute("DROP TABLE IF EXISTS cut")
    plain.execute("CREATE TABLE cut (id INT PRIMARY KEY)")
    database = connect_through(proxy, mysql_url)
    acknowledged, unknown = set(), set()
    for allowance in range(100, 500, 3):
        database.close()
        proxy.allowances = [allowance, allowance]
        try:
            with database.transaction():
                database.execute("INSERT INTO cut VALUES (?)", (allowance,))
            acknowledged.add(allowance)
        except CommitUnknown:
            unknown.add(allowance)
        except OrmError:
            pass
    stored = {row[0] for row in plain.execute("SELECT id FROM cut")}
    plain.execute("DROP TABLE cut")
    assert acknowledged
    assert unknown
    assert acknowledged <= stored <= acknowledged | unknown
