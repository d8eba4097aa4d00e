"""Treadle's web server: raw sockets, an event loop, worker threads; standard library only.

Everything that code outside this package may use is named here.
"""

from httpcore.body import BodyReader, StoredBody, body_of
from httpcore.config import UNLIMITED, Limits, ServerConfig, Timeouts
from httpcore.contract import Endpoint, Handler, Lane
from httpcore.counters import Counter
from httpcore.diskspace import require_room
from httpcore.errors import ClientDisconnected, Declined, HTTPError, ProtocolError
from httpcore.exchange import exchange
from httpcore.head import RequestHead
from httpcore.headers import Headers, constant_fields
from httpcore.phrases import reason_phrase
from httpcore.request import Peer, Request
from httpcore.response import FileBody, Response
from httpcore.runtime.lanechange import LaneChange
from httpcore.runtime.server import Server
from httpcore.sizes import size_text
from httpcore.upgrade import UpgradedConnection, UpgradeResponse

__all__ = [
    "UNLIMITED",
    "BodyReader",
    "ClientDisconnected",
    "Counter",
    "Declined",
    "Endpoint",
    "FileBody",
    "HTTPError",
    "Handler",
    "Headers",
    "Lane",
    "LaneChange",
    "Limits",
    "Peer",
    "ProtocolError",
    "Request",
    "RequestHead",
    "Response",
    "Server",
    "ServerConfig",
    "StoredBody",
    "Timeouts",
    "UpgradeResponse",
    "UpgradedConnection",
    "body_of",
    "constant_fields",
    "exchange",
    "reason_phrase",
    "require_room",
    "size_text",
]


def __getattr__(name: str) -> object:
    """Explain the clash with the package of the same name on PyPI."""
    raise AttributeError(
        f"module 'httpcore' has no attribute {name!r}: this is Treadle's own web server "
        f"({__file__}), which hides the PyPI package 'httpcore' while the project's root is on "
        "sys.path. If httpx asked for it: httpx cannot be used beside Treadle; use requests, "
        "urllib3 or http.client."
    )
