"""Connections whose proxy says first who its client is, turned by hand (http:X1, feat:S28)."""

import logging

import pytest

from httpcore import Response
from httpcore.protocol.states import State
from tests.support.parsing import bytewise
from tests.support.proxyheaders import LOCAL, version_1, version_2

REQUEST = b"GET /who HTTP/1.1\r\nHost: test\r\n\r\n"
CLIENT = ("192.0.2.1", 56324)
MESSAGE = "no PROXY header from 127.0.0.1"


@pytest.fixture
def proxied(by_hand, table):
    table.add("/who", lambda request: Response("{} {}".format(*request.peer.remote).encode()))

    def make(**fields):
        fields = {"proxy_protocol": True, "trusted_proxies": ("127.0.0.1",)} | fields
        return by_hand(**fields)

    return make


def who(client) -> str:
    return client.read_answer().body.decode()


def rejected(rig) -> dict[str, int]:
    return rig.drain._acceptor.rejected


@pytest.mark.parametrize("header", [version_1(*CLIENT), version_2(*CLIENT, b"\x04\0\0")])
@pytest.mark.parametrize("cut", [bytewise, lambda data: [data]], ids=["bytewise", "whole"])
def test_http_X1_peer_is_whom_the_header_names(proxied, header, cut):
    rig = proxied()
    client = rig.connect()
    for piece in cut(header + REQUEST):
        client.send(piece)
        rig.turn()
    rig.settle()
    assert who(client) == "192.0.2.1 56324"


def test_http_X1_header_counts_for_every_request_of_the_connection(proxied):
    rig = proxied()
    client = rig.connect()
    client.send(version_1(*CLIENT) + REQUEST * 3)
    rig.settle()
    assert [who(client) for _ in range(3)] == ["192.0.2.1 56324"] * 3


@pytest.mark.parametrize("header", [LOCAL, b"PROXY UNKNOWN\r\n"])
def test_http_X1_proxy_that_speaks_for_itself_is_the_peer(proxied, header):
    rig = proxied()
    client = rig.connect()
    client.send(header + REQUEST)
    rig.settle()
    assert who(client) == f"127.0.0.1 {client.sock.getsockname()[1]}"


@pytest.mark.parametrize("data", [REQUEST, version_1("192.0.2.256", 1), LOCAL[:-4] + b"\x11\0\0\0"])
def test_http_X1_without_a_header_the_connection_is_closed_counted_and_logged(
    proxied, data, caplog
):
    caplog.set_level(logging.INFO)
    rig = proxied()
    client = rig.connect()
    client.send(data)
    rig.settle()
    assert client.is_closed_by_server()
    assert rejected(rig) == {"preface": 1}
    assert [record.levelname for record in caplog.records if MESSAGE in record.message] == [
        "WARNING"
    ]


def test_http_X1_second_malformed_header_is_no_warning_more(proxied, caplog):
    caplog.set_level(logging.INFO)
    rig = proxied()
    for _ in range(2):
        rig.connect().send(REQUEST)
        rig.settle()
    assert rejected(rig) == {"preface": 2}
    levels = [record.levelname for record in caplog.records if MESSAGE in record.message]
    assert levels == ["WARNING", "INFO"]


def test_http_X1_second_header_is_a_bad_request(proxied):
    rig = proxied()
    client = rig.connect()
    client.send(version_1(*CLIENT) + version_1("10.0.0.1", 1))
    rig.settle()
    assert client.read_answer().status == 400


def test_http_X1_header_where_none_is_configured_is_a_bad_request(by_hand):
    rig = by_hand(trusted_proxies=("127.0.0.1",))
    client = rig.connect()
    client.send(version_1(*CLIENT) + REQUEST)
    rig.settle()
    assert client.read_answer().status == 400


def test_http_X1_who_is_no_trusted_proxy_is_closed_and_counted(proxied, caplog):
    rig = proxied(trusted_proxies=("192.0.2.99",))
    client = rig.connect()
    assert client.is_closed_by_server()
    assert rejected(rig) == {"untrusted": 1}
    assert "127.0.0.1 is not in trusted_proxies" in caplog.text


def test_http_X1_health_check_that_only_connects_is_no_event(proxied, caplog):
    rig = proxied()
    rig.connect().close()
    rig.settle()
    assert not rig.loop.connections
    assert not rejected(rig)
    assert not caplog.records


def test_http_X1_half_a_header_and_the_end_is_malformed(proxied):
    rig = proxied()
    client = rig.connect()
    client.send(version_1(*CLIENT)[:20])
    rig.turn()
    client.close()
    rig.settle()
    assert rejected(rig) == {"preface": 1}


def test_sec_T1_silent_proxy_has_10_seconds(proxied):
    rig = proxied()
    client = rig.connect()
    rig.clock.advance(9.8)
    rig.turn()
    assert client.has_nothing_to_read()
    rig.clock.advance(0.4)
    rig.turn()
    assert client.is_closed_by_server()


def test_sec_T1_dribbled_header_has_20_seconds_from_its_first_byte(proxied):
    rig = proxied()
    client = rig.connect()
    header = version_1(*CLIENT)
    for byte in bytewise(header[:20]):
        client.send(byte)
        rig.turn()
        rig.clock.advance(0.99)
    rig.turn()
    assert client.has_nothing_to_read()
    rig.clock.advance(0.4)
    rig.turn()
    assert client.is_closed_by_server()
    assert rejected(rig) == {"preface": 1}


def test_sec_T1_request_behind_the_header_has_its_own_time(proxied):
    rig = proxied()
    client = rig.connect()
    rig.clock.advance(9)
    client.send(version_1(*CLIENT))
    rig.turn()
    rig.clock.advance(9)
    client.send(REQUEST)
    rig.settle()
    assert who(client) == "192.0.2.1 56324"


def test_sec_T6_proxied_address_is_what_is_counted(proxied):
    rig = proxied(max_connections_per_address=2)
    clients = [rig.connect() for _ in range(4)]
    for client, address in zip(clients, ["192.0.2.1"] * 3 + ["192.0.2.2"], strict=True):
        client.send(version_2(address, 1) + REQUEST)
        rig.settle()
    assert clients[2].is_closed_by_server()
    assert [who(clients[index]) for index in (0, 1, 3)] == ["192.0.2.1 1"] * 2 + ["192.0.2.2 1"]
    assert rejected(rig) == {"address": 1}
    clients[0].close()
    rig.settle()
    last = rig.connect()
    last.send(version_2("192.0.2.1", 2) + REQUEST)
    rig.settle()
    assert who(last) == "192.0.2.1 2"


def test_sec_T5_connection_without_its_header_is_evicted_like_an_idle_one(proxied):
    rig = proxied(max_connections=1)
    first, second = rig.connect(), rig.connect()
    assert first.is_closed_by_server()
    assert rig.connection().state is State.PREFACING
    assert second.has_nothing_to_read()


def test_sec_R1_connection_without_its_header_ends_with_the_idle_ones(proxied):
    rig = proxied()
    client = rig.connect()
    rig.drain.begin(30)
    rig.clock.advance(2.1)
    rig.turn()
    assert client.is_closed_by_server()


def test_http_X1_connection_begins_by_reading_where_nothing_is_configured(by_hand):
    rig = by_hand()
    rig.connect()
    assert rig.connection().state is State.READING
