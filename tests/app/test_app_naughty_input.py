"""Odd text in every field and every address: an answer, never a 500, and never markup of theirs."""

from urllib.parse import quote

import pytest

from app.models import Board, Post
from mvc.testing import Client

NAUGHTY = {
    "nul": "a\0b",
    "bidi": "a\u202eb\u2066c",
    "emoji": "\U0001f600" * 20,
    "ligature": "\ufdfa" * 30,
    "quotes": "'\"`--; DROP TABLE posts",
    "template": "{{1234567*89}}${1234567*89}%s{0}",
    "path": "../../etc/passwd",
    "line break": "x\r\nSet-Cookie: a=b",
    "markup": "<img src=x onerror=alert(1)>",
    "controls": "\x7f\x80\x9f\u2028",
    "case": "\u0130\u0131K",
    "wide digits": "\uff11\uff12",
    "percent": "%00%zz",
    "long": "a" * 70_000,
}
FORMS = (
    "/boards/talk/write",
    "/posts/1/edit",
    "/posts/1/comments",
    "/admin/boards",
    "/admin/roles",
    "/profile/password",
    "/register",
    "/login",
)
FIELDS = ("title", "body", "tags", "name", "slug", "description", "position", "username", "email")
RAW = (b"%FF%FE", b"%ED%A0%80", b"%C0%80", b"%25", b"%")


@pytest.fixture
def author(admin: Client, post: Post) -> Client:
    Post.update(author=1).execute()
    return admin


@pytest.mark.parametrize("name", NAUGHTY)
def test_no_form_fails(author: Client, board: Board, name: str) -> None:
    text = NAUGHTY[name]
    form = dict.fromkeys(FIELDS, text) | {"password": text[:900], "current": text[:900]}
    for path in FORMS:
        assert author.post(path, form=form).status < 500, path
        assert author.post(path, json=form).status < 500, path
    for path in ("/", "/boards/talk", "/posts/1", "/tags", "/admin/boards", "/admin/roles"):
        answer = author.get(path)
        assert answer.status == 200, path
        assert "<img src=x" not in answer.text
        assert str(1234567 * 89) not in answer.text


@pytest.mark.parametrize("name", NAUGHTY)
def test_no_address_fails(author: Client, name: str) -> None:
    text = quote(NAUGHTY[name][:2000], safe="")
    for path in (
        "/boards/",
        "/tags/",
        "/posts/",
        "/search?q=",
        "/admin/users?name=",
        "/login?next=",
    ):
        assert author.get(f"{path}{text}").status < 500, path


@pytest.mark.parametrize("number", ["9" * 30, "-1", "0", "9223372036854775808", "9" * 4000])
def test_no_number_in_an_address_fails(author: Client, number: str) -> None:
    for path in (f"/posts/{number}", f"/attachments/{number}", f"/admin/users/{number}"):
        assert author.get(path).status == 404, path
    assert author.get(f"/boards/talk?page={number}").status == 200
    assert author.post("/admin/users/1/roles", form={"roles": number}).status < 500


@pytest.mark.parametrize("raw", RAW)
def test_bytes_that_are_no_text_are_refused_or_replaced(author: Client, raw: bytes) -> None:
    target = raw.decode()
    for path in (f"/search?q={target}", f"/tags/{target}", f"/boards/{target}"):
        assert author.get(path).status < 500, path
    answer = author.post(
        "/boards/talk/write",
        body=b"title=" + raw + b"&body=" + raw,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status < 500


def test_lone_surrogates_in_json_are_refused(author: Client) -> None:
    answer = author.post(
        "/boards/talk/write",
        body=b'{"title": "\\ud800", "body": "\\udc00"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status == 400
