"""The request as a controller sees it: everything is computed on first use and kept.

How the laziness works: the names in `_BUILDERS` are slots that start out unset. Reading an unset
slot lands in `__getattr__`, which builds the value once and stores it; every later read is a plain
slot read. What nobody asks for costs nothing, not even a `None`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from httpcore import BodyReader, Peer, RequestHead, StoredBody
from httpcore import Request as ServerRequest
from mvc.requests.cookies import parse_cookies
from mvc.requests.forms import ParsedForm, parse_form, parse_query
from mvc.requests.json_body import decode_json
from mvc.requests.multidict import MultiDict
from mvc.requests.negotiation import best_match
from mvc.requests.proxies import Origin, origin_of
from mvc.requests.saving import ProgressCallback, SavedBody, save_stream
from mvc.requests.services import Services
from mvc.requests.uploads import UploadedFile

# Names that may be set besides `app_*`; any other is a slip of whoever writes it.
_SETTABLE = frozenset({"user", "_session"})


class Request(ServerRequest):
    """One request. Setting an attribute it does not know raises AttributeError (use `state`).

    app: the application, as `Services`; route: the matched route; params: its path parameters.
    query, form: multi-dicts of str; files: multi-dict of `UploadedFile`; cookies: name -> value.
    json: the decoded body (415, 400); body: its bytes.
    id: a token of 16 hex digits, ours alone: a client's own is not believed.
    state: a namespace for the application; context: per-request values of the framework.
    Anything that reads the body may raise HTTPError 400, 408, 413 or 415.
    """

    __slots__ = (
        "_form",
        "_origin",
        "_own",
        "_session",
        "app",
        "body",
        "context",
        "cookies",
        "id",
        "json",
        "params",
        "query",
        "route",
        "state",
        "user",
    )

    app: Services
    route: Any
    params: dict[str, Any]
    query: MultiDict[str]
    cookies: Mapping[str, str]
    body: bytes
    json: Any
    id: str
    user: Any
    state: SimpleNamespace
    context: dict[str, Any]
    _form: ParsedForm
    _origin: Origin
    _own: dict[str, Any]
    _session: MutableMapping[str, Any] | None

    def __init__(
        self,
        head: RequestHead,
        stream: BodyReader,
        peer: Peer,
        connection: Any = None,
        deadline: float | None = None,
    ) -> None:
        # Past our own `__setattr__`, which would cost a microsecond of every request.
        store = object.__setattr__
        store(self, "head", head)
        store(self, "stream", stream)
        store(self, "peer", peer)
        store(self, "connection", connection)
        store(self, "deadline", deadline)
        store(self, "_session", None)

    def bind(self, services: Services, route: Any, params: dict[str, Any]) -> None:
        """Tell the request which application and route it belongs to (the endpoint's first act)."""
        store = object.__setattr__
        store(self, "app", services)
        store(self, "route", route)
        store(self, "params", params)

    def __getattr__(self, name: str) -> Any:
        builder = _BUILDERS.get(name)
        if builder is not None:
            value = builder(self)
            object.__setattr__(self, name, value)
            return value
        if name.startswith("app_") and name in self._own:
            return self._own[name]
        raise AttributeError(f"the request has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SETTABLE:
            object.__setattr__(self, name, value)
        elif name.startswith("app_"):
            self._own[name] = value
        else:
            raise AttributeError(
                f"cannot set request.{name}: use request.state.{name} or request.app_{name}"
            )

    @property
    def raw_path(self) -> str:
        return self.head.raw_path

    @property
    def target(self) -> str:
        return self.head.target

    @property
    def form(self) -> MultiDict[str]:
        return self._form.fields

    @property
    def files(self) -> MultiDict[UploadedFile]:
        return self._form.files

    @property
    def session(self) -> MutableMapping[str, Any]:
        if self._session is None:
            self._session = self.app.load_session(self)
        return self._session

    @property
    def loaded_session(self) -> MutableMapping[str, Any] | None:
        """The session if this request has touched it, without loading it."""
        return self._session

    @property
    def remote_addr(self) -> str:
        """The client's address; behind trusted proxies the right-most untrusted one (sec:H10)."""
        return self._origin.address

    @property
    def scheme(self) -> str:
        return self._origin.scheme

    @property
    def host(self) -> str:
        """`host[:port]` as the client wrote it."""
        return self._origin.host

    @property
    def url(self) -> str:
        """The absolute URL that was asked for, still percent-encoded."""
        query = f"?{self.head.query_string}" if self.head.query_string else ""
        return f"{self.scheme}://{self.host}{self.head.raw_path}{query}"

    @property
    def time_left(self) -> float | None:
        """Seconds until the client is told 504; None without a deadline."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes of the body from where the last read ended; b"" at its end."""
        return self.stream.read(size)

    def save_to(
        self,
        path: str | Path,
        *,
        hash: str = "sha256",  # noqa: A002  the word applications write
        progress: ProgressCallback | None = None,
    ) -> SavedBody:
        """Write the body to a new file while it arrives; see `save_stream`."""
        return save_stream(self.stream, Path(path), hash, progress)

    def accepts(self, *media_types: str) -> str | None:
        """Which of these the client likes best, None when it wants none (RFC 9110 12.5.1)."""
        return best_match(self.headers.get("Accept"), media_types)

    def rewound(self) -> BodyReader:
        """The body from its first byte where that is possible, else from where reading stands."""
        if isinstance(self.stream, StoredBody):
            self.stream.rewind()
        return self.stream

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.head.target}>"


def _make_id(request: Request) -> str:
    """A new id, which the connection's line in the access log shows, too."""
    token = secrets.token_hex(8)
    if request.connection is not None:
        request.connection.request_id = token
    return token


_BUILDERS: dict[str, Callable[[Request], Any]] = {
    "query": lambda request: parse_query(request.head.query_string),
    "cookies": lambda request: parse_cookies(request.headers.get_all("Cookie")),
    "body": lambda request: request.rewound().read(),
    "json": lambda request: decode_json(request.headers.get("Content-Type"), request.body),
    "_form": lambda request: parse_form(request.headers.get("Content-Type"), request.rewound),
    "_origin": origin_of,
    "_own": lambda request: {},
    "context": lambda request: {},
    "state": lambda request: SimpleNamespace(),
    "id": _make_id,
    "user": lambda request: request.app.load_user(request),
    "params": lambda request: {},
    "route": lambda request: None,
}
