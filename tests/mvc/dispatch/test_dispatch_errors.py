"""`@error` handlers: which one answers, with which status, and what happens when it fails."""

import errno
import logging
from collections.abc import Callable
from http.client import RemoteDisconnected
from typing import Any

import pytest

from httpcore import ClientDisconnected, Declined, HTTPError, Peer, RequestHead, body_of
from mvc.application import Application
from mvc.requests import Request
from mvc.responses import RedirectResponse, TextResponse, abort

ERRORS: dict[str, Exception] = {
    "key": KeyError("k"),
    "lookup": LookupError("l"),
    "value": ValueError("v"),
    "teapot": HTTPError(418),
}


def fail(request: Request, name: str) -> None:
    if name in ERRORS:
        raise ERRORS[name]
    abort(int(name), headers={"X-Why": "asked"})


def application(*handlers: tuple[Any, Any]) -> Application:
    app = Application([("/<name>", fail)])
    for key, answer in handlers:
        app.error(key)(answer if callable(answer) else lambda request, error, a=answer: a)
    return app


@pytest.mark.parametrize(
    ("name", "status", "retry"),
    [
        ("EMFILE", 503, "1"),
        ("ENFILE", 503, "1"),
        ("ENOSPC", 507, None),
        ("EDQUOT", 507, None),
        ("ENOENT", 500, None),
    ],
)
def test_sec_T8_F6_what_the_system_ran_out_of_has_its_status(
    ask: Callable[..., Any], name: str, status: int, retry: str | None
) -> None:
    def exhaust(request: Request) -> None:
        raise OSError(getattr(errno, name), "out of it")

    answer = ask([("/", exhaust)])("GET", "/")
    assert (answer.status, answer.headers.get("Retry-After")) == (status, retry)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/key", "KeyError"),
        ("/lookup", "LookupError"),
        ("/value", "500"),
        ("/404", "404"),
        ("/403", "HTTPError"),
        ("/teapot", "HTTPError"),
    ],
)
def test_feat_E4_E5_the_nearest_handler_answers(
    ask: Callable[..., Any], target: str, text: str
) -> None:
    app = application(
        (Exception, "Exception"),
        (LookupError, "LookupError"),
        (KeyError, "KeyError"),
        (HTTPError, "HTTPError"),
        (404, "404"),
        (500, "500"),
    )
    assert ask(app)("GET", target).text == text


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("page", 404),
        ({"error": "gone"}, 404),
        (None, 404),
        (TextResponse("page"), 404),
        (("page", 410), 410),
        (("page", 200), 200),
        (TextResponse("page", 410), 410),
        (RedirectResponse("/"), 303),
    ],
)
def test_an_error_handler_keeps_the_status_unless_it_says_another(
    ask: Callable[..., Any], result: Any, status: int
) -> None:
    assert ask(application((404, result)))("GET", "/404").status == status


def test_http_R6_the_fields_of_the_error_are_kept(ask: Callable[..., Any]) -> None:
    app = application((405, "no"), (404, "none"))
    assert ask(app)("POST", "/404").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert ask(app)("GET", "/404").headers["X-Why"] == "asked"


@pytest.mark.parametrize(
    ("status", "field"),
    [(401, ("WWW-Authenticate", "Session")), (429, ("Retry-After", "1"))],
)
def test_http_R6_feat_A7_what_a_status_demands_is_added(
    ask: Callable[..., Any], status: int, field: tuple[str, str]
) -> None:
    name, value = field
    app = application((status, "no"))
    app.add_route("/result", lambda request: ("no", status))
    app.add_route("/own", lambda request: ("no", status, {name: "mine"}))
    send = ask(app)
    assert send("GET", f"/{status}").headers.get_all(name) == [value]
    assert send("GET", "/result").headers.get_all(name) == [value]
    assert send("GET", "/own").headers.get_all(name) == ["mine"]


def test_feat_E3_a_crashing_handler_is_a_500_of_its_own(
    ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    def crash(request: Request, error: Exception) -> None:
        raise RuntimeError("handler")

    with caplog.at_level(logging.ERROR, "treadle.app"):
        assert ask(application((404, crash), (500, "sorry")))("GET", "/404").text == "sorry"
        assert ask(application((404, crash), (500, crash)))("GET", "/404").status == 500
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [
        RuntimeError
    ] * 3


def test_a_status_that_is_no_error_is_refused() -> None:
    with pytest.raises(ValueError, match="from 400 to 599"):
        application((200, "x"))


def test_an_expected_exception_is_answered_and_not_logged(
    ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "treadle.app"):
        answer = ask(application((LookupError, ("no such thing", 404))))("GET", "/key")
    assert (answer.status, answer.text, caplog.records) == (404, "no such thing", [])


def test_a_client_that_left_is_the_servers_business(
    head_of: Callable[[str, str], RequestHead],
) -> None:
    def gone(request: Request) -> None:
        raise ClientDisconnected("gone")

    app = Application([("/", gone)])
    head = head_of("GET", "/")
    endpoint = app.resolve(head)
    peer = Peer(("127.0.0.1", 1), ("127.0.0.1", 2))
    with pytest.raises(ClientDisconnected):
        endpoint(endpoint.request_type(head, body_of(b""), peer))


@pytest.mark.parametrize("place", ["handler", "before", "middleware", "first piece"])
def test_feat_S25_declined_is_answered_by_nobody(ask: Callable[..., Any], place: str) -> None:
    def decline(request: Request) -> None:
        raise Declined

    def stream(request: Request) -> Any:
        raise Declined
        yield "never"

    handlers = {"handler": decline, "first piece": stream}
    app = Application([("/", handlers.get(place, lambda request: "answer"))])
    app.error(Exception)(lambda request, error: "answer")
    if place == "before":
        app.before(decline)
    if place == "middleware":
        app.middleware(lambda request, call: decline(request))
    with pytest.raises(RemoteDisconnected):
        ask(app)("GET", "/")


def test_a_stream_that_fails_at_once_is_a_clean_500(ask: Callable[..., Any]) -> None:
    def stream(request: Request) -> Any:
        raise ValueError("early")
        yield "never"

    assert ask([("/", stream)])("GET", "/").status == 500


def test_feat_E4_a_handler_of_value_errors_leaves_refused_fields_a_400(
    ask: Callable[..., Any],
) -> None:
    def page(request: Request) -> int:
        return request.query.get("page", 1, int)

    app = Application([("/", page)])
    app.error(ValueError)(lambda request, error: ("application", 422))
    app.error(KeyError)(lambda request, error: ("application", 422))
    answer = ask(app)("GET", "/?page=x")
    assert answer.status == 400
    assert "page" in answer.text
