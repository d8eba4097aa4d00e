"""Hooks and middleware: order, who may answer, and that a crash is always a response."""

import logging
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest

from httpcore import HTTPError, Response
from mvc.application import Application
from mvc.dispatch import Middleware
from mvc.requests import Request
from mvc.responses import TextResponse

Log = list[str]


class Recording(Middleware):
    def __init__(self, name: str, log: Log) -> None:
        self.name = name
        self.log = log

    def process_request(self, request: Request) -> Response | None:
        self.log.append(f"{self.name} in")
        return None

    def process_response(self, request: Request, response: Response) -> None:
        self.log.append(f"{self.name} out {response.status}")


def application(log: Log, **options: Any) -> Application:
    def handler(request: Request) -> str:
        log.append("handler")
        return "done"

    def boom(request: Request) -> None:
        raise ValueError("boom")

    return Application([("/", handler, options), ("/boom", boom, options)])


def test_feat_E6_E8_the_order_of_the_layers(ask: Callable[..., Any]) -> None:
    log: Log = []
    app = application(log, middleware=[Recording("route", log)])
    app.middleware(Recording("outer", log))
    app.middleware(Recording("inner", log))
    app.before(lambda request: log.append("before"))
    app.after(lambda request, response: log.append("after"))
    assert ask(app)("GET", "/").text == "done"
    inward = ["before", "outer in", "inner in", "route in", "handler"]
    outward = ["route out 200", "inner out 200", "outer out 200", "after"]
    assert log == inward + outward


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/nowhere", 404), ("POST", "/", 405), ("BREW", "/", 501), ("OPTIONS", "/", 204)],
)
def test_feat_E7_hooks_run_before_every_outcome(
    ask: Callable[..., Any], method: str, target: str, status: int
) -> None:
    log: Log = []
    app = application(log)
    app.before(lambda request: log.append("before"))
    app.after(lambda request, response: log.append("after"))
    app.middleware(Recording("m", log))
    assert ask(app)(method, target).status == status
    assert log == ["before", "m in", f"m out {status}", "after"]


def test_before_and_after_may_answer(ask: Callable[..., Any]) -> None:
    log: Log = []
    app = application(log)
    app.before(lambda request: TextResponse("stop"))
    app.after(lambda request, response: TextResponse(f"was {response.status}", 418))
    answer = ask(app)("GET", "/")
    assert (answer.status, answer.text, log) == (418, "was 200", [])


def test_function_middleware_in_both_forms(ask: Callable[..., Any]) -> None:
    log: Log = []

    def around(request: Request, call_next: Callable[[Request], Response]) -> Response:
        response = call_next(request)
        response.headers["X-Around"] = str(response.status)
        return response

    def gate(request: Request) -> Response | None:
        return TextResponse("closed", 403) if "shut" in request.query else None

    app = application(log, middleware=[gate])
    app.middleware(around)
    send = ask(app)
    assert send("GET", "/").headers["X-Around"] == "200"
    assert send("GET", "/?shut=1").headers["X-Around"] == "403"
    assert send("GET", "/boom").headers["X-Around"] == "500"
    assert log == ["handler"]


def test_feat_E9_post_process_sees_bodies_and_pieces(ask: Callable[..., Any]) -> None:
    class Upper(Middleware):
        def post_process(self, request: Request, response: Response, rendered: bytes) -> bytes:
            return rendered.upper()

    def stream(request: Request) -> Iterator[str]:
        yield from ("a", "b")

    app = Application([("/", lambda request: "text"), ("/stream", stream)])
    app.middleware(Upper)
    assert ask(app)("GET", "/").text == "TEXT"
    assert ask(app)("GET", "/stream").text == "AB"


def test_feat_E10_on_error_may_answer(ask: Callable[..., Any]) -> None:
    class Catching(Middleware):
        def on_error(self, request: Request, error: Exception) -> Response | None:
            return TextResponse("caught") if isinstance(error, ValueError) else None

    app = application([])
    app.middleware(Catching())
    assert ask(app)("GET", "/boom").text == "caught"
    assert ask(app)("GET", "/nowhere").status == 404


@pytest.mark.parametrize("hook", ["before", "after", "process_request", "process_response"])
def test_sec_R10_a_crash_in_any_hook_is_a_500(
    ask: Callable[..., Any], caplog: pytest.LogCaptureFixture, hook: str
) -> None:
    def crash(*given: Any) -> None:
        raise RuntimeError("hook")

    app = application([])
    if hook in ("before", "after"):
        getattr(app, hook)(crash)
    else:
        app.middleware(type("Crashing", (), {hook: crash}))
    with caplog.at_level(logging.ERROR, "treadle.app"):
        assert ask(app)("GET", "/").status == 500
    assert [record.exc_info is not None for record in caplog.records] == [True]


@pytest.mark.parametrize("name", ["nowhere.Thing", "mvc.dispatch.Nothing", "word"])
def test_feat_R20_an_unknown_middleware_ends_the_start(name: str) -> None:
    with pytest.raises(ImportError, match="is not there") as caught:
        application([], middleware=[name])
    assert __file__ in str(caught.value)


def test_a_handler_bug_is_one_traceback_with_the_requests_id(
    ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "treadle.app"):
        answer = ask(application([]))("GET", "/boom", headers={"Accept": "application/json"})
    (record,) = caplog.records
    assert answer.status == 500
    assert "boom" not in answer.text
    assert record.args
    assert record.args[0] in answer.text
    assert record.exc_info
    assert record.exc_info[0] is ValueError


def test_an_abort_is_not_logged(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    def closed(request: Request) -> None:
        raise HTTPError(503, "Come back later.", (("Retry-After", "60"),))

    with caplog.at_level(logging.DEBUG, "treadle.app"):
        answer = ask([("/", closed)])("GET", "/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert not caplog.records


@pytest.mark.parametrize("kind", ["before", "after", "error", "middleware"])
def test_feat_R17_a_hook_that_cannot_be_called_ends_the_start(kind: str) -> None:
    class Wrong:
        def process_response(self, response: Response) -> None: ...

    app = application([])
    declare = app.error(404) if kind == "error" else getattr(app, kind)
    declare(Wrong if kind == "middleware" else lambda: None)
    with pytest.raises(TypeError, match=r"_hooks\.py:\d+: .* is called as .*\(request"):
        app.compile()


def test_feat_E8_a_class_without_hooks_is_refused_by_its_line() -> None:
    class Misspelt:
        def process_requst(self, request: Request) -> None: ...

    with pytest.raises(TypeError, match=r"test_dispatch_hooks\.py:\d+: Misspelt is no middleware"):
        Application([("/", lambda request: "x", {"middleware": [Misspelt]})])


def test_feat_R17_a_class_for_a_handler_is_refused_by_its_line() -> None:
    class Page:
        def get(self, request: Request) -> None: ...

    with pytest.raises(TypeError, match=r"test_dispatch_hooks\.py:\d+: handler 'Page' takes"):
        Application([("/", Page)])


def test_feat_E6_a_wrapper_may_give_a_hook_more_than_it_gets(ask: Callable[..., Any]) -> None:
    def with_mark(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(request: Request, response: Any) -> None:
            function(request, response, "marked")

        return wrapper

    app = Application([("/", lambda request: "page")])

    @app.after
    @with_mark
    def mark(request: Request, response: Any, text: str) -> None:
        response.headers["X-Mark"] = text

    assert ask(app)("GET", "/").headers["X-Mark"] == "marked"
