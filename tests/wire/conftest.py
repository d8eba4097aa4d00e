"""Fixtures of the wire tests: a table of endpoints, a server to serve it, a check for leaks."""

import dataclasses
import threading
from collections.abc import Callable, Iterator

import pytest

from httpcore import Response, Server, ServerConfig
from tests.support.wire import RawClient, Table, open_descriptors, wait_until


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """sec:R11: threads and descriptors are back to what they were."""
    threads, descriptors = threading.active_count(), open_descriptors()
    yield
    wait_until(lambda: threading.active_count() <= threads, "the server's threads to end")
    wait_until(lambda: open_descriptors() <= descriptors, "the server's descriptors to be closed")


@pytest.fixture
def table() -> Table:
    table = Table()
    table.add("/", lambda request: Response(b"hello"))
    table.add("/echo", lambda request: Response(request.stream.read()))
    table.add("/path", lambda request: Response(request.head.target.encode()))
    table.add("/query", lambda request: Response(request.head.query_string.encode()))
    return table


@pytest.fixture
def serve(table: Table, no_leaks: None) -> Iterator[Callable[..., Server]]:
    """Start a server for `table`; keyword arguments are fields of ServerConfig."""
    servers: list[Server] = []

    def start(
        *,
        clock: Callable[[], float] | None = None,
        poller: object = None,
        client_of: Callable[[str, bytes], str] | None = None,
        **fields: object,
    ) -> Server:
        config = dataclasses.replace(ServerConfig(port=0, threads=4, access_log="off"), **fields)
        options = {"clock": clock, "poller": poller, "client_of": client_of}
        server = Server(table, config, **{k: v for k, v in options.items() if v is not None})
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop(0)


@pytest.fixture
def connect(no_leaks: None) -> Iterator[Callable[..., RawClient]]:
    """Open raw connections that are closed at the end of the test."""
    clients: list[RawClient] = []

    def open_client(server: Server, receive_buffer: int | None = None) -> RawClient:
        client = RawClient(server.address, receive_buffer)
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        client.close()
