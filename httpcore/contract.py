"""The contract between the server and whatever it serves.

The loop parses a request head and asks the handler which endpoint it is for, before a thread or
the body is spent. The endpoint carries the policy (limits, lane) and makes the response.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from httpcore.head import RequestHead
from httpcore.request import Peer, Request
from httpcore.response import Response

Lane = Literal["auto", "inline", "pool"]


class Endpoint:
    """What answers one route: its policy, read from the head alone, and the call itself.

    name: for logs and statistics; the same for every request of the route.
    max_body: bytes of request body it takes; None = the server's default for the content type.
    stream_body: True = it reads the body itself while it arrives (`request.stream`).
    wants_trailers: True = the fields behind a chunked body are kept (`request.trailers`), otherwise
        they are checked and dropped (http:M4).
    encoded_body: True = it decodes `Content-Encoding` itself; otherwise such a body is 415.
    lane: where it runs; "auto" = learned from how long it takes (see `runtime.lanes`).
    max_concurrency: runs at once; queue: requests that may wait beyond them for `queue_timeout`
        seconds, the next is refused with 503; None = no bound of its own (feat:V2).
    key: tells of head and peer for which value the request counts; `max_concurrency` and `queue`
        then hold for each value apart. It runs on the loop and must not block, and is asked only
        where there is a bound; None = no key.
    timeout: seconds from the request's being whole to a 504, which may come a twentieth of a second
        late; None = none (feat:V3). A generated body must be made by then, too, or it is broken
        off so that its client sees it (feat:V20); what is made may be read later.
    gated: True = `gate` must be asked before a large or announced (100-continue) body is read.
    request_type: makes a request from head, body, peer, connection and deadline.
    """

    name: str = "endpoint"
    max_body: int | None = None
    stream_body: bool = False
    encoded_body: bool = False
    wants_trailers: bool = False
    lane: Lane = "auto"
    max_concurrency: int | None = None
    queue: int = 0
    queue_timeout: float = 10.0
    key: Callable[[RequestHead, Peer], str] | None = None
    timeout: float | None = None
    gated: bool = False
    request_type: Callable[..., Request] = Request

    def gate(self, head: RequestHead) -> Response | None:
        """Refuse before the body is read, or return None to go on. May block: runs in the pool."""
        return None

    def __call__(self, request: Request) -> Response:
        """Answer the request. An exception that escapes is a 500."""
        raise NotImplementedError(f"endpoint {self.name!r} does not say how to answer")


class Handler(Protocol):
    """Maps a request head to its endpoint. Cheap and pure: it runs on the loop and never blocks."""

    # Fields that every response carries unless it sets them itself, refusals by the parser too
    # (security headers, sec:H1). Read once when the server starts.
    @property
    def default_fields(self) -> Sequence[tuple[str, str]]: ...

    def resolve(self, head: RequestHead) -> Endpoint: ...
