"""Taking new connections: in bursts, bounded in number, and alive when descriptors run out.

When `accept` fails for want of descriptors or memory, idle connections are evicted to make room
(sec:T5). Where none is idle, or that does not help, the listener stays readable: a naive loop would
spin. So a spare descriptor is given up, one connection is accepted with it and closed at once (its
client learns that we are full), and the listener rests for 50 ms (sec:T8).
"""

import contextlib
import errno
import heapq
import logging
import os
import socket
import sys
from collections import Counter
from ipaddress import ip_address, ip_network
from operator import attrgetter

from httpcore.config import ServerConfig
from httpcore.protocol.parser import RequestParser
from httpcore.request import Peer
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

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """Runs on the loop's thread. rejected: connections closed unanswered, by limit.

    idle_timeout: seconds that a connection may be idle, shorter when there are many (sec:T5).
    """

    def __init__(
        self, loop: Loop, listener: socket.socket, config: ServerConfig, open_files: int
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._config = config
        self.capacity = max(1, min(config.max_connections, int(open_files * OPEN_FILES_SHARE)))
        self.rejected: Counter[str] = Counter()
        self._by_address: Counter[bytes] = Counter()
        self._local = ("", 0)
        self._exempt = [ip_network(each, strict=False) for each in config.exempt_networks]
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
                if error.errno not in EXHAUSTED:
                    continue  # the client was gone before we came to it (ECONNABORTED and its kin)
                if has_made_room or not self.evict():
                    self._survive(error)
                    return False
                has_made_room = True
                continue
            has_made_room = False
            self._admit(sock, address)
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
        if self._is_watching:
            self._loop.unwatch_source(self._listener.fileno())
        self._loop.deadlines.remove(self._timer)
        self._listener.close()
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None

    def forget(self, connection: Connection) -> None:
        """A connection has closed."""
        self._set_idle_timeout()
        key = connection.address_key
        if key is not None:
            self._by_address[key] -= 1
            if not self._by_address[key]:
                del self._by_address[key]

    def _admit(self, sock: socket.socket, address: tuple[str, int]) -> None:
        key = None if self._is_exempt(address[0]) else address_key(sock.family, address[0])
        if key is not None and self._by_address[key] >= self._config.max_connections_per_address:
            self._reject(sock, "address", "max_connections_per_address")
            return
        if len(self._loop.connections) >= self.capacity and not self.evict():
            self._reject(sock, "full", "max_connections, or the limit of open files,")
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            local = sock.getsockname()[:2]
        except OSError:  # reset before we came to it
            sock.close()
            return
        if key is not None:
            self._by_address[key] += 1
        # Mostly the same for all: held once, it costs no connection its 140 bytes.
        local = self._local = self._local if local == self._local else local
        loop = self._loop
        parser = RequestParser(self._config.limits)
        remote = (sys.intern(address[0]), address[1])  # many clients share an address
        connection = Connection(sock, Peer(remote, local), parser, loop.now, key)
        try:
            loop.add(connection)
        except OSError:  # more than the poller can watch
            loop.drop(connection)
            self._reject(sock, "poller", "what the system's select() can watch")
            return
        self._set_idle_timeout()
        loop.deadlines.set(connection, loop.now + self._config.timeouts.first_byte)

    def _is_exempt(self, address: str) -> bool:
        """Whether a proxy of ours speaks for many clients there (sec:T6)."""
        if not self._exempt:
            return False
        parsed = ip_address(address)
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed  # of a dual-stack listener
        return any(parsed in network for network in self._exempt)

    def _set_idle_timeout(self) -> None:
        timeouts = self._config.timeouts
        if not self._is_open:
            self.idle_timeout = timeouts.idle_grace
        elif len(self._loop.connections) > self.capacity * FULL_SHARE:
            self.idle_timeout = timeouts.keep_alive_full
        else:
            self.idle_timeout = timeouts.keep_alive

    def _reject(self, sock: socket.socket, reason: str, setting: str) -> None:
        sock.close()
        if not self.rejected[reason]:
            logger.warning("connections are being refused: %s is reached", setting)
        self.rejected[reason] += 1

    def evict(self) -> bool:
        """Close the connections that have been idle longest; False when none is idle."""
        idle = [c for c in self._loop.connections.values() if c.is_idle]
        count = max(1, self.capacity // EVICTED_SHARE)
        for connection in heapq.nsmallest(count, idle, key=attrgetter("idle_since")):
            self._loop.drop(connection)
        return bool(idle)

    def _survive(self, error: OSError) -> None:
        if not self.rejected["exhausted"]:
            logger.warning("cannot accept: %s; going on with what there is", error.strerror)
        self.rejected["exhausted"] += 1
        if self._reserve is not None:
            os.close(self._reserve)
            with contextlib.suppress(OSError):
                self._listener.accept()[0].close()
        self._reserve = _open_reserve()
        if self._is_watching:
            self._loop.unwatch_source(self._listener.fileno())
            self._is_watching = False
        self._loop.deadlines.set(self._timer, self._loop.now + REST)

    def _wake(self) -> None:
        if self._is_open and not self._is_watching:
            self._loop.watch_source(self._listener.fileno(), self.on_ready)
            self._is_watching = True


def address_key(family: int, address: str) -> bytes | None:
    """What counts as one address: an IPv4 address, an IPv6 /64; None for loopback (sec:T6)."""
    if family == socket.AF_INET:
        packed = socket.inet_pton(socket.AF_INET, address)
        return None if packed[0] == 127 else packed
    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    if packed.startswith(b"\0" * 10 + b"\xff\xff"):  # an IPv4 peer of a dual-stack listener
        return None if packed[12] == 127 else packed[12:]
    return None if packed == b"\0" * 15 + b"\x01" else packed[:8]


def _open_reserve() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None
