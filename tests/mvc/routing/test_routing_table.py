"""The route table: which route answers, and what the path allows."""

import pytest

from mvc.routing import Route, RouteTable, make_route, match_path


def handler(request: object) -> None: ...


def table(*declared: tuple[str, str] | tuple[str, str, str]) -> RouteTable[str]:
    """A table whose values are `METHODS pattern`."""
    entries: list[tuple[Route, str]] = []
    for line, (methods, pattern, *name) in enumerate(declared):
        route = make_route((pattern, methods, next(iter(name), None)), handler, {}, f"here:{line}")
        entries.append((route, f"{methods} {pattern}"))
    return RouteTable(entries)


@pytest.mark.parametrize(
    ("method", "path", "value", "params"),
    [
        ("GET", "/notes/new", "GET /notes/new", None),
        ("GET", "/notes/7", "GET /notes/<id:int>", {"id": 7}),
        ("GET", "/notes/seven", "GET /notes/<name>", {"name": "seven"}),
        ("POST", "/notes/new", "POST /notes/<name>", {"name": "new"}),
        ("HEAD", "/notes/7", "HEAD /notes/<id:int>", {"id": 7}),
        ("HEAD", "/notes/new", "GET /notes/new", None),
        ("GET", "/en/about", "GET /<language>/about", {"language": "en"}),
        ("GET", "/notes/about", "GET /notes/<name>", {"name": "about"}),
    ],
)
def test_feat_R6_R14_R22_the_route_that_answers(
    method: str, path: str, value: str, params: dict | None
) -> None:
    routes = table(
        ("GET", "/notes/<id:int>"),
        ("GET", "/notes/<name>"),
        ("GET", "/<language>/about"),
        ("GET", "/notes/new"),
        ("POST", "/notes/<name>"),
        ("HEAD", "/notes/<id:int>"),
    )
    assert routes.find(method, path) == (value, params)


def test_first_match_wins_across_literal_and_free_segments() -> None:
    routes = table(("GET", "/<kind>/<id:int>"), ("GET", "/notes/<id:int>"))
    assert routes.find("GET", "/notes/1") == ("GET /<kind>/<id:int>", {"kind": "notes", "id": 1})


@pytest.mark.parametrize("path", ["/", "/notes", "/notes/", "/notes/7/", "//notes/7", "/x"])
def test_a_path_that_is_not_there(path: str) -> None:
    routes = table(("GET", "/notes/<id:int>"))
    assert routes.find("GET", path) is None
    assert routes.allowed(path) == frozenset()


def test_feat_R21_R23_allow_gathers_static_and_dynamic_routes() -> None:
    routes = table(("GET", "/notes/new"), ("POST,PURGE", "/notes/<name>"), ("PUT", "/other"))
    assert routes.allowed("/notes/new") == {"GET", "HEAD", "OPTIONS", "POST", "PURGE"}
    assert routes.allowed("/notes/x") == {"OPTIONS", "POST", "PURGE"}


@pytest.mark.parametrize("other", ["/notes/<id:int>", "/notes/<int:number>"])
def test_feat_R30_the_same_shape_twice_is_refused(other: str) -> None:
    with pytest.raises(ValueError, match=r"here:1: GET .* already answered .* at here:0"):
        table(("GET", "/notes/<id:int>"), ("GET,POST", other))


def test_the_same_name_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'note' is already taken by /a at here:0"):
        table(("GET", "/a", "note"), ("GET", "/b", "note"))


def test_feat_R27_url_for() -> None:
    routes = table(("GET", "/notes/<id:int>", "note"), ("GET", "/", "home"))
    assert routes.url_for("note", {"id": 3}) == "/notes/3"
    assert (
        routes.url_for("home", {"tag": ["a b", "c"], "page": 2, "q": None})
        == "/?tag=a+b&tag=c&page=2"
    )
    with pytest.raises(LookupError, match="did you mean 'note'"):
        routes.url_for("notes", {})
    with pytest.raises(ValueError, match="needs a value for 'id'"):
        routes.url_for("note", {})


@pytest.mark.parametrize(
    ("raw", "path", "matched"),
    [
        ("/a/b", "/a/b", "/a/b"),
        ("/a%2Fb/c", "/a/b/c", "/a\0b/c"),
        ("/a%2fb%2F/c%20d", "/a/b//c d", "/a\0b\0/c d"),
        ("/%252F/x", "/%2F/x", "/%2F/x"),
        ("*", "*", "*"),
    ],
)
def test_http_L4_an_encoded_slash_is_no_separator(raw: str, path: str, matched: str) -> None:
    assert match_path(raw, path) == matched
