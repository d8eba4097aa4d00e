"""Answers that are waited for together (MySQL's reader)."""

import socket
from collections.abc import Iterator

import pytest

pytest.importorskip("pymysql")
from orm.engine.mysql.wire.stream import Stream

ANSWER = b"eleven byte"


@pytest.fixture
def ends() -> Iterator[tuple[Stream, socket.socket]]:
    """A stream, and the socket of the server that it reads from."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        yield Stream(client, 10.0, 10.0), server


def test_answers_are_gathered(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    server.sendall(ANSWER * 20)
    stream.gather([len(ANSWER)] * 20)
    assert stream.read(len(ANSWER) * 20) == ANSWER * 20
    assert stream.is_drained


def test_what_does_not_come_is_not_waited_for(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    server.sendall(ANSWER)
    stream.gather([len(ANSWER)] * 20)
    server.sendall(ANSWER)
    assert stream.read(len(ANSWER) * 2) == ANSWER * 2


def test_what_was_there_stays(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    server.sendall(ANSWER)
    assert stream.read(1) == ANSWER[:1]
    server.sendall(ANSWER * 19)
    stream.gather([len(ANSWER)] * 20)
    assert stream.read(len(ANSWER) * 20 - 1) == (ANSWER * 20)[1:]


def test_nothing_to_gather(ends: tuple[Stream, socket.socket]) -> None:
    stream, _ = ends
    stream.gather([])
    assert stream.is_drained


def test_sec_D10_an_end_is_told(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    server.close()
    with pytest.raises(ConnectionResetError):
        stream.gather([len(ANSWER)] * 20)
