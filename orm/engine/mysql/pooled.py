"""A connection with what its pool knows about it."""

import select
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from orm.engine.limits import with_limit
from orm.engine.mysql.connection import MysqlConnection
from orm.engine.mysql.health import check_health
from orm.engine.options import MysqlOptions
from orm.engine.result import Result
from orm.engine.stacks import Stack, take_stack
from orm.engine.url import DatabaseURL, Host
from orm.errors import OrmError

# Seconds by which the client waits longer than the server's own limit.
_GRACE = 2.0


class PooledConnection(MysqlConnection):
    """Used by one thread at a time; the pool sees to that.

    generation: of the pool when it was opened; an older one is not used any more.
    expires_at, idle_since, borrowed_at: moments of the monotonic clock.
    stack: where it was borrowed, when it was for longer than a statement.
    is_cancelled: a KILL QUERY was aimed at it. The kill may arrive late, so this connection must
        never carry another borrower's statement.
    """

    __slots__ = (
        "_options",
        "_poll",
        "borrowed_at",
        "expires_at",
        "generation",
        "host",
        "idle_since",
        "is_cancelled",
        "stack",
    )

    def __init__(self, url: DatabaseURL, options: MysqlOptions, generation: int) -> None:
        super().__init__(url, options)
        self._options = options
        self._poll: Any = None
        self.host: Host = (url.host, url.port)
        self.generation = generation
        self.expires_at = self.idle_since = self.borrowed_at = 0.0
        self.is_cancelled = False
        self.stack: Stack | None = None

    @property
    def thread_id(self) -> int:
        """The server's number of this connection, for KILL."""
        return int(self._connection.thread_id())  # type: ignore[no-untyped-call]

    def has_news(self) -> bool:
        """Whether the server said anything since the last answer: it closed the connection.

        One system call, no round trip; a statement sent now might be done, and nobody would know.
        """
        raw: Any = self._connection
        if not hasattr(select, "poll"):  # Windows
            return bool(select.select([raw._sock], [], [], 0)[0])
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(raw._sock, select.POLLIN)
        return bool(self._poll.poll(0))

    def hang_up(self) -> None:
        """End what another thread waits for on it: there it is a lost connection."""
        raw: Any = self._connection
        with suppress(OSError, AttributeError):  # closed meanwhile
            raw._sock.shutdown(socket.SHUT_RDWR)

    def is_healthy(self, *, writes: bool) -> bool:
        """Ask the server; a connection whose server is gone or cannot serve is closed."""
        try:
            check_health(self, writes=writes)
        except OrmError:
            self.close()
            return False
        return True

    def prepare(self, sql: str) -> None:
        """Run a SET that the pool knows of: the connection stays good for others."""
        reusable = self.is_reusable
        self.run(sql, ())
        self.is_reusable = reusable and self.is_open

    def run_limited(self, sql: str, params: Sequence[Any], seconds: float) -> Result:
        """As `run`, but the server stops the statement after `seconds`."""
        text, usual = with_limit(sql, seconds), self._options.read_timeout
        if seconds + _GRACE <= usual:
            return self.run(text, params)
        self._wait_for_answers(seconds + _GRACE)
        try:
            return self.run(text, params)
        finally:
            if self.is_open:
                self._wait_for_answers(usual)

    def _wait_for_answers(self, seconds: float) -> None:
        raw: Any = self._connection
        if self._exchange is None:
            raw._read_timeout = seconds
        else:
            raw._rfile.set_read_timeout(seconds)

    def remember_borrower(self) -> None:
        """Note the callers, for the log: this one is borrowed for more than a statement."""
        self.stack = take_stack()

    def is_stale(self, generation: int, now: float) -> bool:
        return (
            generation != self.generation
            or now > self.expires_at
            or now - self.idle_since > self._options.idle_timeout
        )
