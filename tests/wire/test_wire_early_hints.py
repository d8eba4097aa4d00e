"""103 Early Hints (RFC 8297, feat:S33)."""

import itertools
import socket
import threading

import pytest

from httpcore import FileBody, HTTPError, Response, exchange
from tests.support.wire import wait_until

STYLE, FONT = "</style.css>; rel=preload; as=style", "</font.woff2>; rel=preload; as=font"


@pytest.fixture(params=["inline", "pool"])
def page(request, table):
    def answer(request):
        assert request.early_hints([STYLE, FONT])
        return Response(b"page")

    table.add("/page", answer, lane=request.param)


def read_hints(client):
    hints = client.read_head()
    assert hints.status == 103
    assert [name.lower() for name in hints.headers] == ["link"] * len(hints.headers)
    return hints.headers.get_all("Link")


def test_feat_S33_hints_come_before_the_answer(serve, connect, page):
    client = connect(serve())
    for _ in range(2):
        client.send(b"GET /page HTTP/1.1\r\nHost: test\r\n\r\n")
        assert read_hints(client) == [STYLE, FONT]
        assert client.read_answer().body == b"page"


def test_feat_S33_hints_come_while_the_endpoint_still_works(serve, connect, table):
    go_on = threading.Event()

    def answer(request):
        request.early_hints([STYLE])
        go_on.wait(10)
        return Response(b"page")

    table.add("/page", answer)
    client = connect(serve())
    client.send(b"GET /page HTTP/1.1\r\nHost: test\r\n\r\n")
    assert read_hints(client) == [STYLE]
    go_on.set()
    assert client.read_answer().body == b"page"


def test_feat_S33_client_of_1_0_gets_none(serve, connect, table):
    told = []

    def answer(request):
        told.append(request.early_hints([STYLE]))
        return Response(b"page")

    table.add("/page", answer)
    client = connect(serve())
    client.send(b"GET /page HTTP/1.0\r\n\r\n")
    assert client.read_answer().body == b"page"
    assert exchange(table, b"GET /page HTTP/1.1\r\nHost: test\r\n\r\n").startswith(b"HTTP/1.1 200")
    assert told == [False, False]


def test_feat_S33_no_hints_inside_an_answer(serve, connect, table):
    told = []

    def items(request):
        told.append(request.early_hints([STYLE]))  # before the head: the first item comes first
        yield b"a"
        told.append(request.early_hints([FONT]))
        yield b"b"

    table.add("/page", lambda request: Response(items(request)), lane="pool")
    client = connect(serve())
    client.send(b"GET /page HTTP/1.1\r\nHost: test\r\n\r\n")
    assert read_hints(client) == [STYLE]
    assert client.read_answer().body == b"ab"
    assert told == [True, False]


def test_feat_S33_no_hints_behind_an_answer_nor_into_another(serve, connect, table):
    kept = []

    def keep(request):
        kept.append(request)
        return Response()

    def meddle(request):
        return Response(repr(kept[0].early_hints([STYLE])).encode())

    table.add("/keep", keep)
    table.add("/meddle", meddle)
    client = connect(serve())
    client.get("/keep")
    assert client.get("/meddle").body == b"False"
    wait_until(lambda: not kept[0].early_hints([STYLE]), "the answer to be over")
    assert client.get().body == b"hello"


def test_feat_V3_no_hints_once_the_loop_has_answered(serve, connect, table):
    go_on, told = threading.Event(), []

    def answer(request):
        go_on.wait(10)
        told.append(request.early_hints([STYLE]))
        return Response(b"late")

    table.add("/late", answer, timeout=0.05)
    client = connect(serve())
    client.send(b"GET /late HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_answer().status == 504
    go_on.set()
    wait_until(lambda: bool(told), "the endpoint to end")
    assert told == [False]
    assert client.read_to_end() == b""


@pytest.mark.parametrize("kind", ["small", "large", "file", "stream", "error"])
@pytest.mark.parametrize("lane", ["inline", "pool"])
def test_feat_S33_what_the_socket_does_not_take_goes_before_the_answer(
    serve, connect, table, tmp_path, kind, lane
):
    (tmp_path / "file").write_bytes(b"file")
    bodies = {
        "small": lambda: b"small",
        "large": lambda: bytes(100_000),
        "stream": lambda: iter([b"a", b"b"]),
        "file": lambda: FileBody((tmp_path / "file").open("rb"), 0, 4),
    }

    def answer(request):
        request.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for number in itertools.count():
            request.early_hints([f"</{number}>; rel=preload"])
            if request.connection.outbox:  # the socket is full
                break
        request.early_hints(["</last>; rel=preload"])
        if kind == "error":
            raise HTTPError(418, "no")
        return Response(bodies[kind]())

    table.add("/page", answer, lane=lane)
    client = connect(serve(), receive_buffer=4096)
    client.send(b"GET /page HTTP/1.1\r\nHost: test\r\n\r\n")
    links = [link for (link,) in iter(lambda: read_some_hints(client), None)]
    numbers = [f"</{number}>; rel=preload" for number in range(len(links) - 1)]
    assert links == [*numbers, "</last>; rel=preload"]
    assert client.pending.status == (418 if kind == "error" else 200)


def read_some_hints(client):
    """The links of the next response; None when it is the answer, which is kept."""
    head = client.read_head()
    if head.status == 103:
        return head.headers.get_all("Link")
    client.pending = head
    return None


@pytest.mark.parametrize("link", ["</a>\r\nSet-Cookie: a=b", "</a>\n", "</a>\0", "</\u2713>"])
def test_sec_H2_hints_cannot_inject_fields(serve, connect, table, link):
    def answer(request):
        with pytest.raises(ValueError, match="Link"):
            request.early_hints([STYLE, link])
        with pytest.raises(TypeError, match="list"):
            request.early_hints(STYLE)
        return Response(b"page")

    table.add("/page", answer)
    assert connect(serve()).get("/page").body == b"page"


def test_http_C5_hints_and_continue_stand_beside_each_other(serve, connect, table):
    def answer(request):
        request.early_hints([STYLE])
        return Response(request.stream.read())

    table.add("/page", answer, stream_body=True)
    client = connect(serve())
    fields = b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    client.send(b"POST /page HTTP/1.1\r\nHost: test\r\n" + fields)
    assert read_hints(client) == [STYLE]
    assert client.read_head().status == 100
    client.send(b"abc")
    assert client.read_answer().body == b"abc"
