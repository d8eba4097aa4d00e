"""Requests in progress of each client that a trusted proxy names (sec:T6)."""

import random
from collections import Counter
from types import SimpleNamespace

import pytest

from httpcore import Headers, Response
from httpcore.runtime.addresses import Addresses
from httpcore.runtime.forwarded import ForwardedRequests
from tests.support.proxyheaders import version_1

PROXY = "192.0.2.99"


def client_of(peer: str, fields: bytes) -> str:
    return Headers.from_field_block(fields).get("X-Forwarded-For", peer)


class Clients:
    """`ForwardedRequests` for up to two each; notes how often it was asked who a client is."""

    def __init__(self) -> None:
        self.asked = 0
        key_of = Addresses((PROXY,), 2).key_of
        self.requests = ForwardedRequests(self._client_of, key_of, most=2)

    def _client_of(self, peer: str, fields: bytes) -> str:
        self.asked += 1
        return fields.decode()

    def begin(self, address: str) -> tuple[object, bool]:
        connection = FakeConnection()
        head = SimpleNamespace(field_block=address.encode())
        return connection, self.requests.begin(connection, head)


class FakeConnection:
    peer = SimpleNamespace(remote=(PROXY, 1))


def test_sec_T6_one_client_of_a_proxy_gets_its_share_and_others_theirs():
    clients = Clients()
    allowed = [clients.begin(each)[1] for each in ["10.0.0.1"] * 3 + ["10.0.0.2"] * 3]
    assert allowed == [True, True, False] * 2


def test_sec_T6_nobody_is_looked_at_while_all_are_no_more_than_one_may_be():
    clients = Clients()
    for _ in range(50):
        first, _ = clients.begin("10.0.0.1")
        second, _ = clients.begin("10.0.0.1")
        clients.requests.end(first)
        clients.requests.end(second)
    assert clients.asked == 0


def test_sec_T6_each_request_is_looked_at_once():
    clients = Clients()
    for number in range(10):
        clients.begin(f"10.0.0.{number}")
    assert clients.asked == 10


@pytest.mark.parametrize("address", [PROXY, "127.0.0.1", "::1"])
def test_sec_T6_who_is_exempt_by_connections_is_by_requests(address):
    clients = Clients()
    assert all(clients.begin(address)[1] for _ in range(5))


def test_sec_T6_ipv6_clients_count_by_their_64_bits():
    clients = Clients()
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]
    assert [clients.begin(each)[1] for each in addresses] == [True, True, False, True]


def test_sec_T6_ending_what_never_began_is_nothing():
    Clients().requests.end(FakeConnection())


def test_sec_T6_counts_are_those_of_a_plain_count_and_nothing_stays():
    clients, source = Clients(), random.Random(6)
    running: list[tuple[object, str]] = []
    for _ in range(2000):
        if running and source.random() < 0.5:
            connection, _ = running.pop(source.randrange(len(running)))
            clients.requests.end(connection)
            continue
        address = f"10.0.0.{source.randrange(4)}"
        connection, is_allowed = clients.begin(address)
        assert is_allowed is (Counter(each for _, each in running)[address] < 2)
        running.append((connection, address))
    for connection, _ in running:
        clients.requests.end(connection)
    left = [vars(clients.requests)[name] for name in ("_keys", "_unknown", "_counts")]
    assert not any(left)


@pytest.fixture
def rig(by_hand, table):
    table.add("/", lambda request: Response(b"hello"))
    return by_hand(
        trusted_proxies=("127.0.0.1",), max_connections_per_address=2, client_of=client_of
    )


def of(address: str) -> str:
    return f"X-Forwarded-For: {address}"


def test_sec_T6_client_with_too_many_requests_gets_429_and_the_proxy_keeps_its_connection(rig):
    clients = [rig.ask("/", None, of("10.0.0.1")) for _ in range(3)]
    clients.append(rig.ask("/", None, of("10.0.0.2")))
    rig.settle()
    answers = [client.read_answer() for client in clients]
    assert [answer.status for answer in answers] == [200, 200, 429, 200]
    assert answers[2].headers["Retry-After"] == "1"
    rig.ask("/", clients[2], of("10.0.0.1"))
    rig.settle()
    assert clients[2].read_answer().status == 200


def test_sec_T6_body_of_a_refused_request_is_read_past(rig):
    for _ in range(2):
        rig.ask("/", None, of("10.0.0.1"))
    client = rig.connect()
    client.send(
        b"POST / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 10.0.0.1\r\nContent-Length: 5\r\n\r\n"
        b"12345GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 10.0.0.3\r\n\r\n"
    )
    rig.settle()
    assert [client.read_answer().status for _ in range(2)] == [429, 200]


def test_sec_T6_connection_that_closes_takes_its_request_along(rig):
    half = (
        b"POST / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 10.0.0.1\r\nContent-Length: 5\r\n\r\n"
    )
    clients = [rig.connect() for _ in range(3)]
    for client in clients[:2]:
        client.send(half)
        rig.settle()
    clients[0].close()
    rig.settle()
    rig.ask("/", clients[2], of("10.0.0.1"))
    rig.settle()
    assert clients[2].read_answer().status == 200


def test_sec_T6_pipelined_requests_of_one_client_are_one_at_a_time(rig):
    client = rig.connect()
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n" * 6)
    rig.settle()
    assert [client.read_answer().status for _ in range(6)] == [200] * 6


def test_sec_T6_client_of_a_proxy_protocol_is_counted_by_connections_alone(by_hand, table):
    table.add("/", lambda request: Response(b"hello"))
    rig = by_hand(
        proxy_protocol=True,
        trusted_proxies=("127.0.0.1",),
        max_connections_per_address=1,
        client_of=client_of,
    )
    clients = [rig.connect() for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(version_1(f"10.0.0.{number}", 1))
        rig.ask("/", client, of("10.9.9.9"))
    rig.settle()
    assert [client.read_answer().status for client in clients] == [200] * 3
