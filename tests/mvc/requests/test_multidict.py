"""Multi-dicts answer for what clients send: 400, naming the field."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from httpcore import HTTPError
from mvc.requests import InvalidField, MissingField, MultiDict


@pytest.fixture
def fields() -> MultiDict[str]:
    return MultiDict([("a", "1"), ("b", "x"), ("a", "2"), ("empty", "")])


def test_access(fields: MultiDict[str]) -> None:
    assert fields["a"] == "1"
    assert fields.get("b") == "x"
    assert fields.get("none") is None
    assert fields.get("none", "z") == "z"
    assert fields.get("none", 7, int) == 7
    assert fields.getlist("a") == ["1", "2"]
    assert fields.getlist("a", int) == [1, 2]
    assert fields.getlist("none") == []
    assert list(fields) == ["a", "b", "empty"]
    assert len(fields) == 3
    assert "a" in fields
    assert "none" not in fields
    assert list(fields.items()) == [("a", "1"), ("b", "x"), ("empty", "")]
    assert list(fields.pairs())[:2] == [("a", "1"), ("a", "2")]


def test_missing_field_is_400_and_a_key_error(fields: MultiDict[str]) -> None:
    with pytest.raises(MissingField) as caught:
        fields["title"]
    assert caught.value.status == 400
    assert "'title'" in caught.value.detail
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, HTTPError)


def test_feat_F4_failed_conversion_is_400_naming_the_field(fields: MultiDict[str]) -> None:
    with pytest.raises(InvalidField, match="'b' is not a whole number") as caught:
        fields.get("b", 1, int)
    assert caught.value.status == 400
    with pytest.raises(InvalidField):
        fields.getlist("b", UUID)
    with pytest.raises(InvalidField):
        fields.get("b", type=Decimal)


@pytest.mark.parametrize(
    "text", ["1_0", "+ 1", " 1", "1 ", "\N{ARABIC-INDIC DIGIT ONE}", "1\n", "", "0x1", "9" * 4301]
)
def test_sec_P2_int_takes_ascii_digits_only(text: str) -> None:
    with pytest.raises(InvalidField):
        MultiDict([("n", text)]).get("n", 0, int)


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "1_0.5", "", "."])
def test_float_is_finite(text: str) -> None:
    with pytest.raises(InvalidField):
        MultiDict([("n", text)]).get("n", 0, float)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "-12", -12),
        (int, "+3", 3),
        (float, "1.5", 1.5),
        (float, "-.5e1", -5.0),
        (bool, "true", True),
        (bool, "1", True),
        (bool, "on", True),
        (bool, "False", False),
        (bool, "0", False),
        (bool, "OFF", False),
        (date, "2026-01-31", date(2026, 1, 31)),
        (datetime, "2026-01-31T12:30", datetime(2026, 1, 31, 12, 30)),
        (Decimal, "1.10", Decimal("1.10")),
        (str.upper, "ab", "AB"),
    ],
)
def test_conversions(kind, text, value) -> None:
    assert MultiDict([("n", text)]).get("n", None, kind) == value


def test_bool_knows_no_other_words() -> None:
    with pytest.raises(InvalidField, match="true or false"):
        MultiDict([("n", "yes?")]).get("n", None, bool)


def test_a_long_field_name_is_cut_in_the_message() -> None:
    with pytest.raises(MissingField) as caught:
        MultiDict()["n" * 5000]
    assert len(caught.value.detail) < 120
