"""Connections that change their protocol (http:C6, feat:S24)."""

import socket
import threading

import pytest

from httpcore import Timeouts, UpgradedConnection, UpgradeResponse
from tests.support.wire import RawClient, wait_until

ASK = b"GET /chat HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"


def echo(connection: UpgradedConnection) -> None:
    while data := connection.receive():
        connection.send(data.upper())


@pytest.fixture(params=["inline", "pool"])
def chat(request, table):
    table.add("/chat", lambda request: request.upgrade("echo", echo), lane=request.param)


def switch(client, request=ASK):
    client.send(request)
    answer = client.read_head()
    assert answer.status == 101
    return answer


def test_http_C6_socket_is_the_other_protocols_from_101_on(serve, connect, chat):
    client = connect(serve())
    answer = switch(client)
    assert (answer.headers["Upgrade"], answer.headers["Connection"]) == ("echo", "Upgrade")
    assert not {"content-length", "transfer-encoding"} & set(answer.headers.lower_names())
    for word in (b"GET / HTTP/1.1\r\n\r\n", b"two"):
        client.send(word)
        assert client.read_exactly(len(word)) == word.upper()
    client.sock.shutdown(socket.SHUT_WR)
    assert client.is_closed_by_server()


def test_http_C6_what_came_behind_the_request_is_handed_over(serve, connect, chat):
    client = connect(serve())
    switch(client, ASK + b"early")
    assert client.read_exactly(5) == b"EARLY"
    client.send(b"late")
    assert client.read_exactly(4) == b"LATE"


def test_http_C6_what_comes_while_the_endpoint_runs_is_handed_over(serve, connect, table):
    room, begun = threading.Event(), threading.Event()

    def wait(request):
        begun.set()
        assert room.wait(10)
        return request.upgrade("echo", echo)

    table.add("/chat", wait, lane="pool")
    server = serve()
    client = connect(server)
    client.send(ASK)
    assert begun.wait(10)
    client.send(b"early")
    (connection,) = server._loop.connections.values()
    wait_until(lambda: connection.parser.buffered == 5, "the early bytes to be read")
    room.set()
    assert client.read_head().status == 101
    assert client.read_exactly(5) == b"EARLY"


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("Upgrade: echo",),  # Connection does not name it
        ("Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
        ("Connection: Upgrade", "Upgrade: websocket"),
    ],
)
def test_http_R6_who_offers_another_protocol_is_told_which(serve, connect, chat, fields):
    client = connect(serve())
    answer = client.get("/chat", *fields)
    assert (answer.status, answer.headers["Upgrade"]) == (426, "echo")
    assert answer.headers["Connection"] == "upgrade"
    assert client.get("/").status == 200  # and may go on in HTTP


def test_http_C6_upgrade_on_1_0_is_ignored(serve, connect, chat):
    client = connect(serve())
    client.send(ASK.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert client.read_answer().status == 426


def test_http_C6_protocol_is_one_of_several_and_in_any_case(serve, connect, chat):
    client = connect(serve())
    switch(client, ASK.replace(b": echo", b": h2c, ECHO").replace(b": Upgrade", b": x, UPGRADE"))


def test_http_C6_body_of_the_request_is_no_part_of_the_protocol(serve, connect, table):
    bodies = []

    def start(request):
        bodies.append(request.stream.read())
        return request.upgrade("echo", echo)

    table.add("/chat", start)
    table.add("/stream", start, stream_body=True)
    server = serve()
    for path in (b"/chat", b"/stream"):
        client = connect(server)
        head = ASK.replace(b"GET /chat", b"POST " + path)[:-2] + b"Content-Length: 4\r\n\r\n"
        switch(client, head + b"bodyrest")
        assert client.read_exactly(4) == b"REST"
    assert bodies == [b"body", b"body"]


def test_http_C6_unread_body_is_not_taken_for_the_protocol(serve, connect, table, caplog):
    table.add("/chat", lambda request: request.upgrade("echo", echo), stream_body=True)
    client = connect(serve())
    client.send(ASK.replace(b"GET", b"POST")[:-2] + b"Content-Length: 4\r\n\r\nbo")
    assert client.read_answer().status == 500
    assert "before it has read the whole request body" in caplog.text


def test_feat_S24_upgraded_connections_hold_no_thread_of_the_pool(serve, connect, chat):
    server = serve(threads=2)
    clients = [connect(server) for _ in range(5)]
    for client in clients:
        switch(client)
    assert connect(server).get("/").body == b"hello"
    for client in clients:
        client.send(b"x")
        assert client.read_exactly(1) == b"X"


@pytest.mark.parametrize("lane", ["inline", "pool"])
def test_feat_V2_upgraded_connection_keeps_its_place(serve, connect, table, lane):
    table.add("/chat", lambda request: request.upgrade("echo", echo), lane=lane, max_concurrency=1)
    server = serve()
    client, other = connect(server), connect(server)
    switch(client)
    other.send(ASK)
    assert other.read_answer().status == 503
    client.close()
    wait_until(lambda: not is_refused(connect(server)), "the place to be free again")


def is_refused(client):
    client.send(ASK)
    return client.read_head().status == 503


def test_sec_R1_stop_tells_who_reads_and_lets_them_take_leave(serve, connect, table):
    def talk(connection):
        while data := connection.receive():
            connection.send(data)
        connection.send(b"bye" if connection.is_stopping else b"?")

    table.add("/chat", lambda request: request.upgrade("echo", talk))
    server = serve()
    client = connect(server)
    switch(client)
    ending = threading.Thread(target=server.stop, args=(10,))
    ending.start()
    assert client.read_to_end() == b"bye"
    client.close()
    ending.join(10)
    assert not ending.is_alive()


def test_sec_R1_what_does_not_take_leave_is_cut(serve, connect, table):
    cut = threading.Event()

    def sulk(connection):
        while not cut.is_set():
            try:
                connection.send(b".")
            except OSError:
                cut.set()
                raise

    table.add("/chat", lambda request: request.upgrade("echo", sulk))
    server = serve()
    client = connect(server)
    switch(client)
    server.stop(0)
    assert cut.wait(10)


def test_feat_S24_time_out_ends_the_connection(serve, connect, table):
    table.add("/chat", lambda request: request.upgrade("echo", echo, timeout=0.01))
    client = connect(serve())
    switch(client)
    assert client.is_closed_by_server()


def test_sec_R6_fault_of_a_protocol_costs_its_connection_only(serve, connect, table, caplog):
    def fail(connection):
        raise SystemExit("no more")

    table.add("/chat", lambda request: request.upgrade("echo", fail))
    server = serve()
    client = connect(server)
    switch(client)
    assert client.is_closed_by_server()
    assert connect(server).get("/").status == 200
    assert "echo failed" in caplog.text


def test_sec_T8_no_thread_to_be_had_costs_the_connection(serve, connect, chat, monkeypatch, caplog):
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == "treadle-echo":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    server = serve()
    client = connect(server)
    switch(client)
    assert client.is_closed_by_server()
    assert connect(server).get("/").status == 200
    assert "cannot serve echo" in caplog.text
    server.stop(1)  # does not wait for what never began


def test_feat_S24_client_that_goes_ends_its_protocol(serve, connect, table):
    over = threading.Event()

    def listen(connection):
        try:
            echo(connection)
        finally:
            over.set()

    table.add("/chat", lambda request: request.upgrade("echo", listen))
    server = serve(timeouts=Timeouts(linger=0.1))
    client = connect(server)
    switch(client)
    client.reset()
    assert over.wait(10)
    wait_until(lambda: not server._loop.connections, "the connection to be forgotten")


@pytest.mark.parametrize("protocol", ["a\r\nb: c", "a\nb"])
def test_sec_H2_protocol_cannot_inject_fields(protocol):
    with pytest.raises(ValueError, match="Upgrade"):
        UpgradeResponse(protocol, echo)


def test_http_C6_fields_of_the_endpoint_stand_in_the_101(serve, connect, table):
    def start(request):
        return request.upgrade("echo", echo, headers={"X-Key": "1", "Content-Length": "3"})

    table.add("/chat", start)
    client = connect(serve())
    answer = switch(client)
    assert answer.headers["X-Key"] == "1"
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize("lane", ["inline", "pool"])
def test_http_C6_switches_once_a_full_socket_has_taken_the_101(serve, connect, table, lane):
    def start(request):
        request.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        while not request.connection.outbox:
            request.early_hints(["</style.css>; rel=preload; as=style"] * 20)
        return request.upgrade("echo", echo)

    table.add("/chat", start, lane=lane, max_concurrency=1)
    server = serve()
    client = RawClient(server.address, receive_buffer=4096)
    client.send(ASK + b"early")
    while (head := client.read_head()).status == 103:
        assert len(head.headers) == 20
    assert head.status == 101
    assert client.read_exactly(5) == b"EARLY"
    other = connect(server)
    assert other.get("/chat").status == 503  # its place is taken
    for each in (client, other):
        each.close()
    wait_until(lambda: not server._loop.connections, "the connection to be forgotten")


def test_http_C6_libraries_may_set_the_socket_to_their_liking(serve, connect, table):
    def talk(connection):
        connection.sock.settimeout(None)
        with connection.sock.makefile("rwb") as file:
            file.write(connection.received + file.readline())

    table.add("/chat", lambda request: request.upgrade("echo", talk))
    server = serve()
    client = connect(server)
    switch(client, ASK + b"one ")
    client.send(b"two\nthree")
    assert client.read_exactly(8) == b"one two\n"
    assert client.is_closed_by_server()
    assert connect(server).get().body == b"hello"  # and the loop has not waited for this client
