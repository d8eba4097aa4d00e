"""Sending through sockets that take little at a time (sec:R15)."""

import io
import os
import random
import socket

import pytest

from httpcore import FileBody
from httpcore.runtime.outbox import Outbox, TruncatedFile


class StingySocket:
    """Takes 1 to 7 bytes at a time and refuses now and then, as a full socket does."""

    def __init__(self) -> None:
        self.received = bytearray()
        self._random = random.Random(15)

    def send(self, data: bytes, flags: int = 0) -> int:
        if self._random.random() < 0.3:
            raise random.Random(len(self.received)).choice([BlockingIOError, InterruptedError])
        size = min(len(data), self._random.randint(1, 7))
        self.received += data[:size]
        return size


def test_sec_R15_short_writes_lose_and_repeat_nothing():
    sock, outbox = StingySocket(), Outbox()
    first, second, third = os.urandom(500), os.urandom(700), os.urandom(300)
    outbox.push(first)
    outbox.push(b"")
    outbox.push(FileBody(io.BytesIO(b"__" + second + b"__"), 2, 700))
    outbox.push(memoryview(third))
    total = 0
    while outbox:
        total += outbox.write_to(sock)
    assert bytes(sock.received) == first + second + third
    assert total == 1500


def test_file_goes_through_the_kernel(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 40)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox, file = Outbox(), path.open("rb")
        outbox.push(FileBody(file, 10, 10_000))
        outbox.write_to(ours)
        assert not outbox
        assert file.closed
        assert theirs.recv(20_000) == path.read_bytes()[10:10_010]


@pytest.mark.parametrize("in_memory", [True, False])
def test_file_shorter_than_promised_is_an_error(tmp_path, in_memory):
    path = tmp_path / "data"
    path.write_bytes(b"short")
    file = io.BytesIO(b"short") if in_memory else path.open("rb")
    ours, theirs = socket.socketpair()
    with ours, theirs, file:
        outbox = Outbox()
        outbox.push(FileBody(file, 0, 10))
        with pytest.raises(TruncatedFile):
            outbox.write_to(ours)


def test_files_are_closed_when_there_is_nothing_to_send():
    empty, dropped, outbox = io.BytesIO(), io.BytesIO(b"x"), Outbox()
    outbox.push(FileBody(empty, 0, 0))
    assert empty.closed
    outbox.push(FileBody(dropped, 0, 1))
    outbox.close()
    assert dropped.closed
    assert not outbox
