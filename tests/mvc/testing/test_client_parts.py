"""The parts of the test client: its jar, its bodies, its reading of answers."""

import http.client

import pytest

from mvc.requests import MultiDict
from mvc.requests.forms import parse_query
from mvc.testing.answer import parse_answer
from mvc.testing.bodies import encode_form
from mvc.testing.cookie_jar import CookieJar


def jar_after(*fields: str, path: str = "/a/b", over_tls: bool = False) -> CookieJar:
    jar = CookieJar()
    for field in fields:
        jar.store(field, path, over_tls)
    return jar


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (["a=1"], "a=1"),
        (["a=1; Path=/", "b=2"], "b=2; a=1"),
        (["a=1", "a=2"], "a=2"),
        (["a=1", "a=; Max-Age=0"], ""),
        (["a=1; Max-Age=60"], "a=1"),
        (["a=1; Max-Age=-5"], ""),
        (["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
        (["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9"], "a=1"),
        (["a=1; path=/other"], ""),
        (["a=1; path=/a/bc"], ""),
        (["a=1; path=relative"], "a=1"),
        (["a=1; Secure"], ""),
        (["=x", "novalue", " "], ""),
        (["a=x=y; HttpOnly"], "a=x=y"),
    ],
)
def test_the_jar_sends_what_a_browser_would(fields: list[str], sent: str) -> None:
    assert jar_after(*fields).header_for("/a/b", False) == sent


def test_secure_cookies_travel_over_tls_alone() -> None:
    jar = jar_after("a=1; Secure; Path=/", over_tls=True)
    assert jar.header_for("/", True) == "a=1"
    assert jar.header_for("/", False) == ""


def test_the_jar_as_a_container() -> None:
    jar = jar_after("a=1; Path=/", "b=2; Path=/")
    assert jar["a"] == "1"
    assert "b" in jar
    assert jar.get("c") is None
    with pytest.raises(KeyError):
        jar["c"]
    jar.delete("a")
    assert [cookie.name for cookie in jar] == ["b"]
    jar.clear()
    assert list(jar) == []


def test_forms_as_browsers_send_them() -> None:
    body, kind = encode_form({"a": "x&y", "n": 1, "tags": ["é", "b"], "yes": True, "no": False})
    assert kind == "application/x-www-form-urlencoded"
    assert list(parse_query(body.decode()).pairs()) == [
        ("a", "x&y"),
        ("n", "1"),
        ("tags", "é"),
        ("tags", "b"),
        ("yes", "on"),
    ]
    assert isinstance(parse_query(""), MultiDict)


def test_answers_are_read_strictly() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: 1\r\n\r\nabc"
    answer = parse_answer(data, "GET", "/x")
    assert (answer.status, answer.body, answer.headers["a"], answer.url) == (200, b"abc", "1", "/x")
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    assert parse_answer(chunked + b"0\r\n\r\n", "GET", "/").text == "abc"
    for cut in (data[:-1], chunked):
        with pytest.raises(http.client.IncompleteRead):
            parse_answer(cut, "GET", "/")


def test_charset_of_an_answer() -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Type: text/plain; charset=latin-1\r\n\r\n"
    )
    assert parse_answer(head + b"\xe9", "GET", "/").text == "é"
