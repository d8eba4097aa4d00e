"""Bad input, gone clients, dying threads, full queues, too many connections (sec:R6, T5-T8)."""

import io
import logging
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from httpcore import Declined, FileBody, Limits, Response
from httpcore.runtime.lanes import Lanes
from tests.support.wire import RawClient, cpu_seconds, open_descriptors, wait_until

ROOT = Path(__file__).resolve().parents[2]


def test_malformed_input_is_one_log_line_without_traceback(serve, connect, caplog):
    caplog.set_level(logging.INFO, "treadle.server")
    client = connect(serve())
    client.send(b"GET /\x1b[31m HTTP/1.1\r\n\r\n")
    assert client.read_answer().status == 400
    assert client.is_closed_by_server()
    (record,) = [r for r in caplog.records if r.name == "treadle.server"]
    assert record.exc_info is None
    assert record.getMessage().isprintable()


def test_sec_P13_binary_noise_never_raises(serve, caplog):
    server = serve()
    noise = random.Random(13)
    for _ in range(1000):
        with RawClient(server.address) as client:
            client.send(noise.randbytes(noise.randrange(1, 4096)) + b"\r\n\r\n")
            assert client.read_answer().status in (400, 414, 431, 501, 505)
            assert client.is_closed_by_server()
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize("lane", ["inline", "pool"])
def test_feat_S25_declined_requests_get_no_word(serve, connect, table, tmp_path, caplog, lane):
    def decline(request):
        raise Declined

    table.add("/declined", decline, lane=lane)
    server = serve(access_log=str(tmp_path / "log"))
    aborted = server.counters.get("aborted_requests")
    client = connect(server)
    client.send(b"GET /declined HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.is_closed_by_server()
    assert connect(server).get().body == b"hello"
    server.stop(1)
    assert (tmp_path / "log").read_text().splitlines()[0].endswith('"GET /declined HTTP/1.1" 444 -')
    assert not caplog.records
    assert server.counters.get("aborted_requests") == aborted


def test_feat_S25_a_gate_declines_too(serve, connect, table):
    def decline(head):
        raise Declined

    table.add("/gated", lambda request: Response(b""), gate=decline)
    client = connect(serve())
    client.send(
        b"POST /gated HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    assert client.is_closed_by_server()


def test_feat_S26_resets_of_clients_are_no_errors(serve, connect, table, caplog):
    """sec:T14: 200 aborts in each of five phases; descriptors come back and nothing is logged."""
    table.add("/stream", lambda request: Response(iter([b"x" * 1000] * 100)))
    server = serve(queue_per_thread=1000)
    connect(server).get()
    before = open_descriptors()
    starts = [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: test\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 99999\r\n\r\nx",
    ]
    for n in range(1000):
        client = RawClient(server.address)
        client.send(starts[n % len(starts)])
        client.reset()
    assert connect(server).get().body == b"hello"
    wait_until(lambda: open_descriptors() <= before + 2, "the sockets to be closed")
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def test_sec_R6_endpoint_that_ends_its_thread_is_a_500(serve, connect, table, caplog):
    def leave(request):
        raise SystemExit(3)

    table.add("/leave", leave)
    client = connect(serve(threads=1))
    assert client.get("/leave").status == 500
    assert client.get().body == b"hello"


def test_sec_R6_body_that_cannot_be_closed_costs_its_connection_only(serve, connect, table, caplog):
    class Stubborn:
        def __init__(self):
            self.data = io.BytesIO(b"x" * 10)
            self.seek, self.read = self.data.seek, self.data.read

        def close(self):
            raise ValueError("broken on purpose")

    table.add("/file", lambda request: Response(FileBody(Stubborn(), 0, 10)))
    server = serve(threads=1)
    for _ in range(2):
        client = connect(server)
        client.send(b"GET /file HTTP/1.1\r\nHost: test\r\n\r\n")
        assert client.read_to_end().endswith(b"x" * 10)
    assert connect(server).get().body == b"hello"


def test_sec_R6_dying_worker_is_replaced(serve, connect, table, caplog):
    def leave(request):
        yield b"begun"
        raise SystemExit(3)

    table.add("/leave", lambda request: Response(leave(request)))
    server = serve(threads=1)
    for _ in range(3):
        client = connect(server)
        client.send(b"GET /leave HTTP/1.1\r\nHost: test\r\n\r\n")
        assert not client.read_to_end().endswith(b"0\r\n\r\n")
        assert connect(server).get().body == b"hello"


@pytest.mark.parametrize("fault", [ValueError("broken on purpose"), SystemExit(3)])
def test_sec_R6_fault_in_a_handler_policy_costs_one_request(serve, connect, table, caplog, fault):
    def resolve_broken(head, resolve=table.resolve):
        if head.path == "/bug":
            raise fault
        return resolve(head)

    table.resolve = resolve_broken
    server = serve()
    client = connect(server)
    assert client.get("/bug").status == 500
    assert client.get().body == b"hello"
    assert len([r for r in caplog.records if r.exc_info]) == 1


def test_full_queue_is_503_from_the_loop(serve, connect, table):
    go_on, began = threading.Event(), threading.Semaphore(0)

    def endpoint(request):
        began.release()
        go_on.wait(10)
        return Response(b"done")

    table.add("/busy", endpoint)
    server = serve(threads=1, queue_per_thread=2)
    clients = [connect(server) for _ in range(3)]
    clients[0].send(b"GET /busy HTTP/1.1\r\nHost: test\r\n\r\n")
    assert began.acquire(timeout=10)
    for client in clients[1:]:
        client.send(b"GET /busy HTTP/1.1\r\nHost: test\r\n\r\n")
    late = connect(server)
    answer = late.get()
    assert (answer.status, answer.headers["Connection"]) == (503, "close")
    assert answer.headers["Retry-After"] in ("1", "2", "3")  # sec:T12: jittered
    go_on.set()
    assert [client.read_answer().body for client in clients] == [b"done"] * 3
    assert late.is_closed_by_server()


def test_sec_G3_1000_idle_connections_are_held_while_pages_are_served(serve, connect):
    server = serve()
    idle = [connect(server) for _ in range(1000)]
    for client in idle:
        assert client.get().status == 200
    busy = connect(server)
    for _ in range(200):
        assert busy.get().body == b"hello"
    assert all(client.has_nothing_to_read() for client in idle)
    for client in idle[::50]:
        assert client.get().status == 200


def test_sec_T5_longest_idle_connections_make_room(serve, connect):
    server = serve(max_connections=10)
    clients = []
    for _ in range(25):
        clients.append(connect(server))
        assert clients[-1].get().status == 200
    assert clients[0].is_closed_by_server()
    assert clients[-2].get().status == 200


def test_sec_T5_connections_with_requests_under_way_are_not_evicted(serve, connect, table):
    go_on, began = threading.Event(), threading.Semaphore(0)

    def endpoint(request):
        began.release()
        return Response(str(go_on.wait(10)).encode())

    table.add("/busy", endpoint)
    server = serve(max_connections=2)
    busy = [connect(server) for _ in range(2)]
    for client in busy:
        client.send(b"GET /busy HTTP/1.1\r\nHost: test\r\n\r\n")
        assert began.acquire(timeout=10)
    assert connect(server).is_closed_by_server()
    go_on.set()
    assert [client.read_answer().body for client in busy] == [b"True"] * 2


def test_http_F2_limits_are_those_of_the_configuration(serve, connect):
    client = connect(serve(limits=Limits(request_line=50)))
    assert client.get("/" + "x" * 60).status == 414


def test_sec_T8_running_out_of_descriptors_is_survived():
    """`prlimit --nofile=64`, 200 clients: alive, not spinning, full service after the release."""
    program = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from httpcore import Response, Server, ServerConfig
from httpcore.runtime import acceptor
from tests.support.wire import Table
acceptor.OPEN_FILES_SHARE = 10.0  # so that descriptors end before the limit of connections
table = Table()
table.add("/", lambda request: Response(b"hello"))
server = Server(table, ServerConfig(port=0, threads=2, access_log="off"))
server.bind()
print(server.address[1], flush=True)
server.run()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        clients = []
        try:
            address = ("127.0.0.1", int(process.stdout.readline()))
            for _ in range(200):
                clients.append(RawClient(address))
                clients[-1].send(b"GET / HT")  # not idle, so not to be evicted
            # Whoever the server cannot hold is closed at once rather than left waiting.
            wait_until(lambda: _closed(clients) >= 120, "clients to be turned away")
            for client in clients:
                client.close()
            clients.clear()
            wait_until(lambda: _is_served(address), "service to be back")
            assert cpu_seconds(process.pid) < 3  # it rested instead of spinning
        finally:
            for client in clients:
                client.close()
            process.terminate()
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()


def _closed(clients):
    return sum(not client.has_nothing_to_read() for client in clients)


def _is_served(address):
    with RawClient(address) as client:
        try:
            return client.get().body == b"hello"
        except (EOFError, ConnectionError):
            return False


def test_sec_R6_fault_in_the_loop_costs_one_connection(serve, connect, caplog, monkeypatch):
    """A failpoint where requests are dispatched stands for any bug of ours."""
    server = serve()
    other = connect(server)
    assert other.get().status == 200
    broken = connect(server)

    def dispatch(*_: object) -> None:
        monkeypatch.undo()
        raise RuntimeError("failpoint")

    monkeypatch.setattr(Lanes, "dispatch", dispatch)
    broken.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert broken.is_closed_by_server()
    assert other.get().body == b"hello"
    (record,) = caplog.records
    assert "fault while serving" in record.getMessage()
