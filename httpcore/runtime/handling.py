"""HANDLING, GATING and STREAMING: what a thread does with the connection it was given.

It runs the endpoint. The sending of a small answer is left to the loop (ANSWERED): a send gives the
interpreter away, and while the loop is busy a worker gets it back only after a switch interval. So
a route that blocks for 0.3 ms serves 40 % more.

Of any other answer the thread sends as much as the socket takes, without waiting. The rest goes
back to the loop with the connection (FLUSHING); a generated body whose peer is slow waits there,
too, between two of its pieces, and goes on in a later task. So no thread ever waits for a peer to
read; only an endpoint that reads its body itself waits for its peer to write.

The thread is a worker, or the loop's own for an endpoint in the inline lane. It may lose the
connection to the loop while the endpoint runs, when that has a time-out: so nothing of the
connection is touched before the ticket is settled.
"""

import logging

from httpcore.body import EMPTY_BODY
from httpcore.contract import Endpoint
from httpcore.counters import aborted_requests, broken_answers
from httpcore.errors import Declined
from httpcore.head import RequestHead
from httpcore.protocol.states import Event, State
from httpcore.runtime.accesslog import DECLINED
from httpcore.runtime.answers import (
    Answer,
    ask_gate,
    call_endpoint,
    make_answer,
    refusal,
    sent_event,
    unread_upgrade,
)
from httpcore.runtime.bodies import ArrivingBody, is_reusable
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import Transfer
from httpcore.runtime.learning import INLINE
from httpcore.runtime.outbox import Outbox, TruncatedFile
from httpcore.runtime.refusals import short_of_memory
from httpcore.runtime.service import Service
from httpcore.runtime.streams import BodyStream, BrokenBody
from httpcore.runtime.tickets import Ticket
from httpcore.runtime.wire import WireSource
from httpcore.upgrade import UpgradeResponse

logger = logging.getLogger("treadle.server")

# Up to here head and body are joined for one send; a larger body is not copied.
JOINED_SIZE = 64 * 1024

# Looked up for every request, which costs four times as much at the enumeration.
_ANSWER_MADE = Event.ANSWER_MADE
_SENT_KEEP_ALIVE = Event.SENT_KEEP_ALIVE


def is_small(answer: Answer) -> bool:
    """Whether head and body go out by one send."""
    return type(answer.body) is bytes and len(answer.body) <= JOINED_SIZE


class Responder:
    """Its public methods but `open_body` are for the thread that has the connection.

    They never raise, and return what the loop is to make of it: None when there is nothing.
    """

    def __init__(self, service: Service) -> None:
        self._loop = service.loop
        self._config = service.config
        self._serializer = service.serializer
        self._access_log = service.access_log
        self._ledger = service.ledger
        self._repeats = service.repeats
        self._clock = service.loop.clock
        self._most_age = service.config.timeouts.connection_age

    def answer(self, connection: Connection, ticket: Ticket | None) -> Event | None:
        """Run the endpoint and send its answer, unless that is small (`deliver`).

        None when the loop answers in its place.
        """
        clock = self._clock
        began, ended = clock(), 0.0
        try:
            head, endpoint = connection.head, connection.endpoint
            if head is None or endpoint is None:
                raise RuntimeError(f"no request to answer: {connection!r}")
            body = connection.body if ticket is None else ticket.body
            response = ask_gate(endpoint, head) if connection.asks_gate else None
            if response is None:
                request = endpoint.request_type(
                    head, body, connection.peer, connection, connection.answer_by
                )
                response = call_endpoint(endpoint, request)
            loop = self._loop
            keep_alive = not loop.is_stopping and loop.now - connection.opened_at < self._most_age
            if body is not EMPTY_BODY and isinstance(body, ArrivingBody):
                keep_alive = is_reusable(body, response, self._config.limits) and keep_alive
                if isinstance(response, UpgradeResponse) and not body.is_complete:
                    response = unread_upgrade(endpoint)
            answer = make_answer(self._serializer, response, head, keep_alive)
            ended = clock()
            if ticket is not None and not ticket.settle():
                answer.close()
                body.close()
                return None
            timing = connection.timing
            timing.handled = ended - began
            if self._access_log.is_on:  # else nobody asks, and each connection would hold a number
                timing.answered = ended
            if is_small(answer):
                connection.answer = answer
                if response.same_until and head.source is not None:
                    self._repeats.keep(head, endpoint, answer, response.same_until)
                return _ANSWER_MADE
            return self._deliver(connection, answer)
        except BaseException as error:
            event = self._fail(connection, ticket, error)
            if event is not None and not ended:  # else it is the loop's, or was only not sent
                connection.timing.handled = clock() - began
            return event

    def deliver(self, connection: Connection) -> Event:
        """Loop: send the small answer that was made."""
        answer = connection.answer
        try:
            if answer is None or type(answer.body) is not bytes:
                raise RuntimeError(f"no small answer to send: {connection!r}")
            if connection.body is EMPTY_BODY and connection.outbox is None:
                data = answer.joined or answer.head + answer.body
                return self._send_joined(connection, answer, data)
            return self._deliver(connection, answer)
        except BaseException as error:
            self._report(connection, error)
            return self._give_up(connection)

    def ask_gate(self, connection: Connection, ticket: Ticket | None) -> Event | None:
        """Ask whether the body may be read."""
        try:
            return self._pass_gate(connection)
        except BaseException as error:
            return self._fail(connection, ticket, error)

    def resume(self, connection: Connection) -> Event | None:
        """Go on with a body whose peer has caught up, or was not asked yet."""
        try:
            return self._continue_stream(connection)
        except BaseException as error:
            return self._fail(connection, None, error)

    def close_stream(self, connection: Connection) -> None:
        """End a body nobody takes any more."""
        try:
            self._end_exchange(connection)
        except BaseException:
            logger.exception("ending an answer failed: %r", connection)

    def open_body(
        self, connection: Connection, head: RequestHead, endpoint: Endpoint
    ) -> ArrivingBody:
        """Loop: the body as the endpoint reads it from the wire."""
        transfer = Transfer(
            self._loop.now,
            progress=self._config.timeouts.body_progress,
            grace=self._config.timeouts.rate_grace,
            minimum_rate=self._config.minimum_rate,
        )
        transfer.advance(self._loop.now, connection.parser.buffered)  # came along with the head
        source = WireSource(connection.sock, transfer, self._loop.clock)
        return ArrivingBody(
            head, connection.parser, source.receive, source.invite, endpoint.wants_trailers
        )

    def _fail(
        self, connection: Connection, ticket: Ticket | None, error: BaseException
    ) -> Event | None:
        """The exchange cannot be completed."""
        self._report(connection, error)
        if ticket is not None and ticket.is_withdrawn():
            return None
        if isinstance(error, Declined):
            connection.answer = Answer(b"", b"", DECLINED, keep_alive=False)
        return self._give_up(connection)

    def _report(self, connection: Connection, error: BaseException) -> None:
        if isinstance(error, OSError):  # ClientDisconnected too: endpoints' own were dealt with
            logger.debug("%s: %r", error, connection)
        elif connection.state is not State.CLOSED:
            # Closed by the loop under us, any surprise would only be a consequence.
            logger.error("fault while answering %r", connection, exc_info=error)

    def _give_up(self, connection: Connection) -> Event:
        """Release what the exchange holds; the loop closes the connection."""
        self._access_log.log(connection)
        if connection.answer is None:
            aborted_requests.rise()
        self.close_stream(connection)
        return Event.DISCONNECTED

    def _pass_gate(self, connection: Connection) -> Event | None:
        head, endpoint = connection.head, connection.endpoint
        if head is None or endpoint is None:
            raise RuntimeError(f"no gate to ask: {connection!r}")
        response = ask_gate(endpoint, head)
        if response is None:
            return Event.GATE_PASSED
        connection.advance(Event.GATE_REFUSED)
        # The body stays unread, so nothing that follows on this connection could be understood.
        answer = make_answer(self._serializer, response, head, keep_alive=False)
        return self._deliver(connection, answer)

    def _deliver(self, connection: Connection, answer: Answer) -> Event:
        """Send as much as the socket takes."""
        connection.answer = answer
        if connection.body is not EMPTY_BODY:
            self._put_down_body(connection, answer)
        body = answer.body
        if type(body) is bytes and len(body) <= JOINED_SIZE and connection.outbox is None:
            return self._send_joined(connection, answer, answer.head + body)
        if isinstance(body, BodyStream):
            return self._start_stream(connection, answer)
        if self._ledger.is_spent and self._may_replace(connection, answer):
            return self._deliver(connection, self._without_memory(connection, answer))
        connection.outbox = outbox = connection.outbox or Outbox()
        outbox.push(answer.head)
        outbox.push(body)
        return self._flush_once(connection, outbox) or self._finish(connection, answer)

    def _may_replace(self, connection: Connection, answer: Answer) -> bool:
        """Whether an answer that is large may be taken back, as its request has changed nothing."""
        is_safe = connection.head is not None and connection.head.method == "GET"
        return is_safe and type(answer.body) is bytes and not is_small(answer)

    def _without_memory(self, connection: Connection, answer: Answer) -> Answer:
        """In place of a large answer that its peer may be slow to take (sec:T9)."""
        self._ledger.refused.rise()
        refused = refusal(short_of_memory())
        return make_answer(self._serializer, refused, connection.head, answer.keep_alive)

    def _put_down_body(self, connection: Connection, answer: Answer) -> None:
        """The endpoint is done with the request's body, unless its answer still reads it."""
        body = connection.body
        if isinstance(body, ArrivingBody):
            connection.is_discarding = answer.keep_alive and not body.is_complete
        if not isinstance(answer.body, BodyStream):
            body.close()

    def _start_stream(self, connection: Connection, answer: Answer) -> Event:
        connection.advance(Event.STREAM_STARTED)
        connection.outbox = connection.outbox or Outbox()
        connection.outbox.push(answer.head)
        if isinstance(connection.body, ArrivingBody):
            connection.body.withdraw_invitation()
        if connection.timing.lane == INLINE:
            # Its pieces may take any time to make: the loop sends the head, a worker goes on.
            return Event.ANSWER_PENDING
        return self._continue_stream(connection)

    def _send_joined(self, connection: Connection, answer: Answer, data: bytes) -> Event:
        try:
            sent = connection.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._keep_rest(connection, data)  # so the log says that nothing has gone
            raise
        if sent == len(data):
            return self._finish(connection, answer)
        self._keep_rest(connection, memoryview(data)[sent:])
        return Event.ANSWER_PENDING

    def _keep_rest(self, connection: Connection, data: bytes | memoryview) -> None:
        connection.outbox = Outbox()
        connection.outbox.push(data)

    def _flush_once(self, connection: Connection, outbox: Outbox) -> Event | None:
        """The event that ends this worker's part, or None when everything went."""
        try:
            outbox.write_to(connection.sock)
        except TruncatedFile as error:
            logger.error("a file shrank while it was sent: %s", error)
            return self._give_up(connection)
        if outbox:
            return Event.ANSWER_PENDING
        connection.outbox = None
        return None

    def _finish(self, connection: Connection, answer: Answer) -> Event:
        connection.requests += 1
        if self._access_log.is_on:
            self._access_log.log(connection)
        return _SENT_KEEP_ALIVE if answer.keep_alive else sent_event(answer)

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
            broken_answers.rise()
            connection.is_cut = stream.ends_by_closing
            event = self._give_up(connection)
            # What was framed shows by itself that it is not whole. So the end comes in stages: a
            # reset by what is unread would destroy the end of the answer before, too (http:C4).
            return event if connection.is_cut else Event.SENT_CLOSE
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
