"""Collecting bodies, and the poller's two kinds."""

import fcntl
import os
import selectors
import socket

import pytest

from httpcore import HTTPError, StoredBody
from httpcore.runtime.bodies import BodyCollector
from httpcore.runtime.listener import raise_open_files_limit
from httpcore.runtime.poller import FD_SETSIZE, READ, WRITE, EpollPoller, SelectorPoller


@pytest.mark.parametrize("size", [0, 10, 11, 1000])
def test_sec_T2_collected_body_is_whole_on_either_side_of_the_limit(size):
    collector = BodyCollector(in_memory=10)
    data = bytes(n % 251 for n in range(size))
    for start in range(0, size, 4):
        collector.write(data[start : start + 4])
    body = collector.finish()
    assert isinstance(body, StoredBody)
    assert (body.size, body.read(3), body.read()) == (size, data[:3], data[3:])
    body.rewind()
    assert body.read() == data
    body.close()


def test_full_disk_is_a_503(monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    collector = BodyCollector(in_memory=0)
    with pytest.raises(HTTPError, match="No space left") as caught:
        collector.write(b"x")
    assert caught.value.status == 503


@pytest.mark.parametrize(
    "make", [EpollPoller, SelectorPoller, lambda: SelectorPoller(selectors.SelectSelector())]
)
def test_pollers_agree(make):
    ours, theirs = socket.socketpair()
    poller = make()
    with ours, theirs:
        fd = ours.fileno()
        poller.register(fd, READ)
        assert poller.poll(0) == []
        theirs.send(b"x")
        assert [ready for ready, _ in poller.poll(1)] == [fd]
        assert [ready for ready, _ in poller.poll(1)] == [fd]  # level-triggered
        ours.recv(1)
        assert poller.poll(0) == []
        poller.modify(fd, WRITE)
        assert [ready for ready, _ in poller.poll(1)] == [fd]
        poller.unregister(fd)
        theirs.close()
        assert poller.poll(0) == []
    poller.close()


def test_sec_R6_descriptor_that_was_closed_by_mistake_is_not_the_end_of_select():
    """It fails for all of them then; the server ended."""
    (ours, theirs), (closed, other) = socket.socketpair(), socket.socketpair()
    poller = SelectorPoller(selectors.SelectSelector())
    with ours, theirs, other:
        for each in (ours, closed):
            poller.register(each.fileno(), READ)
        fd = closed.fileno()
        closed.close()
        assert poller.poll(0) == [(fd, READ)]  # whose it is finds out by reading
        theirs.send(b"x")
        assert [ready for ready, _ in poller.poll(0)] == [ours.fileno()]
        poller.unregister(fd)
    poller.close()


@pytest.mark.skipif(not hasattr(selectors, "PollSelector"), reason="the system has no poll()")
def test_sec_R6_descriptor_beyond_select_is_not_taken_for_a_closed_one():
    class Failing(selectors.PollSelector):
        def select(self, timeout=None):
            raise OSError("for another reason")

    raise_open_files_limit()
    with socket.socket() as low:
        high = fcntl.fcntl(low, fcntl.F_DUPFD, FD_SETSIZE)
    poller = SelectorPoller(Failing())
    poller.register(high, READ)
    with pytest.raises(OSError, match="for another reason"):
        poller.poll(0)
    poller.unregister(high)
    poller.close()
    os.close(high)
