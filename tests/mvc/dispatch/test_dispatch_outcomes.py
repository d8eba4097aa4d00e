"""Which answer a request gets before and without a handler: 404, 405, OPTIONS, hosts, slashes."""

from collections.abc import Callable
from typing import Any

import pytest

from httpcore import exchange
from mvc.application import Application
from mvc.config import Settings
from mvc.requests import Request
from mvc.routing import get, post, route
from tests.support.site import TLS

HTML = {"Accept": "text/html"}


@get("/")
def home(request: Request) -> str:
    return "home"


@get("/notes/<id:int>", name="note")
def note(request: Request, id: int) -> dict[str, Any]:  # noqa: A002
    return {"id": id}


@post("/notes")
def create(request: Request) -> tuple[str, int]:
    return "made", 201


@route("/cache/<key>", methods="PURGE")
def purge(request: Request, key: str) -> None:
    return None


@get("/off", disabled=True)
def off(request: Request) -> str:
    return "never"


ROUTES = [home, note, create, purge, off]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/notes/7", 200),
        ("GET", "/notes/x", 404),
        ("GET", "/notes/7/", 404),
        ("POST", "/notes", 201),
        ("GET", "/notes", 405),
        ("DELETE", "/nowhere", 404),
        ("OPTIONS", "/nowhere", 404),
        ("PURGE", "/cache/a", 204),
        ("PURGE", "/", 405),
        ("BREW", "/", 501),
        ("get", "/", 501),
        ("TRACE", "/", 501),
        ("GET", "/off", 404),
        ("POST", "/off", 404),
        ("OPTIONS", "/off", 404),
    ],
)
def test_http_L2_the_status_by_method_and_path(
    ask: Callable[..., Any], method: str, target: str, status: int
) -> None:
    assert ask(ROUTES)(method, target).status == status


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        ("/", "GET, HEAD, OPTIONS"),
        ("/notes", "OPTIONS, POST"),
        ("/cache/a", "OPTIONS, PURGE"),
        ("*", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PURGE, PUT"),
    ],
)
def test_http_R7_options_lists_what_is_allowed(
    ask: Callable[..., Any], target: str, allow: str
) -> None:
    answer = ask(ROUTES)("OPTIONS", target)
    assert (answer.status, answer.headers["Allow"]) == (204, allow)


def test_http_R6_405_has_allow(ask: Callable[..., Any]) -> None:
    answer = ask(ROUTES)("DELETE", "/notes")
    assert (answer.status, answer.headers["Allow"]) == (405, "OPTIONS, POST")


def test_feat_R19_a_disabled_route_leaves_the_others_of_its_path(ask: Callable[..., Any]) -> None:
    routes = [("/x", home), ("/x", create, {"methods": "POST", "disabled": True})]
    assert ask(routes)("POST", "/x").status == 404
    assert ask(routes)("GET", "/x").status == 200
    assert ask(routes)("PUT", "/x").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_http_R7_head_has_the_fields_of_get_and_no_body(ask: Callable[..., Any]) -> None:
    send = ask(ROUTES)
    head, full = send("HEAD", "/notes/7"), send("GET", "/notes/7")
    assert head.body == b""
    assert head.headers["Content-Length"] == full.headers["Content-Length"]


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:1", 200), ("evil.test", 400)],
)
def test_sec_H9_only_own_hosts_are_answered(
    ask: Callable[..., Any], host: str, status: int
) -> None:
    assert ask(ROUTES)("GET", "/", headers={"Host": host}).status == status


@pytest.mark.parametrize(
    ("method", "target", "status", "location"),
    [
        ("GET", "/a/?x=1", 301, "/a?x=1"),
        ("GET", "/b", 301, "/b/"),
        ("POST", "/c/", 308, "/c"),
        ("GET", "/d%20e/x/", 301, "/d%20e/x"),
    ],
)
def test_feat_R29_append_slash_goes_both_ways(
    ask: Callable[..., Any], method: str, target: str, status: int, location: str
) -> None:
    routes = [
        ("/a", home, {"name": "a"}),
        ("/b/", home),
        ("/c", create, {"methods": "POST"}),
        ("/d e/<x>", lambda request, x: x),
    ]
    send = ask(Application(routes, Settings(append_slash=True)))
    answer = send(method, target)
    assert (answer.status, answer.headers["Location"]) == (status, location)
    assert ask(Application(routes))(method, target).status == 404


def test_sec_H11_the_slash_redirect_stays_here(ask: Callable[..., Any]) -> None:
    def anything(request: Request, rest: str) -> str:
        return rest

    settings = Settings(append_slash=True)
    send = ask(Application([("/<rest:path>/", anything)], settings))
    assert send("GET", "//evil.test/x").headers["Location"] == "/%2Fevil.test/x/"


def test_feat_R4_routes_may_be_added_to_the_application_itself(ask: Callable[..., Any]) -> None:
    app = Application()
    app.add_route("/made", create, methods=["POST"], name="made")

    @app.get("/own/<key>", name="own")
    def own(request: Request, key: str) -> str:
        return request.app.url_for("own", key=key)

    send = ask(app)
    assert send("POST", "/made").status == 201
    assert send("GET", "/own/a%20b").text == "/own/a%20b"
    app.add_route("/late", home)
    assert send("GET", "/late").text == "home"


def test_settings_name_middleware(ask: Callable[..., Any]) -> None:
    settings = Settings(middleware=("mvc.dispatch.Middleware",))
    assert ask(Application(ROUTES, settings))("GET", "/").text == "home"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        b"GET https://evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n",  # which counts (http:L4)
    ],
)
def test_sec_H9_other_hosts_are_misdirected_under_tls(data: bytes) -> None:
    site = Application(ROUTES, settings=Settings())
    assert exchange(site, data).startswith(b"HTTP/1.1 400 ")
    assert exchange(site, data, peer=TLS).startswith(b"HTTP/1.1 421 Misdirected Request\r\n")
