"""The parser's interface beyond what single requests show: buffers, limits, ends, faults."""

import contextlib

import pytest

from httpcore import counters
from httpcore.config import UNLIMITED, Limits
from httpcore.errors import ProtocolError
from httpcore.head import RequestHead
from httpcore.headers import Headers
from httpcore.protocol.events import NEED_DATA, BodyData, EndOfBody
from httpcore.protocol.parser import RequestParser

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def parser() -> RequestParser:
    return RequestParser(Limits())


def _head(parser: RequestParser, data: bytes) -> RequestHead:
    parser.feed(data)
    head = parser.next_event()
    assert isinstance(head, RequestHead)
    return head


def test_nothing_fed_needs_data_and_is_no_request(parser: RequestParser) -> None:
    assert parser.next_event() is NEED_DATA
    assert not parser.in_request
    assert parser.buffered == 0


def test_http_C7_in_request_from_the_first_byte_to_the_end_of_the_body(
    parser: RequestParser,
) -> None:
    parser.feed(POST[:1])
    assert parser.next_event() is NEED_DATA
    assert parser.in_request
    _head(parser, POST[1:])
    assert parser.in_request
    assert parser.buffered == 0
    parser.feed(b"hello")
    assert parser.next_event() == BodyData(b"hello")
    assert parser.next_event() == EndOfBody(Headers())
    assert not parser.in_request


def test_http_L1_empty_line_alone_is_no_request(parser: RequestParser) -> None:
    parser.feed(b"\r\n")
    assert parser.next_event() is NEED_DATA
    assert not parser.in_request
    parser.feed_eof()
    assert parser.next_event() is NEED_DATA


def test_http_C2_pipelined_request_waits_in_the_buffer(parser: RequestParser) -> None:
    assert not _head(parser, GET + GET).has_body
    assert parser.buffered == len(GET)
    assert isinstance(parser.next_event(), RequestHead)
    assert parser.next_event() is NEED_DATA


def test_http_C2_bad_request_behind_a_good_one_is_found_when_its_turn_comes(
    parser: RequestParser,
) -> None:
    _head(parser, GET + b"BAD\n")
    with pytest.raises(ProtocolError):
        parser.next_event()


def test_after_a_fault_every_call_raises_the_same(parser: RequestParser) -> None:
    parser.feed(b"bad\n")
    with pytest.raises(ProtocolError) as first:
        parser.next_event()
    parser.feed(GET)
    with pytest.raises(ProtocolError) as second:
        parser.next_event()
    assert second.value is first.value


def test_http_M6_announced_body_over_the_limit_is_413_at_once(parser: RequestParser) -> None:
    _head(parser, POST)
    with pytest.raises(ProtocolError) as fault:
        parser.set_body_limit(4)
    assert fault.value.status == 413
    with pytest.raises(ProtocolError):
        parser.next_event()


def test_http_M6_chunked_body_is_413_as_soon_as_it_passes_the_limit(parser: RequestParser) -> None:
    _head(parser, CHUNKED)
    parser.set_body_limit(4)
    parser.feed(b"4\r\nabcd\r\n")
    assert parser.next_event() == BodyData(b"abcd")
    parser.feed(b"1\r\n")
    with pytest.raises(ProtocolError) as fault:
        parser.next_event()
    assert fault.value.status == 413


@pytest.mark.parametrize("limit", [5, UNLIMITED])
def test_http_M6_body_of_exactly_the_limit_passes(parser: RequestParser, limit: int) -> None:
    _head(parser, POST)
    parser.set_body_limit(limit)
    parser.feed(b"hello")
    assert parser.next_event() == BodyData(b"hello")


def test_http_M6_default_limit_holds_when_none_was_set() -> None:
    parser = RequestParser(Limits(body=4))
    _head(parser, POST)
    with pytest.raises(ProtocolError) as fault:
        parser.next_event()
    assert fault.value.status == 413


def test_set_body_limit_without_a_body_says_nothing(parser: RequestParser) -> None:
    _head(parser, GET)
    parser.set_body_limit(0)
    assert parser.next_event() is NEED_DATA


@pytest.mark.parametrize("data", [b"GET", GET[:-1], POST + b"hell", CHUNKED + b"5\r\nhello\r\n"])
def test_http_M6_end_of_connection_inside_a_request_is_400(
    parser: RequestParser, data: bytes
) -> None:
    parser.feed(data)
    parser.feed_eof()
    with pytest.raises(ProtocolError) as fault:
        while parser.next_event() is not NEED_DATA:
            pass
    assert fault.value.status == 400


def test_http_C4_whole_request_before_the_end_of_the_connection_counts(
    parser: RequestParser,
) -> None:
    parser.feed_eof()
    _head(parser, GET)
    assert parser.next_event() is NEED_DATA


def test_body_in_the_middle_of_a_buffer_leaves_the_next_request(parser: RequestParser) -> None:
    _head(parser, POST + b"hello" + GET)
    assert parser.next_event() == BodyData(b"hello")
    assert isinstance(parser.next_event(), EndOfBody)
    assert isinstance(parser.next_event(), RequestHead)


def test_http_C6_take_buffer_hands_over_what_was_not_parsed(parser: RequestParser) -> None:
    _head(parser, GET + b"\x81\x00")
    assert parser.take_buffer() == b"\x81\x00"
    assert parser.buffered == 0


def test_http_F4_dropped_fields_are_counted(parser: RequestParser) -> None:
    before = counters.dropped_fields.value
    head = _head(parser, b"GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\nA_B: 2\r\n\r\n")
    assert list(head.headers) == ["Host"]
    assert counters.dropped_fields.value == before + 2


def test_http_L4_raw_path_keeps_what_decoding_loses(parser: RequestParser) -> None:
    head = _head(parser, b"GET /a%2Fb/c?d HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (head.raw_path, head.path, head.query_string) == ("/a%2Fb/c", "/a/b/c", "d")


def test_limits_are_the_ones_given() -> None:
    parser = RequestParser(Limits(field_count=1, request_line=20))
    _head(parser, GET)
    parser.feed(b"GET /123456 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n")
    with pytest.raises(ProtocolError) as fault:
        parser.next_event()
    assert fault.value.status == 431
    parser = RequestParser(Limits(request_line=19))
    parser.feed(b"GET /123456 HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises(ProtocolError) as fault:
        parser.next_event()
    assert fault.value.status == 414


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (b"HEAD /a HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", ("HEAD", "/a", 0)),
        (b"\r\nHEAD /a?b HTTP/1.1\r\nX : y\r\n", ("HEAD", "/a?b", 1)),
        (b"HEAD /a\xff HTTP/1.0\r\n", ("HEAD", "/a", 1)),
        (b"HEAD ", ("HEAD", "", 1)),
        (b"HE", None),
        (b"\x16\x03\x01 / HTTP/1.1\r\n", None),
        (POST + b"12", None),  # a head that is whole is no unfinished one
    ],
)
def test_http_R1_what_is_known_of_a_head_that_was_refused_or_is_arriving(
    data: bytes, known: tuple[str, str, int] | None
) -> None:
    for pieces in ([data], [data[i : i + 1] for i in range(len(data))]):
        parser = RequestParser(Limits())
        with contextlib.suppress(ProtocolError):
            for piece in pieces:
                parser.feed(piece)
                while parser.next_event() is not NEED_DATA:
                    pass
        head = parser.unfinished_head
        assert (head and (head.method, head.target, head.minor_version)) == known
        assert head is None or (head.keep_alive, head.headers.items()) == (False, [])


def test_sec_R9_what_is_known_of_a_refused_head_is_as_long_as_a_request_line_may_be() -> None:
    for line, known in ((b"A" * 60_000 + b" /", None), (b"HEAD /" + b"a" * 60_000, 95)):
        parser = RequestParser(Limits(request_line=100))
        parser.feed(line)
        with pytest.raises(ProtocolError, match="414"):
            parser.next_event()
        head = parser.unfinished_head
        assert (head and len(head.target)) == known
