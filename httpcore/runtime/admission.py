"""What is decided about a request from its head alone, before a thread or its body is spent."""

import logging

from httpcore.config import Limits
from httpcore.contract import Endpoint, Handler
from httpcore.errors import HTTPError
from httpcore.head import RequestHead

logger = logging.getLogger("treadle.server")


class Admitted:
    """A request whose endpoint is known.

    body_limit: bytes its body may have; asks_gate: the endpoint's gate comes before the body.
    """

    __slots__ = ("asks_gate", "body_limit", "endpoint", "head")

    def __init__(
        self, head: RequestHead, endpoint: Endpoint, body_limit: int = 0, asks_gate: bool = False
    ) -> None:
        self.head = head
        self.endpoint = endpoint
        self.body_limit = body_limit
        self.asks_gate = asks_gate


def admit(handler: Handler, head: RequestHead, limits: Limits) -> Admitted:
    """Find the endpoint and its policy. Raises HTTPError when the head alone refuses (http:M7)."""
    endpoint = _resolve(handler, head)
    if not head.has_body:
        return Admitted(head, endpoint)
    coding = head.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity" and not endpoint.encoded_body:
        raise HTTPError(415, "send the body without Content-Encoding", (("Accept-Encoding", ""),))
    return Admitted(
        head,
        endpoint,
        body_limit=_body_limit(endpoint, head, limits),
        asks_gate=endpoint.gated and _is_worth_asking(head, limits),
    )


def _resolve(handler: Handler, head: RequestHead) -> Endpoint:
    try:
        return handler.resolve(head)
    except HTTPError:
        raise
    except BaseException as error:  # SystemExit, too: it must not end the loop (sec:R6)
        logger.exception("finding the endpoint of %s %s failed", head.method, ascii(head.path))
        raise HTTPError(500, "the server failed to answer; the reason is in its log") from error


def _body_limit(endpoint: Endpoint, head: RequestHead, limits: Limits) -> int:
    if endpoint.max_body is not None:
        return endpoint.max_body
    media_type = head.headers.get("Content-Type", "").partition(";")[0]
    if media_type.rstrip(" \t").lower() == "multipart/form-data":
        return limits.multipart_body
    return limits.body


def _is_worth_asking(head: RequestHead, limits: Limits) -> bool:
    """A small body that is on its way anyway costs less than a second turn through the pool."""
    size = head.content_length
    return head.expect_continue or size is None or size > limits.body_in_memory
