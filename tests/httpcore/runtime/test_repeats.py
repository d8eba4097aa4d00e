"""Answers that are given again without asking: the same bytes, and no longer than they hold."""

import threading
from collections.abc import Callable

import pytest

from httpcore import Limits, Request, RequestHead, Response
from httpcore.protocol.known import KnownHeads
from httpcore.protocol.parser import RequestParser
from httpcore.runtime import repeats
from httpcore.runtime.answers import Answer
from httpcore.runtime.date import format_date
from httpcore.runtime.repeats import Repeats
from tests.support.byhand import ByHand
from tests.support.wire import FunctionEndpoint, RawClient, Table

MakeServer = Callable[..., ByHand]


class Lasting(Response):
    __slots__ = ("same_until",)


class Counting:
    """An endpoint whose answer holds for a second; it counts how often it is asked."""

    def __init__(self, rig: ByHand, size: int = 10) -> None:
        self.rig, self.size, self.calls = rig, size, 0

    def __call__(self, request: Request) -> Response:
        self.calls += 1
        response = Lasting(b"%d" % self.calls * self.size)
        response.same_until = self.rig.clock() + 1.0
        return response


@pytest.fixture
def rig(table: Table, by_hand: MakeServer, monkeypatch: pytest.MonkeyPatch) -> ByHand:
    monkeypatch.setattr(repeats.time, "time", lambda: 1000.0)  # a second begins
    return by_hand()


def _head(data: bytes) -> RequestHead:
    """As it comes when it is known."""
    known = KnownHeads()
    for _ in range(3):
        parser = RequestParser(Limits(), known)
        parser.feed(data)
        head = parser.next_event()
        assert isinstance(head, RequestHead)
    return head


def _dated(seconds: int, body: bytes = b"body") -> Answer:
    """A whole answer whose Date is so many seconds after the epoch."""
    return Answer(b"Date: %b\r\n" % format_date(seconds), body, 200, keep_alive=True)


_ENDPOINT = FunctionEndpoint(lambda request: Response(b""))


def serve(rig: ByHand, table: Table, size: int = 10) -> Counting:
    endpoint = Counting(rig, size)
    table.add("/file", endpoint, lane="inline")
    return endpoint


def connect_known(rig: ByHand) -> RawClient:
    """A client whose request has come once; the next such head is one to be kept."""
    client = rig.connect()
    rig.ask("/file", client)
    rig.turn(2)
    assert client.read_answer().body[:1] == b"1"
    return client


def test_feat_W14_the_same_request_gets_the_same_answer(rig: ByHand, table: Table) -> None:
    endpoint = serve(rig, table)
    client = connect_known(rig)
    answers = []
    for _ in range(3):
        rig.ask("/file", client)
        rig.turn(2)
        answers.append(client.read_answer())
    assert [each.body for each in answers] == [b"2" * 10] * 3
    assert endpoint.calls == 2
    assert rig.connection().requests == 4


def test_feat_V24_a_repeated_answer_names_no_lane(rig: ByHand, table: Table) -> None:
    table.add("/slow", lambda request: Response(b""), lane="pool")
    serve(rig, table)
    client = connect_known(rig)
    for path in ("/file", "/slow", "/file"):
        rig.ask(path, client)
        rig.settle()
        client.read_answer()
    assert rig.connection().timing.lane == ""


def test_feat_W14_another_head_is_another_request(rig: ByHand, table: Table) -> None:
    endpoint = serve(rig, table)
    client = connect_known(rig)
    for field in ("X: 1", "X: 2", "If-None-Match: *"):
        rig.ask("/file", client, field)
        rig.turn(2)
        client.read_answer()
    assert endpoint.calls == 4


def test_feat_W14_after_its_time_the_endpoint_is_asked_again(rig: ByHand, table: Table) -> None:
    endpoint = serve(rig, table)
    client = connect_known(rig)
    for _ in range(2):
        rig.ask("/file", client)
        rig.turn(2)
        client.read_answer()
    rig.clock.advance(1.0)
    rig.ask("/file", client)
    rig.turn(2)
    assert client.read_answer().body == b"3" * 10
    assert endpoint.calls == 3


def test_an_answer_is_not_kept_beyond_the_second_its_date_names() -> None:
    kept = Repeats(lambda: 50.0, lambda: 1000.75)
    head = _head(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    kept.keep(head, _ENDPOINT, _dated(999), 50.9)
    assert kept.find(head.source or b"") is None  # the second went by while it was made
    kept.keep(head, _ENDPOINT, _dated(1000), 50.9)
    found = kept.find(head.source or b"")
    assert found is not None
    assert found.until == pytest.approx(50.25)
    assert found.answer.joined == found.answer.head + b"body"


def test_sec_R1_a_server_that_stops_repeats_nothing(rig: ByHand, table: Table) -> None:
    endpoint = serve(rig, table)
    client = connect_known(rig)
    rig.ask("/file", client)
    rig.turn(2)
    client.read_answer()
    rig.loop.is_stopping = True
    rig.ask("/file", client)
    rig.turn(2)
    assert client.read_answer().headers["Connection"] == "close"
    assert endpoint.calls == 3


def test_sec_T5_an_old_connection_is_closed_by_its_next_answer(rig: ByHand, table: Table) -> None:
    serve(rig, table)
    client = connect_known(rig)
    rig.ask("/file", client)
    rig.turn(2)
    client.read_answer()
    rig.connection().opened_at -= 1e6
    rig.ask("/file", client)
    rig.turn(2)
    assert client.read_answer().headers["Connection"] == "close"


def test_http_C2_pipelined_requests_are_answered_in_order(rig: ByHand, table: Table) -> None:
    serve(rig, table)
    client = connect_known(rig)
    rig.ask("/file", client)
    rig.turn(2)
    client.send(b"GET /file HTTP/1.1\r\nHost: test\r\n\r\n" * 4)  # other bytes than one alone
    rig.settle()
    bodies = [client.read_answer().body for _ in range(5)]
    assert bodies == [b"%d" % number * 10 for number in range(2, 7)]


def test_feat_S11_a_slow_reader_gets_a_repeated_answer_whole(rig: ByHand, table: Table) -> None:
    endpoint = serve(rig, table, size=60_000)
    client = connect_known(rig)
    for _ in range(200):  # more than both sockets hold
        rig.ask("/file", client)
        rig.turn(2)
    bodies: list[bytes] = []
    reader = threading.Thread(
        target=lambda: bodies.extend(client.read_answer().body for _ in range(200)), daemon=True
    )
    reader.start()
    while reader.is_alive():
        rig.turn()
    assert len(bodies) == 200
    assert set(bodies) == {b"%d" % number * 60_000 for number in range(2, endpoint.calls + 1)}
    assert endpoint.calls < 200


def test_sec_T9_kept_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_BYTES", 3000)
    kept = Repeats(lambda: 0.0, lambda: 0.0)
    for number in range(50):
        head = _head(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
        kept.keep(head, _ENDPOINT, _dated(0, b"x" * 500), 1.0)
        assert sum(len(each.answer.joined) for each in kept._repeats.values()) <= 3000
