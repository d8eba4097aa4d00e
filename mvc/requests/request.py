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

from httpcore import BodyReader, ClientDisconnected, Peer, RequestHead, require_room
from httpcore import Request as ServerRequest
from mvc.requests.cookies import parse_cookies
from mvc.requests.forms import ParsedForm, parse_form, parse_query, receive_form
from mvc.requests.incoming import FileCallback, Receiver, SavedFile
from mvc.requests.json_body import decode_json
from mvc.requests.multidict import MultiDict
from mvc.requests.negotiation import best_match
from mvc.requests.proxies import Origin, origin_of
from mvc.requests.saving import ProgressCallback, SavedBody, save_stream
from mvc.requests.services import Services
from mvc.requests.uploads import UploadedFile

# Names that may be set besides `app_*`; any other is a slip of whoever writes it.
_SETTABLE = frozenset({"user"})
# Where the session is kept among the framework's values.
_SESSION = "session"

# What an endpoint knows before any request comes: the application and the route.
Binding = tuple[Services, Any]


class _OpenRequest(ServerRequest):
    """A request while it is filled in, before `Request` guards its attributes."""

    __slots__ = (
        "_context",
        "_form",
        "_origin",
        "_own",
        "app",
        "body",
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
    _form: ParsedForm
    _origin: Origin
    _own: dict[str, Any]
    _context: dict[str, Any] | None


class Request(_OpenRequest):
    """One request. Setting an attribute it does not know raises AttributeError (use `state`).

    app: the application, as `Services`; route: the matched route; params: its path parameters.
    query, form: multi-dicts of str; files: multi-dict of `UploadedFile`; cookies: name -> value.
    json: the decoded body (415, 400); body: its bytes.
    id: a token of 16 hex digits, ours alone: a client's own is not believed.
    state: a namespace for the application; context: per-request values of the framework.
    Anything that reads the body may raise HTTPError 400, 408, 413 or 415.
    """

    __slots__ = ()

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
    def parsed_files(self) -> list[UploadedFile]:
        """The files of the form, if it was parsed."""
        try:
            form = object.__getattribute__(self, "_form")
        except AttributeError:
            return []
        return [file for _, file in form.files.pairs()]

    @property
    def context(self) -> dict[str, Any]:
        context = self._context
        if context is None:
            context = {}
            object.__setattr__(self, "_context", context)
        return context

    @property
    def has_context(self) -> bool:
        """Whether anything of the framework's was asked for: the session, a nonce, messages."""
        return self._context is not None

    @property
    def session(self) -> MutableMapping[str, Any]:
        context = self.context
        if _SESSION not in context:
            context[_SESSION] = self.app.load_session(self)
        session: MutableMapping[str, Any] = context[_SESSION]
        return session

    @property
    def loaded_session(self) -> MutableMapping[str, Any] | None:
        """The session if this request has touched it, without loading it."""
        return None if self._context is None else self._context.get(_SESSION)

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

    def raise_if_gone(self) -> None:
        """ClientDisconnected when the client has gone: long work need not go on (feat:Q27)."""
        if self.disconnected:
            raise ClientDisconnected("the client has gone")

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
        require_room(Path(path).parent, self.stream.size or 0, self.app.settings.upload_reserve)
        return save_stream(self.stream, Path(path), hash, progress)

    def save_files(self, place: FileCallback) -> MultiDict[SavedFile]:
        """Write the files of a multipart form to new files while they arrive (feat:V22).

        place: asked at the beginning of each file, see `FileCallback`. The text fields are in
        `form` afterwards. Raises what `receive_form` raises, and HTTPError 507 without room.
        """
        receiver = Receiver(place, self.app.settings.upload_reserve)
        content_type = self.headers.get("Content-Type")
        fields, files = receive_form(content_type, self.rewound(), receiver)
        object.__setattr__(self, "_form", ParsedForm(fields))
        return files

    def accepts(self, *media_types: str) -> str | None:
        """Which of these the client likes best, None when it wants none (RFC 9110 12.5.1)."""
        return best_match(self.headers.get("Accept"), media_types)

    def rewound(self) -> BodyReader:
        """The body from its first byte where that is possible, else from where reading stands."""
        rewind = getattr(self.stream, "rewind", None)
        if rewind is not None:
            rewind()
        return self.stream

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.head.target}>"


def new_request(
    binding: Binding,
    head: RequestHead,
    stream: BodyReader,
    peer: Peer,
    connection: Any = None,
    deadline: float | None = None,
) -> Request:
    """A request that belongs to an application and a route.

    The guard of `Request` would cost each of these stores 60 ns to pass, 0.85 us in all; changing
    the class at the end makes it 0.25. It must be done here, where nobody else has the request yet:
    a free-threaded interpreter stops all threads to change the class of a shared object.
    """
    request = _OpenRequest.__new__(_OpenRequest)
    request.app, request.route = binding
    request.head = head
    request.stream = stream
    request.peer = peer
    request.connection = connection
    request.deadline = deadline
    request._context = None
    if head.match is not None:
        request.params = head.match  # type: ignore[assignment]  # `resolve` put them there
    request.__class__ = Request
    return request  # type: ignore[return-value]


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
    "state": lambda request: SimpleNamespace(),
    "id": _make_id,
    "user": lambda request: request.app.load_user(request),
    "params": lambda request: {},
}
