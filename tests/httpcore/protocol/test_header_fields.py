"""Headers: http:F4 (names, repetition), R4 (validation), sec:H2, sec:P8."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from httpcore.headers import Headers, constant_fields


def test_http_F4_lookup_ignores_case_and_names_keep_their_bytes() -> None:
    headers = Headers({"X-ReQuest": "1"})
    assert headers["x-request"] == headers["X-REQUEST"] == headers.get("x-Request") == "1"
    assert headers.items() == [("X-ReQuest", "1")]
    assert "X-REQUEST" in headers
    assert 5 not in headers


def test_missing_field_is_a_KeyError() -> None:
    with pytest.raises(KeyError):
        Headers()["X"]
    assert Headers().get("X") is None
    assert Headers().get_all("X") == []


def test_http_F4_repeated_list_fields_join_and_singletons_give_the_first() -> None:
    headers = Headers([("Accept", "a"), ("Host", "x"), ("accept", "b"), ("host", "y")])
    assert headers["Accept"] == "a, b"
    assert headers["Host"] == "x"
    assert headers.get_all("HOST") == ["x", "y"]
    assert Headers([("Cookie", "a=1"), ("Cookie", "b=2")])["Cookie"] == "a=1; b=2"


def test_set_cookie_is_never_joined() -> None:
    headers = Headers([("Set-Cookie", "a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT")])
    headers.add("Set-Cookie", "b=2")
    assert headers.get_all("set-cookie")[1] == "b=2"
    assert "b=2" not in headers["Set-Cookie"]
    copy = Headers({"Set-Cookie": "old"})
    copy.update(headers)
    assert copy.get_all("Set-Cookie") == headers.get_all("Set-Cookie")


def test_setting_replaces_all_and_adding_appends() -> None:
    headers = Headers([("A", "1"), ("B", "2"), ("A", "3")])
    assert headers.items() == [("A", "1"), ("A", "3"), ("B", "2")]
    assert headers.values() == ["1", "3", "2"]
    assert (len(headers), list(headers)) == (3, ["A", "A", "B"])
    headers["a"] = "4"
    assert headers.items() == [("a", "4"), ("B", "2")]
    del headers["A"]
    assert list(headers) == ["B"]
    assert headers.setdefault("b", "9") == "2"
    assert headers.pop("B") == "2"
    assert not headers


def test_equality_ignores_the_case_of_names_and_the_order_between_them() -> None:
    assert Headers([("A", "1"), ("B", "2")]) == Headers([("b", "2"), ("a", "1")])
    assert Headers({"A": "1"}) == {"a": "1"}
    assert Headers({"A": "1"}) != Headers({"A": "2"})
    assert Headers() != 1


def test_copy_is_independent() -> None:
    original = Headers({"A": "1"})
    copy = Headers(original)
    copy.add("A", "2")
    assert original.get_all("A") == ["1"]


def test_repr_shows_every_field() -> None:
    assert repr(Headers({"A": "1"})) == "Headers([('A', '1')])"


def test_from_field_block_trims_blanks_only() -> None:
    headers = Headers.from_field_block(b"A: \t x y \t\r\nb:\xa0\xff\r\nA:z\r\n")
    assert headers.items() == [("A", "x y"), ("A", "z"), ("b", "\xa0\xff")]
    assert len(Headers.from_field_block(b"")) == 0


@pytest.mark.parametrize("name", ["", " ", "a b", "a:", "a\r\n", "ä", "a\0", "(a)", "a\n", "a,b"])
def test_http_R4_name_must_be_a_token(name: str) -> None:
    for write in (Headers().__setitem__, Headers().add):
        with pytest.raises(ValueError, match="token"):
            write(name, "x")
    with pytest.raises(ValueError, match="token"):
        Headers({name: "x"})


@pytest.mark.parametrize(
    "value", ["a\r\nb", "a\n", "\r", "a\0", "\x0b", "\x1f", "\x7f", "€", "a\u2028", "\ud800"]
)
def test_sec_H2_value_must_not_split_the_response(value: str) -> None:
    for write in (Headers().__setitem__, Headers().add, Headers().setdefault):
        with pytest.raises(ValueError, match="control characters") as fault:
            write("X", value)
        assert value not in str(fault.value)


@pytest.mark.parametrize("value", ["", "a\tb", "é\xff", " a "])
def test_http_R4_value_may_be_any_latin_1_text(value: str) -> None:
    headers = Headers()
    headers["X"] = value
    assert headers["X"] == value


def _calls(action: object, *arguments: object) -> int:
    """Function calls, C ones too, that the action makes: work without a clock."""
    count = 0

    def tally(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tally)
    try:
        action(*arguments)  # type: ignore[operator]
    finally:
        sys.setprofile(None)
    return count


def test_sec_P8_reading_and_joining_repeated_fields_is_linear() -> None:
    def work(count: int) -> int:
        return _calls(lambda: Headers.from_field_block(b"Accept: x\r\n" * count)["accept"])

    assert work(20_000) <= 2.1 * work(10_000)
    assert Headers.from_field_block(b"Accept: x\r\n" * 20_000)["accept"] == ", ".join(
        ["x"] * 20_000
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.__setitem__("A", "2"),
        lambda fields: fields.__delitem__("A"),
        lambda fields: fields.add("A", "2"),
        lambda fields: fields.update({"A": "2"}),
        lambda fields: fields.setdefault("B", "2"),
        lambda fields: fields.pop("A"),
        lambda fields: fields.clear(),
    ],
)
@pytest.mark.parametrize("changed", ["copy", "original"])
def test_a_copy_and_its_original_change_apart(
    change: Callable[[Headers], Any], changed: str
) -> None:
    fields = {"original": Headers({"A": "1"})}
    fields["copy"] = Headers(fields["original"])
    other = fields["original" if changed == "copy" else "copy"]
    assert other.encoded() == fields[changed].encoded() == b"A: 1\r\n"
    change(fields[changed])
    assert other.items() == [("A", "1")]
    assert other.encoded() == b"A: 1\r\n"
    assert fields[changed].items() != [("A", "1")]
    assert fields[changed].encoded() == b"".join(
        f"{name}: {value}\r\n".encode() for name, value in fields[changed].items()
    )


def test_a_copy_of_a_changed_copy_has_the_change() -> None:
    original = Headers({"A": "1"})
    copy = Headers(original)
    copy["B"] = "2"
    assert Headers(copy).encoded() == b"A: 1\r\nB: 2\r\n"
    assert Headers(original).encoded() == b"A: 1\r\n"


def test_constant_fields_are_checked_and_their_copies_encoded() -> None:
    constant = constant_fields({"A": "1"})
    assert Headers(constant).encoded() is constant.encoded()
    with pytest.raises(ValueError, match="control characters"):
        constant_fields({"A": "1\r\n"})
