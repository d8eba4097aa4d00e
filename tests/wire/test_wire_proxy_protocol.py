"""Clients behind a balancer that passes their bytes on: by hand, and by haproxy (http:X1, S28)."""

import queue
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from httpcore import Response, Server
from httpcore.runtime.poller import SelectorPoller
from tests.support.proxyheaders import version_1, version_2
from tests.support.wire import PATIENCE, RawClient, Table, wait_until

needs_haproxy = pytest.mark.skipif(
    shutil.which("haproxy") is None, reason="haproxy is not installed: apt-get install haproxy"
)

_CONFIGURATION = """
defaults
    mode {mode}
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend clients
    bind fd@{descriptor}
    default_backend treadle
backend treadle
    {check}
    server one {server} {options}
"""
_CHECK = "option httpchk\n    http-check send meth GET uri /check ver HTTP/1.1 hdr Host test"


@pytest.fixture
def proxied(serve: Callable[..., Server], table: Table) -> Callable[..., Server]:
    """Serve behind a proxy on this machine; /who tells the peer."""
    table.add("/who", lambda request: Response("{} {}".format(*request.peer.remote).encode()))

    def start(**fields: object) -> Server:
        return serve(proxy_protocol=True, trusted_proxies=("127.0.0.1",), **fields)

    return start


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Callable[..., tuple[str, int]]]:
    """Start haproxy in front of a server; its address."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(server: Server, options: str, mode: str = "tcp", check: str = "") -> tuple[str, int]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            descriptor = listener.fileno()
            text = _CONFIGURATION.format(
                mode=mode,
                descriptor=descriptor,
                check=check,
                server="{}:{}".format(*server.address),
                options=options,
            )
            path = tmp_path / "haproxy.cfg"
            path.write_text(text, encoding="ascii")
            command = ["haproxy", "-db", "-q", "-f", str(path)]
            processes.append(subprocess.Popen(command, pass_fds=[descriptor]))
            return listener.getsockname()

    yield start
    for process in processes:
        process.kill()
        process.wait(PATIENCE)


@pytest.mark.parametrize("version", [version_1, version_2])
@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_http_X1_header_in_front_of_a_request(proxied, connect, version, address):
    client = connect(proxied())
    client.send(version(address, 5000))
    assert client.get("/who").body == f"{address} 5000".encode()
    assert client.get("/who").body == f"{address} 5000".encode()


def test_http_X1_header_on_the_select_based_poller(proxied, connect):
    client = connect(proxied(poller=SelectorPoller))
    client.send(version_1("192.0.2.7", 5000))
    assert client.get("/who").body == b"192.0.2.7 5000"


def test_http_X1_no_header_no_answer(proxied, connect):
    client = connect(proxied())
    client.send(b"GET /who HTTP/1.1\r\nHost: test\r\n\r\n")
    assert client.is_closed_by_server()


def test_http_X1_access_log_names_the_proxied_client(proxied, connect, tmp_path):
    log = tmp_path / "access.log"
    client = connect(proxied(access_log=str(log)))
    client.send(version_2("192.0.2.7", 5000))
    client.get("/who")
    wait_until(lambda: log.read_text().startswith("192.0.2.7 - - ["), "the line of the log")


@needs_haproxy
@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2"])
@pytest.mark.parametrize("mode", ["tcp", "http"])
def test_http_X1_client_behind_haproxy(proxied, haproxy, option, mode):
    address = haproxy(proxied(), option, mode)
    for source in ("127.0.0.5", "127.0.0.6"):
        with RawClient(address, source=source) as client:
            host, port = client.sock.getsockname()
            assert host == source
            for _ in range(3):
                assert client.get("/who").body == f"{host} {port}".encode()


@needs_haproxy
def test_http_X1_body_behind_haproxy_arrives_whole(proxied, haproxy):
    body = bytes(range(256)) * 4096
    with RawClient(haproxy(proxied(), "send-proxy-v2 proxy-v2-options unique-id,crc32c")) as client:
        head = f"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n\r\n"
        client.send(head.encode() + body)
        assert client.read_answer().body == body


@needs_haproxy
def test_http_X1_health_check_of_haproxy_speaks_for_itself(proxied, haproxy, table):
    seen: queue.SimpleQueue[str] = queue.SimpleQueue()

    def check(request):
        seen.put(request.peer.remote[0])
        return Response(b"well")

    table.add("/check", check)
    haproxy(proxied(), "send-proxy-v2 check check-send-proxy inter 100", check=_CHECK)
    assert [seen.get(timeout=PATIENCE) for _ in range(2)] == ["127.0.0.1"] * 2
