"""Lanes: which thread runs an endpoint, and when.

Theory
------
A hand-over to a worker and back costs more than a small endpoint takes, and an endpoint that waits
for a database must not hold up anybody else. So one that proves quick runs *inline*, on the loop's
own thread, as soon as its request is there; every other runs in the *pool*. What counts as quick is
in `learning`; who watches over the loop meanwhile, in `baton` and `watchdog`; how requests get to
the pool's threads, in `pool_lane`.

`dispatch` does not run anything itself: it puts the connection on `Loop.due`, and the loop runs it
from its outermost function. So nothing of the loop's is half done while user code runs, and another
thread can go on from there at any moment.

A request has a ticket (`tickets`) when somebody else than the thread that runs it may have to
answer: always in the pool lane, and inline where its endpoint has a `timeout` or `max_concurrency`.
At a time-out the client gets 504 at once, while the place the request holds is given back only when
its endpoint really ends (feat:V3).
"""

import logging
from collections.abc import Callable

from httpcore.body import EMPTY_BODY
from httpcore.contract import Endpoint
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.states import Event, State
from httpcore.runtime.admission import refusal_of
from httpcore.runtime.answers import UpgradeAnswer
from httpcore.runtime.bodies import ArrivingBody
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER, TICK
from httpcore.runtime.handling import Responder
from httpcore.runtime.hung_runs import HungRuns
from httpcore.runtime.lanechange import LaneChange
from httpcore.runtime.learning import QUICK, EndpointRecord
from httpcore.runtime.places import Places
from httpcore.runtime.pool_lane import PoolLane
from httpcore.runtime.refusals import Refuser, overloaded, timed_out
from httpcore.runtime.service import Service
from httpcore.runtime.streams import BodyStream
from httpcore.runtime.tickets import Stage, Ticket

logger = logging.getLogger("treadle.server")
# Of its own, so that moves can be shown without all that the server has to say.
moves = logging.getLogger("treadle.lanes")

# A handler that makes its endpoints anew for every request must not fill the memory.
MAX_RECORDS = 10_000

# Looked up for every request, which costs four times as much at the enumeration.
_REQUEST_READY, _RUN_INLINE = Event.REQUEST_READY, Event.RUN_INLINE
_ANSWER_MADE, _DISCONNECTED = Event.ANSWER_MADE, Event.DISCONNECTED
_SETTLED = Stage.SETTLED


class Lanes:
    """Runs on the loop's thread. on_change: is told when a route has moved."""

    def __init__(
        self,
        service: Service,
        responder: Responder,
        refuser: Refuser,
        on_change: Callable[[LaneChange], None],
    ) -> None:
        self._loop = service.loop
        self._limits = service.config.limits
        self._responder = responder
        self._refuser = refuser
        self._on_change = on_change
        self._records: dict[Endpoint, EndpointRecord] = {}
        self._hung = HungRuns(service.loop)
        self.pool = PoolLane(service, self._on_pooled, self._on_went_on, self._on_shed)

    def has_room(self, connection: Connection, endpoint: Endpoint) -> bool:
        """Whether its request could be run now, or wait; asked before the body is read (feat:V21).

        Raises HTTPError when the endpoint's key fails, as the other two do.
        """
        record = self._records.get(endpoint) or self._make_record(endpoint)
        if _places_of(connection, record).is_full:
            return False
        return record.is_inline or self.pool.has_room(record)

    def dispatch(self, connection: Connection, endpoint: Endpoint) -> bool:
        """Have the endpoint run for the request that is ready; False when there is no room."""
        record = self._records.get(endpoint) or self._make_record(endpoint)
        connection.record = record
        connection.timing.lane = record.lane
        if (connection.fd in self._loop.favoured) is record.is_inline and connection.requests:
            # Another lane than the last time. One that has its first request may have no other.
            self._loop.favour(connection, not record.is_inline)
        if record.is_ticketed:
            return self._issue(connection, record)
        if record.is_inline:
            connection.advance(_RUN_INLINE)
            self._loop.due.append(connection)
            return True
        if not self.pool.has_room(record):
            return False
        connection.advance(_REQUEST_READY)
        self._issue_unbound(connection, record)
        return True

    def dispatch_gate(self, connection: Connection, endpoint: Endpoint) -> bool:
        """Have the endpoint's gate asked in the pool; False when there is no room."""
        record = self._records.get(endpoint) or self._make_record(endpoint)
        places = _places_of(connection, record)
        if places.is_full or not self.pool.has_room(record):
            return False
        ask, now = self._responder.ask_gate, self._loop.now
        connection.advance(Event.GATE_DUE)
        connection.ticket = ticket = Ticket(connection, record, ask, now, places, holds_place=False)
        self.pool.enter(ticket)
        return True

    def on_ran(self, connection: Connection, event: Event | None) -> None:
        """The loop itself has run the endpoint of this connection."""
        record = connection.record
        record.runs += 1
        if connection.timing.handled > QUICK:
            self._note_late(record, connection.timing.handled)
        if event is _ANSWER_MADE and connection.ticket is None:
            connection.advance(event)
            self._loop.made.append(connection)
            return
        if _is_generated(connection, event):
            record.stay_pooled()
            self._note(record, "its bodies are generated, which only a worker may do")
        self._after_run(connection, connection.ticket, event)

    def on_taken_over(self, connection: Connection) -> None:
        """The run of this connection has held up the loop: its thread is a worker's from now on."""
        record = connection.record
        reason = record.lose_loop("a run held up the loop")
        self._hung.begin(connection, self._loop.thread)
        self._note(record, reason)
        self._clear_due(record)

    def on_orphaned(
        self, connection: Connection, ticket: Ticket | None, event: Event | None
    ) -> None:
        """Posted by the thread that has lost the loop, when its run was over."""
        self._hung.end(connection)
        connection.record.come_back()
        self._after_run(connection, ticket, event)

    def on_deadline(self, connection: Connection) -> None:
        """QUEUED or HANDLING: the request has waited, or its endpoint has run, for too long."""
        ticket = connection.ticket
        if ticket is None:
            return
        if ticket.cancel():
            self._take_back(ticket)
        elif ticket.withdraw():
            connection.advance(Event.DEADLINE_PASSED)
            if isinstance(connection.body, ArrivingBody):
                connection.body.withdraw_invitation()
                # The endpoint may be reading by the other; what still comes is thrown away.
                connection.parser = RequestParser(self._limits)
            # Both stay with the endpoint, which may still be reading the one, and holds its place
            # by the other.
            connection.body, connection.ticket = EMPTY_BODY, None
        else:
            # Its answer is made. Should that be a generated body, its time is looked at again.
            self._loop.deadlines.set(connection, self._loop.now + TICK)
            return
        is_late = connection.answer_by is not None and connection.answer_by <= self._loop.now
        error = timed_out() if is_late else overloaded("too many requests for this at the moment")
        self._refuser.refuse(connection, error)

    def release(self, connection: Connection) -> None:
        """An exchange of the loop's is over, or given up: whatever it holds is free again."""
        ticket = connection.ticket
        if ticket is not None:
            ticket.cancel()
            self._take_back(ticket)

    def _note_late(self, record: EndpointRecord, seconds: float) -> None:
        own = seconds - self._loop.run_queue.since_mark()
        if own > QUICK:
            self._note(record, record.note_late(own))

    def _make_record(self, endpoint: Endpoint) -> EndpointRecord:
        if len(self._records) >= MAX_RECORDS:
            self._records = {
                key: kept for key, kept in self._records.items() if kept.places.running
            }
        record = self._records[endpoint] = EndpointRecord(endpoint)
        return record

    def _clear_due(self, record: EndpointRecord) -> None:
        """Let workers run what the loop was about to, or each might hang like the one before."""
        due = self._loop.due
        for _ in range(len(due)):
            connection = due.popleft()
            if connection.record is record and connection.state is State.HANDLING:
                self._loop.guard(self._move_to_pool, connection)
            else:
                due.append(connection)

    def _move_to_pool(self, connection: Connection) -> None:
        record = connection.record
        connection.timing.lane = record.lane
        connection.advance(Event.LANE_LOST)
        if connection.ticket is None:
            self._issue_unbound(connection, record)
        else:
            self.pool.enter(connection.ticket)

    def _issue_unbound(self, connection: Connection, record: EndpointRecord) -> None:
        """No bound and no time-out: there is always a place, no deadline but that of its line."""
        ticket = Ticket(
            connection, record, self._responder.answer, self._loop.now, record.places.unkeyed
        )
        ticket.places.running += 1
        connection.ticket, connection.deadline = ticket, NEVER
        self.pool.enter(ticket)

    def _issue(self, connection: Connection, record: EndpointRecord) -> bool:
        """Let a request with a time-out or a bound run, or wait for another to end."""
        endpoint, now = record.endpoint, self._loop.now
        places = _places_of(connection, record)
        if places.is_full or not (record.is_inline or self.pool.has_room(record)):
            return False
        ticket = Ticket(connection, record, self._responder.answer, now, places)
        connection.advance(_REQUEST_READY)
        connection.ticket = ticket
        if endpoint.timeout is not None:
            connection.answer_by = now + endpoint.timeout
        record.places.enter(places)
        if places.must_wait:
            places.waiting.append(ticket)
            self._limit_time(connection, now + endpoint.queue_timeout)
        else:
            self._start(ticket)
        return True

    def _start(self, ticket: Ticket) -> None:
        connection, record = ticket.connection, ticket.record
        ticket.places.running += 1
        ticket.ready_at = self._loop.now
        connection.timing.lane = record.lane  # which may be another one since it came
        self._limit_time(connection, NEVER)
        if record.is_inline:
            connection.advance(Event.HANDED_OVER)
            self._loop.due.append(connection)
        else:
            self.pool.enter(ticket)

    def _limit_time(self, connection: Connection, deadline: float) -> None:
        if connection.answer_by is not None:
            deadline = min(deadline, connection.answer_by)
        self._loop.deadlines.set(connection, deadline)

    def _on_pooled(self, ticket: Ticket, event: Event | None) -> None:
        """A worker is done with the ticket."""
        if ticket.holds_place and ticket.taken_at:
            is_late = ticket.stage is not _SETTLED
            seconds = (
                self._loop.now - ticket.taken_at if is_late else ticket.connection.timing.handled
            )
            if (reason := ticket.record.note_pooled(seconds)) is not None:
                self._note(ticket.record, reason)
        self._after_run(ticket.connection, ticket, event)

    def _on_went_on(self, connection: Connection, event: Event | None) -> None:
        """A worker has made more of a generated body, or ended it."""
        self._after_run(connection, connection.ticket, event)

    def _after_run(
        self, connection: Connection, ticket: Ticket | None, event: Event | None
    ) -> None:
        if ticket is not None and not _goes_on(connection, event):
            self._end(ticket)
        if event is not None:
            self._loop.returned(connection, event)

    def _on_shed(self, ticket: Ticket) -> None:
        ticket.cancel()
        self._end(ticket)
        self._refuser.refuse(ticket.connection, overloaded())

    def _take_back(self, ticket: Ticket) -> None:
        """A ticket that nobody has begun with, or whose generated body is over."""
        if ticket in ticket.places.waiting:
            ticket.places.waiting.remove(ticket)
            ticket.connection.ticket = None
        else:
            self.pool.remove(ticket)
            if ticket.connection in self._loop.due:
                self._loop.due.remove(ticket.connection)
            self._end(ticket)

    def _end(self, ticket: Ticket) -> None:
        """The endpoint is done with this request: the next one may have its place."""
        if ticket.is_over:
            return
        ticket.is_over = True
        ticket.connection.ticket = None
        places = ticket.places
        if ticket.holds_place:
            places.running -= 1
        while places.waiting and not places.must_wait:
            self._start(places.waiting.popleft())
        ticket.record.places.leave(places)

    def _note(self, record: EndpointRecord, reason: str | None) -> None:
        """Tell that the record's endpoint has moved, if there is a reason."""
        if reason is not None:
            name, lane = record.endpoint.name, record.lane
            moves.info("%s runs %s from now on: %s", name, lane, reason)
            try:
                self._on_change(LaneChange(name, lane, reason))
            except BaseException:  # somebody else's code must not cost a connection (sec:R6)
                logger.exception("telling of a lane change failed")


def _places_of(connection: Connection, record: EndpointRecord) -> Places:
    """Where the request of this connection counts."""
    key, head = record.endpoint.key, connection.head
    if key is None or head is None:
        return record.places.of(None)
    try:
        return record.places.of(key(head, connection.peer))
    except BaseException as error:  # SystemExit, too, is a fault of one request (sec:R6)
        raise refusal_of(error, head) from error


def _is_generated(connection: Connection, event: Event | None) -> bool:
    """Whether the rest of the answer is still to be made, piece by piece."""
    answer = connection.answer
    return (
        event is Event.ANSWER_PENDING
        and answer is not None
        and isinstance(answer.body, BodyStream)
        and not answer.body.is_complete
    )


def _goes_on(connection: Connection, event: Event | None) -> bool:
    """Whether the request keeps its endpoint's place, though the endpoint has returned."""
    if event is None or event is _DISCONNECTED:
        return False
    if isinstance(connection.answer, UpgradeAnswer):
        return True
    return event is not _ANSWER_MADE and _is_generated(connection, event)
