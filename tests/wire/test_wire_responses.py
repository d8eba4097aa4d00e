"""Responses: framing, files, generated bodies, slow readers, faults (http:R2-R5, sec:T3, T14)."""

import os
import threading

import pytest

from httpcore import FileBody, Response
from tests.support.wire import wait_until

MIB = 1024 * 1024


def test_generated_body_is_chunked_and_the_connection_kept(serve, connect, table):
    table.add("/stream", lambda request: Response(iter([b"one", b"", b"two"])))
    client = connect(serve())
    for _ in range(2):
        answer = client.get("/stream")
        assert (answer.body, answer.headers["Transfer-Encoding"]) == (b"onetwo", "chunked")


def test_generated_body_may_be_empty(serve, connect, table):
    table.add("/stream", lambda request: Response(iter([])))
    client = connect(serve())
    assert client.get("/stream").body == b""
    assert client.get().body == b"hello"


def test_http_R2_body_of_unknown_length_to_1_0_ends_with_the_connection(serve, connect, table):
    table.add("/stream", lambda request: Response(iter([b"one", b"two"])))
    client = connect(serve())
    client.send(b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    answer = client.read_answer()
    assert (answer.body, answer.headers["Connection"]) == (b"onetwo", "close")
    assert "Transfer-Encoding" not in answer.headers


@pytest.mark.parametrize("body", [b"123456789", [b"1234", b"56789"]])
def test_http_R3_more_than_content_length_is_cut_and_closed(serve, connect, table, body):
    table.add("/more", lambda request: Response(body, headers={"Content-Length": "5"}))
    client = connect(serve())
    answer = client.get("/more")
    assert answer.body == b"12345"
    assert client.is_closed_by_server()


@pytest.mark.parametrize("body", [b"123", [b"1", b"23"]])
def test_http_R3_fewer_than_content_length_closes_without_completing(serve, connect, table, body):
    table.add("/less", lambda request: Response(body, headers={"Content-Length": "5"}))
    client = connect(serve())
    with pytest.raises(EOFError):
        client.get("/less")


def test_http_R5_error_after_the_head_closes_without_the_last_chunk(serve, connect, table, caplog):
    def pieces():
        yield b"begin"
        raise ValueError("broken on purpose")

    table.add("/stream", lambda request: Response(pieces()))
    client = connect(serve())
    with pytest.raises(EOFError):
        client.get("/stream")
    assert len([r for r in caplog.records if r.exc_info]) == 1


@pytest.mark.parametrize("error", [ValueError("broken on purpose"), SystemExit(3)])
def test_error_before_the_first_piece_is_a_500(serve, connect, table, caplog, error):
    def pieces():
        raise error
        yield b""

    table.add("/stream", lambda request: Response(pieces()))
    client = connect(serve())
    assert client.get("/stream").status == 500
    assert client.get().body == b"hello"
    assert len([r for r in caplog.records if r.exc_info]) == 1


@pytest.mark.parametrize("body", [iter(["text"]), "text", bytearray(b"x"), None, 7])
def test_http_R4_body_that_is_no_bytes_is_a_500(serve, connect, table, caplog, body):
    table.add("/wrong", lambda request: Response(body))
    client = connect(serve())
    assert client.get("/wrong").status == 500
    assert client.get().body == b"hello"


def test_http_R5_stream_that_goes_on_with_text_is_cut(serve, connect, table, caplog):
    table.add("/wrong", lambda request: Response(iter([b"bytes", "text"])))
    client = connect(serve())
    client.send(b"GET /wrong HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_to_end().endswith(b"5\r\nbytes\r\n")


def test_http_R1_interim_status_as_an_answer_is_a_500(serve, connect, table, caplog):
    """The client would wait for another answer, and take the next request's for it."""
    table.add("/hints", lambda request: Response(status=103))
    assert connect(serve()).get("/hints").status == 500


def test_error_of_an_endpoint_is_a_500_logged_once(serve, connect, table, caplog):
    def endpoint(request):
        raise ValueError("broken on purpose")

    table.add("/broken", endpoint)
    client = connect(serve())
    answer = client.get("/broken")
    assert (answer.status, b"purpose" in answer.body) == (500, False)
    assert client.get().body == b"hello"
    assert len([r for r in caplog.records if r.exc_info]) == 1


@pytest.mark.parametrize("result", [None, "text"])
def test_endpoint_that_returns_no_response_is_a_500(serve, connect, table, result):
    table.add("/wrong", lambda request: result)
    assert connect(serve()).get("/wrong").status == 500


def test_head_of_a_generated_body_runs_none_of_it(serve, connect, table):
    pulled = []
    table.add("/stream", lambda request: Response(pulled.append(n) or b"x" for n in range(3)))
    client = connect(serve())
    client.send(b"HEAD /stream HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_answer(is_head=True).status == 200
    assert client.get().body == b"hello"
    assert pulled == []


def test_file_is_sent_from_its_offset_and_closed(serve, connect, table, tmp_path):
    path = tmp_path / "data"
    data = os.urandom(3 * MIB)
    path.write_bytes(data)
    files = []

    def endpoint(request):
        files.append(path.open("rb"))
        return Response(FileBody(files[-1], 1000, len(data) - 2000))

    table.add("/file", endpoint)
    client = connect(serve())
    for _ in range(2):
        assert client.get("/file").body == data[1000:-1000]
    client.send(b"HEAD /file HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_answer(is_head=True).headers["Content-Length"] == str(len(data) - 2000)
    wait_until(lambda: len(files) == 3 and all(f.closed for f in files), "the files to be closed")


def test_file_that_shrinks_closes_without_completing(serve, connect, table, tmp_path):
    path = tmp_path / "data"
    path.write_bytes(bytes(1000))
    table.add("/file", lambda request: Response(FileBody(path.open("rb"), 0, 2000)))
    client = connect(serve())
    with pytest.raises(EOFError):
        client.get("/file")


@pytest.mark.parametrize("kind", ["bytes", "file", "generated"])
def test_sec_T3_slow_reader_of_50_MB_holds_no_thread(serve, connect, table, tmp_path, kind):
    size = 50 * MIB
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(size)
    makers = {
        "bytes": lambda: bytes(size),
        "file": lambda: FileBody(path.open("rb"), 0, size),
        "generated": lambda: (bytes(64 * 1024) for _ in range(size // (64 * 1024))),
    }
    table.add("/large", lambda request: Response(makers[kind]()))
    server = serve(threads=1)
    slow = connect(server, receive_buffer=65536)
    slow.send(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n")
    assert slow.read_head().status == 200
    quick = connect(server)
    for _ in range(200):
        assert quick.get().body == b"hello"
    if kind == "generated":
        received = 0
        while chunk := int(slow.read_line(), 16):
            received += len(slow.read_exactly(chunk))
            slow.read_line()
        assert received == size
    else:
        received = 0
        while received < size:
            received += len(slow.read_exactly(min(MIB, size - received)))


def test_sec_T3_producer_is_paused_while_its_peer_does_not_read(serve, connect, table):
    produced = []
    closed = threading.Event()

    def pieces():
        try:
            while True:
                produced.append(1)
                yield bytes(64 * 1024)
        finally:
            closed.set()

    table.add("/endless", lambda request: Response(pieces()))
    server = serve(threads=1)
    slow = connect(server, receive_buffer=65536)
    slow.send(b"GET /endless HTTP/1.1\r\nHost: test\r\n\r\n")
    slow.read_head()
    quick = connect(server)
    for _ in range(20):
        assert quick.get().body == b"hello"  # the only worker is free: the producer is paused
    assert len(produced) * 64 * 1024 < 16 * MIB  # the kernel's buffers, not ours
    slow.reset()
    assert closed.wait(10)


def test_sec_T14_generator_is_closed_when_the_client_goes(serve, connect, table):
    closed = threading.Event()
    go_on = threading.Event()

    def pieces():
        try:
            yield b"first"
            go_on.wait(10)
            while True:
                yield b"more"
        finally:
            closed.set()

    table.add("/stream", lambda request: Response(pieces()))
    client = connect(serve())
    client.send(b"GET /stream HTTP/1.1\r\nHost: test\r\n\r\n")
    client.read_head()
    client.reset()
    go_on.set()
    assert closed.wait(10)


def test_sec_T14_handler_sees_that_its_client_is_gone(serve, connect, table):
    began, seen = threading.Event(), threading.Event()

    def endpoint(request):
        assert not request.disconnected
        began.set()
        wait_until(lambda: request.disconnected, "the client to be gone")
        seen.set()
        return Response()

    table.add("/watch", endpoint)
    client = connect(serve())
    client.send(b"GET /watch HTTP/1.1\r\nHost: test\r\n\r\n")
    assert began.wait(10)
    client.close()
    assert seen.wait(10)
