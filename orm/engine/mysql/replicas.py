"""Copies of a database that answer reads, and who may not read from them yet (orm:O30).

A replica is behind by the time a change takes to arrive. A thread that has written reads from the
primary for `replica_pin` seconds after it, so that it finds what it wrote. Replicas that cannot be
reached are no error: the primary answers instead.
"""

import threading
import time
from dataclasses import replace

from orm.engine.mysql.pool import Pool
from orm.engine.mysql.pooled import PooledConnection
from orm.engine.options import MysqlOptions
from orm.engine.url import DatabaseURL, parse_hosts
from orm.errors import ConfigurationError, Disconnected


class _Pin(threading.local):
    until = 0.0


class Replicas:
    """The pool of the replicas of one database, one of which each process picks at random."""

    def __init__(self, url: DatabaseURL, options: MysqlOptions) -> None:
        try:
            hosts = parse_hosts(options.replicas)
        except ValueError as error:
            raise ConfigurationError(
                f"option 'replicas' takes host:port,host:port; {error}."
            ) from None
        self._seconds = options.replica_pin
        self._pin = _Pin()
        self.pool = Pool(url.at(*hosts), replace(options, host_order="random"), writes=False)

    def pin(self) -> None:
        """This thread writes: its reads go to the primary for a while."""
        self._pin.until = time.monotonic() + self._seconds

    def borrow(self) -> tuple[Pool, PooledConnection] | None:
        """A connection for a read of this thread; None when the primary must answer it."""
        if time.monotonic() < self._pin.until:
            return None
        try:
            return self.pool, self.pool.acquire()
        except Disconnected:
            return None
