"""Connections that deal with workers are looked at in the middle of a stage (feat:V6)."""

import pytest

from httpcore import Response
from httpcore.protocol.states import State
from httpcore.runtime.loop import IN_A_ROW
from httpcore.runtime.poller import READ

GET = "GET {} HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture
def rig(by_hand, table):
    table.add("/quick", lambda request: Response(b"quick"), lane="inline")
    table.add("/slow", lambda request: Response(b"slow"), lane="pool")
    return by_hand()


def _ask_at_once(rig, number):
    """So many clients, whose requests the next turn finds together."""
    crowd = [rig.connect() for _ in range(number)]
    for each in crowd:
        rig.ask("/look", each)
    return crowd


def _favoured(rig):
    """A client whose connection is; it has had two answers from workers, and read them."""
    client = rig.connect()
    for _ in range(2):
        rig.ask("/slow", client)
        rig.settle()
        assert client.read_answer().body == b"slow"
    return client


def test_feat_V6_first_request_moves_no_connection(rig):
    rig.ask("/slow")
    rig.settle()
    assert not rig.loop.favoured


def test_feat_V6_connection_is_favoured_while_its_requests_go_to_workers(rig):
    client = _favoured(rig)
    assert rig.loop.favoured == {rig.connection().fd}
    rig.ask("/quick", client)
    rig.settle()
    assert not rig.loop.favoured
    rig.ask("/slow", client)
    rig.settle()
    assert rig.loop.favoured == {rig.connection().fd}
    assert [client.read_answer().body for _ in range(2)] == [b"quick", b"slow"]


def test_feat_V6_request_that_comes_in_mid_stage_is_handed_over_before_its_end(rig, table):
    favoured = _favoured(rig)
    handed_over = []

    def look(request):
        if not handed_over:
            favoured.send(GET.format("/slow").encode())
        handed_over.append(not rig.server._pool._tasks.empty())
        return Response(b"seen")

    table.add("/look", look, lane="inline")
    crowd = _ask_at_once(rig, 2 * IN_A_ROW + 1)
    rig.turn()
    assert handed_over[0] is False
    assert handed_over[-1] is True
    rig.settle()
    assert favoured.read_answer().body == b"slow"
    assert {each.read_answer().body for each in crowd} == {b"seen"}


def test_feat_V6_answer_that_a_worker_makes_in_mid_stage_is_sent_before_its_end(rig, table):
    client = rig.ask("/slow")
    rig.turn()
    arrived = []

    def look(request):
        if not arrived:
            rig.work()
        arrived.append(not client.has_nothing_to_read())
        return Response(b"seen")

    table.add("/look", look, lane="inline")
    crowd = _ask_at_once(rig, 2 * IN_A_ROW + 1)
    rig.turn()
    assert (arrived[0], arrived[-1]) == (False, True)
    assert client.read_answer().body == b"slow"
    assert {each.read_answer().body for each in crowd} == {b"seen"}


def test_sec_G2_no_more_of_them_are_read_in_mid_stage_than_of_the_others(rig, table):
    favoured = [_favoured(rig) for _ in range(3 * IN_A_ROW)]
    taken = []

    def look(request):
        if not taken:
            for each in favoured:
                each.send(GET.format("/quick").encode())
        taken.append(len(favoured) - len(rig.loop.favoured))
        return Response(b"seen")

    table.add("/look", look, lane="inline")
    crowd = _ask_at_once(rig, IN_A_ROW)
    rig.turn()
    assert taken[0] == 0
    assert taken[-1] == IN_A_ROW  # they ask for what is quick, and are favoured no more
    rig.settle()
    assert {each.read_answer().body for each in favoured} == {b"quick"}
    assert {each.read_answer().body for each in crowd} == {b"seen"}


def test_http_C2_favoured_connection_that_is_not_watched_is_not_read(rig):
    _favoured(rig)
    connection = rig.connection()
    rig.loop.watch(connection, 0)
    rig.loop.favour(connection, False)
    rig.loop.favour(connection, True)
    assert connection.interest == 0
    rig.loop.watch(connection, READ)
    rig.settle()
    assert connection.state is State.READING


def test_sec_R6_what_is_favoured_is_forgotten_when_it_ends(rig):
    clients = [_favoured(rig) for _ in range(3)]
    assert len(rig.loop.favoured) == 3
    clients[0].close()
    rig.turn(2)
    assert len(rig.loop.favoured) == 2
    rig.loop.drop(next(iter(rig.loop.connections.values())))
    assert len(rig.loop.favoured) == 1
    assert rig.loop._watch.poll_favoured(10) == []
