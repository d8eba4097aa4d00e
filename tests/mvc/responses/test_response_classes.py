"""The response classes: what each sets, what each refuses."""

import pytest

from httpcore import Headers
from httpcore import Response as ServerResponse
from mvc.responses import (
    HtmlResponse,
    JsonResponse,
    JsonStreamResponse,
    NoContentResponse,
    NotModifiedResponse,
    PartialResponse,
    RedirectResponse,
    Response,
    StreamResponse,
    TextResponse,
    abort,
    html,
    json,
    redirect,
    text,
)
from mvc.responses.locations import check_location
from tests.support.messages import make_request


def content(response: ServerResponse) -> bytes:
    body = response.body
    return body if isinstance(body, bytes) else b"".join(body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("response", "kind", "body"),
    [
        (Response(b"x"), "application/octet-stream", b"x"),
        (Response("é"), "text/html; charset=utf-8", "é".encode()),
        (Response("x", content_type="text/css"), "text/css", b"x"),
        (Response(b"x", headers={"content-type": "a/b"}), "a/b", b"x"),
        (Response(), None, b""),
        (HtmlResponse("<p>"), "text/html; charset=utf-8", b"<p>"),
        (HtmlResponse(b"<p>"), "text/html; charset=utf-8", b"<p>"),
        (TextResponse("x"), "text/plain; charset=utf-8", b"x"),
        (JsonResponse({"a": 1}), "application/json", b'{"a":1}'),
        (html("x"), "text/html; charset=utf-8", b"x"),
        (text("x"), "text/plain; charset=utf-8", b"x"),
        (json([1]), "application/json", b"[1]"),
        (StreamResponse(["é", b"x", ""]), "text/html; charset=utf-8", "éx".encode()),
        (StreamResponse([b"x"], content_type="a/b"), "a/b", b"x"),
        (StreamResponse("text"), "text/html; charset=utf-8", b"text"),
        (StreamResponse([b"x"], headers={"Content-Type": "a/b"}), "a/b", b"x"),
        (JsonStreamResponse(iter([1, "b"])), "application/json", b'[1,"b"]'),
        (JsonStreamResponse([]), "application/json", b"[]"),
        (JsonStreamResponse([1, 2], lines=True), "application/x-ndjson", b"1\n2\n"),
        (NoContentResponse(), None, b""),
    ],
)
def test_type_and_body(response, kind: str | None, body: bytes) -> None:
    assert response.headers.get("Content-Type") == kind
    assert content(response) == body


def test_status_of_each() -> None:
    assert NoContentResponse().status == 204
    assert NotModifiedResponse().status == 304
    assert RedirectResponse("/").status == 303
    partial = PartialResponse(b"abc", 2, 4, 10)
    assert (partial.status, partial.headers["Content-Range"]) == (206, "bytes 2-4/10")
    assert PartialResponse(b"x", 0, 0, unit="rows").headers["Content-Range"] == "rows 0-0/*"


def test_http_V3_304_keeps_what_is_not_about_the_body() -> None:
    fields = Headers(
        {"ETag": '"x"', "Vary": "Cookie", "Content-Type": "a/b", "Content-Length": "3"}
    )
    fields.add("Set-Cookie", "a=1")
    fields.add("Set-Cookie", "b=2")
    kept = NotModifiedResponse(fields).headers
    assert sorted(kept.lower_names()) == ["etag", "set-cookie", "vary"]
    assert kept.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_vary_is_a_set() -> None:
    response = Response(b"x", headers={"Vary": "Accept, accept-encoding"})
    response.vary("ACCEPT", "Cookie")
    assert response.headers["Vary"] == "Accept, accept-encoding, Cookie"
    response.headers["Vary"] = "*"
    response.vary("Cookie")
    assert response.headers["Vary"] == "*"


def test_stream_length_and_close() -> None:
    ended = []

    def produce():
        try:
            yield b"a"
            yield b"b"
        finally:
            ended.append(True)

    response = StreamResponse(produce(), length=2)
    assert response.headers["Content-Length"] == "2"
    response.prime()
    response.close()
    assert ended == [True]


def test_feat_P2_the_first_piece_fails_early() -> None:
    def produce():
        raise LookupError("no rows")
        yield b""

    with pytest.raises(LookupError):
        StreamResponse(produce()).prime()


def test_prime_loses_nothing() -> None:
    response = StreamResponse(iter(["", "a", "b"]))
    response.prime()
    response.prime()
    assert content(response) == b"ab"
    with pytest.raises(TypeError, match="str or bytes, not int"):
        content(StreamResponse([1]))  # type: ignore[list-item]


class TestRedirect:
    def test_locations(self) -> None:
        assert redirect("/a?b=1#c").headers["Location"] == "/a?b=1#c"
        assert redirect("/é").headers["Location"] == "/%C3%A9"
        assert redirect("/a", status=302).status == 302

    def test_route_names_are_resolved_by_the_application(self) -> None:
        response = redirect("note", id=7)
        assert "Location" not in response.headers
        response.resolve(make_request())
        assert response.headers["Location"] == "/note/7"

    def test_sec_H11_other_origins_need_external(self) -> None:
        request = make_request()
        redirect("http://testserver/x").resolve(request)
        redirect("http://testserver:80").resolve(request)
        redirect("https://other.test/x", external=True).resolve(request)
        for target in ("https://testserver/x", "http://other.test/", "http://testserver:81/"):
            with pytest.raises(ValueError, match="external=True"):
                redirect(target).resolve(request)

    @pytest.mark.parametrize(
        "target",
        [
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "/a\r\nSet-Cookie: x=1",
            "/\x00",
            "/a b",
            "http:evil.test",
            "http:///evil.test",
            "http://",
            "http:/\\evil.test",
            "https://user@evil.test/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://x/",
            "/" + "a" * 2048,
            "",
        ],
    )
    def test_sec_H11_refused_locations(self, target: str) -> None:
        with pytest.raises(ValueError, match="redirect location"):
            check_location(target)

    def test_misuse(self) -> None:
        with pytest.raises(ValueError, match="no redirection"):
            redirect("/", 200)
        with pytest.raises(ValueError, match="parameters"):
            redirect("/x", id=1)


def test_abort() -> None:
    with pytest.raises(Exception, match="429 slow down") as caught:
        abort(429, "slow down", {"Retry-After": "3"})
    assert caught.value.headers == (("Retry-After", "3"),)  # type: ignore[attr-defined]
    for status in (200, 777):
        with pytest.raises(ValueError, match=str(status)):
            abort(status)


@pytest.mark.parametrize("payload", ["x\r\nEvil: 1", "x\nEvil: 1", "x\0", "x\r", "\x0b", "\u2028"])
def test_sec_H2_nothing_is_split(payload: str) -> None:
    for attempt in (
        lambda: Response("x", content_type=payload),
        lambda: Response("x", headers={"X-A": payload}),
        lambda: Response("x", headers={payload: "1"}),
        lambda: Response().set_cookie("a", payload),
        lambda: Response().set_cookie(payload),
        lambda: Response().vary(payload),
        lambda: redirect("/" + payload) if payload != "\u2028" else redirect("//"),
    ):
        with pytest.raises(ValueError):
            attempt()
