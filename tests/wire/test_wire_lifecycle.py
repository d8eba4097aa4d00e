"""Starting and ending: errors, graceful stop, signals, the access log (sec:R1, R8, R9, R12)."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from httpcore import Response, Server, ServerConfig, Timeouts
from httpcore.runtime import server as server_module
from httpcore.runtime.listener import ignore_newcomers, open_listener
from tests.support.wire import RawClient, Table, wait_until

ROOT = Path(__file__).resolve().parents[2]
HANG_UP = getattr(signal, "SIGHUP", signal.SIGTERM)

PROGRAM = """
import logging, os, signal, threading, time
logging.basicConfig(format="%(message)s")
logging.getLogger("treadle.counters").setLevel(logging.INFO)
from httpcore import Response, Server, ServerConfig
from tests.support.wire import Table
table = Table()
begun = threading.Event()
def slow(request):
    print("begun", flush=True)
    threading.Event().wait(float(request.head.query_string))
    return Response(b"done")
table.add("/slow", slow)
def fork(request):
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        os.write(tell, b"!")
        time.sleep(5)
        os._exit(7)
    os.read(ready, 1)
    os.kill(child, signal.SIGTERM)
    return Response(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
table.add("/fork", fork)
def leave_child(request):
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(7)
    return Response(str(child).encode())
table.add("/leave-child", leave_child)
def close_pollers(request):
    for name in os.listdir("/proc/self/fd"):
        try:
            if "eventpoll" in os.readlink("/proc/self/fd/" + name):
                os.close(int(name))
        except OSError:
            pass
    return Response(b"")
table.add("/close-pollers", close_pollers)
server = Server(table, ServerConfig(port=0, threads=2, access_log="off"))
server.bind()
print(server.address[1], flush=True)
server.run()
print("over", flush=True)
"""


@pytest.fixture
def process():
    with started(PROGRAM) as process:
        yield process


@contextlib.contextmanager
def started(program):
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, HANG_UP])
def test_sec_R1_signal_lets_the_request_in_flight_end(process, number):
    with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
        client.send(b"GET /slow?0.3 HTTP/1.1\r\nHost: test\r\n\r\n")
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        answer = client.read_answer()
        assert (answer.body, answer.headers["Connection"]) == (b"done", "close")
    assert process.wait(10) == 0
    assert process.stdout.read() == "over\n"
    assert process.stderr.read() == ""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a signal of POSIX")
@pytest.mark.parametrize("first", [signal.SIGTERM, HANG_UP])
def test_sec_R1_terminal_that_is_closed_while_the_server_ends_cuts_nothing(process, first):
    """As by who does not wait for the end after Ctrl-C; and some send it twice."""
    with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
        client.send(b"GET /slow?0.5 HTTP/1.1\r\nHost: test\r\n\r\n")
        assert process.stdout.readline() == "begun\n"
        process.send_signal(first)
        wait_until(lambda: _is_refused(client.sock.getpeername()), "the listener to close")
        process.send_signal(signal.SIGHUP)
        assert client.read_answer().body == b"done"
    assert process.wait(10) == 0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a signal of POSIX")
def test_sec_R8_hang_up_that_was_ignored_at_the_start_still_is():
    """As `nohup` has it."""
    program = f"import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n{PROGRAM}"
    with started(program) as process:
        client = RawClient(("127.0.0.1", int(process.stdout.readline())))
        assert client.get("/slow?0").status == 200  # so it receives signals by now
        process.send_signal(signal.SIGHUP)
        assert client.get("/slow?0").headers.get("Connection") != "close"
        client.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes to be forked")
def test_sec_R8_signal_for_a_forked_child_ends_the_child_and_not_the_server(process):
    with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
        assert client.get("/slow?0").status == 200  # so it receives signals by now
        assert client.get("/fork").body == str(-signal.SIGTERM).encode()
        assert client.get("/slow?0").headers.get("Connection") != "close"


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="a signal of POSIX")
def test_sec_R6_counters_are_logged_when_asked_for_and_at_the_end(process):
    with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
        assert client.get("/slow?0").status == 200  # so it receives signals by now
        process.send_signal(signal.SIGUSR1)
        assert process.stderr.readline() == "counters: all are zero\n"
        client.send(b"GET /slow?0 HTTP/1.1\r\nHost: test\r\nX_Forwarded_For: x\r\n\r\n")
        assert client.read_answer().status == 200
        client.send(b"GET / HTTP/1.1\r\nno colon\r\n\r\n")
        assert client.read_answer().status == 400
    process.send_signal(signal.SIGUSR1)
    assert process.stderr.readline() == "counters: dropped_fields=1 refused_400=1\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stderr.read() == "counters at the end: dropped_fields=1 refused_400=1\n"


def test_sec_R1_second_signal_ends_at_once(process):
    with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
        client.send(b"GET /slow?60 HTTP/1.1\r\nHost: test\r\n\r\n")
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: _is_refused(client.sock.getpeername()), "the listener to close")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def _is_refused(address):
    try:
        socket.create_connection(address, 1).close()
    except ConnectionRefusedError:
        return True
    except OSError:  # it came in the very moment of the closing: dropped, or reset
        return False
    return False


def test_sec_R1_stop_answers_with_close_and_ends_idle_connections(serve, connect, table):
    go_on, began = threading.Event(), threading.Event()

    def endpoint(request):
        began.set()
        go_on.wait(10)
        return Response(b"done")

    table.add("/busy", endpoint)
    server = serve(timeouts=Timeouts(idle_grace=0.05))
    idle, busy = connect(server), connect(server)
    idle.get()
    busy.send(b"GET /busy HTTP/1.1\r\nHost: test\r\n\r\n")
    assert began.wait(10)
    stopper = threading.Thread(target=server.stop, args=(10,))
    stopper.start()
    assert idle.is_closed_by_server()
    go_on.set()
    answer = busy.read_answer()
    assert (answer.body, answer.headers["Connection"]) == (b"done", "close")
    busy.close()
    stopper.join(10)
    assert not stopper.is_alive()
    server.stop()  # again: nothing happens


def test_sec_R1_answer_that_was_to_keep_the_connection_does_not_delay_the_stop(
    serve, connect, table
):
    table.add("/large", lambda request: Response(bytes(8 * 1024 * 1024)))
    server = serve(timeouts=Timeouts(idle_grace=0.05, keep_alive=3600))
    client = connect(server, receive_buffer=4096)
    client.send(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_head().status == 200
    stopper = threading.Thread(target=server.stop, args=(10,))
    stopper.start()
    wait_until(lambda: _is_refused(server.address), "the listener to close")
    client.read_exactly(8 * 1024 * 1024)
    assert client.is_closed_by_server()
    stopper.join(10)
    assert not stopper.is_alive()


def test_stop_cuts_what_does_not_end_in_time(serve, connect, table):
    go_on, began = threading.Event(), threading.Event()

    def endpoint(request):
        began.set()
        go_on.wait(10)
        return Response(b"done")

    table.add("/stuck", endpoint)
    server = serve(threads=1)
    client = connect(server)
    client.send(b"GET /stuck HTTP/1.1\r\nHost: test\r\n\r\n")
    assert began.wait(10)
    server.stop(0)
    assert client.is_closed_by_server()
    go_on.set()


def test_stop_before_start_and_start_after_stop():
    server = Server(Table(), ServerConfig(port=0))
    server.bind()
    server.stop()
    with pytest.raises(RuntimeError, match="make a new Server"):
        server.start()


def test_address_before_bind_is_an_error_with_a_remedy():
    with pytest.raises(RuntimeError, match="call bind"):
        _ = Server(Table(), ServerConfig(port=0)).address


@pytest.mark.skipif(sys.platform != "linux", reason="needs packet filters")
def test_sec_R1_backlog_of_a_listener_that_is_to_close_can_be_emptied():
    listener = open_listener("127.0.0.1", 0, 10)
    early, late = socket.socket(), socket.socket()
    with listener, early, late:
        early.connect(listener.getsockname())
        ignore_newcomers(listener)
        late.setblocking(False)
        late.connect_ex(listener.getsockname())
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_sec_R12_busy_port_is_one_readable_line(serve):
    host, port = serve().address
    with pytest.raises(OSError, match="address already in use") as caught:
        Server(Table(), ServerConfig(host=host, port=port)).bind()
    assert str(caught.value).startswith(f"cannot listen on {host}:{port}: address already in use; ")
    assert "\n" not in str(caught.value)


def test_sec_R12_unknown_host_is_one_readable_line():
    with pytest.raises(OSError, match=r"cannot listen on no\.such\.host\.invalid:0: no such host"):
        Server(Table(), ServerConfig(host="no.such.host.invalid", port=0)).bind()


def test_server_is_a_context_manager_with_a_url(table):
    with Server(table, ServerConfig(port=0, threads=1, access_log="off")) as server:
        assert server.url == f"http://127.0.0.1:{server.address[1]}"
        with RawClient(server.address) as client:
            assert client.get().body == b"hello"


def test_access_log_has_one_line_a_request(serve, connect, tmp_path):
    path = tmp_path / "access.log"
    server = serve(access_log=str(path))
    client = connect(server)
    client.get()
    client.get("/path?q=%1b%0aFAKE")
    client.send(b"BROKEN\r\n\r\n")
    client.read_answer()
    client = connect(server)
    client.send(b"HEAD /x HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n")
    client.read_answer(is_head=True)
    client.close()
    server.stop(1)
    first, second, third, fourth = path.read_text().splitlines()
    assert first.startswith("127.0.0.1 - - [")
    assert first.endswith('] "GET / HTTP/1.1" 200 5')
    assert '"GET /path?q=%1b%0aFAKE HTTP/1.1" 200' in second
    assert '] "-" 400 ' in third
    assert fourth.endswith('] "HEAD /x HTTP/1.0" 400 -')  # all that is known of it


def test_sec_T14_answer_cut_short_is_logged_with_what_was_sent(serve, connect, table, tmp_path):
    path, size = tmp_path / "access.log", 50_000_000
    table.add("/large", lambda request: Response(bytes(size)))
    table.add("/endless", lambda request: Response(iter(lambda: bytes(65536), None)))
    server = serve(access_log=str(path))
    for name in ("/large", "/endless"):
        client = connect(server, receive_buffer=4096)
        client.send(f"GET {name} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        assert client.read_head().status == 200
        client.reset()
    server.stop(1)
    lines = sorted(path.read_text().splitlines(), key=lambda line: "large" in line)
    assert ['"GET /endless HTTP/1.1" 200' in lines[0], '"GET /large HTTP/1.1" 200' in lines[1]]
    assert [0 <= int(line.split()[-1]) < size for line in lines] == [True, True]


@pytest.mark.parametrize("lane", ["inline", "pool"])
def test_sec_T14_answer_nobody_took_is_logged_with_no_bytes(serve, table, tmp_path, lane):
    path = tmp_path / "access.log"

    def answer(request):
        client.reset()
        return Response(b"too late")

    table.add("/late", answer, lane=lane)
    server = serve(access_log=str(path))
    client = RawClient(server.address)
    client.send(b"GET /late HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_until(lambda: path.read_text() != "", "the line to be written")
    server.stop(1)
    assert path.read_text().endswith('"GET /late HTTP/1.1" 200 -\n')


def test_import_needs_the_standard_library_only_and_is_quick():
    program = (
        "import sys, time; begin = time.perf_counter(); import httpcore;"
        "print(time.perf_counter() - begin);"
        "print(*{m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"
    )
    output = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert float(output[0]) < 1.0
    assert set(output[1].split()) <= {"httpcore", "__main__"}


def test_unknown_attribute_explains_the_clash_with_pypi():
    import httpcore

    with pytest.raises(AttributeError, match="hides the PyPI package"):
        _ = httpcore.ConnectionPool


def test_default_fields_that_are_not_valid_end_the_start(table):
    table.default_fields = (("Bad Name", "x"),)
    with pytest.raises(ValueError, match="Bad Name"):
        Server(table, ServerConfig(port=0)).start()


def test_access_log_that_cannot_be_opened_ends_the_start(table, tmp_path):
    log = str(tmp_path / "missing" / "log")
    with pytest.raises(OSError, match="No such file"):
        Server(table, ServerConfig(port=0, access_log=log)).start()


def test_sec_R9_access_log_that_nobody_reads_stops_nothing():
    program = PROGRAM.replace('access_log="off"', 'access_log="-"').replace('print("over"', "#")
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
                for _ in range(3000):  # some 200 KB of lines; the pipe holds 64 KiB
                    assert client.get("/missing").status == 404
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.stdout.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes to be forked")
def test_sec_R1_forked_child_that_lives_on_does_not_keep_the_address(process):
    """It has the listener, too: newcomers hung, and the server could not be started again."""
    address = ("127.0.0.1", int(process.stdout.readline()))
    with RawClient(address) as client:
        child = int(client.get("/leave-child").body)
    try:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert _is_refused(address)
        open_listener(*address, backlog=1).close()
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="pollers are told by their name")
def test_sec_R6_loop_that_cannot_go_on_ends_the_process_as_a_failure(process):
    """An endpoint has closed its poller: whoever looks after the process is to start it again."""
    with RawClient(("127.0.0.1", int(process.stdout.readline()))) as client:
        client.send(b"GET /close-pollers HTTP/1.1\r\nHost: test\r\n\r\n")
        assert process.wait(10) == 1
    assert "the event loop ended by itself; the log says why" in process.stderr.read()


def test_sec_R12_start_that_gets_no_threads_leaves_nothing_behind(table, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    before = threading.active_count()
    server = Server(table, ServerConfig(port=0, threads=4, access_log="off"))
    monkeypatch.setattr(server_module, "start_thread", refuse)  # the last one, the loop's
    with pytest.raises(OSError, match="cannot serve: can't start new thread; raise the limit"):
        server.start()
    assert _is_refused(server.address)
    server.stop()
    wait_until(lambda: threading.active_count() == before, "the threads to end")
