"""Who releases a connection when the loop and a worker end it at the same time."""

import os
import socket

import pytest

from httpcore import Limits, Peer
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.states import Event, State
from httpcore.runtime.connection import Connection
from httpcore.runtime.loop import Loop
from httpcore.runtime.poller import best_poller
from tests.support.wire import FakeClock


@pytest.fixture
def loop():
    loop = Loop(best_poller(), FakeClock())
    loop.on_enter[State.CLOSED] = loop.release
    yield loop
    loop.is_finished = True
    loop.run()


@pytest.fixture
def connection(loop):
    ours, theirs = socket.socketpair()
    peer = Peer(("127.0.0.1", 1), ("127.0.0.1", 2))
    connection = Connection(ours, peer, RequestParser(Limits()), now=0.0)
    loop.add(connection)
    with theirs:
        yield connection


def test_sec_R6_connection_is_released_once_though_its_descriptor_lives_on(loop, connection):
    released = []
    loop.released = released.append
    connection.advance(Event.REQUEST_READY)
    loop.drop(connection)
    other = loop.connections[connection.fd] = object()  # a new one got the number
    connection.state = State.HANDLING  # a worker took it in the same moment
    loop.returned(connection, Event.DISCONNECTED)
    assert (loop.connections.pop(connection.fd), released) == (other, [connection])


def test_sec_R1_answer_given_back_as_the_loop_ends_is_released(loop, connection):
    abandoned = []
    loop.abandoned = abandoned.append
    connection.advance(Event.REQUEST_READY)
    connection.advance(Event.HANDED_OVER)
    loop.post(loop.returned, connection, Event.ANSWER_PENDING)
    loop.is_finished = True
    loop.run()
    assert abandoned == [connection]


@pytest.mark.parametrize("close", [lambda sock: sock.close(), lambda sock: os.close(sock.fileno())])
def test_sec_R6_connection_that_somebody_else_has_closed_is_released(loop, connection, close):
    released = []
    loop.released = released.append
    close(connection.sock)
    loop.drop(connection)
    assert (loop.connections, released) == ({}, [connection])
