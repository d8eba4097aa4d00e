"""What a server tells its operator of all that it turned away or broke off."""

from httpcore import Response, Server, ServerConfig
from tests.support.wire import wait_until


def test_feat_V20_answers_that_break_off_are_counted_separately(serve, connect, table):
    def broken():
        yield b"first"
        raise ValueError("then nothing more")

    table.add("/broken", lambda request: Response(broken()))
    server = serve()
    before = server.counters.get("broken_answers", 0)
    client = connect(server)
    client.send(b"GET /broken HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.read_to_end().endswith(b"5\r\nfirst\r\n")
    wait_until(lambda: server.counters.get("broken_answers", 0) == before + 1, "the count")


def test_sec_T6_connections_that_were_closed_are_counted_by_reason(serve, connect):
    server = serve(max_connections=1)
    busy = connect(server)
    head = b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n"
    busy.send(head + b"Expect: 100-continue\r\n\r\n")
    assert busy.read_head().status == 100
    assert connect(server).is_closed_by_server()
    wait_until(lambda: server.counters.get("closed_full") == 1, "the count")


def test_sec_R6_server_that_was_not_started_has_counted_nothing(table):
    assert Server(table, ServerConfig(port=0, access_log="off")).counters == {}
