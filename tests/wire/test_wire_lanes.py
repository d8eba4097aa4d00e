"""Lanes over real sockets: nobody waits for somebody else's slow endpoint (feat:V1, V2, V3).

What exactly happens in which order is forced in tests/httpcore/runtime; here the threads are real.
"""

import threading

import pytest

from httpcore import Response, Server, ServerConfig
from httpcore.runtime import server as server_module
from httpcore.runtime.learning import STREAK
from tests.support.wire import PATIENCE, wait_until


class Room:
    """An endpoint that tells when somebody is in it, and keeps them there."""

    def __init__(self):
        self.entered, self.exit = threading.Semaphore(0), threading.Event()
        self.names = []

    def __call__(self, request):
        self.names.append(threading.current_thread().name)
        self.entered.release()
        assert self.exit.wait(PATIENCE)
        return Response(b"late")


@pytest.fixture
def room(table):
    room = Room()
    yield room
    room.exit.set()


def ask(client, path):
    client.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    return client


def name_of_thread(request):
    return Response(threading.current_thread().name.encode())


def test_feat_V1_quick_endpoint_comes_to_run_on_the_loop(serve, connect, table):
    table.add("/who", name_of_thread)
    client = connect(serve())
    assert client.get("/who").body.startswith(b"treadle-worker-")
    # On a busy machine a run may take longer than it should; then the row begins again.
    for _ in range(100 * STREAK):
        if client.get("/who").body == b"treadle-loop":
            break
    else:
        raise AssertionError("it never came to the loop")


def test_feat_V1_routes_that_say_their_lane_run_there(serve, connect, table):
    table.add("/inline", name_of_thread, lane="inline")
    table.add("/pool", name_of_thread, lane="pool")
    client = connect(serve())
    for _ in range(STREAK + 10):
        assert client.get("/pool").body.startswith(b"treadle-worker-")
        assert not client.get("/inline").body.startswith(b"treadle-worker-")


def test_feat_V1_endpoint_that_hangs_on_the_loop_holds_up_nobody(serve, connect, table, room):
    table.add("/hang", room, lane="inline")
    table.add("/who", name_of_thread, lane="inline")
    server = serve()
    hanging = [ask(connect(server), "/hang") for _ in range(5)]
    for _ in hanging:
        # Each hangs on another thread: whoever took over runs into the next one.
        assert room.entered.acquire(timeout=PATIENCE)
    other = connect(server)
    assert other.get("/").body == b"hello"
    assert len(set(room.names)) == 5
    room.exit.set()
    assert [client.read_answer().body for client in hanging] == [b"late"] * 5
    assert hanging[0].get("/").body == b"hello"


def test_sec_T9_hanging_loop_is_taken_over_though_memory_is_short(
    serve, connect, table, room, monkeypatch, caplog
):
    def make_no_watchdog(*_):
        raise MemoryError

    table.add("/hang", room, lane="inline")
    server = serve()
    monkeypatch.setattr(server_module, "Watchdog", make_no_watchdog)
    ask(connect(server), "/hang")
    assert room.entered.acquire(timeout=PATIENCE)
    assert connect(server).get("/").body == b"hello"
    told = "nobody watches the loop until there is a thread for it: MemoryError()"
    assert told in caplog.messages


def test_sec_T9_hanging_loop_is_taken_over_though_there_is_memory_for_nothing_else(
    serve, connect, table, room, monkeypatch
):
    def make_nothing(*_):
        raise MemoryError

    table.add("/hang", room, lane="inline")
    server = serve()
    monkeypatch.setattr(server_module, "Watchdog", make_nothing)
    monkeypatch.setattr(server_module, "Timer", make_nothing)
    ask(connect(server), "/hang")
    assert room.entered.acquire(timeout=PATIENCE)
    assert connect(server).get("/").body == b"hello"


def test_sec_R6_watchdog_that_could_not_be_had_is_started_later(
    serve, connect, table, room, monkeypatch
):
    def make_no_watchdog(*_):
        raise RuntimeError("can't start new thread")

    table.add("/hang", room, lane="inline")
    table.add("/hang-too", room, lane="inline")
    server = serve()
    monkeypatch.setattr(server_module, "REWATCH", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(server_module, "Watchdog", make_no_watchdog)
        ask(connect(server), "/hang")
        assert room.entered.acquire(timeout=PATIENCE)
        assert connect(server).get("/").body == b"hello"
    wait_until(lambda: "treadle-watchdog-2" in thread_names(), "another watchdog")
    ask(connect(server), "/hang-too")
    assert room.entered.acquire(timeout=PATIENCE)
    assert connect(server).get("/").body == b"hello"


def thread_names():
    return {each.name for each in threading.enumerate()}


def test_feat_V1_server_ends_though_an_endpoint_hangs_where_the_loop_was(table, connect):
    room = Room()
    table.add("/hang", room, lane="inline")
    server = Server(table, ServerConfig(port=0, threads=1, access_log="off"))
    server.start()
    client = ask(connect(server), "/hang")
    assert room.entered.acquire(timeout=PATIENCE)
    assert connect(server).get("/").status == 200
    server.stop(0)
    assert client.is_closed_by_server()
    room.exit.set()


def test_feat_V1_slow_route_leaves_threads_for_others(serve, connect, table, room):
    """All its threads hang, and more wait; a quick pooled endpoint is answered all the same."""
    table.add("/slow", room, lane="pool")
    table.add("/quick", lambda request: Response(b"quick"), lane="pool")
    server = serve(threads=4)
    client = connect(server)
    for _ in range(20):  # the loop learns that it is quick
        client.get("/quick")
    slow = [ask(connect(server), "/slow") for _ in range(12)]
    for _ in range(3):
        assert room.entered.acquire(timeout=PATIENCE)
    for _ in range(20):
        assert client.get("/quick").body == b"quick"
    assert len(room.names) == 3
    room.exit.set()
    assert [each.read_answer().status for each in slow] == [200] * 12


def test_feat_V3_client_is_told_in_time_and_the_place_is_kept(serve, connect, table, room):
    table.add("/room", room, timeout=0.1, max_concurrency=1)
    server = serve()
    client = ask(connect(server), "/room")
    assert room.entered.acquire(timeout=PATIENCE)
    answer = client.read_answer()
    assert (answer.status, answer.headers["Connection"]) == (504, "close")
    assert client.is_closed_by_server()
    assert connect(server).get("/room").status == 503
    room.exit.set()
    wait_until(lambda: connect(server).get("/room").status == 200, "the place to be free")


def test_feat_V3_answers_and_deadlines_that_race_never_mix(serve, connect, table):
    """Endpoints that take just about their time: each client gets one whole answer."""
    pause = threading.Event()
    table.add("/race", lambda request: pause.wait(0.05) or Response(b"in time"), timeout=0.05)
    server = serve(threads=16)
    for _ in range(5):
        clients = [ask(connect(server), "/race") for _ in range(16)]
        for client in clients:
            answer = client.read_answer()
            assert (answer.status, answer.body == b"in time") in {(200, True), (504, False)}
            if answer.headers.get("Connection") == "close":
                assert client.is_closed_by_server()
            else:  # in time, or out of it before a thread had begun
                assert client.get("/").body == b"hello"


def test_feat_V2_many_clients_share_few_places(serve, connect, table):
    lock, running, most = threading.Lock(), [0], [0]
    pause = threading.Event()

    def endpoint(request):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        pause.wait(0.002)
        with lock:
            running[0] -= 1
        return Response(b"done")

    table.add("/few", endpoint, max_concurrency=2, queue=30)
    server = serve(threads=8)
    clients = [connect(server) for _ in range(30)]
    for _ in range(3):
        for client in clients:
            ask(client, "/few")
        assert {client.read_answer().status for client in clients} == {200}
    assert most == [2]


def test_feat_V3_generated_body_that_takes_too_long_is_broken_off(serve, connect, table, room):
    """Whatever its thread does meanwhile: the client is not kept waiting for it."""
    closed = threading.Event()

    def pieces():
        try:
            yield b"first"
            room.entered.release()
            assert room.exit.wait(PATIENCE)
            yield b"never sent"
        finally:
            closed.set()

    table.add("/room", lambda request: Response(pieces()), timeout=0.1, lane="pool")
    server = serve()
    client = ask(connect(server), "/room")
    assert room.entered.acquire(timeout=PATIENCE)
    assert client.read_head().status == 200
    assert client.read_to_end() == b"5\r\nfirst\r\n"
    room.exit.set()
    assert closed.wait(PATIENCE)
    assert connect(server).get("/").status == 200
