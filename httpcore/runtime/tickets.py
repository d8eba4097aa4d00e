"""The right to answer one request, when more than one thread may come to want it.

    WAITING --take--> RUNNING --settle--> SETTLED      the thread that runs the endpoint
       |                 |
       +----withdraw-----+----> WITHDRAWN              the loop: shed, or out of time

Each arrow is taken under the ticket's lock, so of a worker and the loop that come at the same
moment one gets the answer "no" and keeps its hands off the connection. A request that the loop runs
itself needs a ticket only where its endpoint has a time-out or a bound on how many run at once.
"""

import threading
from collections.abc import Callable
from enum import IntEnum, auto

from httpcore.protocol.states import Event
from httpcore.runtime.connection import Connection
from httpcore.runtime.learning import EndpointRecord

# What a thread does with a connection it has a ticket for, and what the loop is to make of it; None
# when the loop took the connection back meanwhile.
Work = Callable[["Connection", "Ticket"], Event | None]


class Stage(IntEnum):
    """How far a ticket has come."""

    WAITING = auto()
    RUNNING = auto()
    SETTLED = auto()
    WITHDRAWN = auto()


class Ticket:
    """holds_place: it counts for the endpoint's `max_concurrency`; a gate's does not.

    ready_at, taken_at: on the loop's clock, in seconds; taken_at is 0 before that.
    thread: the identity of the thread that runs it. is_long: it counts as a long run, decided when
    it came. is_reported: it has run for too long, and that was said. is_over: its place is free.
    """

    __slots__ = (
        "_lock",
        "connection",
        "holds_place",
        "is_long",
        "is_over",
        "is_reported",
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
        holds_place: bool = True,
    ) -> None:
        self._lock = threading.Lock()
        self.connection = connection
        self.record = record
        self.work = work
        self.holds_place = holds_place
        self.ready_at = ready_at
        self.taken_at = 0.0
        self.thread = 0
        self.is_long = False
        self.is_reported = False
        self.is_over = False
        self.stage = Stage.WAITING

    def take(self, now: float) -> bool:
        """The thread that is to run it: begin."""
        self.taken_at = now
        self.thread = threading.get_ident()
        return self._advance(Stage.WAITING, Stage.RUNNING)

    def settle(self) -> bool:
        """The same thread: the endpoint has returned, the answer may be sent."""
        return self._advance(Stage.RUNNING, Stage.SETTLED)

    def withdraw(self) -> bool:
        """Loop: nobody but the loop is to answer any more; False when an answer is on its way."""
        return self._advance(Stage.WAITING, Stage.WITHDRAWN) or self._advance(
            Stage.RUNNING, Stage.WITHDRAWN
        )

    def is_withdrawn(self) -> bool:
        """The thread that runs it, at its end: whether the connection was taken from it."""
        return not self.settle() and self.stage is Stage.WITHDRAWN

    def _advance(self, before: Stage, after: Stage) -> bool:
        with self._lock:
            if self.stage is not before:
                return False
            self.stage = after
            return True
