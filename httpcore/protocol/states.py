"""The life of a connection: which state follows which event, and who owns the connection in it.

Rules of this file: every transition lives here, and nothing here does I/O or knows a thread.

A connection has exactly one owner at any time, and the owner is a function of its state. Only the
owner touches the socket and the parser, so neither needs a lock. A worker hands a connection back
by a message as its last act; the loop makes the transition when it takes the message.

PREFACING   The loop waits for the PROXY header that says who is behind the peer. Connections begin
            here where that protocol is configured, in READING everywhere else (http:X1).
READING     The loop waits for bytes of a request. An idle keep-alive connection is READING with
            an empty buffer. The body of a request is read here too, unless the endpoint reads it.
QUEUED      The request is whole (or its endpoint asked to read the body itself) and waits for its
            turn to be handed to a worker. The loop may still shed it.
GATING      A worker asks the endpoint's gate whether the body may be read at all; "yes" sends the
            connection back to READING for the body, "no" is an answer to be sent.
HANDLING    A worker, or the loop's own thread (`lanes`), runs the endpoint. Of an answer that is
            not small it sends as much as the socket takes. One that the loop has not come to goes
            back to QUEUED when another run of its endpoint hangs.
ANSWERED    A small answer is made; the loop sends it at the end of its pass.
ABANDONED   The endpoint's time is over. The loop has taken the socket back to answer 504; the
            thread runs on, and what it returns is thrown away (feat:V3).
STREAMING   The endpoint produces its body piece by piece; its worker writes.
FLUSHING    The rest of an answer is in memory or in a file and the loop sends it, so that a slow
            reader holds no thread. A stream whose peer is slow waits here between two pieces.
LINGERING   The answer is out and our side is shut; input is read and thrown away until the peer
            closes or a deadline passes, so that no reset destroys the answer (http:C4).
UPGRADED    `101 Switching Protocols` is out and a thread of its own speaks the other protocol. The
            loop does not watch the socket any more (http:C6).
CLOSED      The socket is closed. Nothing follows.

An error found while READING (a protocol error, a time-out, a full queue) makes an answer that
closes: it goes through FLUSHING like any other, and LINGERING after it. An error in what is left of
a body whose request has its answer already goes to LINGERING at once.
"""

from enum import Enum, IntEnum, auto


# Every request makes several transitions; numbers are hashed in C, other enumerations are not.
class State(IntEnum):
    """Where a connection stands."""

    PREFACING = auto()
    READING = auto()
    QUEUED = auto()
    GATING = auto()
    HANDLING = auto()
    ANSWERED = auto()
    ABANDONED = auto()
    STREAMING = auto()
    FLUSHING = auto()
    LINGERING = auto()
    UPGRADED = auto()
    CLOSED = auto()


class Owner(Enum):
    """Who may touch the connection."""

    LOOP = auto()
    WORKER = auto()
    PROTOCOL = auto()  # whoever speaks the protocol it was upgraded to
    NOBODY = auto()


class Event(IntEnum):
    """What moves a connection on."""

    PREFACE_READ = auto()  # the PROXY header is whole, and the client may stay
    REQUEST_READY = auto()  # whole, or as far as its endpoint wants it read by the loop
    GATE_DUE = auto()  # the endpoint's gate must be asked before the body is read
    GATE_PASSED = auto()
    GATE_REFUSED = auto()
    HANDED_OVER = auto()  # to a worker, or to its queue
    RUN_INLINE = auto()  # the loop's own thread runs the endpoint
    LANE_LOST = auto()  # before it did, another run of the endpoint has held it up
    DEADLINE_PASSED = auto()  # of the endpoint's `timeout`
    ANSWER_MADE = auto()  # whole, and nothing of it is sent
    STREAM_STARTED = auto()  # the head of a generated body is made
    STREAM_RESUMED = auto()  # the peer has taken what there was; the producer may go on
    ANSWER_PENDING = auto()  # part of an answer, or all of an error's, is still to be sent
    SENT_KEEP_ALIVE = auto()
    SENT_CLOSE = auto()
    SENT_UPGRADE = auto()  # 101: from now on the connection speaks another protocol
    UPGRADE_OVER = auto()  # and that has come to its end
    DISCONNECTED = auto()  # peer gone, deadline passed with nothing left to say, or we stop


OWNER: dict[State, Owner] = {
    State.PREFACING: Owner.LOOP,
    State.READING: Owner.LOOP,
    State.QUEUED: Owner.LOOP,
    State.GATING: Owner.WORKER,
    State.HANDLING: Owner.WORKER,
    State.ANSWERED: Owner.LOOP,
    State.ABANDONED: Owner.LOOP,
    State.STREAMING: Owner.WORKER,
    State.FLUSHING: Owner.LOOP,
    State.LINGERING: Owner.LOOP,
    State.UPGRADED: Owner.PROTOCOL,
    State.CLOSED: Owner.NOBODY,
}

TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.PREFACING, Event.PREFACE_READ): State.READING,
    (State.PREFACING, Event.DISCONNECTED): State.CLOSED,
    (State.READING, Event.REQUEST_READY): State.QUEUED,
    (State.READING, Event.RUN_INLINE): State.HANDLING,
    (State.READING, Event.ANSWER_MADE): State.ANSWERED,
    (State.READING, Event.GATE_DUE): State.GATING,
    (State.READING, Event.ANSWER_PENDING): State.FLUSHING,
    (State.READING, Event.SENT_CLOSE): State.LINGERING,
    (State.READING, Event.DISCONNECTED): State.CLOSED,
    (State.GATING, Event.GATE_PASSED): State.READING,
    (State.GATING, Event.GATE_REFUSED): State.HANDLING,
    (State.GATING, Event.ANSWER_PENDING): State.FLUSHING,
    (State.GATING, Event.DISCONNECTED): State.CLOSED,
    (State.QUEUED, Event.HANDED_OVER): State.HANDLING,
    (State.QUEUED, Event.ANSWER_PENDING): State.FLUSHING,
    (State.QUEUED, Event.DISCONNECTED): State.CLOSED,
    (State.HANDLING, Event.LANE_LOST): State.QUEUED,
    (State.HANDLING, Event.ANSWER_MADE): State.ANSWERED,
    (State.HANDLING, Event.STREAM_STARTED): State.STREAMING,
    (State.HANDLING, Event.ANSWER_PENDING): State.FLUSHING,
    (State.HANDLING, Event.SENT_KEEP_ALIVE): State.READING,
    (State.HANDLING, Event.SENT_CLOSE): State.LINGERING,
    (State.HANDLING, Event.SENT_UPGRADE): State.UPGRADED,
    (State.HANDLING, Event.DEADLINE_PASSED): State.ABANDONED,
    (State.HANDLING, Event.DISCONNECTED): State.CLOSED,
    (State.ANSWERED, Event.ANSWER_PENDING): State.FLUSHING,
    (State.ANSWERED, Event.SENT_KEEP_ALIVE): State.READING,
    (State.ANSWERED, Event.SENT_CLOSE): State.LINGERING,
    (State.ANSWERED, Event.SENT_UPGRADE): State.UPGRADED,
    (State.ANSWERED, Event.DISCONNECTED): State.CLOSED,
    (State.ABANDONED, Event.ANSWER_PENDING): State.FLUSHING,
    (State.ABANDONED, Event.DISCONNECTED): State.CLOSED,
    (State.STREAMING, Event.ANSWER_PENDING): State.FLUSHING,
    (State.STREAMING, Event.SENT_KEEP_ALIVE): State.READING,
    (State.STREAMING, Event.SENT_CLOSE): State.LINGERING,
    (State.STREAMING, Event.DISCONNECTED): State.CLOSED,
    (State.FLUSHING, Event.STREAM_RESUMED): State.STREAMING,
    (State.FLUSHING, Event.SENT_KEEP_ALIVE): State.READING,
    (State.FLUSHING, Event.SENT_CLOSE): State.LINGERING,
    (State.FLUSHING, Event.SENT_UPGRADE): State.UPGRADED,
    (State.FLUSHING, Event.DISCONNECTED): State.CLOSED,
    (State.UPGRADED, Event.UPGRADE_OVER): State.LINGERING,
    (State.UPGRADED, Event.DISCONNECTED): State.CLOSED,
    (State.LINGERING, Event.DISCONNECTED): State.CLOSED,
}


# The same by state: three steps of every request look here, and need not make a pair for it.
FOLLOWING: dict[State, dict[Event, State]] = {state: {} for state in State}
for (_before, _event), _after in TRANSITIONS.items():
    FOLLOWING[_before][_event] = _after


class InvalidTransition(RuntimeError):
    """A fault of the server itself: the event cannot happen in that state."""


def invalid_transition(state: State, event: Event) -> InvalidTransition:
    """What to raise when the table has nothing for them."""
    return InvalidTransition(
        f"a connection that is {state.name} (owner {OWNER[state].name}) cannot see {event.name}"
    )
