"""One connection: its socket, parser, state, and the exchange it is busy with.

The owner given by `OWNER[state]` alone may touch it, with two exceptions that are safe by
themselves: a worker's answer reaches the loop as a message, and the loop makes the transition
when it takes the message, so until then the connection is still the worker's; and while a worker
has it, the loop may put early bytes into the parser's buffer, unless the body is being streamed
(then the socket is not watched at all).
"""

import socket
from typing import TYPE_CHECKING

from httpcore.body import EMPTY_BODY, BodyReader
from httpcore.contract import Endpoint
from httpcore.head import RequestHead
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.states import FOLLOWING, OWNER, Event, Owner, State, invalid_transition
from httpcore.request import Peer
from httpcore.runtime.answers import Answer
from httpcore.runtime.bodies import BodyCollector
from httpcore.runtime.deadlines import NEVER, Transfer
from httpcore.runtime.learning import EndpointRecord
from httpcore.runtime.outbox import Outbox
from httpcore.runtime.timing import Timing

if TYPE_CHECKING:
    from httpcore.runtime.tickets import Ticket


# States in which nothing is being answered.
_BETWEEN = frozenset({State.PREFACING, State.READING})


class Connection:
    """See the attributes' comments.

    Memory of ours (sec:T9): none while idle; else at most 64 KiB and one read of input, a body of
    64 KiB (more goes to a file), and of a generated body the one piece its peer has not taken. All
    of them together are bounded by `ledger`.
    """

    __slots__ = (
        "address_key",  # that it is counted by (`addresses`); None when exempt
        "answer",  # to the request in hand, once there is one
        "answer_by",  # when its client gets 504 instead; None without a time-out
        "asks_gate",  # who runs its endpoint asks the gate first
        "body",  # of it, as the endpoint reads it
        "collector",  # gathers its body; None while no body is wanted
        "deadline",
        "endpoint",  # of it, once that is known
        "entry_at",
        "fd",
        "head",  # of it; None between requests
        "head_deadline",
        "held",  # bytes of the memory budget (`ledger`)
        "idle_since",
        "interest",  # what the poller watches for; 0 = not registered
        "is_cut",  # its answer was broken off, and only a reset shows that
        "is_discarding",  # what an endpoint left unread of its body is still to be thrown away
        "is_eof",  # the peer has shut its side
        "opened_at",
        "outbox",
        "parser",
        "peer",
        "record",  # what the loop knows about the endpoint that ran last
        "request_id",  # that the application gave the request, "" until it does
        "requests",  # answered so far
        "sock",
        "state",
        "ticket",  # of its run, while somebody else may have to answer
        "timing",  # of the request, or the one before
        "transfer",  # of a body coming in, an answer going out, or what is thrown away at the end
    )

    def __init__(self, sock: socket.socket, peer: Peer, parser: RequestParser, now: float) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.peer = peer
        self.parser = parser
        self.address_key: bytes | None = None
        self.state = State.READING
        self.interest = 0
        self.deadline = self.entry_at = self.head_deadline = NEVER
        self.opened_at = self.idle_since = now
        self.is_eof = False
        self.requests = 0
        self.held = 0
        self.is_discarding = self.is_cut = False
        self.outbox: Outbox | None = None
        self.transfer: Transfer | None = None
        self.record: EndpointRecord
        self.ticket: Ticket | None = None
        self.timing = Timing()
        self.forget_exchange()

    def advance(self, event: Event) -> None:
        """Owner: move on by the table. Raises InvalidTransition."""
        try:
            self.state = FOLLOWING[self.state][event]
        except KeyError:
            raise invalid_transition(self.state, event) from None

    def forget_exchange(self) -> None:
        """Owner: the request is dealt with."""
        self.head: RequestHead | None = None
        self.endpoint: Endpoint | None = None
        self.answer: Answer | None = None
        self.body: BodyReader = EMPTY_BODY
        self.collector: BodyCollector | None = None
        self.asks_gate = False
        self.request_id = ""
        self.answer_by: float | None = None

    def is_disconnected(self) -> bool:
        """Worker: whether the peer has shut its side or gone, seen without taking a byte.

        A worker that has lost the connection, to a time-out or the server's end, has no peer more.
        """
        if OWNER[self.state] is not Owner.WORKER:
            return True
        try:
            return not self.sock.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True

    def send_early(self, head: RequestHead, data: bytes) -> bool:
        """Whoever runs the endpoint: send an interim response to the request `head`.

        Nothing waits: what the socket does not take goes before the answer. False when it is too
        late, as somebody else has answered already, or nobody is there.
        """
        ticket = self.ticket
        if ticket is None:
            return self._send_early(head, data)
        return ticket.while_running(lambda: self._send_early(head, data))

    def _send_early(self, head: RequestHead, data: bytes) -> bool:
        is_ours = OWNER[self.state] is Owner.WORKER and self.head is head
        if not is_ours or self.answer is not None:
            return False
        try:
            sent = 0 if self.outbox else self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            return False
        if sent < len(data):
            self.outbox = self.outbox or Outbox()
            self.outbox.push(data[sent:])
        return True

    @property
    def is_idle(self) -> bool:
        """Loop: between requests, with nothing of the next one here."""
        return self.state in _BETWEEN and self.head is None and not self.parser.in_request

    def __repr__(self) -> str:
        host, port = self.peer.remote
        return f"<Connection {host}:{port} {self.state.name} after {self.requests} requests>"
