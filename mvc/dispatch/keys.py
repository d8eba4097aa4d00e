"""Reading the `key` of a route from a request's head, on the server's loop (feat:V2).

What its controller takes for one value is one key: the text is read as the filter of the pattern
reads it, or else the parameter's annotation, and written again. So `/7` and `/007` exclude each
other wherever the controller gets 7 for both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from httpcore import Peer, RequestHead, body_of
from mvc.dispatch.signature import Signature
from mvc.requests import Request, new_request
from mvc.requests.request import Binding
from mvc.routing import Route
from mvc.sessions import session_id_of

Key = Callable[[RequestHead, Peer], str]
_Reader = Callable[[Request], str]


def _read_path(route: Route, signature: Signature, name: str) -> _Reader:
    pattern = route.pattern
    is_text = pattern.yields_text(name)
    spell = _spelling(signature, name) if is_text else pattern.filter_of(name).to_url

    def read(request: Request) -> str:
        # A preflight, which a route with `cors` answers itself, comes without parameters
        # (feat:R37).
        return spell(request.params[name]) if name in request.params else ""

    return read


def _read_query(route: Route, signature: Signature, name: str) -> _Reader:
    spell = _spelling(signature, name)
    return lambda request: spell(request.query.get(name, ""))


def _read_session(route: Route, signature: Signature, name: str) -> _Reader:
    def read(request: Request) -> str:
        # Who has no session yet counts by address: all the others are not to share one place.
        session_id = session_id_of(request)
        return f"session {session_id}" if session_id else f"address {request.remote_addr}"

    return read


def _read_address(route: Route, signature: Signature, name: str) -> _Reader:
    return lambda request: request.remote_addr


_READERS: dict[str, Callable[[Route, Signature, str], _Reader]] = {
    "path": _read_path,
    "query": _read_query,
    "session": _read_session,
    "address": _read_address,
}


def make_key(binding: Binding, text: str, signature: Signature) -> Key:
    """What the server is to call with head and peer. text: as `check_key` let it pass.

    signature: of the handler.
    """
    kind, _, name = text.partition(".")
    read = _READERS[kind](binding[1], signature, name)
    no_body = body_of(b"")

    def key(head: RequestHead, peer: Peer) -> str:
        return read(new_request(binding, head, no_body, peer))

    return key


def _spelling(signature: Signature, name: str) -> Callable[[str], str]:
    """One spelling for all texts that the handler takes for the same value of this parameter."""
    parameter = next((p for p in (*signature.path, *signature.typed) if p.name == name), None)
    if parameter is None:
        return str
    convert: Callable[[Any], Any] = parameter.converter.convert

    def spell(text: str) -> str:
        try:
            return str(convert(text))
        except ValueError:  # its own 422, which need not wait for anybody else
            return text

    return spell
