"""A connection changes its protocol while others change the loop's thread (http:C6, feat:V1)."""

import threading

import pytest

from httpcore.protocol.states import State
from tests.support.wire import wait_until

FIELDS = ("Connection: Upgrade", "Upgrade: echo")


def test_feat_V1_upgrade_by_a_thread_that_has_lost_the_loop(by_hand, table):
    entered, leave = threading.Event(), threading.Event()

    def start(request):
        entered.set()
        assert leave.wait(10)
        return request.upgrade("echo", lambda connection: connection.send(connection.receive(1)))

    table.add("/chat", start, lane="inline")
    rig = by_hand()
    client = rig.ask("/chat", None, *FIELDS)
    turn = rig.turn_elsewhere()
    assert entered.wait(10)
    rig.take_over(turn)
    leave.set()
    assert turn.end() is False
    assert rig.loop.trespasses == []
    rig.turn()
    assert rig.connection().state is State.UPGRADED
    assert client.read_head().status == 101
    client.send(b"x")
    assert client.read_exactly(1) == b"x"
    client.close()
    wait_until(lambda: rig.turn() and not rig.loop.connections, "the connection to be forgotten")


def test_sec_R1_connection_that_upgrades_while_the_server_stops_is_told(by_hand, table):
    told = []
    table.add(
        "/chat",
        lambda request: request.upgrade(
            "echo", lambda connection: told.append((connection.receive(), connection.is_stopping))
        ),
        lane="pool",
    )
    rig = by_hand()
    client = rig.ask("/chat", None, *FIELDS)
    rig.turn()
    rig.drain.begin(10)
    rig.settle()
    assert client.read_head().status == 101
    wait_until(lambda: bool(told), "the protocol to be told")
    assert told == [(b"", True)]


@pytest.mark.parametrize("lane", ["inline", "pool"])
def test_feat_V2_client_that_goes_before_its_101_gives_the_place_back(by_hand, table, lane):
    def start(request):
        client.reset()
        return request.upgrade("echo", lambda connection: None)

    table.add("/chat", start, lane=lane, max_concurrency=1)
    rig = by_hand()
    client = rig.ask("/chat", None, *FIELDS)
    rig.settle()
    assert not rig.loop.connections
    assert rig.record("/chat").places.running == 0
