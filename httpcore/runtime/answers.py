"""From an endpoint to an answer: calling it, rendering errors, planning the framing.

No socket and no thread: the workers and the in-process `exchange` both answer through here.
"""

import errno
import logging
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from json import dumps
from typing import cast

from httpcore.contract import Endpoint
from httpcore.errors import ClientDisconnected, HTTPError
from httpcore.head import RequestHead
from httpcore.phrases import reason_phrase
from httpcore.protocol.serializer import Framing, Serializer, upgrade_head
from httpcore.protocol.states import Event
from httpcore.protocol.trailers import announce, are_wanted
from httpcore.request import Request
from httpcore.response import FileBody, Response
from httpcore.runtime.streams import BodyStream, next_item
from httpcore.upgrade import UpgradeResponse

logger = logging.getLogger("treadle.server")


_STYLE = """
  :root { color-scheme: light dark; }
  body { max-width: 36rem; margin: 12vh auto; padding: 1rem; font: 1rem/1.6 system-ui, sans-serif; }
  h1, p { margin: .5rem 0; overflow-wrap: anywhere; }
"""
# The fields that go with every response forbid a style in the page, unless it is this very one.
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_PAGE_POLICY = (
    "Content-Security-Policy",
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'",
)

# For people who sent too large a file, say: what they look at otherwise is a line of bare text.
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
<h1>{title}</h1>
<p>{detail}</p>
<p>Go back, change that, and try again.</p>
"""


def refusal(error: HTTPError, head: RequestHead | None = None) -> Response:
    """The plain answer to a faulty request; frameworks make nicer ones before it comes to this.

    head: of the request, if it got that far: a browser's gets a page, one that asks for JSON a
    problem document (RFC 9457). Neither comes from a busy server (503), which saves itself the
    reading of the fields.
    """
    phrase = reason_phrase(error.status)
    accept = head.headers.get("Accept", "") if head is not None and error.status < 500 else ""
    fields, kind = error.headers, "text/plain; charset=utf-8"
    if "text/html" in accept:
        title = f"{error.status} {phrase}"
        text = _PAGE.format(style=_STYLE, title=escape(title), detail=escape(error.detail))
        fields, kind = (*fields, _PAGE_POLICY), "text/html; charset=utf-8"
    elif "json" in accept:
        problem = {"status": error.status, "title": phrase, "detail": error.detail}
        text, kind = dumps({"type": "about:blank", **problem}), "application/problem+json"
    else:
        text = f"{error.status} {phrase}: {error.detail}\n"
    return Response(text.encode("utf-8"), error.status, fields, content_type=kind)


def failure() -> Response:
    return refusal(HTTPError(500, "the server failed to answer; the reason is in its log"))


def unread_upgrade(endpoint: Endpoint) -> Response:
    """The rest of the body would pass for the other protocol's first bytes."""
    logger.error("%s upgrades before it has read the whole request body", endpoint.name)
    return failure()


def call_endpoint(endpoint: Endpoint, request: Request) -> Response:
    """Its response, or one made of its exception. Lets only ClientDisconnected out."""
    try:
        response = endpoint(request)
    except HTTPError as error:
        return refusal(error)
    except ClientDisconnected:
        raise
    except BaseException as error:  # SystemExit, too, is a fault of one request (sec:R6)
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            logger.error("%s: %s; answered 503", endpoint.name, error)  # sec:T8
            return refusal(HTTPError(503, "too many files are open", (("Retry-After", "1"),)))
        head = request.head
        logger.exception("%s failed on %s %s", endpoint.name, head.method, ascii(head.path))
        return failure()
    checked: object = response
    if not isinstance(checked, Response):
        logger.error("%s returned %r, not a Response", endpoint.name, type(response).__name__)
        return failure()
    return response


def ask_gate(endpoint: Endpoint, head: RequestHead) -> Response | None:
    """What the endpoint's gate says; an error in it refuses."""
    try:
        return endpoint.gate(head)
    except HTTPError as error:
        return refusal(error)
    except ClientDisconnected:
        raise
    except BaseException:
        logger.exception("gate of %s failed on %s %s", endpoint.name, head.method, ascii(head.path))
        return failure()


class Answer:
    """A response ready to be sent: its head, and its body in the shape it came."""

    __slots__ = ("_size", "body", "head", "joined", "keep_alive", "status")

    def __init__(
        self, head: bytes, body: bytes | FileBody | BodyStream, status: int, keep_alive: bool
    ) -> None:
        self.head = head
        self.body = body
        self.status = status
        self.keep_alive = keep_alive
        # Taken now: a file's length shrinks while it is sent.
        self._size = body.length if isinstance(body, FileBody) else 0
        # Head and body as they go out together, of an answer that is given again (`repeats`).
        self.joined = b""

    @property
    def size(self) -> int:
        """Bytes of the body; of a generated one those made so far."""
        body = self.body
        if isinstance(body, bytes):
            return len(body)
        return body.size if isinstance(body, BodyStream) else self._size

    def close(self) -> None:
        """Release the body; for a generated one this runs user code."""
        if not isinstance(self.body, bytes):
            self.body.close()


class UpgradeAnswer(Answer):
    """101, behind which the connection is another protocol's."""

    __slots__ = ("response",)

    def __init__(self, head: bytes, response: UpgradeResponse) -> None:
        super().__init__(head, b"", response.status, keep_alive=False)
        self.response = response


def sent_event(answer: Answer) -> Event:
    """What it means for the connection that all of the answer has gone."""
    if answer.keep_alive:
        return Event.SENT_KEEP_ALIVE
    return Event.SENT_UPGRADE if isinstance(answer, UpgradeAnswer) else Event.SENT_CLOSE


def make_answer(
    serializer: Serializer, response: Response, head: RequestHead | None, keep_alive: bool
) -> Answer:
    """Turn a response into bytes and framing; one that cannot be sent becomes a 500 (http:R4)."""
    try:
        body = response.body
        if type(body) is bytes and head is not None:
            agreed = keep_alive and head.keep_alive
            usual = serializer.usual_head(response, len(body), head, agreed)
            if usual is not None:
                return Answer(usual, body, response.status, agreed)
        return _make_answer(serializer, response, head, keep_alive)
    except HTTPError as error:
        _close_quietly(response)
        return _make_answer(serializer, refusal(error), head, keep_alive)
    except ClientDisconnected:
        _close_quietly(response)
        raise
    except BaseException:  # SystemExit of a generator, too, is a fault of one request (sec:R6)
        logger.exception("a response to %r could not be sent", head)
        _close_quietly(response)
        return _make_answer(serializer, failure(), head, keep_alive)


def _make_answer(
    serializer: Serializer, response: Response, head: RequestHead | None, keep_alive: bool
) -> Answer:
    body = response.body
    if not isinstance(body, bytes | FileBody):
        return _generated_answer(serializer, response, head, keep_alive)
    if head is not None and isinstance(body, FileBody):
        agreed = keep_alive and head.keep_alive
        usual = serializer.usual_head(response, body.length, head, agreed)
        if usual is not None:
            return Answer(usual, body, response.status, agreed)
    if isinstance(response, UpgradeResponse):
        return UpgradeAnswer(upgrade_head(response), response)
    plan = serializer.plan(response, head, keep_alive)
    if plan.framing is Framing.NONE:
        _close_quietly(response)
        body = b""
    elif plan.length is not None:
        body = _fit(body, plan.length)
    return Answer(plan.head, body, response.status, plan.keep_alive)


def _generated_answer(
    serializer: Serializer, response: Response, head: RequestHead | None, keep_alive: bool
) -> Answer:
    stream = None
    if head is None or head.method != "HEAD":
        # The first item is made before the head is sent, so that an error in it is still a 500.
        items = iter(cast("Iterable[bytes]", response.body))
        stream = BodyStream(response, next_item(items), items)
    plan = serializer.plan(response, head, keep_alive)
    if stream is None or plan.framing is Framing.NONE:
        _close_quietly(response)
        return Answer(plan.head, b"", response.status, plan.keep_alive)
    trailers = response.trailers or {}
    if not (trailers and plan.framing is Framing.CHUNKED and head and are_wanted(head)):
        stream.follow(plan, {})
        return Answer(plan.head, stream, response.status, plan.keep_alive)
    stream.follow(plan, trailers)
    return Answer(announce(plan.head, trailers), stream, response.status, plan.keep_alive)


def _fit(body: bytes | FileBody, length: int) -> bytes | FileBody:
    """Cut what is beyond the Content-Length the endpoint set; the plan closes then (http:R3)."""
    size = len(body) if isinstance(body, bytes) else body.length
    if size == length:
        return body
    logger.error("a response of %d bytes says Content-Length: %d", size, length)
    if isinstance(body, bytes):
        return body[:length]
    body.length = min(size, length)
    return body


def _close_quietly(response: Response) -> None:
    if isinstance(response.body, bytes):
        return
    try:
        response.close()
    except BaseException:
        logger.exception("closing a response body failed")
