"""FLUSHING and LINGERING: the loop sends the rest of an answer, and ends connections in stages.

A peer that does not read costs memory for what is left of one answer (a file costs none) and no
thread. Ending in stages (http:C4) is: answer sent, our side shut, input thrown away until the peer
closes, too. Closing right away with unread input would reset the connection, and the reset can
destroy the answer before the peer has read it.
"""

import contextlib
import logging
import socket

from httpcore.counters import aborted_requests
from httpcore.protocol.states import Event, State
from httpcore.runtime import pacing
from httpcore.runtime.answers import sent_event
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER, Transfer
from httpcore.runtime.handling import Responder
from httpcore.runtime.lanes import Lanes
from httpcore.runtime.logformats import escape
from httpcore.runtime.outbox import TruncatedFile
from httpcore.runtime.poller import READ, WRITE
from httpcore.runtime.service import Service
from httpcore.runtime.streams import BodyStream

logger = logging.getLogger("treadle.server")

WASTE_SIZE = 256 * 1024
# Looked up for every request, which costs four times as much at the enumeration.
_DISCONNECTED = Event.DISCONNECTED

# States of ours in which an exchange has no line in the access log yet.
_UNLOGGED = frozenset({State.READING, State.QUEUED, State.FLUSHING, State.ANSWERED})


class Flusher:
    """Runs on the loop's thread."""

    def __init__(self, service: Service, responder: Responder, lanes: Lanes) -> None:
        self._loop = service.loop
        self._config = service.config
        self._lanes = lanes
        self._access_log = service.access_log
        self._ledger = service.ledger
        self._responder = responder
        self._waste = bytearray(WASTE_SIZE)

    def send_answer(self, connection: Connection) -> None:
        """ANSWERED: send what was made."""
        event = self._responder.deliver(connection)
        if event is _DISCONNECTED:  # nobody to upgrade, which would have held the place
            self._lanes.release(connection)
        self._loop.move(connection, event)

    def on_enter(self, connection: Connection) -> None:
        """FLUSHING: the peer's pace counts from here."""
        if connection.outbox is not None:
            self._ledger.hold(connection, connection.outbox.in_memory)
        timeouts = self._config.timeouts
        connection.transfer = Transfer(
            self._loop.now,
            progress=timeouts.write_progress,
            grace=timeouts.rate_grace,
            minimum_rate=self._config.minimum_rate,
        )
        self.on_ready(connection)

    def on_ready(self, connection: Connection) -> None:
        """FLUSHING: the socket takes more, or the peer is gone."""
        outbox, transfer = connection.outbox, connection.transfer
        if outbox is None or transfer is None:
            raise RuntimeError(f"nothing to flush: {connection!r}")
        try:
            sent = outbox.write_to(connection.sock)
        except TruncatedFile as error:
            logger.error("a file shrank while it was sent: %s", error)
            self._loop.drop(connection)
            return
        except OSError:
            logger.debug("peer gone while its answer was sent: %r", connection)
            self._loop.drop(connection)
            return
        if not outbox:
            self._on_drained(connection)
            return
        if sent:
            transfer.advance(self._loop.now, sent)
            if transfer.moved >= pacing.PROOF:
                pacing.let_go(connection.sock)
        self._loop.watch(connection, WRITE)
        deadline = transfer.deadline
        if connection.answer_by is not None and _unfinished(connection) is not None:
            deadline = min(deadline, connection.answer_by)
        self._loop.deadlines.set(connection, deadline)

    def on_deadline(self, connection: Connection) -> None:
        """FLUSHING: the peer reads too slowly, or its answer takes too long to make. LINGERING: it
        has had its time."""
        if connection.state is State.FLUSHING and not self._stop_late_stream(connection):
            logger.info("closed %r: it reads too slowly", connection)
        self._loop.drop(connection)

    def on_deadline_streaming(self, connection: Connection) -> None:
        """STREAMING: a worker makes the body, and is to find that nobody takes it (feat:V3).

        The socket stays open until it does: its number must not be another connection's meanwhile.
        """
        if self._stop_late_stream(connection) and not connection.is_cut:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _stop_late_stream(self, connection: Connection) -> bool:
        """Stop a generated body whose endpoint has had its time; False when that is not so."""
        body, answer_by = _unfinished(connection), connection.answer_by
        if body is None or answer_by is None or self._loop.now < answer_by:
            return False
        connection.is_cut = body.ends_by_closing
        body.stop()
        endpoint = connection.endpoint
        logger.warning(
            "%s: its generated body was broken off after %g s, its timeout (request %s); give the "
            "route more, or none",
            "an endpoint" if endpoint is None else endpoint.name,
            0.0 if endpoint is None else endpoint.timeout,
            escape(connection.request_id) or "without id",
        )
        return True

    def _on_drained(self, connection: Connection) -> None:
        answer = connection.answer
        if answer is None:
            raise RuntimeError(f"flushed no answer: {connection!r}")
        connection.outbox = None
        self._ledger.settle(connection)
        if _unfinished(connection) is not None:
            connection.advance(Event.STREAM_RESUMED)
            self._loop.watch(connection, 0)
            self._loop.deadlines.set(connection, connection.answer_by or NEVER)
            self._lanes.pool.resume(self._responder.resume, connection)
            return
        if connection.interest == WRITE:  # a socket that takes more would keep the loop awake
            self._loop.watch(connection, READ)
        connection.requests += 1
        self._access_log.log(connection)
        event = sent_event(answer)
        if event is not Event.SENT_UPGRADE:
            self._lanes.release(connection)
        self._loop.move(connection, event)

    def on_enter_lingering(self, connection: Connection) -> None:
        """LINGERING: say that nothing follows."""
        if connection.is_eof:
            self._loop.drop(connection)
            return
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._loop.drop(connection)
            return
        now, patience = self._loop.now, self._config.timeouts.linger
        connection.transfer = Transfer(now, progress=patience, grace=patience, minimum_rate=0)
        connection.transfer.advance(now, connection.parser.discard())  # of a refused body
        self._loop.watch(connection, READ)
        self._loop.deadlines.set(connection, now + patience)

    def on_ready_lingering(self, connection: Connection) -> None:
        """LINGERING: throw input away."""
        transfer = connection.transfer
        if transfer is None:
            raise RuntimeError(f"nothing was sent before the end: {connection!r}")
        try:
            received = connection.sock.recv_into(self._waste)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            received = 0
        transfer.advance(self._loop.now, received)
        if not received or transfer.moved > self._config.limits.linger:
            self._loop.drop(connection)

    def on_abandoned(self, connection: Connection) -> None:
        """A connection of ours is dropped in mid-exchange: release what the exchange holds."""
        if connection.state in _UNLOGGED and (connection.answer or connection.head):
            self._access_log.log(connection)
            if connection.answer is None:
                aborted_requests.rise()
        if connection.outbox is not None:
            connection.outbox.close()
        if connection.collector is not None:
            connection.collector.close()
        answer = connection.answer
        if answer is not None and isinstance(answer.body, BodyStream):
            # Ending a producer runs user code, so it is a worker's business.
            self._lanes.pool.submit(self._responder.close_stream, connection)
            return
        self._lanes.release(connection)
        with contextlib.suppress(OSError):
            connection.body.close()


def _unfinished(connection: Connection) -> BodyStream | None:
    """The generated body of which more is to be made, if that is what the answer has."""
    body = None if connection.answer is None else connection.answer.body
    return body if isinstance(body, BodyStream) and not body.is_complete else None
