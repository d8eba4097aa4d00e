"""Reading the `key` of a route from a request's head, on the server's loop (feat:V2)."""

from __future__ import annotations

from collections.abc import Callable

from httpcore import Peer, RequestHead, body_of
from mvc.requests import Request, new_request
from mvc.requests.request import Binding
from mvc.sessions import session_id_of

Key = Callable[[RequestHead, Peer], str]


def _read_session(request: Request, _: str) -> str:
    """Who has no session yet counts by address: all the others are not to share one place."""
    session_id = session_id_of(request)
    return f"session {session_id}" if session_id else f"address {request.remote_addr}"


_READERS: dict[str, Callable[[Request, str], str]] = {
    # A preflight, which a route with `cors` answers itself, comes without parameters (feat:R37).
    "path": lambda request, name: str(request.params.get(name, "")),
    "query": lambda request, name: request.query.get(name, ""),
    "session": _read_session,
    "address": lambda request, _: request.remote_addr,
}


def make_key(binding: Binding, text: str) -> Key:
    """What the server is to call with head and peer. text: as `check_key` let it pass."""
    kind, _, name = text.partition(".")
    read = _READERS[kind]
    no_body = body_of(b"")

    def key(head: RequestHead, peer: Peer) -> str:
        return read(new_request(binding, head, no_body, peer), name)

    return key
