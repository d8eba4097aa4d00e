"""UPGRADED: connections that speak another protocol, each on a thread of its own (http:C6, S24).

Not on the pool's threads: 32 chats would leave none for requests. So each costs a thread and two
descriptors, one of the loop's and one of the protocol's. Either side closes its own and nobody
else's: a descriptor is never closed under a thread that may be about to use it. Shutting the socket
down by one of them wakes who waits at the other.

A place of the endpoint's `max_concurrency` is held until the protocol is over.
"""

import contextlib
import logging
import socket
import threading
import time

from httpcore.protocol.states import Event, State
from httpcore.runtime.addressspace import start_thread
from httpcore.runtime.answers import UpgradeAnswer
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER
from httpcore.runtime.lanes import Lanes
from httpcore.runtime.service import Service
from httpcore.upgrade import Serve, UpgradedConnection

logger = logging.getLogger("treadle.server")


class Upgrader:
    """Its methods but `stop` and `_run` are the loop's."""

    def __init__(self, service: Service, lanes: Lanes) -> None:
        self._loop = service.loop
        self._lanes = lanes
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()  # guarded by _lock

    def on_enter(self, connection: Connection) -> None:
        """UPGRADED: hand the socket over, with what has come behind the request."""
        answer = connection.answer
        if not isinstance(answer, UpgradeAnswer):
            raise RuntimeError(f"nothing to switch to: {connection!r}")
        self._loop.watch(connection, 0)
        self._loop.deadlines.set(connection, NEVER)
        try:
            self._start(connection, answer)
        except (OSError, RuntimeError, MemoryError) as error:  # no descriptor or thread to be had
            logger.error("cannot serve %s: %s", answer.response.protocol, error)
            self._lanes.release(connection)
            self._loop.move(connection, Event.DISCONNECTED)
            return
        connection.forget_exchange()
        if self._loop.is_stopping:
            tell_of_stop(connection)

    def stop(self, timeout: float) -> None:
        """Any thread: wait for those that still run; their sockets are shut down by now."""
        deadline = time.monotonic() + timeout
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _start(self, connection: Connection, answer: UpgradeAnswer) -> None:
        response, loop = answer.response, self._loop
        sock = connection.sock.dup()
        try:
            sock.settimeout(response.timeout)
            upgraded = UpgradedConnection(
                response.protocol,
                sock,
                connection.peer.remote,
                connection.parser.take_buffer(),
                lambda: loop.is_stopping,
            )
            # Daemon: a protocol that never ends must not keep the process from ending.
            thread = threading.Thread(
                target=self._run,
                args=(connection, upgraded, response.serve),
                name=f"treadle-{response.protocol}",
                daemon=True,
            )
            with self._lock:  # which `_run` needs at its end: it is in there before it is out
                start_thread(thread)
                self._threads.add(thread)
        except BaseException:
            sock.close()
            raise

    def _run(self, connection: Connection, upgraded: UpgradedConnection, serve: Serve) -> None:
        event = Event.DISCONNECTED
        try:
            serve(upgraded)
            event = Event.UPGRADE_OVER
        except OSError as error:
            logger.debug("%s ended: %s", upgraded.protocol, error)
        except BaseException:
            logger.exception("%s failed", upgraded.protocol)
        finally:
            upgraded.sock.close()
            with self._lock:
                self._threads.discard(threading.current_thread())
            self._loop.post(self._on_over, connection, event)

    def _on_over(self, connection: Connection, event: Event) -> None:
        self._lanes.release(connection)
        if connection.state is State.UPGRADED:
            # The two descriptors share this, and the protocol has set it to its liking.
            connection.sock.setblocking(False)
            self._loop.move(connection, event)


def tell_of_stop(connection: Connection) -> None:
    """Loop: whoever reads from the connection comes to the end of the stream, and can still say
    good-bye."""
    with contextlib.suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RD)
