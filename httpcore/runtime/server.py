"""The server: puts the parts together, and starts and ends them in the right order.

Ending (sec:R1): accept what is waiting and stop listening; every answer from now on closes; idle
connections get two seconds, requests in flight the grace period; what is left is cut. A second
signal that asks for the end cuts at once.
"""

import contextlib
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Self

from httpcore.config import ServerConfig
from httpcore.contract import Handler
from httpcore.protocol.serializer import Serializer
from httpcore.protocol.states import State
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.accesslog import AccessLog
from httpcore.runtime.addressspace import save_address_space, start_thread
from httpcore.runtime.counts import Counts, format_counts
from httpcore.runtime.date import DateCache
from httpcore.runtime.deadlines import Timer
from httpcore.runtime.draining import Drain
from httpcore.runtime.flushing import Flusher
from httpcore.runtime.forwarded import ClientOf, ForwardedRequests, ProxiedIntake
from httpcore.runtime.handling import Responder
from httpcore.runtime.intake import Intake
from httpcore.runtime.lanechange import LaneChange
from httpcore.runtime.lanes import Lanes
from httpcore.runtime.ledger import Ledger
from httpcore.runtime.listener import open_listener, raise_open_files_limit
from httpcore.runtime.loop import Loop
from httpcore.runtime.memory import budget_bytes, find_memory_limit
from httpcore.runtime.poller import Poller, best_poller
from httpcore.runtime.pool import WorkerPool
from httpcore.runtime.prefacing import PrefaceReader
from httpcore.runtime.refusals import Refuser
from httpcore.runtime.repeats import Repeats
from httpcore.runtime.service import Service
from httpcore.runtime.signals import HANG_UP, REPORT, SignalWatch
from httpcore.runtime.upgrading import Upgrader
from httpcore.runtime.watchdog import Watchdog

logger = logging.getLogger("treadle.server")
numbers = logging.getLogger("treadle.counters")

# A thread that wants the interpreter waits this long for a busy one, seconds (architecture 3.6).
SWITCH_INTERVAL = 0.001
# What threads get to end after the last connection has closed, seconds.
JOIN_TIMEOUT = 5.0
# Until a watchdog is tried again for which there was no thread, seconds.
REWATCH = 1.0
# How often `run` looks whether the loop still lives, seconds; signals wake it at once.
WATCH_INTERVAL = 1.0


class Server:
    """Serves one handler on one address.

    clock: monotonic time in seconds; poller: how readiness is learned. Both are for tests and
    systems that need others. on_lane_change: called on the loop's thread when a route has moved to
    another lane; it must not block. client_of: the client's address, of the peer's and the block of
    request fields, for where proxies are trusted; any thread may call it, and it must not raise.
    """

    def __init__(
        self,
        handler: Handler,
        config: ServerConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
        poller: Callable[[], Poller] = best_poller,
        on_lane_change: Callable[[LaneChange], None] = lambda change: None,
        client_of: ClientOf | None = None,
    ) -> None:
        self._handler = handler
        self._config = config
        self._clock = clock
        self._make_poller = poller
        self._on_lane_change = on_lane_change
        self._client_of = client_of
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._is_stopping = False  # guarded by _lock
        self._loop: Loop | None = None
        self._drain: Drain | None = None
        self._watchdog: Watchdog | None = None
        self._counts: Counts | None = None
        self._pool = WorkerPool(config.threads, clock)
        self._access_log = AccessLog(config.access_log, config.access_log_format, clock, client_of)
        self._ended = threading.Event()
        self._on_ended: Callable[[], None] = lambda: None

    def bind(self) -> None:
        """Open the listening socket and the access log; requests wait in the backlog until `start`.

        Raises OSError whose text is one readable line. Calling it again does nothing.
        """
        if self._listener is None:
            config = self._config
            self._listener = open_listener(config.host, config.port, config.backlog)
            self._address: tuple[str, int] = self._listener.getsockname()[:2]
            try:
                self._access_log.open()
            except OSError:
                self._close_listener()
                raise

    @property
    def address(self) -> tuple[str, int]:
        """Host and port it listens on, after `bind`."""
        if self._listener is None:
            raise RuntimeError("the server has no address yet; call bind() or start() first")
        return self._address

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def counters(self) -> dict[str, int]:
        """What was refused, cut off or went wrong so far, by name, but for what is zero.

        docs/guides/running.md explains the names. Any thread may ask, at any time.
        """
        return {} if self._counts is None else self._counts.read()

    def start(self) -> None:
        """Serve in threads of its own; returns when connections are being accepted.

        Raises what `bind` raises, OSError also when the system gives too few threads, ValueError
        for default fields that are not valid, and RuntimeError when the server was started before.
        """
        with self._lock:
            if self._loop is not None or self._is_stopping:
                raise RuntimeError("a server can be started once; make a new Server")
            serializer = Serializer(self._handler.default_fields, DateCache())
            self.bind()
            save_address_space()
            sys.setswitchinterval(SWITCH_INTERVAL)
            self._loop = loop = Loop(self._make_poller(), self._clock)
            try:
                self._start_threads(loop, serializer)
            except BaseException:
                self._undo_start(loop)
                raise

    def stop(self, grace: float | None = None) -> None:
        """End gracefully within `grace` seconds (default: the configured ones). Idempotent."""
        if grace is None:
            grace = self._config.timeouts.graceful_stop
        self._begin_stop(grace)
        if self._loop is not None:
            self._ended.wait(grace + JOIN_TIMEOUT)
            self._pool.stop(JOIN_TIMEOUT if grace else 0.0)
            self._upgrader.stop(JOIN_TIMEOUT if grace else 0.0)
            self._access_log.stop()

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP, then end gracefully.

        A second SIGINT or SIGTERM ends at once. SIGHUP asks for no such haste: shells and terminals
        may send it twice, or while the server is ending already.
        SIGUSR1 asks for a line with the counters in the log; at the end there is one if any has
        risen. For the main thread; returns when all is over. Raises what `start` raises, and
        RuntimeError when the loop could not go on.
        """
        with SignalWatch() as signals:
            self._on_ended = signals.poke
            self.start()
            graces = iter((self._config.timeouts.graceful_stop, 0.0))
            grace = 0.0
            while not self._ended.is_set():
                number = signals.wait(WATCH_INTERVAL)
                if number == REPORT:
                    numbers.info("counters: %s", format_counts(self.counters))
                elif number and not (number == HANG_UP and self._is_stopping):
                    grace = next(graces, 0.0)
                    self._begin_stop(grace)
            has_failed = not self._is_stopping
            self.stop(grace)
            if self.counters:
                numbers.info("counters at the end: %s", format_counts(self.counters))
            if has_failed:
                raise RuntimeError("the event loop ended by itself; the log says why")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _begin_stop(self, grace: float) -> None:
        with self._lock:
            self._is_stopping = True
            if self._loop is None or self._drain is None:
                self._close_listener()
                self._access_log.stop()
                return
        self._loop.post(self._drain.begin, grace)

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _run_loop(self, loop: Loop, run: Callable[[int], bool], holder: int) -> None:
        """A thread that is the loop, until it is finished or another thread has become that."""
        is_finished = True
        try:
            is_finished = run(holder)
        except Exception:
            logger.exception("the event loop ended")
        finally:
            if is_finished:
                if self._watchdog is not None:
                    self._watchdog.stop()
                self._ended.set()
                self._on_ended()

    def _start_threads(self, loop: Loop, serializer: Serializer) -> None:
        try:
            # First the threads: what they reserve is no memory that clients could have.
            self._access_log.start()
            self._pool.start()
            self._drain = self._assemble(loop, serializer)
            self._start_watchdog(loop)
            turn = threading.Thread(
                target=self._run_loop, args=(loop, loop.run, 0), name="treadle-loop", daemon=True
            )
            start_thread(turn)
        except RuntimeError as error:
            raise OSError(
                f"cannot serve: {error}; raise the limit of memory (ulimit -v) or of processes "
                "(ulimit -u), or lower `threads`"
            ) from error

    def _undo_start(self, loop: Loop) -> None:
        """Leave nothing of a start that failed; `stop` has nothing to do then."""
        self._is_stopping, self._loop = True, None
        if self._drain is not None:
            loop.post(self._drain.begin, 0.0)
        else:
            loop.is_finished = True
        loop.run()  # which closes what it has
        if self._watchdog is not None:
            self._watchdog.stop()
        self._pool.stop(0.0)
        self._access_log.stop()
        self._close_listener()

    def _start_watchdog(self, loop: Loop) -> None:
        def take_over(holder: int) -> None:
            with contextlib.suppress(MemoryError):  # not even for another try: the loop goes on
                self._watch_again(loop)
            self._run_loop(loop, loop.go_on, holder)

        self._watchdog = Watchdog(loop.baton, take_over, lambda: loop.run_queue.mark())
        self._watchdog.start()

    def _watch_again(self, loop: Loop, is_first: bool = True) -> None:
        """The loop's thread: have its watchdog followed by another, as soon as that can be had."""
        try:
            self._start_watchdog(loop)
        except (RuntimeError, MemoryError) as error:  # the system has no more threads for us
            if is_first:
                logger.error("nobody watches the loop until there is a thread for it: %r", error)
            again = Timer(lambda: self._watch_again(loop, is_first=False))
            loop.deadlines.set(again, loop.now + REWATCH)

    def _assemble(self, loop: Loop, serializer: Serializer) -> Drain:
        """Make the parts and connect them with the loop."""
        config = self._config
        if self._listener is None:
            raise RuntimeError("bind() comes before the parts are made")
        ledger = Ledger(loop, budget_bytes(config.memory_budget, find_memory_limit()))
        service = Service(
            self._handler,
            config,
            loop,
            self._pool,
            serializer,
            self._access_log,
            ledger,
            Repeats(self._clock),
        )
        acceptor = Acceptor(loop, self._listener, config, raise_open_files_limit())
        ledger.evict = acceptor.evict
        responder = Responder(service)
        refuser = Refuser(service)
        self._counts = Counts(acceptor, refuser, ledger, self._access_log)
        lanes = Lanes(service, responder, refuser, self._on_lane_change)
        self._upgrader = Upgrader(service, lanes)
        flusher = Flusher(service, responder, lanes)
        intake = self._make_intake(service, acceptor, responder, refuser, lanes)
        drain = Drain(loop, acceptor, config.timeouts, ledger)
        self._fill_tables(loop, intake, lanes, flusher)
        preface = PrefaceReader(service, acceptor)
        loop.on_ready[State.PREFACING] = preface.on_ready
        loop.on_deadline[State.PREFACING] = preface.on_deadline
        loop.abandoned, loop.released = flusher.on_abandoned, drain.on_released
        loop.run_endpoint, loop.send_answer = responder.answer, flusher.send_answer
        loop.ran, loop.orphaned = lanes.on_ran, lanes.on_orphaned
        loop.taken_over = lanes.on_taken_over
        loop.supply, loop.give_way = lanes.pool.supply, lanes.pool.give_way
        loop.post(acceptor.start)
        return drain

    def _make_intake(
        self,
        service: Service,
        acceptor: Acceptor,
        responder: Responder,
        refuser: Refuser,
        lanes: Lanes,
    ) -> Intake:
        if self._client_of is None:
            return Intake(service, acceptor, responder, refuser, lanes)
        most = self._config.max_connections_per_address
        forwarded = ForwardedRequests(self._client_of, acceptor.addresses.key_of, most)
        acceptor.closed = forwarded.end
        return ProxiedIntake(service, acceptor, responder, refuser, lanes, forwarded)

    def _fill_tables(self, loop: Loop, intake: Intake, lanes: Lanes, flusher: Flusher) -> None:
        """What the loop does for a connection in each state; see `loop`."""
        loop.on_ready = {
            State.READING: intake.on_ready,
            State.QUEUED: intake.on_ready_early,
            State.GATING: intake.on_ready_early,
            State.HANDLING: intake.on_ready_early,
            State.ANSWERED: intake.on_ready_early,
            State.STREAMING: intake.on_ready_early,
            State.FLUSHING: flusher.on_ready,
            State.LINGERING: flusher.on_ready_lingering,
        }
        loop.on_enter = {
            State.READING: intake.on_enter,
            State.ANSWERED: loop.brought.append,
            State.FLUSHING: flusher.on_enter,
            State.LINGERING: flusher.on_enter_lingering,
            State.UPGRADED: self._upgrader.on_enter,
            State.CLOSED: loop.release,
        }
        loop.on_deadline = {
            State.READING: intake.on_deadline,
            State.QUEUED: lanes.on_deadline,
            State.HANDLING: lanes.on_deadline,
            State.STREAMING: flusher.on_deadline_streaming,
            State.FLUSHING: flusher.on_deadline,
            State.LINGERING: flusher.on_deadline,
        }
