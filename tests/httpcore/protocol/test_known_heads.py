"""Heads that come again in the same bytes: what they mean is remembered, and never changes."""

import pytest

from httpcore.config import Limits
from httpcore.head import RequestHead
from httpcore.protocol import known as known_heads
from httpcore.protocol.known import KnownHeads
from httpcore.protocol.parser import RequestParser
from tests.support.corpus import Case, load
from tests.support.parsing import parse

GET = b"GET /a%20b?c=d HTTP/1.1\r\nHost: test\r\nX-Mine: 1\r\n\r\n"


def ask(known: KnownHeads, data: bytes) -> RequestHead:
    parser = RequestParser(Limits(), known)
    parser.feed(data)
    head = parser.next_event()
    assert isinstance(head, RequestHead)
    return head


@pytest.mark.parametrize("case", load("valid") + load("invalid") + load("attack"), ids=str)
def test_http_L1_a_request_that_comes_again_means_what_it_meant(case: Case) -> None:
    known = KnownHeads()
    verdicts = [parse([case.data], eof=True, known=known).verdict() for _ in range(3)]
    assert verdicts[0] == verdicts[1] == verdicts[2] == parse([case.data], eof=True).verdict()


def test_what_an_application_does_to_a_head_stays_with_its_request() -> None:
    known = KnownHeads()
    ask(known, GET)
    first = ask(known, GET)  # this one is kept
    first.headers["X-Mine"] = "2"
    first.match = {"id": "1"}
    for _ in range(2):
        again = ask(known, GET)
        assert (again.headers["X-Mine"], again.match) == ("1", None)
        again.headers["X-Mine"] = "3"
        again.match = {"id": "2"}


def test_http_C2_a_known_head_in_a_pipeline_is_read_as_ever() -> None:
    known = KnownHeads()
    for _ in range(2):
        ask(known, GET)
    outcome = parse([GET + GET, GET, GET[:9], GET[9:]], known=known)
    assert [request.head.path for request in outcome.requests] == ["/a b"] * 4


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * known_heads.MAX_SIZE + b"\r\n\r\n",
    ],
)
def test_http_M1_a_head_with_a_body_or_too_large_is_not_kept(data: bytes) -> None:
    known = KnownHeads()
    for _ in range(3):
        assert ask(known, data).source is None
    assert known.get(data) is None


def numbered(number: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: x%d\r\n\r\n" % number


def test_sec_P9_of_heads_that_come_once_nothing_is_kept() -> None:
    known = KnownHeads()
    for number in range(5_000):
        ask(known, numbered(number))
    assert not known._heads


def test_sec_P9_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_heads, "MAX_BYTES", 2_000)
    known = KnownHeads()
    for number in range(50):
        for _ in range(3):
            assert ask(known, numbered(number)).headers["Accept-Language"] == f"x{number}"
        assert sum(map(len, known._heads)) <= 2_000
        assert known.get(numbered(number)) is not None
