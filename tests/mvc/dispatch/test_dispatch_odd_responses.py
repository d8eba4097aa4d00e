"""Responses that hooks and handlers made of odd things: still an answer, never a broken one."""

from collections.abc import Callable
from typing import Any

import pytest

from mvc.application import Application
from mvc.config import Settings
from mvc.requests import Request
from mvc.responses import Response, StreamResponse, TextResponse
from mvc.testing import Client


@pytest.mark.parametrize("body", [{"a": 1}, 5, None])
def test_feat_P8_what_is_no_body_is_a_clean_500(ask: Callable[..., Any], body: Any) -> None:
    assert ask([("/", lambda request: Response(body))])("GET", "/").status == 500


@pytest.mark.parametrize("body", [["a", b"b"], ("ab" for _ in range(1)), bytearray(b"ab")])
def test_feat_P8_a_response_takes_text_and_bytes(ask: Callable[..., Any], body: Any) -> None:
    assert ask([("/", lambda request: Response(body))])("GET", "/").text == "ab"


@pytest.mark.parametrize("status", [99, 100, 600, "404", None])
def test_feat_P8_what_is_no_status_is_a_clean_500(ask: Callable[..., Any], status: Any) -> None:
    answer = ask([("/", lambda request: Response("x", status))])("GET", "/")
    assert answer.status == 500
    assert "text/html" in answer.headers["Content-Type"]


def test_feat_E6_an_after_hook_may_set_text_as_the_body(ask: Callable[..., Any]) -> None:
    app = Application([("/", lambda request: "low")])

    @app.after
    def shout(request: Request, response: Any) -> None:
        response.body = response.body.decode().upper()

    assert ask(app)("GET", "/").text == "LOW"


def test_anonymous_is_null_in_json(ask: Callable[..., Any]) -> None:
    assert ask([("/", lambda request: {"user": request.user})])("GET", "/").json() == {"user": None}


def test_feat_P24_P25_a_response_may_be_kept_and_returned_again(ask: Callable[..., Any]) -> None:
    kept = Response("text " * 200, headers={"ETag": '"v"'})
    send = ask([("/", lambda request: kept)])
    answers = [
        send("GET", "/", headers={"If-None-Match": '"v"'}),
        send("GET", "/", headers={"Accept-Encoding": "gzip"}),
        send("GET", "/"),
    ]
    assert [each.status for each in answers] == [304, 200, 200]
    assert [each.headers.get("Content-Encoding") for each in answers] == [None, "gzip", None]
    assert answers[2].text == "text " * 200
    assert answers[2].headers["ETag"] == '"v"'


@pytest.mark.parametrize("target", ["/", "/?visitor=ann"])
def test_feat_P8_a_response_that_releases_more_than_its_body_still_does(target: str) -> None:
    released: list[str] = []

    class Report(StreamResponse):
        def __init__(self, request: Request) -> None:
            super().__init__(iter(["row " * 200]))
            self.path = request.path

        def close(self) -> None:
            super().close()
            released.append(self.path)

    def page(request: Request) -> Report:
        if request.query.get("visitor", ""):
            request.session["name"] = "ann"
        return Report(request)

    client = Client(Application([("/", page)], Settings(session_store="memory")))
    for coding in ("gzip", "identity"):
        assert client.get(target, headers={"Accept-Encoding": coding}).status == 200
    assert released == ["/", "/"]


def test_sec_H8_a_kept_response_gives_nobody_the_session_of_another() -> None:
    kept = TextResponse("kept")

    def page(request: Request) -> Any:
        if request.query.get("visitor", ""):
            request.session["name"] = "ann"
        return kept

    app = Application([("/", page)], Settings(session_store="memory"))
    assert "Set-Cookie" in Client(app).get("/?visitor=ann").headers
    assert "Set-Cookie" not in Client(app).get("/").headers
    assert list(kept.headers) == ["Content-Type"]
