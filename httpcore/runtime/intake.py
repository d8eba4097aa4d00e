"""READING: from bytes to an admitted request with its body, ready for its endpoint."""

import logging

from httpcore.contract import Endpoint
from httpcore.errors import HTTPError, ProtocolError
from httpcore.head import RequestHead
from httpcore.protocol.events import NEED_DATA, BodyData, EndOfBody
from httpcore.protocol.known import MAX_SIZE
from httpcore.protocol.serializer import CONTINUE
from httpcore.protocol.states import Event, State
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.admission import body_policy, refusal_of
from httpcore.runtime.bodies import BodyCollector
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER, Transfer
from httpcore.runtime.handling import Responder
from httpcore.runtime.lanes import Lanes
from httpcore.runtime.poller import READ
from httpcore.runtime.refusals import Refuser, overloaded, short_of_memory
from httpcore.runtime.repeats import Repeat
from httpcore.runtime.service import Service

logger = logging.getLogger("treadle.server")

RECEIVE_SIZE = 64 * 1024

# Looked up for every request, which costs four times as much at the enumeration.
_READING = State.READING
_ANSWER_MADE = Event.ANSWER_MADE


class Intake:
    """Runs on the loop's thread."""

    def __init__(
        self,
        service: Service,
        acceptor: Acceptor,
        responder: Responder,
        refuser: Refuser,
        lanes: Lanes,
    ) -> None:
        self._loop = service.loop
        self._ledger = service.ledger
        self._resolve = service.handler.resolve
        self._config = service.config
        self._limits = service.config.limits
        self._timeouts = service.config.timeouts
        self._lanes = lanes
        self._acceptor = acceptor
        self._responder = responder
        self._refuse = refuser.refuse
        self._find_repeat = service.repeats.find
        # Whose bytes `_parse` is going through: a refusal that was sent at once comes back to
        # `on_enter` from within it, and must return to it rather than start another one.
        self._parsed: Connection | None = None

    def on_ready(self, connection: Connection) -> None:
        """READING: take what has arrived."""
        try:
            data = connection.sock.recv(RECEIVE_SIZE)
        except OSError as error:
            self._on_receive_error(connection, error)
            return
        if data:
            # To look for a piece of a body would take a hash of all of it.
            repeat = self._find_repeat(data) if len(data) <= MAX_SIZE else None
            if repeat is not None and self._repeat(connection, repeat):
                return
            connection.parser.feed(data)
        else:
            self._on_eof(connection)
        self._parse(connection)

    def _repeat(self, connection: Connection, repeat: Repeat) -> bool:
        """Answer as before, if that still holds and this is a request of its own."""
        loop = self._loop
        if (
            repeat.until <= loop.now
            or not connection.parser.is_at_rest
            or loop.is_stopping
            or loop.now - connection.opened_at >= self._timeouts.connection_age
            or connection.peer.scheme != "http"
        ):
            return False
        connection.head, connection.endpoint = repeat.head, repeat.endpoint
        connection.answer = repeat.answer
        connection.head_deadline = NEVER
        timing = connection.timing
        timing.began = timing.answered = loop.now
        timing.handled, timing.lane = 0.0, ""
        connection.advance(_ANSWER_MADE)
        loop.made.append(connection)
        return True

    def on_ready_early(self, connection: Connection) -> None:
        """A worker has the connection: keep what arrives behind its request, bounded (http:C2)."""
        try:
            data = connection.sock.recv(RECEIVE_SIZE)
        except OSError as error:
            self._on_receive_error(connection, error)
            return
        if data:
            connection.parser.feed(data)
            self._ledger.hold(connection, connection.held + len(data))
        else:
            self._on_eof(connection)
        if connection.is_eof or connection.parser.buffered >= self._limits.pipelined:
            self._loop.watch(connection, 0)

    def on_enter(self, connection: Connection) -> None:
        """READING again: after an answer, or after the gate has said yes. Buffer first."""
        if connection.answer is not None:
            if connection.held:
                self._ledger.settle(connection)
            connection.forget_exchange()
            connection.transfer = self._new_transfer() if connection.is_discarding else None
            connection.idle_since = self._loop.now
        elif connection.head is not None and not self._begin_body(connection, connection.head):
            return
        if connection is self._parsed:
            return
        if connection.parser.is_at_rest and connection.requests and not connection.is_eof:
            self._wait_until(connection, self._loop.now + self._acceptor.idle_timeout)
        else:
            self._parse(connection)

    def on_deadline(self, connection: Connection) -> None:
        """Too slow: a client that has begun a request is told so (http:C7)."""
        if connection.parser.in_request and not connection.is_eof:
            self._refuse_bytes(
                connection, ProtocolError(408, "the request took too long to arrive")
            )
        else:
            self._loop.drop(connection)

    def _on_eof(self, connection: Connection) -> None:
        connection.is_eof = True
        connection.parser.feed_eof()

    def _on_receive_error(self, connection: Connection, error: OSError) -> None:
        """Nothing there after all; or the peer is gone: a worker that has the connection finds out
        when it sends."""
        if isinstance(error, BlockingIOError | InterruptedError):
            return
        logger.debug("reset by peer: %r", connection)
        if connection.state is State.READING:
            self._loop.drop(connection)
        else:
            connection.is_eof = True
            self._loop.watch(connection, 0)

    def _parse(self, connection: Connection) -> None:
        """Deal with everything that is here, up to one whole request."""
        next_event = connection.parser.next_event
        self._parsed = connection
        try:
            while connection.state is _READING:
                try:
                    event = next_event()
                    if type(event) is RequestHead:
                        self._on_head(connection, event)
                    elif event is NEED_DATA:
                        self._wait(connection)
                        return
                    elif isinstance(event, BodyData):
                        self._on_body_data(connection, event.data)
                    elif isinstance(event, EndOfBody):
                        self._on_end_of_body(connection, event)
                except HTTPError as error:  # sent at once, it leaves what follows to be dealt with
                    self._refuse_bytes(connection, error)
        finally:
            self._parsed = None

    def _refuse_bytes(self, connection: Connection, error: HTTPError) -> None:
        """Refuse what is no whole request; an answer to HEAD has no body even then (http:R1)."""
        if connection.head is None:
            connection.head = connection.parser.unfinished_head
        self._refuse(connection, error)

    def _on_head(self, connection: Connection, head: RequestHead) -> None:
        connection.head = head
        connection.head_deadline = NEVER
        try:
            connection.endpoint = endpoint = self._resolve(head)
        except BaseException as error:  # SystemExit, too: it must not end the loop (sec:R6)
            self._refuse(connection, refusal_of(error, head))
            return
        if head.chunked or head.content_length:
            self._on_body_due(connection, head, endpoint)
        else:
            self._dispatch(connection, endpoint)

    def _on_body_due(self, connection: Connection, head: RequestHead, endpoint: Endpoint) -> None:
        """Decide from the head alone whether the body is wanted, and by whom (feat:V21)."""
        try:
            policy = body_policy(endpoint, head, self._limits)
        except HTTPError as error:
            self._refuse(connection, error)
            return
        connection.parser.set_body_limit(policy.limit)
        connection.asks_gate = policy.asks_gate and endpoint.stream_body
        if endpoint.stream_body:
            # The worker reads the socket itself; it also asks the gate.
            self._loop.watch(connection, 0)
            connection.body = self._responder.open_body(connection, head, endpoint)
            self._dispatch(connection, endpoint)
        elif policy.asks_gate:
            connection.deadline = NEVER
            if not self._lanes.dispatch_gate(connection, endpoint):
                self._refuse(connection, overloaded())
        elif self._lanes.has_room(connection, endpoint):
            self._begin_body(connection, head)
        else:
            self._refuse(connection, overloaded())

    def _begin_body(self, connection: Connection, head: RequestHead) -> bool:
        """The body is wanted: gather it, after inviting a client that waits for that (http:C5).

        False when it was refused, as there is no memory for it (sec:T9).
        """
        most, size = self._limits.body_in_memory, head.content_length
        if not self._ledger.admit(connection, most if size is None else min(size, most)):
            self._refuse(connection, short_of_memory())
            return False
        connection.collector = BodyCollector(most)
        connection.transfer = self._new_transfer()
        if head.expect_continue and not connection.parser.buffered:
            try:
                connection.sock.send(CONTINUE)
            except OSError:
                # Either the peer has gone, which the next read tells, or it takes nothing at all,
                # and then its body will not come either.
                logger.debug("100 Continue not taken: %r", connection)
        return True

    def _on_body_data(self, connection: Connection, data: bytes) -> None:
        if connection.transfer is not None:
            connection.transfer.advance(self._loop.now, len(data))
        if connection.collector is not None:
            connection.collector.write(data)

    def _on_end_of_body(self, connection: Connection, event: EndOfBody) -> None:
        connection.transfer = None
        if connection.collector is None:  # what an earlier endpoint left unread
            connection.is_discarding = False
            connection.idle_since = self._loop.now
            return
        endpoint = connection.endpoint
        if endpoint is None:
            raise RuntimeError(f"nobody to take the body: {connection!r}")
        trailers = event.trailers if endpoint.wants_trailers else None
        connection.body = connection.collector.finish(trailers)
        connection.collector = None
        self._dispatch(connection, endpoint)

    def _dispatch(self, connection: Connection, endpoint: Endpoint) -> None:
        connection.timing.began = self._loop.now
        if not self._lanes.dispatch(connection, endpoint):
            self._refuse(connection, overloaded())

    def _wait(self, connection: Connection) -> None:
        """More bytes are needed; how long they may take depends on what they are for."""
        loop = self._loop
        if connection.is_eof:
            loop.drop(connection)
        elif connection.transfer is not None:  # a body
            self._wait_until(connection, connection.transfer.deadline)
        elif not connection.parser.in_request:
            self._wait_idle(connection)
        else:
            if connection.head_deadline == NEVER:
                connection.head_deadline = loop.now + self._timeouts.head
            self._ledger.hold(connection, connection.parser.buffered)
            self._wait_until(connection, connection.head_deadline)

    def _wait_idle(self, connection: Connection) -> None:
        patience = self._acceptor.idle_timeout
        if not connection.requests:
            patience = min(patience, self._timeouts.first_byte)
        self._wait_until(connection, connection.idle_since + patience)

    def _wait_until(self, connection: Connection, deadline: float) -> None:
        self._loop.deadlines.set(connection, deadline)
        if connection.interest != READ:
            self._loop.watch(connection, READ)

    def _new_transfer(self) -> Transfer:
        return Transfer(
            self._loop.now,
            progress=self._timeouts.body_progress,
            grace=self._timeouts.rate_grace,
            minimum_rate=self._config.minimum_rate,
            total=self._timeouts.body_total,
        )
