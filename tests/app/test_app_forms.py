"""Checking what people type."""

import pytest

from app.forms import Form, check_email, check_number, check_slug, check_tags, check_username


@pytest.mark.parametrize(
    "name", ["ann", "ann.hollis", "Zo\u00eb", "x_9", "\u0430\u043d-\u043d\u0430"]
)
def test_usernames_have_letters_digits_and_a_few_marks(name: str) -> None:
    form = Form({"username": name})
    assert check_username(form) == name
    assert not form.errors


@pytest.mark.parametrize(
    "name", ["", "a", "a b", "a/b", "<b>", "x" * 31, "a\u202eb", "ann\n", "\ufdfa" * 9]
)
def test_other_usernames_are_refused(name: str) -> None:
    form = Form({"username": name})
    check_username(form)
    assert "username" in form.errors


@pytest.mark.parametrize(("email", "fine"), [("", True), ("a@b.org", True), ("a@b", False)])
def test_an_email_is_optional_but_whole(email: str, fine: bool) -> None:
    form = Form({"email": email})
    check_email(form)
    assert (not form.errors) is fine


def test_tags_are_split_cleaned_and_kept_once() -> None:
    form = Form({"tags": " #Garden, pick up,garden,, Büro "})
    assert check_tags(form) == ["garden", "pick-up", "büro"]
    assert not form.errors


@pytest.mark.parametrize("tags", ["a,b,c,d,e,f", "no/slash", "x" * 31, "<b>"])
def test_too_many_or_odd_tags_are_refused(tags: str) -> None:
    form = Form({"tags": tags})
    check_tags(form)
    assert "tags" in form.errors


@pytest.mark.parametrize(
    ("slug", "fine"),
    [("for-sale", True), ("", False), ("For", False), ("a--b", False), ("-", False)],
)
def test_a_boards_name_in_addresses_is_plain(slug: str, fine: bool) -> None:
    form = Form({"slug": slug})
    check_slug(form, 40)
    assert (not form.errors) is fine


@pytest.mark.parametrize(("text", "number"), [("", 0), ("7", 7), ("-2", -2)])
def test_a_number_may_be_left_out(text: str, number: int) -> None:
    assert check_number(Form({"position": text}), "position", "The place") == number


@pytest.mark.parametrize("text", ["x", "1.5", "9999999", "١٢"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    form = Form({"position": text})
    check_number(form, "position", "The place")
    assert "position" in form.errors


def test_the_first_error_of_a_field_stays() -> None:
    form = Form({"title": ""})
    form.require("title", "The title", 10)
    form.refuse("title", "Something else.")
    assert form.errors == {"title": "The title is missing."}


def test_a_text_at_the_limit_fits_and_one_more_does_not() -> None:
    form = Form({"a": "x" * 10, "b": "x" * 11})
    form.require("a", "A", 10)
    form.limit("b", "B", 10)
    assert list(form.errors) == ["b"]
