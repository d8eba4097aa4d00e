"""Reading a body from the socket while the loop may take the connection back."""

import os
import selectors
import socket

import pytest

from httpcore.errors import ClientDisconnected, ProtocolError
from httpcore.runtime import wire
from httpcore.runtime.deadlines import Transfer
from httpcore.runtime.wire import WireSource
from tests.support.wire import FakeClock


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def source(pair, monkeypatch):
    monkeypatch.setattr(wire, "LOOK", 0.001)
    clock = FakeClock()
    transfer = Transfer(clock(), progress=0.01, grace=60.0, minimum_rate=0)
    return WireSource(pair[0], transfer, clock)


def test_sec_T2_body_of_which_nothing_comes_is_408(source):
    with pytest.raises(ProtocolError) as caught:
        source.receive()
    assert caught.value.status == 408


def test_feat_V3_number_of_a_closed_socket_that_is_anothers_is_not_waited_for(
    pair, source, monkeypatch
):
    """The loop has closed it between our last look and the wait, and accepted somebody."""
    other, peer = socket.socketpair()

    class LateSelector(selectors.SelectSelector):
        def select(self, timeout=None):
            if (number := pair[0].fileno()) >= 0:
                pair[0].close()
                os.dup2(other.fileno(), number)
                taken.append(number)
            return super().select(timeout)

    taken = []
    monkeypatch.setattr(wire, "_Selector", LateSelector)
    with other, peer, pytest.raises(ClientDisconnected, match="closed under its endpoint"):
        source.receive()
    os.close(*taken)
