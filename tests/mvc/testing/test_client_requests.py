"""The in-process client against a small application: the same path as over a socket."""

from collections.abc import Iterator

import pytest
import requests

import orm
from mvc import Application, Request, Response, StreamResponse, route
from mvc.config import Settings
from mvc.testing import Client, LiveServer


@route("/echo", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], name="echo")
def echo(request: Request):
    return {
        "method": request.method,
        "query": list(request.query.pairs()),
        "form": list(request.form.pairs()),
        "files": [(name, file.filename, file.size) for name, file in request.files.pairs()],
        "cookies": dict(request.cookies),
        "site": request.headers.get("Sec-Fetch-Site"),
        "origin": [request.scheme, request.host, request.remote_addr],
    }


@route("/json", methods="POST")
def double(request: Request):
    return {"double": request.json * 2}


@route("/away/<n:int>")
def away(request: Request, n: int):
    response = Response(b"", 302, {"Location": f"/away/{n - 1}" if n else "/echo?done=1"})
    response.set_cookie("seen", "yes")
    return response


@route("/keep", methods="POST")
def keep(request: Request):
    return "", 307, {"Location": "/echo"}


@route("/outside")
def outside(request: Request):
    return "", 302, {"Location": "https://elsewhere.test/"}


@route("/broken")
def broken(request: Request):
    def produce() -> Iterator[bytes]:
        yield b"first"
        raise RuntimeError("half way")

    return StreamResponse(produce(), length=100)


@route("/visits", methods=["GET", "POST"])
def visits(request: Request):
    if request.method == "POST":
        request.session["n"] = request.session.get("n", 0) + 1
    return {"n": request.session.get("n", 0), "user": getattr(request.user, "username", None)}


@pytest.fixture
def small() -> Iterator[Application]:
    routes = [echo, double, away, keep, outside, broken, visits]
    yield Application(routes, Settings(session_store="memory"))
    orm.close()


@pytest.fixture
def visitor(small: Application) -> Client:
    return Client(small)


def test_every_kind_of_body(visitor: Client) -> None:
    sent = visitor.post("/echo?a=1", query={"b": "é"}, form={"x": ["1", "2"]}).json()
    assert sent["method"] == "POST"
    assert sent["query"] == [["a", "1"], ["b", "é"]]
    assert sent["form"] == [["x", "1"], ["x", "2"]]
    sent = visitor.put("/echo", form={"x": "1"}, files={"f": ("a.txt", b"abc")}).json()
    assert sent["form"] == [["x", "1"]]
    assert sent["files"] == [["f", "a.txt", 3]]
    assert visitor.post("/json", json=21).json() == {"double": 42}
    answer = visitor.post("/json", body=b"4", headers={"Content-Type": "application/json"})
    assert answer.json() == {"double": 8}
    with pytest.raises(ValueError, match="one body"):
        visitor.post("/json", json=1, form={})


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_methods(visitor: Client, method: str) -> None:
    assert getattr(visitor, method)("/echo").json()["method"] == method.upper()


def test_a_target_is_encoded_as_a_browser_does(visitor: Client) -> None:
    assert visitor.get("/echo?q=ä b&r=%C3%A4").json()["query"] == [["q", "ä b"], ["r", "ä"]]
    assert visitor.get("/nowhere/ä b").status == 404


def test_head_and_options(visitor: Client) -> None:
    answer = visitor.head("/echo")
    assert (answer.status, answer.body) == (200, b"")
    assert "POST" in visitor.options("/echo").headers["Allow"]


def test_the_client_looks_like_a_browser_on_the_same_site(visitor: Client) -> None:
    assert visitor.get("/echo").json()["site"] == "same-origin"
    plain = visitor.get("/echo", headers={"sec-fetch-site": None}).json()
    assert plain["site"] is None
    assert plain["origin"] == ["http", "localhost", "127.0.0.1"]


def test_cookies_are_kept(visitor: Client) -> None:
    visitor.get("/away/0")
    visitor.cookies.set("mine", "1")
    assert visitor.get("/echo").json()["cookies"] == {"seen": "yes", "mine": "1"}


def test_redirects(visitor: Client) -> None:
    assert visitor.get("/away/1").status == 302
    answer = visitor.get("/away/1", follow_redirects=True)
    assert answer.json()["query"] == [["done", "1"]]
    assert [each.url for each in answer.history] == ["/away/1", "/away/0"]
    kept = visitor.post("/keep", form={"x": "1"}, follow_redirects=True).json()
    assert (kept["method"], kept["form"]) == ("POST", [["x", "1"]])
    with pytest.raises(RuntimeError, match="more than 20"):
        visitor.get("/away/50", follow_redirects=True)
    with pytest.raises(RuntimeError, match="leaves the application"):
        visitor.get("/outside", follow_redirects=True)


def test_sec_T2_client_and_server_keep_the_settings_limits() -> None:
    @route("/size", methods="POST", csrf=False)
    def size(request: Request) -> dict[str, int]:
        return {"size": len(request.body)}

    site = Application(routes=[size], settings=Settings(max_body=10, limits={"head": 1024}))
    client = Client(site)
    assert client.post("/size", body="ü").json() == {"size": 2}
    assert client.post("/size", body=b"x" * 11).status == 413
    assert client.get("/size", headers={"X-Long": "x" * 1100}).status == 431
    with LiveServer(site) as server:
        assert requests.post(f"{server.url}/size", data="x" * 11, timeout=5).status_code == 413
    orm.close()


def test_an_answer_cut_short_shows(visitor: Client) -> None:
    with pytest.raises(Exception, match="IncompleteRead"):
        visitor.get("/broken")


def test_sessions_last_and_are_apart(small: Application) -> None:
    one, other = Client(small), Client(small)
    assert one.post("/visits").json()["n"] == 1
    assert one.post("/visits").json()["n"] == 2
    assert other.get("/visits").json()["n"] == 0
    assert "session" not in other.cookies


def test_live_server_takes_requests_without_the_header_of_a_proxy() -> None:
    settings = Settings(proxy_protocol=True, trusted_proxies=("127.0.0.1",))
    with LiveServer(Application([echo], settings)) as server:
        assert requests.get(f"{server.url}/echo", timeout=10).status_code == 200


def test_live_server(small: Application) -> None:
    with LiveServer(small) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert not server.url.endswith("/")
        with requests.Session() as session:
            answer = session.get(server.url + "/echo", params={"a": "1"}, timeout=10)
    assert answer.json()["query"] == [["a", "1"]]
