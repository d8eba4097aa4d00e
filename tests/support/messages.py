"""Requests made by hand, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from httpcore import BodyReader, Peer, RequestHead, body_of
from mvc.config import Settings
from mvc.requests import Request, new_request

LOOPBACK = Peer(("127.0.0.1", 50000), ("127.0.0.1", 80))


@dataclass
class FakeServices:
    """An application without any part; counts how often it is asked."""

    settings: Settings = field(default_factory=Settings)
    hosts: tuple[str, ...] = ("testserver",)
    loads: int = 0

    def load_session(self, request: Request) -> MutableMapping[str, Any]:
        self.loads += 1
        return {}

    def load_user(self, request: Request) -> Any:
        self.loads += 1
        return "ann"

    def url_for(self, name: str, /, **params: Any) -> str:
        return f"/{name}/" + "/".join(str(value) for value in params.values())

    def allows_host(self, host: str) -> bool:
        return host in self.hosts


def make_request(
    target: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes | BodyReader = b"",
    peer: Peer = LOOPBACK,
    services: Any = None,
    route: Any = None,
    params: dict[str, Any] | None = None,
    deadline: float | None = None,
) -> Request:
    """A bound request, as the runtime would hand it to an endpoint."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raw_path, _, query = target.partition("?")
    stream = body_of(body) if isinstance(body, bytes) else body
    head = RequestHead(
        method=method,
        target=target,
        raw_path=raw_path,
        path=unquote(raw_path),
        query_string=query,
        minor_version=1,
        host="testserver",
        keep_alive=True,
        content_length=stream.size,
        chunked=False,
        expect_continue=False,
        upgrade="",
        field_block="".join(f"{name}: {value}\r\n" for name, value in pairs).encode("latin-1"),
    )
    head.match = params
    return new_request((services or FakeServices(), route), head, stream, peer, None, deadline)
