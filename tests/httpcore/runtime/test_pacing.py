"""What the kernel takes of an answer ahead of its peer (sec:T3, T9)."""

import socket
import sys
import threading

import pytest

from httpcore import Response
from httpcore.runtime.pacing import UNREAD

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an option of Linux")
TCP_NOTSENT_LOWAT = 25
BIG = b"x" * (8 * 1024 * 1024)


def limit(connection):
    return connection.sock.getsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT)


@pytest.fixture
def rig(by_hand, table):
    table.add("/big", lambda request: Response(BIG), lane="inline")
    return by_hand()


def test_sec_T9_connections_begin_with_little_waiting_in_the_kernel(rig):
    rig.connect()
    assert limit(rig.connection()) == UNREAD


def test_sec_T3_peer_that_does_not_read_stays_limited(rig):
    rig.ask("/big")
    rig.turn(10)
    assert limit(rig.connection()) == UNREAD
    assert rig.connection().outbox.unsent > len(BIG) / 2


def test_sec_T3_peer_that_reads_gets_all_that_the_kernel_gives(rig):
    client = rig.ask("/big")
    reader = threading.Thread(target=client.read_answer)
    reader.start()
    while reader.is_alive():
        rig.turn()
    assert limit(rig.connection()) == 0
