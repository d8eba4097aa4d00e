"""Answers that the loop makes itself, in place of an endpoint."""

import logging
import random

from httpcore.body import EMPTY_BODY
from httpcore.errors import HTTPError
from httpcore.protocol.states import Event
from httpcore.runtime.answers import make_answer, refusal
from httpcore.runtime.connection import Connection
from httpcore.runtime.logformats import escape
from httpcore.runtime.outbox import Outbox
from httpcore.runtime.service import Service

logger = logging.getLogger("treadle.server")


def overloaded(reason: str = "the server is busy") -> HTTPError:
    """Clients are sent away for different times, or they would all come back at once (sec:T12)."""
    return HTTPError(503, reason, (("Retry-After", str(random.randint(1, 3))),))


def timed_out() -> HTTPError:
    """The endpoint's own `timeout` is over (feat:V3)."""
    return HTTPError(504, "the answer took too long to make")


class Refuser:
    """Runs on the loop's thread."""

    def __init__(self, service: Service) -> None:
        self._loop = service.loop
        self._serializer = service.serializer

    def refuse(self, connection: Connection, error: HTTPError, keep_alive: bool = False) -> None:
        """Answer with the error; what of the request was read is forgotten."""
        if connection.is_discarding:  # this is the rest of a request that has its answer (http:R8)
            self._loop.drop(connection)
            return
        host, port = connection.peer.remote
        logger.info("refused a request of %s:%d: %s", host, port, escape(str(error)))
        self._forget_body(connection)
        keep_alive = keep_alive and not self._loop.is_stopping
        answer = make_answer(self._serializer, refusal(error), connection.head, keep_alive)
        connection.answer = answer
        head = connection.head
        connection.is_discarding = answer.keep_alive and head is not None and head.has_body
        connection.outbox = Outbox()
        connection.outbox.push(answer.head)
        if isinstance(answer.body, bytes):
            connection.outbox.push(answer.body)
        self._loop.move(connection, Event.ANSWER_PENDING)

    def _forget_body(self, connection: Connection) -> None:
        if connection.collector is not None:
            connection.collector.close()
            connection.collector = None
        if connection.body is not EMPTY_BODY:
            connection.body.close()
            connection.body = EMPTY_BODY
