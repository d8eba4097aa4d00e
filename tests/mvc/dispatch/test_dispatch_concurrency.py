"""`max_concurrency`, `queue` and `timeout` of a route, over a live server (feat:V2, V3)."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from httpcore import Server, ServerConfig
from mvc import Application, Request
from tests.support.wire import PATIENCE, RawClient, wait_until


class Room:
    """A controller that says when it was entered and stays until it is let out."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.leave = threading.Event()
        self.time_left: list[float | None] = []

    def handler(self, request: Request) -> str:
        self.time_left.append(request.time_left)
        self.entered.release()
        assert self.leave.wait(PATIENCE)
        return "done"


Connect = Callable[[], RawClient]


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.leave.set()


@pytest.fixture
def serve(room: Room) -> Iterator[Callable[..., Connect]]:
    """Serve the room with these options of its route; gives a function that opens connections."""
    servers: list[Server] = []
    clients: list[RawClient] = []

    def start(**options: Any) -> Connect:
        server = Server(
            Application([("/", room.handler, options)]),
            ServerConfig(port=0, threads=4, access_log="off"),
        )
        server.start()
        servers.append(server)

        def connect() -> RawClient:
            clients.append(RawClient(server.address))
            return clients[-1]

        return connect

    yield start
    room.leave.set()
    for client in clients:
        client.close()
    for server in servers:
        server.stop(0)


def ask(client: RawClient) -> RawClient:
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


@pytest.mark.parametrize("running", [1, 2])
def test_feat_V2_next_request_is_refused_at_once(
    serve: Callable[..., Connect], room: Room, running: int
) -> None:
    connect = serve(max_concurrency=running)
    inside = [ask(connect()) for _ in range(running)]
    for _ in inside:
        assert room.entered.acquire(timeout=PATIENCE)
    refused = ask(connect()).read_answer()
    assert (refused.status, refused.headers["Retry-After"] in "123") == (503, True)
    room.leave.set()
    assert [client.read_answer().status for client in inside] == [200] * running
    assert ask(connect()).read_answer().status == 200


def test_feat_V2_queued_request_gets_its_turn(serve: Callable[..., Connect], room: Room) -> None:
    connect = serve(max_concurrency=1, queue=1)
    three = [ask(connect()) for _ in range(3)]
    assert room.entered.acquire(timeout=PATIENCE)

    def refused() -> list[RawClient]:
        return [client for client in three if not client.has_nothing_to_read()]

    wait_until(lambda: bool(refused()), "a refusal")
    (last,) = refused()
    assert last.read_answer().status == 503
    room.leave.set()
    assert [each.read_answer().status for each in three if each is not last] == [200, 200]


def test_feat_V2_queued_request_gives_up_after_its_time(
    serve: Callable[..., Connect], room: Room
) -> None:
    connect = serve(max_concurrency=1, queue=1, queue_timeout=0.01)
    first = ask(connect())
    assert room.entered.acquire(timeout=PATIENCE)
    assert ask(connect()).read_answer().status == 503
    room.leave.set()
    assert first.read_answer().status == 200


def test_feat_V3_client_gets_504_when_its_time_is_over(
    serve: Callable[..., Connect], room: Room
) -> None:
    client = ask(serve(timeout=0.05)())
    assert client.read_answer().status == 504
    (left,) = room.time_left
    assert left is not None
    assert left <= 0.05
