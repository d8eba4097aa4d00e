"""The right to answer one request, when more than one thread may come to want it.

    WAITING --take--> RUNNING --settle--> SETTLED      the thread that runs the endpoint
       |                 |
       |cancel           |withdraw
       +-----------------+----> WITHDRAWN              the loop: shed, or out of time

Each arrow is taken under the ticket's lock, so of a worker and the loop that come at the same
moment one gets the answer "no" and keeps its hands off the connection. The request's body goes with
the ticket: what was cancelled is the loop's to close, what was withdrawn the running thread's.

A request that the loop runs itself needs a ticket only where its endpoint has a time-out or a bound
on how many run at once.
"""

import threading
from collections.abc import Callable
from enum import IntEnum, auto

from httpcore.protocol.states import Event
from httpcore.runtime.connection import Connection
from httpcore.runtime.learning import EndpointRecord
from httpcore.runtime.places import Places

# What a thread does with a connection it has a ticket for, and what the loop is to make of it; None
# when the loop took the connection back meanwhile.
Work = Callable[["Connection", "Ticket"], Event | None]


class Stage(IntEnum):
    """How far a ticket has come."""

    WAITING = auto()
    RUNNING = auto()
    SETTLED = auto()
    WITHDRAWN = auto()


# Looked up for every request, which costs four times as much at the enumeration.
_WAITING, _RUNNING, _SETTLED, _WITHDRAWN = Stage


class Ticket:
    """holds_place: it counts for the endpoint's `max_concurrency`; a gate's does not.

    places: in which it has or waits for one; a gate's waits for none.
    body: of the request, for the thread that runs it.
    ready_at: since when it has waited for a thread; taken_at: when it got one, 0 before. Both are
    on the loop's clock, in seconds.
    thread: the identity of the thread that runs it; processor: seconds of that thread's time, when
    it is_weighed.
    is_long, is_busy: it counts as a long or a processor-bound run, decided when it came.
    is_reported: it has run for too long, and that was said. is_over: its place is free.
    """

    __slots__ = (
        "_lock",
        "body",
        "connection",
        "holds_place",
        "is_busy",
        "is_long",
        "is_over",
        "is_reported",
        "is_weighed",
        "places",
        "processor",
        "ready_at",
        "record",
        "stage",
        "taken_at",
        "thread",
        "work",
    )

    def __init__(
        self,
        connection: Connection,
        record: EndpointRecord,
        work: Work,
        ready_at: float,
        places: Places,
        holds_place: bool = True,
    ) -> None:
        self._lock = threading.Lock()
        self.connection = connection
        self.body = connection.body
        self.places = places
        self.record = record
        self.work = work
        self.holds_place = holds_place
        self.ready_at = ready_at
        self.taken_at = 0.0
        self.thread = 0
        self.processor = 0.0
        self.is_long = self.is_busy = self.is_weighed = False
        self.is_reported = False
        self.is_over = False
        self.stage = _WAITING

    def take(self, now: float) -> bool:
        """The thread that is to run it: begin."""
        if not self._advance(_WAITING, _RUNNING):
            return False
        self.thread = threading.get_ident()
        self.taken_at = now
        return True

    def settle(self) -> bool:
        """The same thread: the endpoint has returned, the answer may be sent."""
        return self._advance(_RUNNING, _SETTLED)

    def cancel(self) -> bool:
        """Loop: nobody is to run it; False when somebody has begun."""
        return self._advance(_WAITING, _WITHDRAWN)

    def withdraw(self) -> bool:
        """Loop: whoever runs it is not to answer; False when nobody does, or the answer is made."""
        return self._advance(_RUNNING, _WITHDRAWN)

    def is_withdrawn(self) -> bool:
        """The thread that runs it, at its end: whether the connection was taken from it."""
        return not self.settle() and self.stage is _WITHDRAWN

    def while_running(self, act: Callable[[], bool]) -> bool:
        """What `act` says, called while nobody else can come to answer; else False."""
        with self._lock:
            return self.stage is _RUNNING and act()

    def _advance(self, before: Stage, after: Stage) -> bool:
        with self._lock:
            if self.stage is not before:
                return False
            self.stage = after
            return True
