"""Guards, CSRF, the gate and the fields of the answer, as the dispatcher puts them together."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from httpcore import HTTPError, RequestHead, Response
from mvc.application import Application
from mvc.auth import login_required
from mvc.config import Settings
from mvc.requests import Request
from mvc.responses import TextResponse
from mvc.routing import Group, metadata_of, route
from mvc.security.csrf import csrf_exempt
from mvc.static import StaticFiles
from mvc.testing.client import Client

FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
Marks = list[str]


def marking(marks: Marks, name: str, **found: Any) -> Callable[..., Any]:
    """A decorator like those of mvc.auth: it notes a guard and returns the function."""

    def guard(request: Request, arguments: dict[str, Any]) -> Response | None:
        marks.append(name)
        arguments.update(found)
        return TextResponse("refused", 403) if request.query.get("refuse") == name else None

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        metadata_of(function).add_guard(guard)
        return function

    return decorate


def test_guards_run_in_reading_order_and_hand_over_arguments(ask: Callable[..., Any]) -> None:
    marks: Marks = []

    @marking(marks, "first")
    @route("/<id:int>")
    @marking(marks, "second", row="the row", unused=1)
    def handler(request: Request, id: int, row: Any) -> list[Any]:  # noqa: A002
        return [id, row]

    send = ask([handler])
    assert send("GET", "/7").json() == [7, "the row"]
    assert marks == ["first", "second"]
    assert send("GET", "/7?refuse=first").status == 403
    assert marks == ["first", "second", "first"]


def without_wraps(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*values: Any, **named: Any) -> Any:
        return function(*values, **named)

    return wrapper


def test_sec_A6_a_wrapper_without_wraps_keeps_what_the_decorators_below_it_say(
    ask: Callable[..., Any],
) -> None:
    @without_wraps
    @without_wraps
    @login_required
    def secret(request: Request) -> str:
        return "secret"

    @route("/hook", methods="POST")
    @without_wraps
    @csrf_exempt
    def hook(request: Request) -> str:
        return "hooked"

    class Shop:
        @login_required
        def till(self, request: Request) -> str:
            return "till"

    send = ask([("/", secret), hook, ("/till", without_wraps(Shop().till))])
    assert send("GET", "/").status == 303
    assert send("GET", "/till").status == 303
    assert send("POST", "/hook", headers=FOREIGN).text == "hooked"


def test_sec_A6_objects_in_a_closure_are_not_asked_for_notes(ask: Callable[..., Any]) -> None:
    class Proxy:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("there is nothing behind it yet")

    proxy = Proxy()
    answer = ask([("/", lambda request: type(proxy).__name__)])("GET", "/")
    assert answer.text == "Proxy"


def test_sec_A6_a_handler_may_call_another_one_without_a_route(ask: Callable[..., Any]) -> None:
    @login_required
    def secret(request: Request) -> str:
        return "secret"

    def calls(request: Request) -> Any:
        return secret(request)

    assert ask([("/", calls)])("GET", "/").text == "secret"


def test_sec_A6_wrappers_that_hide_nothing_are_none(ask: Callable[..., Any]) -> None:
    @login_required
    def secret(request: Request) -> str:
        return "secret"

    def calls_another(request: Request) -> Any:  # which has a route and its guard of its own
        return secret(request)

    @login_required
    @without_wraps
    def guarded_above(request: Request) -> str:
        return "guarded"

    @wraps(secret)
    def wrapped(request: Request) -> Any:
        return secret(request)

    handlers = {"/": calls_another, "/secret": secret, "/above": guarded_above, "/w": wrapped}
    send = ask(list(handlers.items()))
    assert [send("GET", path).status for path in handlers] == [200, 303, 303, 303]


def test_group_options_guard_their_routes(ask: Callable[..., Any]) -> None:
    group = Group("/in", login=True)

    @group.get("/side")
    def handler(request: Request) -> str:
        return "in"

    answer = ask([handler])("GET", "/in/side", headers={"Accept": "application/json"})
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Session")
    page = ask([handler])("GET", "/in/side", headers={"Accept": "text/html"})
    assert (page.status, page.headers["Location"]) == (303, "/login?next=/in/side")


def test_sec_H5_csrf_is_on_unless_the_route_says_otherwise(ask: Callable[..., Any]) -> None:
    @csrf_exempt
    def exempt(request: Request) -> str:
        return "done"

    routes = [
        ("/on", lambda request: "done", {"methods": "POST"}),
        ("/off", lambda request: "done", {"methods": "POST", "csrf": False}),
        ("/exempt", exempt, {"methods": "POST"}),
    ]
    send = ask(routes)
    for target, status in (("/on", 403), ("/off", 200), ("/exempt", 200)):
        assert send("POST", target, headers=FOREIGN).status == status
        assert send("POST", target).status == 200


def test_the_gate_asks_the_guards_before_the_body(
    head_of: Callable[[str, str], RequestHead],
) -> None:
    @login_required
    def handler(request: Request) -> str:
        raise HTTPError(500)

    app = Application([("/", handler, {"methods": "POST"}), ("/free", lambda request: "x")])
    head = head_of("POST", "/")
    endpoint = app.resolve(head)
    refusal = endpoint.gate(head)
    assert endpoint.gated
    assert refusal is not None
    assert refusal.status == 303
    assert not app.resolve(head_of("GET", "/free")).gated


def test_endpoints_carry_the_policy_of_their_route(
    head_of: Callable[[str, str], RequestHead],
) -> None:
    options = {
        "lane": "pool",
        "timeout": 2.5,
        "max_concurrency": 3,
        "queue": 2,
        "queue_timeout": 0.5,
        "max_body": "unlimited",
        "stream_body": True,
        "name": "up",
    }
    app = Application([("/", lambda request: "x", options)])
    endpoint = app.resolve(head_of("GET", "/"))
    assert (endpoint.lane, endpoint.timeout, endpoint.max_concurrency) == ("pool", 2.5, 3)
    assert (endpoint.queue, endpoint.queue_timeout, endpoint.stream_body) == (2, 0.5, True)
    assert endpoint.max_body is not None
    assert endpoint.max_body > 2**60
    assert endpoint.name == "up"


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({}, "default-src 'none'; script-src 'self'"),
        ({"csp": "default-src 'self'"}, "default-src 'self'"),
    ],
)
def test_sec_H1_every_answer_has_a_policy_and_a_route_its_own(
    ask: Callable[..., Any], options: dict[str, Any], policy: str
) -> None:
    send = ask([("/", lambda request: {"a": 1}, options)])
    for method, target in (("GET", "/"), ("GET", "/nowhere"), ("BREW", "/")):
        fields = send(method, target).headers
        assert fields["X-Content-Type-Options"] == "nosniff"
    assert send("GET", "/").headers["Content-Security-Policy"].startswith(policy)


def test_http_V1_a_validator_makes_the_answer_conditional(ask: Callable[..., Any]) -> None:
    send = ask([("/", lambda request: TextResponse("x", headers={"ETag": '"1"'}))])
    assert send("GET", "/", headers={"If-None-Match": '"1"'}).status == 304


def test_a_session_is_saved_and_its_answer_private(ask: Callable[..., Any]) -> None:
    def count(request: Request) -> str:
        request.session["n"] = request.session.get("n", 0) + 1
        return str(request.session["n"])

    app = Application([("/", count)], Settings(session_store="memory"))
    client = Client(app)
    first = client.get("/")
    assert "private" in first.headers["Cache-Control"]
    assert [first.text, client.get("/").text] == ["1", "2"]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("own", "top"):
        (tmp_path / name / "static").mkdir(parents=True)
        (tmp_path / name / "static" / f"{name}.txt").write_text(name)
        (tmp_path / name / "static" / "both.txt").write_text(name)
    return tmp_path / "own", tmp_path / "top"


def test_static_files_of_the_application_come_first(
    ask: Callable[..., Any], folders: tuple[Path, Path]
) -> None:
    app = Application(settings=Settings(app_dir=folders[0], root=folders[1]))
    assert [type(each.handler) for each in app.routes] == [StaticFiles]
    send = ask(app)
    assert send("GET", "/static/own.txt").text == "own"
    assert send("GET", "/static/top.txt").text == "top"
    assert send("GET", "/static/both.txt").text == "own"
    assert send("GET", "/static/none.txt").status == 404
    assert send("POST", "/static/own.txt").status == 405
