"""HANDLING, GATING and STREAMING: what a worker does with a connection.

A worker runs the endpoint and sends its answer with one non-blocking send. Whatever the socket
does not take goes back to the loop with the connection (FLUSHING); a generated body whose peer is
slow waits there, too, between two of its pieces, and goes on in a later task. So no worker ever
waits for a peer to read; only an endpoint that reads its body itself waits for its peer to write.
"""

import logging
from collections.abc import Callable

from httpcore.body import EMPTY_BODY
from httpcore.head import RequestHead
from httpcore.protocol.states import Event, State
from httpcore.response import FileBody, Response
from httpcore.runtime.admission import Admitted
from httpcore.runtime.answers import (
    Answer,
    BodyStream,
    BrokenBody,
    ask_gate,
    call_endpoint,
    make_answer,
)
from httpcore.runtime.bodies import ArrivingBody, is_reusable
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import Transfer
from httpcore.runtime.outbox import Outbox, TruncatedFile
from httpcore.runtime.service import Service
from httpcore.runtime.wire import WireSource

logger = logging.getLogger("treadle.server")

# Up to here head and body are joined for one send; a larger body is not copied.
JOINED_SIZE = 64 * 1024


class Responder:
    """Its public methods are tasks of the pool, but for `open_body`."""

    def __init__(self, service: Service) -> None:
        self._loop = service.loop
        self._config = service.config
        self._serializer = service.serializer
        self._access_log = service.access_log

    def run(self, connection: Connection) -> None:
        """Answer the request that is ready."""
        if connection.state is not State.CLOSED:
            connection.advance(Event.WORKER_TOOK)
            self._hand_back(connection, self._answer)

    def resume(self, connection: Connection) -> None:
        """Go on with a body whose peer has caught up."""
        self._hand_back(connection, self._continue_stream)

    def ask_gate(self, connection: Connection) -> None:
        """Ask whether the body may be read."""
        self._hand_back(connection, self._pass_gate)

    def close_stream(self, connection: Connection) -> None:
        """End a body nobody takes any more."""
        self._end_exchange(connection)

    def open_body(self, connection: Connection, head: RequestHead) -> ArrivingBody:
        """Loop: the body as an endpoint reads it from the wire."""
        transfer = Transfer(
            self._loop.now,
            progress=self._config.timeouts.body_progress,
            grace=self._config.timeouts.rate_grace,
            minimum_rate=self._config.minimum_rate,
        )
        transfer.advance(self._loop.now, connection.parser.buffered)  # came along with the head
        source = WireSource(connection.sock, transfer, self._loop.clock)
        return ArrivingBody(head, connection.parser, source.receive, source.invite)

    def _hand_back(self, connection: Connection, work: Callable[[Connection], Event]) -> None:
        """Do the work and tell the loop what came of it, whatever happens."""
        event = Event.DISCONNECTED
        try:
            event = work(connection)
        except OSError as error:  # ClientDisconnected too: endpoints' own were dealt with before
            logger.debug("%s: %r", error, connection)
        except Exception:
            # The loop may have closed it under us, and then any surprise is a consequence.
            if connection.state is not State.CLOSED:
                logger.exception("fault while answering %r", connection)
        finally:
            try:
                if event is Event.DISCONNECTED:
                    self._access_log.log(connection)
                    self._end_exchange(connection)
            finally:
                self._loop.post(self._loop.returned, connection, event)

    def _pass_gate(self, connection: Connection) -> Event:
        admitted = _admitted(connection)
        response = ask_gate(admitted.endpoint, admitted.head)
        if response is None:
            return Event.GATE_PASSED
        connection.advance(Event.GATE_REFUSED)
        # The body stays unread, so nothing that follows on this connection could be understood.
        return self._deliver(connection, response, admitted.head, keep_alive=False)

    def _answer(self, connection: Connection) -> Event:
        admitted = _admitted(connection)
        head, endpoint, body = admitted.head, admitted.endpoint, connection.body
        response = ask_gate(endpoint, head) if admitted.asks_gate and endpoint.stream_body else None
        if response is None:
            deadline = None if endpoint.timeout is None else self._loop.clock() + endpoint.timeout
            request = endpoint.request_type(head, body, connection.peer, connection, deadline)
            response = call_endpoint(endpoint, request)
        return self._deliver(connection, response, head, self._may_keep(connection, head))

    def _may_keep(self, connection: Connection, head: RequestHead) -> bool:
        loop = self._loop
        if not head.keep_alive or loop.is_stopping:
            return False
        return loop.now - connection.opened_at < self._config.timeouts.connection_age

    def _deliver(
        self, connection: Connection, response: Response, head: RequestHead, keep_alive: bool
    ) -> Event:
        """Send as much as the socket takes."""
        body = connection.body
        if isinstance(body, ArrivingBody):
            keep_alive = is_reusable(body, response, self._config.limits) and keep_alive
            connection.is_discarding = keep_alive and not body.is_complete
        connection.answer = answer = make_answer(self._serializer, response, head, keep_alive)
        if isinstance(answer.body, BodyStream):
            connection.advance(Event.STREAM_STARTED)
            connection.outbox = Outbox()
            connection.outbox.push(answer.head)
            if isinstance(body, ArrivingBody):
                body.withdraw_invitation()
            return self._continue_stream(connection)
        if body is not EMPTY_BODY:
            body.close()
        return self._send(connection, answer, answer.body)

    def _send(self, connection: Connection, answer: Answer, body: bytes | FileBody) -> Event:
        if isinstance(body, bytes) and len(body) <= JOINED_SIZE:
            data = answer.head + body
            try:
                sent = connection.sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            if sent == len(data):
                return self._finish(connection, answer)
            connection.outbox = Outbox()
            connection.outbox.push(memoryview(data)[sent:])
            return Event.ANSWER_PENDING
        connection.outbox = outbox = Outbox()
        outbox.push(answer.head)
        outbox.push(body)
        return self._flush_once(connection, outbox) or self._finish(connection, answer)

    def _flush_once(self, connection: Connection, outbox: Outbox) -> Event | None:
        """The event that ends this worker's part, or None when everything went."""
        try:
            outbox.write_to(connection.sock)
        except TruncatedFile as error:
            logger.error("a file shrank while it was sent: %s", error)
            return Event.DISCONNECTED
        if outbox:
            return Event.ANSWER_PENDING
        connection.outbox = None
        return None

    def _finish(self, connection: Connection, answer: Answer) -> Event:
        connection.requests += 1
        self._access_log.log(connection)
        return Event.SENT_KEEP_ALIVE if answer.keep_alive else Event.SENT_CLOSE

    def _continue_stream(self, connection: Connection) -> Event:
        """Pull and send until the body ends or the peer does not take a piece whole."""
        answer, outbox = connection.answer, connection.outbox or Outbox()
        if answer is None or not isinstance(answer.body, BodyStream):
            raise RuntimeError(f"no stream to continue: {connection!r}")
        stream = answer.body
        connection.outbox = outbox
        try:
            while (piece := stream.next_piece()) is not None:
                outbox.push(piece)
                outbox.write_to(connection.sock)
                if outbox:
                    return Event.ANSWER_PENDING
        except BrokenBody:
            return Event.DISCONNECTED
        stream.close()
        connection.body.close()
        answer.keep_alive = answer.keep_alive and not stream.is_cut
        outbox.write_to(connection.sock)  # the head, when no piece has taken it along
        if outbox:
            return Event.ANSWER_PENDING
        connection.outbox = None
        return self._finish(connection, answer)

    def _end_exchange(self, connection: Connection) -> None:
        """Release everything an exchange holds; runs user code."""
        if connection.outbox is not None:
            connection.outbox.close()
        if connection.answer is not None:
            connection.answer.close()
        connection.body.close()


def _admitted(connection: Connection) -> Admitted:
    if connection.admitted is None:
        raise RuntimeError(f"no request to answer: {connection!r}")
    return connection.admitted
