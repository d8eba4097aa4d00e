"""Generated bodies: framed piece by piece, with the promises of their heads kept (http:R2-R5).

No socket and no thread: whoever sends the pieces asks for the next one.
"""

import logging
from collections.abc import Iterator
from typing import NoReturn, cast

from httpcore.errors import ClientDisconnected, HTTPError
from httpcore.protocol.serializer import LAST_CHUNK, Framing, ResponsePlan, encode_chunk
from httpcore.protocol.trailers import Trailers, last_chunk
from httpcore.response import Response

logger = logging.getLogger("treadle.server")


class BrokenBody(Exception):
    """A body failed, or ended too early, after its head was sent: close without completing."""


class BodyStream:
    """The framed pieces of a generated body, with the promises of its head kept.

    More bytes than Content-Length are cut, fewer break it (http:R3); an error breaks it (http:R5).
    is_complete: all of it has been asked for. is_cut: the response is whole, but the connection
    must not be used again. size: bytes of the body so far. ends_by_closing: nothing but the end of
    the connection says where it ends, so that only a reset shows that it was broken off.
    """

    __slots__ = (
        "_first",
        "_framing",
        "_is_stopped",
        "_items",
        "_left",
        "_response",
        "_trailers",
        "ends_by_closing",
        "is_complete",
        "is_cut",
        "size",
    )

    def __init__(self, response: Response, first: bytes | None, items: Iterator[bytes]) -> None:
        self._response = response
        self._first = first
        self._items = items
        self._framing = Framing.CLOSE
        self._left: int | None = None
        self._trailers: Trailers = {}
        self.size = 0
        self.is_complete = False
        self.is_cut = False
        self.ends_by_closing = True
        self._is_stopped = False

    def follow(self, plan: ResponsePlan, trailers: Trailers) -> None:
        """Frame as the head has announced, with these fields behind the body."""
        self._framing = plan.framing
        self.ends_by_closing = plan.framing is Framing.CLOSE
        self._trailers = trailers
        self._left = plan.length if plan.framing is Framing.LENGTH else None

    def next_piece(self) -> bytes | None:
        """Bytes to send, or None when the body is complete. Raises BrokenBody. Runs user code."""
        while not self.is_cut:
            data, self._first = self._first, None
            if data is None and (data := self._pull()) is None:
                break
            if data and (piece := self._frame(data)):
                return piece
        return self._finish()

    def stop(self) -> None:
        """Any thread: nothing more is to be asked of the producer; `next_piece` breaks it."""
        self._is_stopped = True

    def close(self) -> None:
        """End the producer; safe to call twice. Runs user code."""
        try:
            self._response.close()
        except BaseException:
            logger.exception("closing a response body failed")

    def _pull(self) -> bytes | None:
        if self._is_stopped:
            raise BrokenBody("it was stopped")
        try:
            return next_item(self._items)
        except (ClientDisconnected, HTTPError) as error:
            # The request body it was still reading failed: the client's fault, not the producer's.
            logger.info("a response body ended early: %s", error)
            raise BrokenBody from error
        except BaseException as error:  # SystemExit, too: it must show as broken off (http:R5)
            logger.exception("a response body failed after its head was sent")
            raise BrokenBody from error

    def _frame(self, data: bytes) -> bytes:
        if self._left is not None:
            if len(data) > self._left:
                logger.error("a response body is longer than its Content-Length; it was cut")
                self.is_cut = True
                data = data[: self._left]
            self._left -= len(data)
        self.size += len(data)
        if self._framing is Framing.CHUNKED:
            return encode_chunk(bytes(data))
        return bytes(data)

    def _finish(self) -> bytes | None:
        if self._left:
            self._break(f"is {self._left} bytes shorter than its Content-Length")
        if self._framing is Framing.CHUNKED:
            self._framing = Framing.NONE  # said once
            self._items = iter(())
            return self._last_chunk() if self._trailers else LAST_CHUNK
        self.is_complete = True
        return None

    def _last_chunk(self) -> bytes:
        try:
            return last_chunk(self._trailers)
        except BaseException as error:
            logger.exception("the trailers of a response failed")
            raise BrokenBody from error

    def _break(self, reason: str) -> NoReturn:
        logger.error("a response body %s", reason)
        raise BrokenBody(reason)


def next_item(items: Iterator[bytes]) -> bytes | None:
    """The next of a generated body, None at its end. Raises TypeError when it is not bytes."""
    item: object = next(items, None)
    if item is None or isinstance(item, bytes | bytearray | memoryview):
        return cast("bytes | None", item)
    raise TypeError(f"a response body yielded {type(item).__name__}, not bytes; encode it")
