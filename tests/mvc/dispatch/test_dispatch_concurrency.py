"""`max_concurrency`, `queue` and `timeout` of a route, over a live server (feat:V2, V3)."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from httpcore import Peer, RequestHead, Server, ServerConfig
from httpcore.config import Limits
from httpcore.protocol.parser import RequestParser
from mvc import Application, Request
from mvc.config import Settings
from mvc.routing import FILTERS, Filter
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

    def keyed(self, request: Request, id: int) -> str:  # noqa: A002  as the pattern names it
        return self.handler(request)


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


SESSION = "s" * 43
OTHER = "t" * 43


@pytest.mark.parametrize(
    ("key", "one", "same", "other"),
    [
        ("path.id", ("/7", ""), ("/07?x", ""), ("/8", "")),
        ("query.q", ("/1?q=a", ""), ("/2?x=1&q=%61", ""), ("/1?q=b", "")),
        ("session", ("/1", SESSION), ("/2", SESSION), ("/1", OTHER)),
        ("session", ("/1", ""), ("/2", "forged"), ("/1", SESSION)),
    ],
)
def test_feat_V2_key_makes_requests_exclude_each_other(
    key: str, one: tuple[str, str], same: tuple[str, str], other: tuple[str, str]
) -> None:
    """Also: who has no session counts by address, and so does what cannot be an id of one."""
    read = key_reader("/<id:int>", key)
    values = [read(*each) for each in (one, same, other)]
    assert values[0] == values[1] != values[2]


def test_feat_V2_address_behind_a_trusted_proxy_is_the_one_it_names() -> None:
    read = key_reader("/", "address", Settings(trusted_proxies=("192.0.2.1",)))
    assert read("/", "", "X-Forwarded-For: 198.51.100.7") == "198.51.100.7"
    assert read("/", "") == "192.0.2.1"


class Shelf:
    """What a filter of one's own may make of a text: nothing that says its value."""

    def __init__(self, number: int) -> None:
        self.number = number


def test_feat_V2_path_and_query_are_read_as_the_controller_gets_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A text that the controller refuses (422) is a key of its own, and so is one of a filter's
    own values, by the way back that the filter knows."""
    shelves = Filter("[0-9]+", lambda text: Shelf(int(text)), lambda shelf: str(shelf.number))
    monkeypatch.setitem(FILTERS, "shelf", shelves)
    for pattern, key in (("/<id>", "path.id"), ("/<id:shelf>", "path.id")):
        read = key_reader(pattern, key)
        assert read("/7", "") == read("/007", "") != read("/8", "")
    read = key_reader("/<id>", "path.id")
    assert read("/seven", "") != read("/eight", "")
    read = key_reader("/", "query.id")
    assert read("/?id=7", "") == read("/?id=%2B007", "") != read("/?id=8", "")
    assert read("/", "") == read("/?id=", "") != read("/?id=x", "")


def key_reader(pattern: str, key: str, settings: Settings | None = None) -> Callable[..., str]:
    """What the endpoint of such a route tells of a target, a session id and further fields."""

    def handler(request: Request, id: int = 0) -> str:  # noqa: A002  as the pattern names it
        return ""

    options = {"max_concurrency": 1, "key": key}
    app = Application([(pattern, handler, options)], settings)
    peer = Peer(("192.0.2.1", 1), ("127.0.0.1", 80))

    def read(target: str, session_id: str, *fields: str) -> str:
        lines = [f"GET {target} HTTP/1.1", "Host: localhost", *fields]
        lines += [f"Cookie: a=b; session={session_id}"] if session_id else []
        parser = RequestParser(Limits())
        parser.feed("\r\n".join([*lines, "", ""]).encode())
        head = parser.next_event()
        assert isinstance(head, RequestHead)
        endpoint = app.resolve(head)
        assert endpoint.key is not None
        return endpoint.key(head, peer)

    return read


def test_feat_V2_controllers_of_one_key_run_one_after_the_other(room: Room) -> None:
    server = Server(
        Application([("/<id:int>", room.keyed, {"max_concurrency": 1, "key": "path.id"})]),
        ServerConfig(port=0, threads=4, access_log="off"),
    )
    with server, contextlib.ExitStack() as clients:

        def ask_for(number: int) -> RawClient:
            client = clients.enter_context(RawClient(server.address))
            client.send(f"GET /{number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return client

        inside = [ask_for(1), ask_for(2)]
        for _ in inside:
            assert room.entered.acquire(timeout=PATIENCE)
        assert ask_for(1).read_answer().status == 503
        room.leave.set()
        assert [each.read_answer().status for each in inside] == [200, 200]
