"""The event loop: one thread that owns every connection nobody else is busy with.

Theory
------
A pass of the loop is: wait for readiness, read and parse what is ready, take the mail, look at the
deadlines, run the endpoints that are due, send the answers that were made. What is done for a
connection follows from its state alone, by three tables that the server fills when it puts its
parts together:

    on_ready[state]     its socket has something (or nothing any more) to say
    on_enter[state]     it has just come into this state
    on_deadline[state]  it took too long

Only the loop's thread touches the poller, the deadlines and the set of connections. A worker that
is done with a connection posts the event to the mailbox (`returned`); the loop makes the
transition and goes on by `on_enter`. Posting queues first and wakes once (see `mailbox`).

The socket of a connection stays registered for reading while a worker has it. So a request on a
persistent connection costs one wait (shared with all others that are ready), one recv and one
send, and no change of registration as long as its requests take the same lane (`watching`). What
arrives early, a pipelined request or the end of the stream, goes into the parser's buffer; at a
limit the registration is dropped, and the kernel's buffer then holds the peer back (http:C2).

An endpoint in the inline lane is run by the loop's own thread, from `run_pass` and nowhere deeper,
when its connection is on `due`. Should it hang, another thread takes the baton and goes on as the
loop (see `baton`). What the pass still had to do then lies in `due`, `made` and `brought`, nowhere
else. So the new holder misses nothing, and the old one, back from its run, posts what came of it
and leaves.

So a pass goes stage by stage, not connection by connection, and each stage finds its code and its
data in the processor's caches: 82,000 small requests a second instead of 58,000. The workers come
before the endpoints of our own, and their answers before ours: theirs is the longer way, and they
work on meanwhile. They are not made to wait for the end of a stage either. In the middle of each
the loop sends what workers have made, reads the connections that have dealt with workers lately
(`watching`), hands over what came, and gives way to them (`precedence`): beside 64 busy clients a
request of 10 ms takes 10.8 ms that way, and 13 ms without.

Who computes loses the interpreter each time the loop has anything to do. In a flood of requests for
that there is always something, mostly to refuse one more. So then there is a *recess* before the
loop looks at its sockets: for that long it is woken by workers only (`pool_lane`). There is none
while it has endpoints of its own to run, which would be served a sixth as often.

Readiness is level-triggered: whoever cannot or will not read at end of stream must unregister,
or the loop would spin.

No exception of one connection ends the loop: it costs that connection only (sec:R6). Not even one
that is meant to end a thread, such as SystemExit, which the handler's policy may raise here.
"""

import contextlib
import logging
import math
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from httpcore.counters import faults
from httpcore.protocol.states import OWNER, Event, InvalidTransition, Owner, State
from httpcore.runtime.baton import Baton
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER, DeadlineWheel, Timed, Timer
from httpcore.runtime.mailbox import Mailbox
from httpcore.runtime.poller import MOST, READ, Poller
from httpcore.runtime.processor import RunQueue
from httpcore.runtime.watching import Ready, Watch

logger = logging.getLogger("treadle.server")

# Looked up for every request, which costs four times as much at the enumeration.
_ANSWERED, _CLOSED = State.ANSWERED, State.CLOSED

_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # on, for 0 seconds

# Dealt with in one pass, so that a crowd that is late together does not hold up everybody else.
EXPIRED = 64

# Connections that a stage deals with before it looks for the workers: see the theory. Looking more
# often serves them no better, and costs everybody else.
IN_A_ROW = 50

# Seconds in the poller that are more than a look: whoever waited for the processor has had it.
ASLEEP = 0.00005

# Seconds since the loop has run an endpoint itself: then there may be a recess.
QUIET = 0.01

# Answers sent in one stage, from which on it takes no more in: clients that pipeline could keep the
# workers, and so the stage, going for as long as there is anything in their buffers.
LONGEST = 512

Action = Callable[[Connection], None]


class Loop:
    """Runs until `is_finished` is set by a call on its own thread.

    now: the clock's time at the start of the pass, in seconds. thread: the identity of the one that
    runs it.
    post: any thread: have the loop make a call. watch, favour, favoured: see `watching`.
    due, made, brought: connections whose endpoint the loop is to run; whose answers it has made, or
    remembers; and whose answers workers have made.
    supply: called when workers are to have what there is for them, and at last before each wait;
    give_way: when they are to have the processor for a moment. recess: seconds, mostly 0.
    run_endpoint: runs what is due; send_answer: sends what was made; ran, orphaned, taken_over:
    are told what came of a run (`lanes`).
    abandoned: called with a connection of ours that is dropped while an exchange is under way.
    released: called with every connection whose socket has just been closed.
    """

    def __init__(self, poller: Poller, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.now = clock()
        self.deadlines = DeadlineWheel()
        self.connections: dict[int, Connection] = {}
        self.on_ready: dict[State, Action] = {}
        self.on_enter: dict[State, Action] = {}
        self.on_deadline: dict[State, Action] = {}
        self.supply: Callable[[], None] = lambda: None
        self.give_way: Callable[[], None] = lambda: None
        self.abandoned: Action = lambda connection: None
        self.released: Action = lambda connection: None
        self.run_endpoint: Callable[[Connection, Any], Event | None]
        self.ran: Callable[[Connection, Event | None], None]
        self.orphaned: Callable[[Connection, Any, Event | None], None]
        self.taken_over: Action
        self.send_answer: Action
        self.due: deque[Connection] = deque()
        self.made: deque[Connection] = deque()
        self.brought: deque[Connection] = deque()
        self.baton = Baton()
        self.run_queue = RunQueue(None)
        self.thread = 0
        self.is_finished = False
        self.recess = 0.0
        # Read by workers: from now on every answer says `Connection: close` (sec:R1).
        self.is_stopping = False
        self._watch = Watch(poller)
        self._mailbox = Mailbox()
        self.post = self._mailbox.post
        self._running: Connection | None = None
        self._ran_at = -math.inf  # when endpoints of its own
        self._steps = 0  # dealt with since workers could have the processor
        self._sources: dict[int, Callable[[], object]] = {}
        self.watch = self._watch.set
        self.favour, self.favoured = self._watch.favour, self._watch.favoured
        self.watch_source(self._mailbox.fileno(), self._mailbox.drain)
        if self._watch.inner is not None:
            self.watch_source(self._watch.inner.fileno(), self._read_favoured)

    def run(self, holder: int = 0) -> bool:
        """Hold the baton: pass after pass, until the loop is finished or another has the baton.

        Returns whether it is finished; then everything it owned is closed.
        """
        has_baton = True
        self.thread = threading.get_ident()
        run_queue = self.run_queue = RunQueue(threading.get_native_id())
        try:
            while has_baton and not self.is_finished:
                try:
                    has_baton = self.run_pass(holder)
                except MemoryError:  # what was not dealt with is reported as ready again
                    _report("fault in a pass of the loop; it goes on")
        finally:
            run_queue.close()
            if has_baton:
                self._close()
        return has_baton

    def go_on(self, holder: int) -> bool:
        """As `run`, for a thread that has just taken the baton."""
        if self._running is not None:
            self.guard(self.taken_over, self._running)
        return self.run(holder)

    def run_pass(self, holder: int = 0) -> bool:
        """One pass; False when the thread that runs it has lost the baton."""
        self._guard_call(self.supply)
        timeout = self.deadlines.wait(self.now)
        if self.due or self.made or self.brought or not self._mailbox.may_wait():
            timeout = 0
        began = self.clock()
        if self.recess and timeout != 0 and began - self._ran_at > QUIET:
            self._mailbox.wait(self.recess)
            timeout = 0
        ready = self._watch.poll(timeout)
        self.now = self.clock()
        if self.now - began > ASLEEP:
            self._steps = 0
        self._read(ready)
        self._take_mail()
        for timed in islice(self.deadlines.pop_expired(self.now), EXPIRED):
            self._guard_call(self._expire, timed)
        self._serve_workers(len(ready) % IN_A_ROW + len(self.due) % IN_A_ROW)
        self._send_made()
        if self.due and not self._run_due(holder):
            return False
        self._send_made()
        return True

    def _read(self, ready: Ready, is_favoured: bool = False) -> None:
        """Do for each socket that is ready what its state asks for."""
        connections, on_ready = self.connections, self.on_ready
        for number, (fd, _) in enumerate(ready, 1):
            if not number % IN_A_ROW and not is_favoured:
                self._serve_workers(IN_A_ROW)
            connection = connections.get(fd)
            if connection is not None:
                # What workers were given or have done since may have stopped the watching: a body
                # that a worker reads is not ours to touch.
                if not connection.interest:
                    continue
                # As in `guard`, without the call: this is the way of every request.
                try:
                    on_ready[connection.state](connection)
                except BaseException:
                    self._on_fault(connection)
            elif (source := self._sources.get(fd)) is not None:
                self._guard_call(source)

    def _read_favoured(self, most: int = MOST) -> None:
        """Of connections that deal with workers, which may well be ready since the pass began."""
        self._read(self._watch.poll_favoured(most), is_favoured=True)

    def _run_due(self, holder: int) -> bool:
        """Run what is due now, but not what follows on it; False when the baton was lost."""
        due, baton = self.due, self.baton
        self._ran_at = self.now
        for number in range(1, len(due) + 1):
            if not number % IN_A_ROW:
                self._serve_workers(IN_A_ROW)
            self._running = connection = due.popleft()
            ticket = connection.ticket
            if ticket is not None and not ticket.take(self.now):
                continue
            baton.enter()
            try:
                event = self.run_endpoint(connection, ticket)
            except BaseException:  # which it never lets out (sec:R6)
                _report("fault while answering %r", connection)
                event = Event.DISCONNECTED
            if not baton.leave(holder):
                self.post(self.orphaned, connection, ticket, event)
                return False
            try:
                self.ran(connection, event)
            except BaseException:
                self._on_fault(connection)
        return True

    def _send_made(self) -> None:
        """Send the answers that were made since, by workers or here."""
        self._send_all(self.brought)
        self._send_all(self.made)

    def _send_all(self, answered: deque[Connection]) -> None:
        """Send what is there; ours are a stage of their own, workers' come in the midst of one."""
        number = 0
        while answered:
            number += 1
            if not number % IN_A_ROW and number < LONGEST and answered is self.made:
                self._serve_workers(IN_A_ROW)
            connection = answered.popleft()
            if connection.state is _ANSWERED:
                try:
                    self.send_answer(connection)
                except BaseException:
                    self._on_fault(connection)

    def _serve_workers(self, steps: int) -> None:
        """Send what they have made, let them have what there is, and the processor if it is time.

        steps: dealt with since they were served last.
        """
        if self._mailbox.has_mail:
            self._take_mail()
        if self.brought:
            self._send_all(self.brought)
        try:  # as `_guard_call`, without the calls: it is done 5,000 times a second
            if self.favoured:
                self._read_favoured(IN_A_ROW)
            self.supply()
            self._steps += steps
            if self._steps >= IN_A_ROW:
                self._steps = 0
                self.give_way()
        except BaseException:
            _report("fault in the event loop; it goes on")

    def _take_mail(self) -> None:
        """Make the calls that were asked for; for what comes meanwhile there is the next time.

        A message that is lost is a connection that waits for ever, so each is taken off by itself,
        and goes back if there was no memory even to begin its call.
        """
        messages = self._mailbox.open()
        for _ in range(len(messages)):
            call, arguments = message = messages.popleft()
            try:
                call(*arguments)
            except BaseException as error:
                frame = error.__traceback__  # ours; behind it is that of the call, had it begun
                if isinstance(error, MemoryError) and frame and not frame.tb_next:
                    messages.appendleft(message)
                    return
                _report("fault in the event loop; it goes on")

    def _expire(self, timed: Timed) -> None:
        if timed.deadline > self.now:  # what came before it in this pass has given it another one
            return
        timed.deadline = NEVER
        if isinstance(timed, Connection):
            # None for a state in which a worker has it: what was due before is void.
            if (expire := self.on_deadline.get(timed.state)) is not None:
                self.guard(expire, timed)
        elif isinstance(timed, Timer):
            timed.call()

    def _close(self) -> None:
        for connection in list(self.connections.values()):
            self.drop(connection)
        self._take_mail()  # what workers just gave back
        self._guard_call(self.supply)  # workers are to have what came of that
        self._watch.close()
        self._mailbox.close()

    def returned(self, connection: Connection, event: Event) -> None:
        """Posted by a worker as its last act on a connection."""
        if connection.state is _CLOSED:
            self.abandoned(connection)
            return
        try:
            self.move(connection, event)
        except InvalidTransition:
            logger.exception("fault of a worker; its connection is dropped")
            self.drop(connection)

    def move(self, connection: Connection, event: Event) -> None:
        """Make a transition and start what the new state asks for."""
        connection.advance(event)
        enter = self.on_enter.get(connection.state)
        if enter is not None:
            try:
                enter(connection)
            except BaseException:
                self._on_fault(connection)

    def add(self, connection: Connection) -> None:
        """Take over a new connection."""
        self.connections[connection.fd] = connection
        self.watch(connection, READ)

    def watch_source(self, fd: int, ready: Callable[[], object]) -> None:
        """Call `ready` when something that is no connection can be read."""
        self._sources[fd] = ready
        self._watch.register(fd, READ)

    def unwatch_source(self, fd: int) -> None:
        del self._sources[fd]
        self._watch.unregister(fd)

    def drop(self, connection: Connection) -> None:
        """Close a connection at once, whatever its state.

        A worker that is busy with it finds out by its next read or write, and then releases what
        belongs to the exchange itself.
        """
        if connection.state is State.CLOSED:
            return
        if OWNER[connection.state] is Owner.LOOP:
            self.abandoned(connection)
        connection.advance(Event.DISCONNECTED)
        self.release(connection)

    def release(self, connection: Connection) -> None:
        """On entering CLOSED: give back everything the connection holds.

        Once: its descriptor's number may belong to another connection already when a worker, which
        took it just as it was dropped, hands it back. And even if an endpoint has closed it already
        by mistake, or the server would wait for it at its end.
        """
        if self.connections.get(connection.fd) is not connection:
            return
        del self.connections[connection.fd]
        self.deadlines.remove(connection)
        with contextlib.suppress(OSError):
            self._watch.forget(connection)
        with contextlib.suppress(OSError):
            if connection.is_cut:
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            else:
                # It wakes a worker that waits for this socket; closing alone would not.
                connection.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            connection.sock.close()
        self.released(connection)

    def guard(self, action: Action, connection: Connection) -> None:
        """Do this for a connection; it is dropped should that fail. Never raises."""
        try:
            action(connection)
        except BaseException:
            self._on_fault(connection)

    def _on_fault(self, connection: Connection) -> None:
        _report("fault while serving %r; it is dropped", connection)
        self._guard_call(self.drop, connection)

    def _guard_call(self, call: Callable[..., object], *arguments: Any) -> None:
        try:
            call(*arguments)
        except BaseException:
            _report("fault in the event loop; it goes on")


def _report(message: str, *arguments: object) -> None:
    """Log what was just caught. Never raises, though that takes memory, too (sec:T9)."""
    is_short = isinstance(sys.exception(), MemoryError)
    with contextlib.suppress(BaseException):
        faults.rise()
        told = f"{message}: out of memory" if is_short else message
        logger.error(told, *arguments, exc_info=not is_short)
