"""Taking new connections: in bursts, bounded in number, and alive when descriptors run out.

When `accept` fails for want of descriptors or memory, idle connections are evicted to make room
(sec:T5). Where none is idle, or that does not help, the listener stays readable: a naive loop would
spin. So a spare descriptor is given up, one connection is accepted with it and closed at once (its
client learns that we are full), and the listener rests for 50 ms (sec:T8). It rests as well when
the memory does not suffice for a connection that was accepted.
"""

import contextlib
import errno
import heapq
import logging
import os
import socket
from collections import Counter
from collections.abc import Callable
from operator import attrgetter

from httpcore.config import ServerConfig
from httpcore.protocol.known import KnownHeads
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.states import State
from httpcore.request import Peer
from httpcore.runtime.addresses import Addresses
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import Timer
from httpcore.runtime.listener import ignore_newcomers
from httpcore.runtime.loop import Loop

logger = logging.getLogger("treadle.server")

BURST = 128  # accepted in one pass, so that a flood does not starve the others
REST = 0.05  # seconds after running out of descriptors
OPEN_FILES_SHARE = 0.8  # of the open-files limit may be connections
FULL_SHARE = 0.8  # of the connections in use: from here idle ones are kept for a shorter time
EVICTED_SHARE = 64  # one in so many is evicted at once, which keeps the search cheap per victim

TOO_MANY = "max_connections_per_address is reached"

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# Somebody has closed the listener's descriptor, or shut it down: no client will ever come.
BROKEN = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})


class Acceptor:
    """Runs on the loop's thread. rejected: connections closed unanswered, by limit.

    idle_timeout: seconds that a connection may be idle, shorter when there are many (sec:T5).
    addresses: who counts how. closed: called with every connection that has closed.
    """

    def __init__(
        self, loop: Loop, listener: socket.socket, config: ServerConfig, open_files: int
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._config = config
        self.capacity = max(1, min(config.max_connections, int(open_files * OPEN_FILES_SHARE)))
        self.rejected: Counter[str] = Counter()
        self.addresses = Addresses(config.trusted_proxies, config.max_connections_per_address)
        self.closed: Callable[[Connection], None] = lambda connection: None
        self._first_state = State.PREFACING if config.proxy_protocol else State.READING
        self._known = KnownHeads()
        self._local = ("", 0)
        self.idle_timeout = config.timeouts.keep_alive
        self._timer = Timer(self._wake)
        self._reserve = _open_reserve()
        self._is_open = True
        self._is_watching = False

    def start(self) -> None:
        self._wake()

    def on_ready(self) -> bool:
        """Accept what is waiting, up to a burst; whether more may be waiting."""
        has_made_room = False
        for _ in range(BURST):
            try:
                sock, address = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as error:
                if error.errno not in EXHAUSTED | BROKEN:
                    continue  # the client was gone before we came to it (ECONNABORTED and its kin)
                if has_made_room or error.errno in BROKEN or not self.evict():
                    self._survive(error.strerror)
                    return False
                has_made_room = True
                continue
            has_made_room = False
            try:
                self._admit(sock, address)
            except MemoryError:
                self._discard(sock)
                self._survive(os.strerror(errno.ENOMEM))
                return False
        return True

    def close(self) -> None:
        """Accept until nothing is waiting, then stop listening (sec:R1)."""
        if not self._is_open:
            return
        ignore_newcomers(self._listener)
        while self.on_ready():
            pass
        self._is_open = False
        self._set_idle_timeout()
        self._unwatch()
        self._loop.deadlines.remove(self._timer)
        with contextlib.suppress(OSError):  # a process that an endpoint has forked may have it, too
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._listener.close()
        self._give_up_reserve()

    def forget(self, connection: Connection) -> None:
        """A connection has closed."""
        self._set_idle_timeout()
        self.closed(connection)
        self.addresses.leave(connection.address_key)

    def introduce(self, connection: Connection, source: tuple[str, int]) -> bool:
        """Take `source` for the peer of a proxy's connection; False when it has too many (sec:T6).

        It was not counted before: only who is exempt may speak for others.
        """
        key = self.addresses.key_of(source[0])
        if not self.addresses.has_room(key):
            self.note_rejected("address", TOO_MANY)
            return False
        self.addresses.enter(key)
        connection.address_key = key
        connection.peer = Peer((self.addresses.shared(source[0]), source[1]), connection.peer.local)
        return True

    def note_rejected(self, reason: str, cause: str) -> None:
        """Count a connection that is closed unanswered; the first for each reason is a warning."""
        level = logging.INFO if self.rejected[reason] else logging.WARNING
        logger.log(level, "a connection was refused: %s", cause)
        self.rejected[reason] += 1

    def _admit(self, sock: socket.socket, address: tuple[str, int]) -> None:
        addresses = self.addresses
        if self._config.proxy_protocol and not addresses.is_trusted(address[0]):
            self._reject(sock, "untrusted", f"{address[0]} is not in trusted_proxies")
            return
        key = addresses.key_of(address[0])
        if not addresses.has_room(key):
            self._reject(sock, "address", TOO_MANY)
            return
        if len(self._loop.connections) >= self.capacity and not self.evict():
            self._reject(sock, "full", "max_connections, or the limit of open files, is reached")
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            local = sock.getsockname()[:2]
        except OSError:  # reset before we came to it
            sock.close()
            return
        # Mostly the same for all: held once, it costs no connection its 140 bytes.
        local = self._local = self._local if local == self._local else local
        self._add(sock, Peer((addresses.shared(address[0]), address[1]), local), key)

    def _add(self, sock: socket.socket, peer: Peer, key: bytes | None) -> None:
        loop = self._loop
        parser = RequestParser(self._config.limits, self._known)
        connection = Connection(sock, peer, parser, loop.now)
        connection.state = self._first_state
        try:
            loop.add(connection)
        except OSError:  # more than the poller can watch
            loop.drop(connection)
            self._reject(sock, "poller", "what the system's select() can watch is reached")
            return
        self.addresses.enter(key)
        connection.address_key = key
        self._set_idle_timeout()
        loop.deadlines.set(connection, loop.now + self._config.timeouts.first_byte)

    def _discard(self, sock: socket.socket) -> None:
        """Close a socket that may have become a connection already."""
        connection = self._loop.connections.get(sock.fileno())
        if connection is not None:
            self._loop.drop(connection)
        sock.close()

    def _set_idle_timeout(self) -> None:
        timeouts = self._config.timeouts
        if not self._is_open:
            self.idle_timeout = timeouts.idle_grace
        elif len(self._loop.connections) > self.capacity * FULL_SHARE:
            self.idle_timeout = timeouts.keep_alive_full
        else:
            self.idle_timeout = timeouts.keep_alive

    def _reject(self, sock: socket.socket, reason: str, cause: str) -> None:
        sock.close()
        self.note_rejected(reason, cause)

    def evict(self) -> bool:
        """Close the connections that have been idle longest; False when none is idle."""
        idle = [c for c in self._loop.connections.values() if c.is_idle]
        count = max(1, self.capacity // EVICTED_SHARE)
        for connection in heapq.nsmallest(count, idle, key=attrgetter("idle_since")):
            self._loop.drop(connection)
        return bool(idle)

    def _survive(self, reason: str | None) -> None:
        if not self.rejected["exhausted"]:
            logger.warning("cannot accept: %s; going on with what there is", reason)
        self.rejected["exhausted"] += 1
        if self._give_up_reserve():
            with contextlib.suppress(OSError):
                self._listener.accept()[0].close()
        self._reserve = _open_reserve()
        self._unwatch()
        self._loop.deadlines.set(self._timer, self._loop.now + REST)

    def _give_up_reserve(self) -> bool:
        """Close the spare descriptor; whether there was one."""
        reserve, self._reserve = self._reserve, None
        if reserve is None:
            return False
        with contextlib.suppress(OSError):  # somebody has closed it by mistake
            os.close(reserve)
        return True

    def _wake(self) -> None:
        if self._is_open and not self._is_watching:
            try:
                self._loop.watch_source(self._listener.fileno(), self.on_ready)
            except (OSError, MemoryError):  # the poller is short of memory, too
                self._loop.deadlines.set(self._timer, self._loop.now + REST)
            else:
                self._is_watching = True

    def _unwatch(self) -> None:
        if self._is_watching:
            self._is_watching = False
            with contextlib.suppress(OSError):  # its descriptor was closed by somebody
                self._loop.unwatch_source(self._listener.fileno())


def _open_reserve() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None
