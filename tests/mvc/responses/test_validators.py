"""HTTP dates, entity-tags and Range: read in full, in linear time."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvc.responses.dates import format_http_date, parse_http_date
from mvc.responses.etags import parse_etags
from mvc.responses.ranges import parse_range, parse_ranges

MOMENT = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_http_V1_feat_P23_three_date_formats(text: str) -> None:
    assert parse_http_date(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "0",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "x" * 10_000,
    ],
)
def test_http_V1_invalid_dates_are_ignored(text: str | None) -> None:
    assert parse_http_date(text) is None


def test_a_leap_second_is_a_date() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228799


@given(st.integers(0, 253402300799))
def test_dates_round_trip(seconds: int) -> None:
    assert parse_http_date(format_http_date(seconds)) == seconds
    assert format_http_date(datetime.fromtimestamp(seconds, UTC)) == format_http_date(seconds)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('"a"', {'"a"'}),
        ('"a", W/"b" ,"c"', {'"a"', 'W/"b"', '"c"'}),
        (', ,"a",,', {'"a"'}),
        ('"a,b"', {'"a,b"'}),
        ('""', {'""'}),
        ('"a" "b"', set()),
        ("a", set()),
        ('w/"a"', set()),
        ('"a", junk, "b"', {'"a"'}),
        ("", set()),
    ],
)
def test_entity_tag_lists(text: str, tags: set[str]) -> None:
    assert parse_etags(text).tags == tags


def test_comparisons() -> None:
    assert parse_etags(" * ").is_any
    listed = parse_etags('"a", W/"b"')
    assert listed.matches_strongly('"a"')
    assert not listed.matches_strongly('W/"b"')
    assert not listed.matches_strongly('"b"')
    assert listed.matches_weakly('"b"')
    assert listed.matches_weakly('W/"a"')
    assert not listed.matches_weakly(None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-", [(0, 10)]),
        ("bytes=2-4", [(2, 5)]),
        ("bytes=-3", [(7, 10)]),
        ("bytes=-99", [(0, 10)]),
        ("bytes=8-99", [(8, 10)]),
        ("Bytes=0-1, 4-5 ,8-9", [(0, 2), (4, 6), (8, 10)]),
        ("bytes=8-9,0-1", [(8, 10), (0, 2)]),
        ("bytes=0-1,50-60", [(0, 2)]),
        ("bytes=10-", []),
        ("bytes=99999999999999999999999-", []),
        ("bytes=" + "9" * 8000 + "-", []),
        ("bytes=-0", []),
        ("bytes=5-3", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,", [(0, 2)]),  # RFC 9110 5.6.1.2: empty elements are ignored
        ("bytes=, 0-1 ,,\t4-5", [(0, 2), (4, 6)]),
        ("bytes=" + "," * 40 + "0-1", None),
        ("bytes=,", None),
        ("bytes=+0-1", None),
        ("bytes 0-1", None),
        ("rows=0-1", None),
        ("bytes=0-1,1-2", None),
        ("bytes=0-,0-", None),
        ("bytes=0-0,1-1,2-2,3-3,4-4", [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
        ("bytes=0-0,1-1,2-2,3-3,4-4,5-5", None),
    ],
)
def test_http_V2_ranges_of_ten_bytes(header: str, expected) -> None:
    ranges = parse_ranges(header, 10)
    assert (ranges and [(item.start, item.stop) for item in ranges]) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-1,5-,-3", {"bytes": [(0, 1), (5, None), (None, 3)]}),
        ("Lines=0-4, 9-9", {"lines": [(0, 4), (9, 9)]}),
        ("lines=", {}),
        ("lines", {}),
        ("=0-1", {}),
        ("two words=0-1", {}),
        ("lines=2-1", {}),
        ("lines=a-b", {}),
        ("lines=0-0,1-1,2-2,3-3,4-4,5-5", {}),
        ("", {}),
    ],
)
def test_feat_P19_ranges_of_any_unit(header: str, expected) -> None:
    assert parse_range(header) == expected


def test_http_V2_ranges_of_an_empty_file() -> None:
    assert parse_ranges("bytes=0-", 0) == []
    assert parse_ranges("bytes=-0", 0) == []
    # Satisfiable (RFC 9110 14.1.2), but no Content-Range could say it.
    assert parse_ranges("bytes=-1", 0) is None


@pytest.mark.parametrize("unit", ["0-0,", "-", ",", "0", "1-,", 'W/"', '"', '"a",', '"a" ', " ,"])
def test_sec_T4_P9_parsers_stay_linear(unit: str) -> None:
    text = (unit * 8192)[:8192]
    for parser in (parse_etags, parse_http_date, lambda text: parse_ranges(text, 10)):
        for start in ("", "bytes=", '"'):
            started = time.process_time()
            parser(start + text)
            assert time.process_time() - started < 0.05
