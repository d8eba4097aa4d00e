"""Answers that the loop makes itself, in place of an endpoint."""

import logging
import random
from collections import Counter

from httpcore.body import EMPTY_BODY
from httpcore.errors import HTTPError, ProtocolError
from httpcore.protocol.states import Event, State
from httpcore.runtime.admission import may_keep
from httpcore.runtime.answers import make_answer, refusal
from httpcore.runtime.connection import Connection
from httpcore.runtime.logformats import escape
from httpcore.runtime.outbox import Outbox
from httpcore.runtime.service import Service

logger = logging.getLogger("treadle.server")


def overloaded(reason: str = "the server is busy") -> HTTPError:
    """Clients are sent away for different times, or they would all come back at once (sec:T12)."""
    return HTTPError(503, reason, (("Retry-After", str(random.randint(1, 3))),))


def short_of_memory() -> HTTPError:
    """The memory budget is spent (sec:T9)."""
    return overloaded("the server is short of memory")


def timed_out() -> HTTPError:
    """The endpoint's own `timeout` is over (feat:V3)."""
    return HTTPError(504, "the answer took too long to make")


class Refuser:
    """Runs on the loop's thread. refused: requests, by the status of their answer."""

    def __init__(self, service: Service) -> None:
        self._loop = service.loop
        self._serializer = service.serializer
        self._limits = service.config.limits
        self.refused: Counter[int] = Counter()

    def refuse(self, connection: Connection, error: HTTPError) -> None:
        """Answer with the error; what of the request was read is forgotten.

        The connection goes on where what follows can be told from the rest of this request: after
        any error but one of the protocol, behind a body that is whole or will be read past
        (http:C3, sec:P10). Overload sends the connection away, too (sec:T12).
        """
        if connection.is_discarding:  # this is the rest of a request that has its answer (http:R8)
            self._loop.move(connection, Event.SENT_CLOSE)
            return
        self.refused[error.status] += 1
        host, port = connection.peer.remote
        logger.info("refused a request of %s:%d: %s", host, port, escape(str(error)))
        closes = isinstance(error, ProtocolError) or error.status == 503
        keep_alive = not closes and self._may_keep(connection)
        self._forget_body(connection)
        answer = make_answer(
            self._serializer, refusal(error, connection.head), connection.head, keep_alive
        )
        connection.answer = answer
        connection.is_discarding = answer.keep_alive and connection.parser.owes_body
        if connection.is_discarding:
            connection.parser.set_body_limit(self._limits.unread_body)
        connection.outbox = connection.outbox or Outbox()  # an interim response may be in it
        body = answer.body if isinstance(answer.body, bytes) else b""
        connection.outbox.push(answer.head + body)  # one send: each may lose the interpreter
        self._loop.move(connection, Event.ANSWER_PENDING)

    def _may_keep(self, connection: Connection) -> bool:
        # Of an endpoint that still runs nobody knows what it reads and writes.
        if self._loop.is_stopping or connection.state is State.ABANDONED or not connection.head:
            return False
        if not connection.parser.owes_body:
            return True
        is_begun = connection.collector is not None
        return not is_begun and may_keep(connection.head, self._limits)

    def _forget_body(self, connection: Connection) -> None:
        if connection.collector is not None:
            connection.collector.close()
            connection.collector = None
        if connection.body is not EMPTY_BODY:
            connection.body.close()
            connection.body = EMPTY_BODY
