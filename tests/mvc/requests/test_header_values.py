"""Cookies, parameters and Accept: tolerant where harmless, linear always (sec:P9, sec:P15)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvc.requests import best_match, parse_accept, prefers_json
from mvc.requests.cookies import bad_cookies, parse_cookies
from mvc.requests.parameters import decode_extended, parse_parameterized
from tests.support.messages import make_request


@pytest.mark.parametrize(
    ("field", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;", {"a": "1", "b": "2"}),
        ("a=1; bad; c=3", {"a": "1", "c": "3"}),
        ("a=x=y==", {"a": "x=y=="}),
        ('a="q"; b="', {"a": "q", "b": '"'}),
        ("a=1; a=2", {"a": "1"}),
        ("=__Host-x=1; =y", {}),
        ("a b=1; c=2", {"c": "2"}),
        (" a = 1 ", {"a": "1"}),
        ("a=", {"a": ""}),
        ("", {}),
    ],
)
def test_sec_P15_cookies_tolerant(field: str, cookies: dict[str, str]) -> None:
    assert dict(parse_cookies([field])) == cookies


def test_sec_P15_bad_pairs_are_skipped_without_a_line_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = bad_cookies.value
    assert parse_cookies(["a;" * 100 + "=x; =__Host-a=b; b=c; ;"]) == {"b": "c"}
    assert (bad_cookies.value, caplog.records) == (before + 102, [])


def test_sec_P15_at_most_200_pairs_count() -> None:
    many = "; ".join(f"c{n}=x" for n in range(300))
    assert len(parse_cookies([many])) == 200
    assert dict(parse_cookies(["a=1", "b=2"])) == {"a": "1", "b": "2"}


def test_parameters() -> None:
    media = parse_parameterized('Text/HTML ; Charset="UTF\\-8" ;x=1; x=2; junk')
    assert (media.value, media.charset) == ("text/html", "utf-8")
    assert media.parameters["x"] == "1"
    assert parse_parameterized("text/plain").charset == "utf-8"
    assert parse_parameterized('a; b="unfinished').parameters == {}


def test_extended_values() -> None:
    assert decode_extended("UTF-8'en'na%C3%AFve") == "naïve"
    assert decode_extended("latin-1''x") is None
    assert decode_extended("plain") is None
    assert decode_extended("utf-8''%FF") is None


@pytest.mark.parametrize(
    ("accept", "offers", "best"),
    [
        (None, ["text/html", "application/json"], "text/html"),
        ("", ["text/html"], "text/html"),
        ("application/json", ["text/html", "application/json"], "application/json"),
        ("text/*;q=0.3, text/html;q=0.7", ["text/plain", "text/html"], "text/html"),
        ("*/*, text/html;q=0", ["text/html", "application/json"], "application/json"),
        ("text/html;q=0, */*;q=0", ["text/html"], None),
        ("text/html;level=1;q=0.4, */*;q=0.5", ["text/html", "image/png"], "image/png"),
        ("image/png", ["text/html"], None),
        ("TEXT/HTML", ["text/html"], "text/html"),
        ("text/html;q=banana", ["text/html"], "text/html"),
        ("*/html, nonsense", ["text/html"], None),
    ],
)
def test_feat_Q7_best_match(accept: str | None, offers: list[str], best: str | None) -> None:
    assert best_match(accept, offers) == best


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"Accept": "*/*"}, False),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, False),
        ({"Accept": "application/json"}, True),
        ({"Accept": "application/json, text/html"}, False),
        ({"Accept": "application/json, text/html;q=0.9"}, True),
        ({"Accept": "application/json, text/plain, */*"}, False),
        ({"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"}, True),
        ({"Accept": "text/html", "X-Requested-With": "XMLHttpRequest"}, False),
    ],
)
def test_prefers_json(headers: dict[str, str], expected: bool) -> None:
    assert prefers_json(make_request(headers=headers)) is expected


@given(st.text(max_size=200))
def test_no_header_value_crashes_a_parser(text: str) -> None:
    parse_accept(text)
    parse_cookies([text])
    parse_parameterized(text)
    decode_extended(text)


@pytest.mark.parametrize(
    "unit",
    [";", "; ", ' ;a="', "; a=b", ";\t", "; a", '"\\', ",", ", ;q=", "a=;", "=", 'W/"', "a/b,"],
)
def test_sec_P9_parsers_stay_linear(unit: str) -> None:
    """Bounded by cost at the parser's own limit: none needs more than 50 ms for 8 KiB."""
    text = (unit * 8192)[:8192]
    for parser in (parse_accept, parse_parameterized, lambda text: parse_cookies([text])):
        started = time.process_time()
        parser("a" + text)
        assert time.process_time() - started < 0.05
