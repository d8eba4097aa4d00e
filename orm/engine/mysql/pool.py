"""The connections to one MySQL server: how many, for whom, for how long (sec:D10, D11, D15).

A turnstile of pool_size permits bounds the connections in use; whoever passed it may pop an idle
one or open another. The idle ones lie on a stack, so that the warm are used and the rest expire.
Only whole, clean connections return to it.

When a connection is found dead, the server has probably restarted and the idle ones are dead too:
the generation is counted up, and those of an older one are closed instead of handed out.
"""

import random
import time
from collections import deque

from orm.engine.mysql.connection import MysqlConnection
from orm.engine.options import MysqlOptions
from orm.engine.turnstile import Turnstile
from orm.engine.url import DatabaseURL
from orm.errors import PoolTimeout

# Connections of one start would otherwise expire, and be replaced, all at the same moment.
_LIFE_SPREAD = 0.1

# Seconds after which an idle connection is asked whether it still lives before it is handed out.
_TRUSTED_IDLE = 30.0


class Pool:
    """Safe to use from any thread."""

    def __init__(self, url: DatabaseURL, options: MysqlOptions) -> None:
        self._url = url
        self._options = options
        self._turn = Turnstile(options.pool_size)
        self._idle: deque[MysqlConnection] = deque()  # its methods are atomic
        self._generation = 0

    def acquire(self) -> MysqlConnection:
        """A connection that is owed back with `release`; PoolTimeout when none gets free."""
        if not self._turn.acquire(self._options.pool_wait):
            raise PoolTimeout(
                f"MySQL {self._url.host}:{self._url.port}: all {self._options.pool_size} "
                f"connections stayed in use for {self._options.pool_wait:g} s (pool_wait); raise "
                "pool_size or keep transactions short."
            )
        try:
            return self._pop_idle() or self._open()
        except BaseException:
            self._turn.release()
            raise

    def _pop_idle(self) -> MysqlConnection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_expired(self._generation):
                connection.close()
            elif time.monotonic() - connection.idle_since < _TRUSTED_IDLE or connection.is_alive():
                return connection

    def _open(self) -> MysqlConnection:
        generation = self._generation
        connection = MysqlConnection(self._url, self._options)
        connection.generation = generation
        spread = random.uniform(1 - _LIFE_SPREAD, 1 + _LIFE_SPREAD)
        connection.expires_at = time.monotonic() + self._options.connection_life * spread
        return connection

    def release(self, connection: MysqlConnection) -> None:
        if not connection.is_open:
            pass
        elif connection.is_reusable and not connection.is_expired(self._generation):
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()
        self._turn.release()

    def distrust_idle(self) -> None:
        """A connection turned out dead: the idle ones of its time are not used any more."""
        self._generation += 1

    def close(self) -> None:
        """Close the idle connections; those in use close when they come back."""
        self._generation += 1
        while self._idle:
            self._idle.pop().close()
