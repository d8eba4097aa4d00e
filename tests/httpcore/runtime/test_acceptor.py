"""The acceptor's limit by address, with a scripted listener (sec:T6, T8)."""

import dataclasses
import errno
import os
import socket

import pytest

from httpcore import ServerConfig
from httpcore.protocol.states import State
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.loop import Loop
from httpcore.runtime.poller import best_poller
from tests.support.wire import FakeClock


class ScriptedListener:
    """Accepts connections from the given addresses, then would block; errors are raised."""

    def __init__(self) -> None:
        self.script: list[object] = []
        self.peers: list[socket.socket] = []
        self._sock, self._other = socket.socketpair()  # something to watch

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        if not self.script:
            raise BlockingIOError
        entry = self.script.pop(0)
        if isinstance(entry, int):
            raise OSError(entry, "scripted")
        with socket.create_server(("127.0.0.1", 0)) as server:
            peer = socket.create_connection(server.getsockname())
            peer.setblocking(False)
            self.peers.append(peer)
            return server.accept()[0], (str(entry), 12345)

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        pass

    def setsockopt(self, *option: object) -> None:
        """A packet filter, at the end: the script lets in whom it says."""

    def close(self) -> None:
        for sock in (self._sock, self._other, *self.peers):
            sock.close()


def is_closed(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == b""
    except BlockingIOError:
        return False


@pytest.fixture
def listener():
    return ScriptedListener()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def make_acceptor(listener, clock):
    made: list[Acceptor] = []

    def make(**fields: object) -> Acceptor:
        loop = Loop(best_poller(), clock)
        config = dataclasses.replace(ServerConfig(), max_connections_per_address=2, **fields)
        acceptor = Acceptor(loop, listener, config, open_files=1000)
        acceptor.loop = loop
        loop.released = acceptor.forget
        loop.on_enter[State.CLOSED] = loop.release
        acceptor.start()
        made.append(acceptor)
        return acceptor

    yield make
    for acceptor in made:
        acceptor.close()
        acceptor.loop.is_finished = True
        acceptor.loop.run()


@pytest.fixture
def acceptor(make_acceptor):
    return make_acceptor()


def test_sec_T6_one_address_gets_its_share_and_others_theirs(acceptor, listener):
    listener.script = ["192.0.2.1"] * 3 + ["192.0.2.2"] + ["127.0.0.1"] * 3
    acceptor.on_ready()
    assert [is_closed(peer) for peer in listener.peers] == [False] * 2 + [True] + [False] * 4
    assert acceptor.rejected == {"address": 1}


def test_sec_T6_trusted_proxies_are_exempt(make_acceptor, listener, caplog):
    acceptor = make_acceptor(trusted_proxies=("192.0.2.0/28", "2001:db8::1"))
    listener.script = ["192.0.2.1"] * 4 + ["192.0.2.99"] * 3
    acceptor.on_ready()
    assert acceptor.rejected == {"address": 1}
    assert "max_connections_per_address is reached" in caplog.text


def test_sec_T6_closed_connections_count_no_more(acceptor, listener):
    listener.script = ["192.0.2.1"] * 2
    acceptor.on_ready()
    for connection in list(acceptor.loop.connections.values()):
        acceptor.loop.drop(connection)
    listener.script = ["192.0.2.1"] * 2
    acceptor.on_ready()
    assert len(acceptor.loop.connections) == 2


def test_sec_T8_listener_rests_50_ms_after_exhaustion(acceptor, listener, clock, caplog):
    listener.script = [errno.EMFILE, "192.0.2.9", "192.0.2.1"]
    acceptor.on_ready()
    assert is_closed(listener.peers[0])  # taken with the spare descriptor, told at once
    assert acceptor.rejected == {"exhausted": 1}
    assert acceptor.loop.deadlines.wait(clock()) == pytest.approx(0.05, abs=0.06)
    clock.advance(0.2)
    acceptor.loop.post(lambda: None)
    acceptor.loop.run_pass()
    acceptor.on_ready()
    assert not is_closed(listener.peers[1])
    assert len(caplog.records) == 1


def test_sec_T8_listener_rests_though_an_endpoint_has_closed_the_spare_descriptor(
    acceptor, listener, clock
):
    os.close(acceptor._reserve)
    listener.script = [errno.EMFILE]
    assert not acceptor.on_ready()
    assert acceptor.loop.deadlines.wait(clock()) == pytest.approx(0.05, abs=0.06)
    assert not acceptor._is_watching


def test_sec_T8_aborted_connection_is_passed_over(acceptor, listener):
    listener.script = [errno.ECONNABORTED, "192.0.2.1"]
    acceptor.on_ready()
    assert len(acceptor.loop.connections) == 1


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EBADF])
def test_sec_T8_broken_listener_rests_and_can_be_closed(acceptor, listener, error, caplog):
    """One that was shut down is ready for ever: the loop spun, and never came to its end."""
    listener.script = [error]
    assert not acceptor.on_ready()
    assert acceptor.rejected == {"exhausted": 1}
    assert len(caplog.records) == 1
    listener.script = [error] * 3
    acceptor.close()
    assert listener.script == [error]  # it has tried once more with the spare descriptor


def test_sec_T8_listener_that_cannot_be_watched_is_tried_again(acceptor, listener, clock):
    """Without memory in the kernel the server was deaf from then on."""
    watch, failing = acceptor.loop.watch_source, iter([True, True])

    def watch_unless_short(fd, ready):
        if next(failing, False):
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        watch(fd, ready)

    acceptor.loop.watch_source = watch_unless_short
    listener.script = [errno.ENOMEM, "192.0.2.9"]
    acceptor.on_ready()
    for is_watching in (False, False, True):
        clock.advance(0.2)
        acceptor.loop.post(lambda: None)
        acceptor.loop.run_pass()
        assert acceptor._is_watching is is_watching


def test_sec_T5_idle_connections_make_room_when_descriptors_are_out(acceptor, listener):
    listener.script = ["192.0.2.1"]
    acceptor.on_ready()
    listener.script = [errno.EMFILE, "192.0.2.2"]
    acceptor.on_ready()
    assert [is_closed(peer) for peer in listener.peers] == [True, False]
    assert not acceptor.rejected


def test_sec_T8_listener_rests_when_room_made_is_not_enough(acceptor, listener):
    listener.script = ["192.0.2.1"]
    acceptor.on_ready()
    listener.script = [errno.ENFILE, errno.ENFILE, "192.0.2.2", "192.0.2.3"]
    acceptor.on_ready()
    assert acceptor.rejected == {"exhausted": 1}
    assert listener.script == ["192.0.2.3"]


def test_sec_T9_no_memory_for_a_connection_closes_it_and_rests(acceptor, listener, clock):
    add, failing = acceptor.loop.add, iter([True])

    def add_unless_short(connection):
        add(connection)
        if next(failing, False):
            raise MemoryError

    acceptor.loop.add = add_unless_short
    listener.script = ["192.0.2.1", "192.0.2.9", "192.0.2.1", "192.0.2.1", "192.0.2.1"]
    acceptor.on_ready()
    assert acceptor.rejected == {"exhausted": 1}
    assert is_closed(listener.peers[0])
    assert not acceptor.loop.connections
    clock.advance(0.2)
    acceptor.loop.post(lambda: None)
    acceptor.loop.run_pass()
    acceptor.on_ready()
    assert len(acceptor.loop.connections) == 2  # as many as one address may have
