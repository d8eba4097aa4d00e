"""Text, times and sizes as templates show them."""

from datetime import timedelta

import pytest

from app.text import ago, device, filesize, hue, paragraphs, plural, stamp
from orm import now


def test_paragraphs_split_at_blank_lines_and_keep_line_breaks() -> None:
    assert paragraphs("one\ntwo\n \nthree") == "<p>one<br>\ntwo</p>\n<p>three</p>"


def test_paragraphs_sec_F7_escape_everything() -> None:
    assert paragraphs('<b onclick="x">&') == "<p>&lt;b onclick=&#34;x&#34;&gt;&amp;</p>"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.org/a?b=1.", "https://example.org/a?b=1"),
        ("(http://example.org)", "http://example.org"),
        ("https://example.org/<script>", "https://example.org/"),
    ],
)
def test_paragraphs_link_addresses_without_the_sentences_punctuation(
    text: str, address: str
) -> None:
    assert f'<a href="{address}" rel="nofollow ugc noopener">{address}</a>' in paragraphs(text)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org"])
def test_paragraphs_link_nothing_but_http(text: str) -> None:
    assert "<a" not in paragraphs(text)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=5, seconds=9), "5 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=2, hours=1), "2 d ago"),
    ],
)
def test_ago_uses_the_largest_unit(age: timedelta, words: str) -> None:
    assert ago(now() - age) == words


def test_ago_names_the_date_after_a_month() -> None:
    moment = now() - timedelta(days=40)
    assert ago(moment) == f"{moment.day} {moment:%b %Y}"
    assert stamp(moment).startswith(f"{moment.day} ")


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (12_345, "12 kB"),
        (3_420_000, "3.4 MB"),
        (8_000_000, "8 MB"),
    ],
)
def test_filesize_has_two_or_three_digits(size: int, words: str) -> None:
    assert filesize(size) == words


def test_plural_counts_with_the_noun() -> None:
    assert (plural(1, "post"), plural(0, "post")) == ("1 post", "0 posts")
    assert plural(1234, "reply", "replies") == "1,234 replies"


def test_hue_names_one_of_the_colours_in_the_style_sheet() -> None:
    assert {hue(key) for key in range(100)} == set(range(8))


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.1", "curl"),
        ("", "Some client"),
    ],
)
def test_device_says_browser_and_system(user_agent: str, words: str) -> None:
    assert device(user_agent) == words
