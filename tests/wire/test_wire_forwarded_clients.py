"""Clients of a trusted HTTP proxy share nothing but its connections (sec:T6, H10)."""

import queue
import threading

import pytest

from httpcore import Response
from mvc.requests.proxies import client_finder

PROXIES = ("127.0.0.1",)


@pytest.mark.parametrize(
    "field", ["X-Forwarded-For: 1.1.1.1, {}", "Forwarded: for=1.1.1.1, for={};proto=https"]
)
def test_sec_T6_one_client_of_a_proxy_cannot_take_every_thread(serve, connect, table, field):
    entered: queue.SimpleQueue[None] = queue.SimpleQueue()
    leave = threading.Event()

    def hold(request):
        entered.put(None)
        leave.wait(10)
        return Response(b"held")

    table.add("/hold", hold, lane="pool")
    server = serve(
        trusted_proxies=PROXIES, client_of=client_finder(PROXIES), max_connections_per_address=2
    )
    greedy, refused, other = [connect(server) for _ in range(2)], connect(server), connect(server)
    try:
        for client in greedy:
            said = field.format("192.0.2.1")
            client.send(f"GET /hold HTTP/1.1\r\nHost: test\r\n{said}\r\n\r\n".encode())
            entered.get(timeout=10)
        answer = refused.get("/", field.format("192.0.2.1"))
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert refused.get("/", field.format("192.0.2.2")).status == 200
        assert other.get("/", field.format("192.0.2.3")).status == 200
    finally:
        leave.set()
    assert [client.read_answer().body for client in greedy] == [b"held"] * 2
    assert refused.get("/", field.format("192.0.2.1")).status == 200
