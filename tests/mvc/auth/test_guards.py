"""Decorators that decide who may call a handler."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from httpcore import HTTPError
from mvc.auth import login_required, owner_required, permission_required, role_required
from mvc.requests import Request
from mvc.routing.metadata import metadata_of
from tests.support.site import FakeSite, Person, Visitor

ANN = Person(1, "ann", permissions=("stats.view",), roles=("editor",))
BOB = Person(2, "bob")
ROOT = Person(3, "root", is_superuser=True)


class BlogPost:
    """A model as guards see it: `get` by primary key, `one` by column, an owner."""

    rows = {7: SimpleNamespace(id=7, slug="hello", author_id=1)}
    slug = "the column"

    @classmethod
    def get(cls, key: int) -> Any:
        return cls.rows[key]

    @classmethod
    def one(cls, slug: str) -> Any:
        return next(row for row in cls.rows.values() if row.slug == slug)


def asked(
    user: Person | None = None, params: dict[str, Any] | None = None, **options: Any
) -> Request:
    visitor = Visitor(FakeSite(ANN, BOB, ROOT))
    if user is not None:
        visitor.cookies["session"] = visitor.site.sessions.open_for(user)
    return visitor.ask(options.pop("target", "/notes?page=2"), params=params, **options)


def outcome(decorated: Callable[..., Any], request: Request) -> tuple[int, dict[str, Any]]:
    """What the guards decide: 200, or the status of a refusal; and the arguments they add."""
    arguments: dict[str, Any] = {}
    try:
        for guard in metadata_of(decorated).guards:
            refusal = guard(request, arguments)
            if refusal is not None:
                return refusal.status, dict(refusal.headers.items())
    except HTTPError as error:
        return error.status, dict(error.headers)
    return 200, arguments


@login_required
def for_users(request: Request) -> str:
    return "ok"


@permission_required("stats.view")
def for_viewers(request: Request) -> str:
    return "ok"


@role_required("editor")
def for_editors(request: Request) -> str:
    return "ok"


@owner_required(BlogPost)
def for_owner(request: Request, blog_post: Any, **params: int) -> str:
    return "ok"


@owner_required(BlogPost, by="slug")
def for_owner_by_slug(request: Request, slug: str) -> str:
    return "ok"


@pytest.mark.parametrize(
    ("handler", "statuses"),
    [
        (for_users, {None: 303, "ann": 200, "bob": 200, "root": 200}),
        (for_viewers, {None: 303, "ann": 200, "bob": 403, "root": 200}),
        (for_editors, {None: 303, "ann": 200, "bob": 403, "root": 200}),
        (for_owner, {None: 303, "ann": 200, "bob": 403, "root": 200}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_feat_A13_who_may_call(handler: Any, statuses: dict[Any, int], method: str) -> None:
    for user in (None, ANN, BOB, ROOT):
        request = asked(user, {"id": 7}, method=method)
        assert outcome(handler, request)[0] == statuses[user and user.username]


def test_feat_A13_browser_is_sent_to_the_login_and_back() -> None:
    status, headers = outcome(for_users, asked())
    assert status == 303
    assert headers["Location"] == "/login?next=/notes%3Fpage%3D2"


def test_feat_A13_after_a_form_the_page_it_was_on_is_next() -> None:
    referer = {"Referer": "http://testserver/notes/7?a=b"}
    headers = outcome(for_users, asked(method="POST", headers=referer))[1]
    assert headers["Location"] == "/login?next=/notes/7%3Fa%3Db"
    foreign = {"Referer": "http://evil.test/phish"}
    for fields in (foreign, {}):
        headers = outcome(for_users, asked(method="POST", headers=fields))[1]
        assert headers["Location"] == "/login?next=/"


def test_sec_H11_next_is_always_local() -> None:
    headers = outcome(for_users, asked(target="//evil.test"))[1]
    assert headers["Location"] == "/login?next=/"
    headers = outcome(for_users, asked(target="/" + "é" * 700))[1]
    assert headers["Location"] == "/login"


def test_feat_A13_json_clients_get_401_with_a_challenge() -> None:
    request = asked(headers={"Accept": "application/json"})
    assert outcome(for_users, request) == (401, {"WWW-Authenticate": "Session"})


@pytest.mark.parametrize(
    ("accept", "content_type", "status"),
    [
        ("*/*", "application/json", 401),
        (None, "application/json", 401),
        ("*/*", "application/merge-patch+json; charset=utf-8", 401),
        ("text/html,*/*;q=0.8", "application/json", 303),
        ("text/plain", "application/json", 303),
        ("*/*", "application/x-www-form-urlencoded", 303),
        ("*/*", None, 303),
    ],
)
def test_feat_A13_who_sends_json_and_takes_either_is_no_browser(
    accept: str | None, content_type: str | None, status: int
) -> None:
    fields = {"Accept": accept, "Content-Type": content_type}
    given = {name: value for name, value in fields.items() if value is not None}
    assert outcome(for_users, asked(method="POST", headers=given))[0] == status


def test_feat_A13_row_is_passed_only_where_it_is_asked_for() -> None:
    assert outcome(for_owner, asked(ANN, {"id": 7}))[1] == {"blog_post": BlogPost.rows[7]}
    assert outcome(for_owner_by_slug, asked(ANN, {"slug": "hello"})) == (200, {})


def test_feat_A13_missing_row_is_the_models_own_error() -> None:
    with pytest.raises(KeyError):
        outcome(for_owner, asked(BOB, {"id": 8}))


def test_feat_A14_guards_run_in_reading_order_and_leave_the_function_alone() -> None:
    @login_required
    @permission_required("a")
    def handler(request: Request) -> str:
        return "ok"

    assert handler(None) == "ok"
    assert outcome(handler, asked(BOB))[0] == 403
    assert outcome(handler, asked())[0] == 303
