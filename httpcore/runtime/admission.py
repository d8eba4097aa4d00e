"""What is decided about a request from its head alone, before a thread or its body is spent."""

import logging
import tempfile
from typing import NamedTuple

from httpcore.config import Limits
from httpcore.contract import Endpoint, Handler
from httpcore.diskspace import require_room
from httpcore.errors import HTTPError
from httpcore.head import RequestHead
from httpcore.sizes import size_text

logger = logging.getLogger("treadle.server")


class BodyPolicy(NamedTuple):
    """limit: bytes the body may have; asks_gate: the endpoint's gate comes before the body."""

    limit: int
    asks_gate: bool


def body_policy(endpoint: Endpoint, head: RequestHead, limits: Limits) -> BodyPolicy:
    """How the body of this request is to be taken.

    Raises HTTPError 413 for one that is announced too long (http:M6), 415 (http:M7), and 507 when
    the disk it would go to is full (sec:F6).
    """
    coding = head.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity" and not endpoint.encoded_body:
        raise HTTPError(415, "send the body without Content-Encoding", (("Accept-Encoding", ""),))
    asks_gate = endpoint.gated and _is_worth_asking(head, limits)
    limit = _body_limit(endpoint, head, limits)
    size = head.content_length or 0  # of a chunked body nothing is known
    if size > limit:
        raise HTTPError(413, f"The request body exceeds {size_text(limit)}.")
    if (head.chunked or size > limits.body_in_memory) and not endpoint.stream_body:
        require_room(tempfile.gettempdir(), size, limits.disk_reserve)
    return BodyPolicy(limit, asks_gate)


def find_endpoint(handler: Handler, head: RequestHead) -> Endpoint:
    """Who is to answer. Raises HTTPError when nobody is."""
    try:
        return handler.resolve(head)
    except BaseException as error:  # SystemExit, too, is a fault of one request (sec:R6)
        raise refusal_of(error, head) from error


def refusal_of(error: BaseException, head: RequestHead) -> HTTPError:
    """What to answer when the handler's `resolve` has raised this for a request."""
    if isinstance(error, HTTPError):
        return error
    place = f"{head.method} {head.path!a}"
    logger.error("finding the endpoint of %s failed", place, exc_info=error)
    return HTTPError(500, "the server failed to answer; the reason is in its log")


def may_keep(head: RequestHead, limits: Limits) -> bool:
    """Whether the connection may go on when the head alone is refused (http:C3, C5).

    A body that comes all the same is read past, unless it is announced too long for that. Of a
    chunked one nothing is announced; whoever reads past it stops at the same length.
    """
    if not head.has_body:
        return True
    return (head.content_length or 0) <= limits.unread_body and not head.expect_continue


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
