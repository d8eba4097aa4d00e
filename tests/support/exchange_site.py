"""The application that the exchanges of the corpus are held with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from httpcore import HTTPError
from mvc import Application, FileResponse, Request, Response
from mvc.config import Settings
from tests.support.exchanges import MARK

HITS: list[str] = []  # requests that must never be: each was smuggled past the framing
DIGITS = b"0123456789"
ETAG = '"digits"'
MODIFIED = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT


def make_application(folder: Path) -> Application:
    """It trusts 127.0.0.1 as a proxy, and answers to `test`, `other.test` and `a`."""
    file = folder / "digits.txt"
    file.write_bytes(DIGITS)
    os.utime(file, (MODIFIED, MODIFIED))
    settings = Settings(
        root=folder,
        app_dir=folder,
        session_store="memory",
        allowed_hosts=("test", "other.test", "a"),
        trusted_proxies=("127.0.0.1",),
    )

    def digits(request: Request) -> Response:
        return FileResponse(file, headers={"ETag": ETAG, "Cache-Control": "max-age=60"})

    return Application([*_ROUTES, ("/digits", digits)], settings)


def _text(text: str) -> Response:
    return Response(text.encode("latin-1"), content_type="text/plain")


def _smuggled(request: Request) -> Response:
    HITS.append(request.target)
    return _text("smuggled")


def _fields(request: Request) -> Response:
    """The names of all fields that arrived, in order."""
    return _text(" ".join(name.lower() for name, _ in request.headers.items()))


def _accepts(request: Request) -> Response:
    """A list field of several lines, and a singleton."""
    return _text(f"{request.headers['Accept']} {request.headers.get('User-Agent', '')}")


def _client(request: Request) -> Response:
    return _text(f"{request.remote_addr} {request.scheme} {request.host}")


def _cookies(request: Request) -> Response:
    return _text("|".join(f"{name}={value}" for name, value in request.cookies.items()))


def _stream(request: Request) -> Iterator[bytes]:
    yield b"one"
    yield b"two"


def _failing(request: Request) -> Iterator[bytes]:
    yield b"one"
    raise RuntimeError("broken on purpose")


def _declared(length: int, *pieces: bytes) -> Any:
    def endpoint(request: Request) -> Response:
        return Response(iter(pieces), headers={"Content-Length": str(length)})

    return endpoint


def _error(status: int, *fields: tuple[str, str]) -> Any:
    def endpoint(request: Request) -> Response:
        raise HTTPError(status, headers=fields)

    return endpoint


def _answer(status: int, body: bytes = b"", **fields: str) -> Any:
    def endpoint(request: Request) -> Response:
        return Response(body, status, fields)

    return endpoint


_ROUTES = (
    ("/", lambda request: _text("hello"), {"methods": ("GET", "POST")}),
    ("/marker", lambda request: Response(MARK)),
    ("/smuggled", _smuggled, {"methods": ("GET", "POST", "PUT", "DELETE")}),
    ("/fields", _fields),
    ("/accepts", _accepts),
    ("/client", _client),
    ("/cookies", _cookies),
    ("/path/<path:rest>", lambda request, rest: _text(rest.encode().decode("latin-1"))),
    ("/query", lambda request: _text(request.head.query_string)),
    ("/echo", lambda request: Response(request.body), {"methods": ("POST", "PUT", "DELETE")}),
    ("/method", lambda request: _text(request.method), {"methods": ("GET", "brew")}),
    ("/small", lambda request: _text("ok"), {"methods": ("POST",), "max_body": 10}),
    ("/unread", lambda request: _text("unread"), {"methods": ("POST",), "stream_body": True}),
    ("/encoded", lambda request: _text("ok"), {"methods": ("POST",), "encoded_body": True}),
    ("/stream", _stream),
    ("/failing", _failing),
    ("/short", _declared(10, b"one")),
    ("/long", _declared(2, b"one")),
    ("/nothing", _answer(204)),
    ("/reset", _answer(205, b"x")),
    ("/unchanged", _answer(304)),
    ("/split", _answer(200, X="a\r\nSet-Cookie: stolen=1")),
    ("/unauthorized", _error(401, ("WWW-Authenticate", "Basic"))),
    ("/limited", _error(429, ("Retry-After", "7"))),
    ("/unavailable", _error(503, ("Retry-After", "7"))),
    ("/outdated", _error(426, ("Upgrade", "next"))),
)
