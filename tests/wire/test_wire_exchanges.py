"""Whole exchanges as data against a live application, on every poller, cut in any way.

The files of tests/httpcore/corpus/exchange show what a connection and an answer must look like:
http:L2, F4, M5-M7, C1-C8, R1-R8, V1-V3, X1. Behind each exchange a further request is sent, which
is answered or not, as the file says: that is how a connection out of step would show.

The server runs on `select` too, which stands for systems without epoll.
"""

import random
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from httpcore import Server, ServerConfig
from httpcore.runtime.poller import EpollPoller, Poller, SelectorPoller
from tests.support.corpus import Case, load
from tests.support.exchange_site import HITS, make_application
from tests.support.exchanges import FOLLOWER, Exchange, hold, load_exchanges
from tests.support.parsing import bytewise, cut
from tests.support.wire import RawClient, open_descriptors, wait_until

EXCHANGES = load_exchanges()
INVALID = load("invalid")
ATTACKS = load("attack")
REFUSED = INVALID + [case for case in ATTACKS if case.status]
# A server that knows neither epoll nor kqueue.
POLLERS: dict[str, Callable[[], Poller]] = {
    "epoll": EpollPoller,
    "select": lambda: SelectorPoller(selectors.SelectSelector()),
}
LONGEST_BYTEWISE = 1500  # sending more of them one by one only tests patience
RANDOM_SPLITS = 2


@pytest.fixture(autouse=True, scope="module")
def no_leaks() -> Iterator[None]:
    """In place of the check after each test: the servers here outlive one (sec:R11)."""
    threads, descriptors = threading.active_count(), open_descriptors()
    yield
    wait_until(lambda: threading.active_count() <= threads, "the servers' threads to end")
    wait_until(lambda: open_descriptors() <= descriptors, "the servers' descriptors to be closed")


@pytest.fixture(scope="module", params=POLLERS)
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    folder: Path = tmp_path_factory.mktemp("exchanges")
    application = make_application(folder)
    application.start()
    config = ServerConfig(port=0, threads=4, access_log="off")
    with Server(application, config, poller=POLLERS[request.param]) as server:
        yield server.address
        server.stop(0)
    application.stop()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=str)
def test_http_exchange_is_as_written_however_it_is_cut(
    address: tuple[str, int], exchange: Exchange
) -> None:
    source = random.Random(exchange.name)
    size = len(exchange.data)
    cuts = (source.choices(range(size + 1), k=3) for _ in range(RANDOM_SPLITS))
    splits = [[exchange.data], *(cut(exchange.data, places) for places in cuts)]
    if size <= LONGEST_BYTEWISE:
        splits.append(bytewise(exchange.data))
    for pieces in splits:
        hold(exchange, address, pieces)


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_sec_P4_refusal_comes_while_the_connection_is_left_open(
    address: tuple[str, int], case: Case
) -> None:
    with RawClient(address) as client:
        client.send(case.data)
        for _ in range(case.request_count):
            client.read_answer()
        is_head = case.data.startswith(b"HEAD ")  # RFC 9110 section 9.3.2: without content
        answer = client.read_answer(is_head=is_head)
        assert (answer.status, answer.headers["Connection"]) == (case.status, "close")
        assert answer.body or is_head
        assert client.is_closed_by_server()


@pytest.mark.parametrize("case", INVALID + ATTACKS, ids=str)
def test_sec_P1_smuggled_request_reaches_no_endpoint(address: tuple[str, int], case: Case) -> None:
    before = len(HITS)
    follower = FOLLOWER.replace(b"/marker", b"/smuggled") if case.status else b""
    with RawClient(address) as client:
        client.send(case.data + follower)
        client.sock.shutdown(socket.SHUT_WR)
        client.read_to_end()
    assert HITS[before:] == []


def test_sec_P1_counter_of_smuggled_requests_counts(address: tuple[str, int]) -> None:
    before = len(HITS)
    with RawClient(address) as client:
        assert client.get("/smuggled").status == 200
    assert len(HITS) == before + 1
