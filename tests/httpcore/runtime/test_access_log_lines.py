"""The lines of the access log in each form (sec:A8, feat:N1, V24)."""

import json

import pytest

from httpcore.runtime.date import DateCache, format_date
from httpcore.runtime.logformats import (
    AccessRecord,
    escape,
    format_combined,
    format_common,
    format_json,
    logged_fields,
)

FIELDS = b"Host: a\r\nReferer: http://a/?b \r\nX-Referer: no\r\nuser-AGENT:\tBrowser/1 (x)\r\n"


def record(**changes: object) -> AccessRecord:
    plain = AccessRecord("127.0.0.1", "GET", "/a?b", 1, 200, 12, 784111777.25)
    return plain._replace(**changes)


def test_feat_N1_common_form():
    line = format_common(record(), "06/Nov/1994:08:49:37 +0000")
    assert line == '127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET /a?b HTTP/1.1" 200 12\n'
    assert format_common(record(method="", status=400, size=0), "x").endswith('"-" 400 -\n')


def test_feat_N1_combined_form():
    line = format_combined(record(fields=FIELDS), "x")
    assert line.endswith('"GET /a?b HTTP/1.1" 200 12 "http://a/?b" "Browser/1 (x)"\n')
    assert format_combined(record(), "x").endswith(' 200 12 "-" "-"\n')


def test_feat_V24_json_form():
    line = format_json(
        record(
            fields=FIELDS,
            request_id="0123456789abcdef",
            route="GET /<name>",
            lane="pool",
            queued=0.0015,
            handled=0.25,
            sending=0.0,
        ),
        "1994-11-06T08:49:37",
    )
    assert line.endswith("}\n")
    assert json.loads(line) == {
        "time": "1994-11-06T08:49:37.250Z",
        "remote": "127.0.0.1",
        "method": "GET",
        "target": "/a?b",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 12,
        "referer": "http://a/?b",
        "user_agent": "Browser/1 (x)",
        "request_id": "0123456789abcdef",
        "route": "GET /<name>",
        "lane": "pool",
        "queue_ms": 1.5,
        "handler_ms": 250.0,
        "send_ms": 0.0,
    }


def test_feat_V24_what_is_not_known_is_null_but_every_line_has_an_id():
    first, second = (json.loads(format_json(record(method="", target=""), "x")) for _ in range(2))
    names = ("method", "target", "protocol", "referer", "user_agent", "route", "lane", "queue_ms")
    assert [first[name] for name in names] == [None] * len(names)
    assert len(first["request_id"]) == 16
    assert first["request_id"] != second["request_id"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("/plain", "/plain"),
        ("/\x1b[31m\nFAKE", "/\\x1b[31m\\x0aFAKE"),
        ('/"\\', "/\\x22\\x5c"),
        ("/\u2028\u202e\u2066", "/\\u2028\\u202e\\u2066"),
        ("/\x85\x9b\x7f", "/\\x85\\x9b\\x7f"),
        ("/grün", "/grün"),
    ],
)
def test_sec_A8_control_characters_are_escaped(text, safe):
    assert escape(text) == safe
    hostile = record(target=text, request_id=text)
    assert safe in format_common(hostile, "x")
    line = format_json(hostile, "x")
    assert json.loads(line)["target"] == text
    assert line.isascii()
    assert line[:-1].isprintable()


def test_sec_A8_fields_are_escaped_too():
    fields = b'Referer: "\\\x85\r\nUser-Agent: \x9b31m\r\n'
    line = format_combined(record(fields=fields), "x")
    assert line.endswith(' "\\x22\\x5c\\x85" "\\x9b31m"\n')
    assert json.loads(format_json(record(fields=fields), "x"))["user_agent"] == "\x9b31m"


@pytest.mark.parametrize("form", [format_combined, format_json])
def test_a_line_has_a_bounded_size(form):
    fields = b"Referer: " + b"r" * 8000 + b"\r\nUser-Agent: " + b"u" * 8000 + b"\r\n"
    line = form(record(target="/" + "t" * 8000, fields=fields), "x")
    assert len(line) < 8192
    assert ("t" * 4095 in line, "r" * 1024 in line, "u" * 512 in line) == (True, True, True)


def test_of_a_repeated_field_the_first_counts():
    fields = b"User-Agent: one\r\nUser-Agent: two\r\n"
    assert format_combined(record(fields=fields), "x").endswith('"-" "one"\n')


def test_http_X1_a_large_block_keeps_the_right_end_of_what_proxies_say():
    block = b"X-Forwarded-For: " + b"6.6.6.6, " * 500 + b"192.0.2.1\r\nForwarded: for=a\r\n"
    kept = logged_fields(block)
    assert kept.endswith(b", 192.0.2.1\r\nForwarded: for=a\r\n")
    assert len(kept) < 2200


def test_the_last_field_may_lack_its_line_break():
    assert format_combined(record(fields=b"User-Agent: one"), "x").endswith('"-" "one"\n')


def test_a_large_block_shrinks_to_what_is_logged():
    block = b"Cookie: " + b"c" * 5000 + b"\r\n" + FIELDS
    kept = logged_fields(block)
    assert len(kept) < 100
    assert format_combined(record(fields=kept), "x") == format_combined(record(fields=block), "x")


def test_date_is_formatted_once_a_second():
    assert format_date(784111777) == b"Sun, 06 Nov 1994 08:49:37 GMT"
    times = iter([784111777.1, 784111777.9, 784111778.0])
    date = DateCache(lambda: next(times))
    first = date()
    assert date() is first
    assert date() == b"Sun, 06 Nov 1994 08:49:38 GMT"
