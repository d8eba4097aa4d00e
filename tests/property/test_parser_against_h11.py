"""Whatever h11 refuses we refuse, but for the list below; and what both take means the same.

h11 is an independent reading of RFC 9112, laxer than ours in many places, so the comparison goes
one way. It is fed until it has answered for every request in the bytes.
"""

from dataclasses import dataclass

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.corpus import Case, load
from tests.support.parsing import Outcome, parse

# Requests h11 refuses and we accept, each with the rule that says so.
OURS_ALONE = {
    "L1-one-empty-line-first",  # http:L1, RFC 9112 section 2.2: one empty line is skipped
    "L1-empty-line-between",
    "M3-extensions",  # http:M3: blanks around `;` and `=` of a chunk extension
}

METHODS = ["GET", "POST", "HEAD", "OPTIONS", "get", "G(T", "", "GET "]
TARGETS = ["/", "/a?b", "*", "http://b/", "/a b", "/\x7f", "", "//", "/%zz"]
VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/11"]
LINES = [
    "Host: a",
    "Host: b",
    "Content-Length: 5",
    "Content-Length: 5, 5",
    "Content-Length: +5",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: gzip, chunked",
    "Connection: close",
    "Connection: keep-alive",
    "X : y",
    " folded",
    "X: \0",
    "X: \x0b",
    "X",
    ": x",
    "X: y",
    "X:",
]
ENDS = ["\r\n"] * 12 + ["\n", "\r"]
BODIES = [
    "",
    "hello",
    "5\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    def end() -> str:
        return draw(st.sampled_from(ENDS))

    line = " ".join(draw(st.sampled_from(choice)) for choice in (METHODS, TARGETS, VERSIONS))
    lines = draw(st.lists(st.sampled_from(LINES), max_size=4))
    head = "".join(part + end() for part in (line, "Host: a", *lines, ""))
    return (head + draw(st.sampled_from(BODIES))).encode("latin-1")


@dataclass
class Reading:
    """What h11 makes of the bytes: (method, target, body) of whole requests, then a refusal."""

    requests: list[tuple[str, str, bytes]]
    refused: bool = False


def read_with_h11(data: bytes) -> Reading:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=64 * 1024)
    reading = Reading([])
    head, body = None, b""
    try:
        connection.receive_data(data)
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                reading.requests.append((head.method.decode(), head.target.decode(), body))
                if not _go_on(connection):
                    return reading
    except h11.RemoteProtocolError:
        reading.refused = True
    return reading


def _go_on(connection: h11.Connection) -> bool:
    """Answer the request, so that the next one can be read; False when h11 would close."""
    # Not a success: a 2xx to CONNECT would end HTTP on the connection.
    connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    if connection.our_state is h11.MUST_CLOSE:
        return False
    connection.start_next_cycle()
    return True


def _ours(outcome: Outcome) -> list[tuple[str, str, bytes]]:
    return [(r.head.method, r.head.target, r.body) for r in outcome.requests]


def check(data: bytes) -> None:
    theirs, ours = read_with_h11(data), parse([data])
    # Where h11 stopped, by refusing or closing, bounds what may be compared.
    if theirs.refused:
        assert len(ours.requests) <= len(theirs.requests)
        assert ours.status != 0
    common = min(len(theirs.requests), len(ours.requests))
    assert _ours(ours)[:common] == theirs.requests[:common]


@pytest.mark.parametrize("case", load("valid") + load("invalid"), ids=str)
def test_corpus_holds_nothing_that_only_we_accept_unsaid(case: Case) -> None:
    if case.name in OURS_ALONE:
        with pytest.raises(AssertionError):
            check(case.data)
    else:
        check(case.data)


@settings(max_examples=600)
@given(requests())
def test_sec_P1_what_h11_refuses_we_refuse(data: bytes) -> None:
    check(data)
