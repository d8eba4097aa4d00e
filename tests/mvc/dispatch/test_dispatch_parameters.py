"""Typed parameters: taken from path, query, form or JSON, converted, or refused with 422."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Optional
from uuid import UUID

import pytest

from mvc.application import Application
from mvc.requests import Request

ID = "9b2f3c3e-8f0a-4d7c-9c6f-2b1f6d9f2a11"


def search(
    request: Request,
    page: int = 1,
    ratio: float = 0.5,
    exact: bool = False,
    text: str = "",
    on: date | None = None,
    at: Optional[datetime] = None,  # noqa: UP045 - the older spelling counts too
    key: "UUID | None" = None,
) -> dict[str, Any]:
    values = {"page": page, "ratio": ratio, "exact": exact, "text": text}
    return values | {"on": on, "at": at, "key": key}


def needed(request: Request, count: int, when: date | None) -> list[Any]:
    return [count, when]


def weigh(request: Request, weight: float) -> dict[str, float]:
    return {"weight": weight}


def by_path(request: Request, day: date, size: int) -> dict[str, Any]:
    return {"day": day, "size": size}


def by_keyword(request: Request, **params: Any) -> dict[str, Any]:
    return params


ROUTES = [
    ("/search", search),
    ("/needed", needed, {"methods": "GET,POST"}),
    ("/weigh", weigh, {"methods": "POST"}),
    ("/on/<day>/<int:size>", by_path),
    ("/any/<class:word>/<x>", by_keyword),
]
DEFAULTS = {"page": 1, "ratio": 0.5, "exact": False, "text": ""}
DEFAULTS |= {"on": None, "at": None, "key": None}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("page=3&exact=on&text=a+b", {"page": 3, "exact": True, "text": "a b"}),
        ("ratio=1e2&exact=false", {"ratio": 100.0}),
        ("on=2026-01-31&key=" + ID, {"on": "2026-01-31", "key": ID}),
        ("at=2026-01-31T12:30", {"at": "2026-01-31T12:30:00"}),
        ("page=&text=", {}),
        ("page=2&page=x", {"page": 2}),
    ],
)
def test_values_of_the_query(ask: Callable[..., Any], query: str, values: dict[str, Any]) -> None:
    answer = ask(ROUTES)("GET", f"/search?{query}")
    assert answer.json() == DEFAULTS | values


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("page=x", ["page"]),
        ("page=1.0", ["page"]),
        ("page=1_0", ["page"]),
        ("page=%201", ["page"]),
        ("ratio=nan", ["ratio"]),
        ("ratio=1e999", ["ratio"]),
        ("exact=maybe&on=2026-02-30&key=7&at=noon", ["exact", "on", "at", "key"]),
    ],
)
def test_a_value_that_does_not_fit_is_a_problem_document(
    ask: Callable[..., Any], query: str, names: list[str]
) -> None:
    answer = ask(ROUTES)("GET", f"/search?{query}")
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert sorted(error["name"] for error in problem["errors"]) == sorted(names)
    assert {error["in"] for error in problem["errors"]} == {"query"}


def test_a_browser_gets_a_page_that_says_what_does_not_fit(ask: Callable[..., Any]) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = ask(ROUTES)("GET", "/search?page=x", headers=accept)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "page must be a whole number" in answer.text


@pytest.mark.parametrize(
    "options",
    [
        {"form": {"count": "7", "when": "2026-01-31"}},
        {"json": {"count": 7, "when": "2026-01-31"}},
        {"query": {"count": 7}, "json": {"count": 8, "when": "2026-01-31"}},
    ],
)
def test_values_of_form_and_json(ask: Callable[..., Any], options: dict[str, Any]) -> None:
    assert ask(ROUTES)("POST", "/needed", **options).json() == [7, "2026-01-31"]


@pytest.mark.parametrize(
    ("options", "place", "detail"),
    [
        ({}, "query", "is required"),
        ({"form": {"count": ""}}, "form", "is required"),
        ({"json": {"count": True}}, "json", "must be a whole number"),
        ({"json": {"count": 7.5}}, "json", "must be a whole number"),
        ({"json": [7]}, "json", "is required"),
    ],
)
def test_what_is_missing_or_wrong_in_a_body(
    ask: Callable[..., Any], options: dict[str, Any], place: str, detail: str
) -> None:
    answer = ask(ROUTES)("POST", "/needed", **options)
    error = {"in": place, "name": "count", "detail": detail}
    assert (answer.status, answer.json()["errors"]) == (422, [error])


def test_a_number_that_no_float_holds_is_refused(ask: Callable[..., Any]) -> None:
    answer = ask(ROUTES)("POST", "/weigh", json={"weight": 10**400})
    assert (answer.status, answer.json()["errors"][0]["detail"]) == (422, "must be a number")


def test_path_parameters_convert_where_their_filter_does_not(ask: Callable[..., Any]) -> None:
    send = ask(ROUTES)
    assert send("GET", "/on/2026-01-31/4").json() == {"day": "2026-01-31", "size": 4}
    assert send("GET", "/on/today/4").json()["errors"][0]["in"] == "path"


def test_feat_R15_keywords_take_any_name(ask: Callable[..., Any]) -> None:
    assert ask(ROUTES)("GET", "/any/a/b%2Fc").json() == {"class": "a", "x": "b/c"}


def takes_nothing() -> None: ...


def takes_other(request: Request, number: int) -> None: ...


async def is_async(request: Request) -> None: ...


def takes_unknown(request: Request, thing: object) -> None: ...


@pytest.mark.parametrize(
    ("pattern", "handler", "problem"),
    [
        ("/", takes_nothing, "'takes_nothing' takes no request"),
        ("/", is_async, "'is_async' is async"),
        ("/<id>", takes_other, "'takes_other' does not take 'id'"),
        ("/", takes_unknown, "'takes_unknown' takes 'thing', which is not in /"),
    ],
)
def test_a_handler_that_cannot_be_called_ends_the_start(
    pattern: str, handler: Callable[..., Any], problem: str
) -> None:
    line = handler.__code__.co_firstlineno
    with pytest.raises(TypeError, match=problem) as caught:
        Application([(pattern, handler)])
    assert f"{__file__}:{line}" in str(caught.value)
