"""The servers that hold one database, and which of them new connections go to (orm:A2, sec:D14).

A process stays with one server as long as that serves: its reads then see its writes, and writers
of one process do not meet at commit time. A server that refuses, cannot be reached or is not ready
is put aside, for longer each time, and the next one in the list becomes the current one. There is
no way back by itself: a server that returns is as good as the one in use.

After such a change of servers a read may come to the new one before a write that the old one
acknowledged. So from then on every connection to a node of a Galera cluster asks it to wait for
those writes first (wsrep_sync_wait); the wait was 0.02 ms where nothing is outstanding.

The generation counts the events after which older connections are not used any more: a change of
servers, and a connection that turned out dead, for then the server has probably restarted. Many
threads see one such event; only the first of them counts it.

A server that hangs refuses nothing: its connections are open and silent. So when one of them takes
long, the pool's caretaker has `probe` log in there anew, and hangs up if that fails.

With one server there is nothing to choose, and it is not asked how it is.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from orm.engine.mysql.errors import UNUSABLE
from orm.engine.mysql.health import check_health
from orm.engine.mysql.pooled import PooledConnection
from orm.engine.options import MysqlOptions
from orm.engine.url import DatabaseURL, Host
from orm.errors import Disconnected, OperationalError, OrmError, ServerReadOnly

# Seconds that a server is put aside: doubled with each failure, give or take a half.
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0

# What says something about the server, not about the user or the database.
REFUSALS = (Disconnected, ServerReadOnly)


@dataclass(slots=True)
class _State:
    failures: int = 0
    aside_until: float = 0.0


class Hosts:
    """Safe to use from any thread.

    writes: the servers are meant to take writes.
    """

    def __init__(self, url: DatabaseURL, options: MysqlOptions, *, writes: bool) -> None:
        self._url = url
        self._options = options
        self._writes = writes
        self._lock = Lock()
        self._order = list(url.hosts)
        if options.host_order == "random":
            random.shuffle(self._order)
        self._states = {host: _State() for host in self._order}
        self._current = self._order[0]
        self._is_used = self._has_switched = False
        self.generation = 0
        self._is_asked = len(self._order) > 1 or options.sync_reads == "always"

    @property
    def current(self) -> Host:
        """The server that new connections go to while it serves."""
        return self._current

    @property
    def aside(self) -> list[Host]:
        """The servers that are not tried at this moment."""
        now = time.monotonic()
        return [host for host, state in self._states.items() if now < state.aside_until]

    def connect(self) -> PooledConnection:
        """A connection to a server that is ready. Raises the last server's refusal, or at once
        what has nothing to do with servers: a wrong password, an unknown database."""
        give_up = time.monotonic() + self._options.connect_timeout
        refusal: OperationalError | None = None
        for host in self._candidates():
            if refusal is not None and time.monotonic() > give_up:
                break
            try:
                return self._open(host)
            except REFUSALS as error:
                refusal = error
                self.put_aside(host)
        raise refusal or Disconnected(f"{self._url} names no host.")

    def _candidates(self) -> Iterator[Host]:
        """The current server and those behind it in the list; last, those put aside."""
        start = self._order.index(self._current)
        hosts = self._order[start:] + self._order[:start]
        now = time.monotonic()
        return iter(sorted(hosts, key=lambda host: max(self._states[host].aside_until - now, 0)))

    def _open(self, host: Host) -> PooledConnection:
        generation = self.generation
        connection = PooledConnection(self._url.at(host), self._options, generation)
        try:
            is_node = self._is_asked and check_health(connection, writes=self._writes)
            if self._settle(host):
                connection.generation = self.generation
            if is_node and self._must_wait:
                connection.prepare("SET SESSION wsrep_sync_wait = 1")
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def _must_wait(self) -> bool:
        """Whether a node's reads must wait for writes that another one acknowledged."""
        rule = self._options.sync_reads
        return rule == "always" or (rule == "switch" and self._has_switched)

    def _settle(self, host: Host) -> bool:
        """This server serves and is the current one now; returns whether that is a change."""
        with self._lock:
            is_change = self._is_used and host != self._current
            if is_change:
                self._has_switched = True
                self.generation += 1
            self._current = host
            self._is_used = True
            self._states[host] = _State()
            return is_change

    def probe(self) -> Host | None:
        """Put the current server aside when it cannot be reached, and return it then; None when
        all is well, and when there is no other server."""
        if len(self._order) == 1:
            return None
        host = self._current
        try:
            self._open(host).close()
        except REFUSALS:
            self.put_aside(host)
            self.forget()
            return host
        except OrmError:
            pass  # it answers
        return None

    def distrust(self, connection: PooledConnection, error: OperationalError) -> None:
        """The connection failed with `error`: those of its time are not used any more."""
        with self._lock:
            if connection.generation == self.generation:
                self.generation += 1
        if error.code in UNUSABLE:
            self.put_aside(connection.host)

    def forget(self) -> None:
        """No connection that exists is used any more."""
        with self._lock:
            self.generation += 1

    def put_aside(self, host: Host) -> None:
        """Do not try this server for a while, unless no other is left."""
        with self._lock:
            state = self._states[host]
            state.failures += 1
            pause = min(_FIRST_PAUSE * 2 ** (state.failures - 1), _LONGEST_PAUSE)
            state.aside_until = time.monotonic() + pause * random.uniform(0.5, 1.5)
