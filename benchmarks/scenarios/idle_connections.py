"""Connections that have had an answer and stay: what they cost, and whom they slow down."""

import contextlib
import socket
from collections.abc import Iterator

from benchmarks.bench import ANSWER_SECONDS, Bench
from benchmarks.contenders import TREADLE
from benchmarks.figures import BenchmarkError, Series, Unit, at_least, below
from benchmarks.loads import JSON
from benchmarks.scenarios.scenario import Scenario

_COUNT = 9_000


def measure(bench: Bench) -> Iterator[tuple[str, float]]:
    with bench.serve(TREADLE) as served:
        served.warm_up(JSON)
        yield "JSON without them", served.rate(JSON)
        before = served.process.resident_mb()
        with idle_connections(served.port, _COUNT) as crowd:
            yield "memory for them", served.process.resident_mb() - before
            yield "JSON with them", served.rate(JSON)
            ended = sum(not is_open(sock) for sock in crowd)
            if ended:
                raise BenchmarkError(f"{ended} of {_COUNT} idle connections were ended meanwhile")


@contextlib.contextmanager
def idle_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Connections of this process that have had one answer each."""
    request = f"GET {JSON.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        crowd: list[socket.socket] = []
        for _ in range(count):
            sock = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
            )
            sock.sendall(request)
            answer = sock.recv(4096)
            if not answer.endswith(JSON.body):
                raise BenchmarkError(f"idle connection {len(crowd) + 1} was answered {answer!r}")
            crowd.append(sock)
        yield crowd


def is_open(sock: socket.socket) -> bool:
    """Whether the server has neither closed it nor said anything more."""
    sock.setblocking(False)
    try:
        sock.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


SCENARIO = Scenario(
    name="idle",
    title="9,000 idle keep-alive connections",
    about="9,000 connections that have had one answer each stay open while 64 ask for the JSON.",
    measure=measure,
    series=(
        Series("JSON without them"),
        Series("JSON with them"),
        Series("memory for them", Unit.MEGABYTES),
    ),
    goals=(
        below(10, "memory for them", Unit.MEGABYTES),
        at_least(0.95, "JSON with them", "JSON without them", Unit.SHARE),
    ),
)
