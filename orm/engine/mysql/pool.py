"""The connections to one MySQL database: how many, for whom, for how long (sec:D10, D11, D15).

A turnstile of pool_size permits bounds the connections in use; whoever passed it may pop an idle
one or open another. The idle ones lie on a stack, so that the warm are used and the rest expire.
Only whole, clean connections return to it, and nothing has to be reset on them: a statement that
changed its session's state makes a connection unfit for others.

When the server takes no more connections (1040, 1203), the pool is in truth smaller than it was
told: a permit is withheld, and its thread queues up for a connection that another one gives back.
A moment later the permits come back, in case the crowd has gone.

The record of borrowers is the claim on a connection as well. Whoever takes the entry out decides
what becomes of the connection: `release` and `claim`, that nobody cancels it any more; `cancel`,
that it is never used again, for its KILL QUERY may arrive after the statement has ended.
"""

import random
import time
from collections import deque
from threading import Lock, get_ident

from orm.engine import limits
from orm.engine.mysql.breaker import Breaker
from orm.engine.mysql.cancel import kill_statement
from orm.engine.mysql.caretaker import Caretaker
from orm.engine.mysql.errors import CROWDED
from orm.engine.mysql.hosts import REFUSALS, Hosts
from orm.engine.mysql.pooled import PooledConnection
from orm.engine.options import MysqlOptions
from orm.engine.retry import jitter
from orm.engine.statistics import PoolStatistics
from orm.engine.turnstile import Turnstile
from orm.engine.url import DatabaseURL, format_host
from orm.errors import OperationalError, OrmError, PoolTimeout

# Connections of one start would otherwise expire, and be replaced, all at the same moment.
_LIFE_SPREAD = 0.1

# Seconds of idleness after which a connection is looked at before it is handed out: whether its
# server hung up, by a glance at the socket; after more of them, by a question.
_GLANCED_IDLE = 0.005
_TRUSTED_IDLE = 30.0

_LOOKS = 3
_BETWEEN_LOOKS = 0.001

# Seconds for which a server that takes no more connections is not asked for one.
_CROWDED_PAUSE = 0.5


class Pool:
    """Safe to use from any thread.

    writes: its servers are meant to take writes.
    """

    def __init__(self, url: DatabaseURL, options: MysqlOptions, *, writes: bool = True) -> None:
        self._url = url
        self._options = options
        self._writes = writes
        self._turn = Turnstile(options.pool_size)
        self._idle: deque[PooledConnection] = deque()  # its methods are atomic
        self._in_use: dict[PooledConnection, int] = {}  # and so are those used of a dict
        self._hosts = Hosts(url, options, writes=writes)
        self._breaker = Breaker(str(url))
        self._caretaker = Caretaker(self, options.leak_after)
        self._lock = Lock()
        self._withheld = 0  # permits; guarded by _lock, as is the next
        self._crowded_until = 0.0
        self._opened = self._timeouts = 0  # for statistics, which may miss one

    # Borrowing

    def acquire(self) -> PooledConnection:
        """A connection that is owed back with `release`; PoolTimeout when none gets free."""
        if self._withheld:
            self._return_withheld()
        if not self._turn.pass_at_once():
            self._await_turn()
        try:
            connection = self._take()
        except BaseException:
            self._turn.release()
            raise
        self._in_use[connection] = get_ident()
        return connection

    def _await_turn(self) -> None:
        wait = limits.within(self._options.pool_wait)
        if not self._turn.acquire(wait):
            self._timeouts += 1
            raise PoolTimeout(
                f"{self._url}: all {self._options.pool_size} connections stayed in use for "
                f"{wait:.3g} s (pool_wait); raise pool_size or keep transactions short."
            )

    def _take(self) -> PooledConnection:
        """Nearly always the one used last, a moment ago: then nothing else is called."""
        idle = self._idle
        try:
            connection = idle.pop()
        except IndexError:
            return self._open_in_time()
        now = time.monotonic()
        if (
            now - connection.idle_since < _GLANCED_IDLE
            and now < connection.expires_at
            and connection.generation == self._hosts.generation
        ):
            connection.borrowed_at = now
            return connection
        idle.append(connection)
        return self._pop_idle() or self._open_in_time()

    def _pop_idle(self) -> PooledConnection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            now = time.monotonic()
            if connection.is_stale(self._hosts.generation, now):
                connection.close()
            elif now - connection.idle_since < _GLANCED_IDLE or self._is_usable(connection, now):
                connection.borrowed_at = now
                return connection

    def _is_usable(self, connection: PooledConnection, now: float) -> bool:
        """Look at one that lay idle; closes it when it is of no use."""
        if connection.has_news():
            connection.close()
            self._hosts.forget()  # its neighbours have probably lost their server too
            return False
        is_trusted = now - connection.idle_since < _TRUSTED_IDLE
        return is_trusted or connection.is_healthy(writes=self._writes)

    # Opening

    def _open_in_time(self) -> PooledConnection:
        """Open one, again after a moment when that fails, or take one that came back meanwhile."""
        deadline = time.monotonic() + limits.within(self._options.pool_wait)
        while True:
            self._breaker.admit()
            try:
                return self._open()
            except REFUSALS as error:
                if not self._await_next_try(error, deadline):
                    raise
            if connection := self._pop_idle():
                return connection

    def _open(self) -> PooledConnection:
        try:
            connection = self._hosts.connect()
        except REFUSALS:
            raise
        except OrmError:
            self._breaker.note_success()  # it answered; what is wrong is the login
            raise
        self._breaker.note_success()
        now = connection.borrowed_at = connection.idle_since = time.monotonic()
        spread = random.uniform(1 - _LIFE_SPREAD, 1 + _LIFE_SPREAD)
        connection.expires_at = now + self._options.connection_life * spread
        self._opened += 1
        self._caretaker.wake()
        return connection

    def _await_next_try(self, error: OperationalError, deadline: float) -> bool:
        """Wait a moment; False when that is of no use."""
        if error.code in CROWDED and self._has_others():
            return self._await_other(deadline)
        self._breaker.note_failure(error)
        wait = jitter()
        if self._breaker.is_open or time.monotonic() + wait > deadline:
            return False
        time.sleep(wait)
        return True

    def _has_others(self) -> bool:
        """Other connections of this pool are open. One that is changing hands is nowhere to be
        seen for a moment, so one look is not enough."""
        for _ in range(_LOOKS):
            if self._in_use or self._idle:
                return True
            time.sleep(_BETWEEN_LOOKS)
        return False

    def _await_other(self, deadline: float) -> bool:
        """Wait for another thread's permit, with which comes its connection."""
        if self._idle:
            return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        if self._turn.acquire(min(left, _CROWDED_PAUSE)):
            with self._lock:
                self._withheld += 1
                self._crowded_until = time.monotonic() + _CROWDED_PAUSE
        return True

    def _return_withheld(self) -> None:
        with self._lock:
            if time.monotonic() < self._crowded_until:
                return
            count, self._withheld = self._withheld, 0
        for _ in range(count):
            self._turn.release()

    # Giving back

    def release(self, connection: PooledConnection, *, is_claimed: bool = False) -> None:
        """Give back what `acquire` gave. is_claimed: `claim` was True before."""
        is_owned = self._in_use.pop(connection, None) is not None or is_claimed
        connection.stack = None
        is_current = connection.generation == self._hosts.generation
        if is_owned and is_current and connection.is_reusable:  # a closed one is not
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()
        self._turn.release()

    def claim(self, connection: PooledConnection) -> bool:
        """From now on nobody can cancel what runs on it; False when somebody did before."""
        return self._in_use.pop(connection, None) is not None

    def cancel(self, thread: int) -> bool:
        """Stop what the thread runs here; True when the server was told to."""
        is_told = False
        for connection, borrower in self._in_use.copy().items():
            if borrower == thread and self.claim(connection):
                connection.is_cancelled = True
                place = self._url.at(connection.host)
                is_told |= kill_statement(place, self._options, connection.thread_id)
        return is_told

    def distrust(self, connection: PooledConnection, error: OperationalError) -> None:
        """The connection was lost, or its server refused what it is there for."""
        self._hosts.distrust(connection, error)

    # Looking after

    def borrowed(self) -> dict[PooledConnection, int]:
        """The connections in use, and the thread of each."""
        return self._in_use.copy()

    def probe(self, late: list[PooledConnection]) -> None:
        """These connections have been in use for long: hang up when their server cannot be reached,
        so that their threads do not wait for `read_timeout`. With one server nothing is gained."""
        failed = self._hosts.probe()
        for connection in late:
            if connection.host == failed:
                connection.hang_up()

    def close_unused(self) -> bool:
        """Close what was idle for too long; returns whether any connection is left."""
        try:
            while self._idle:
                oldest = self._idle.popleft()
                if not oldest.is_stale(self._hosts.generation, time.monotonic()):
                    self._idle.appendleft(oldest)
                    break
                oldest.close()
        except IndexError:
            pass  # taken meanwhile
        return bool(self._idle or self._in_use)

    @property
    def statistics(self) -> PoolStatistics:
        return PoolStatistics(
            size=self._options.pool_size,
            in_use=len(self._in_use),
            idle=len(self._idle),
            waiting=self._turn.waiting,
            opened=self._opened,
            timeouts=self._timeouts,
            host=format_host(self._hosts.current),
            aside=tuple(map(format_host, self._hosts.aside)),
        )

    def close(self) -> None:
        """Close the idle connections; those in use close when they come back."""
        self._hosts.forget()
        while self._idle:
            self._idle.pop().close()
