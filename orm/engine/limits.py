"""A time limit for the statements of a block (orm:A4, sec:D8).

The limit belongs to the thread, so that it holds for every statement inside the block, whoever
sends it: a relation that loads by itself, a count for a page. Each engine reads it when it runs a
statement. A block inside another can only shorten the limit.

On MySQL and MariaDB the server stops the statement itself: MariaDB any, MySQL only a SELECT. One
text serves both: to MySQL the first comment is a comment, to MariaDB the second.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from orm.engine.statements import Kind, kind_of
from orm.errors import QueryError

_LIMITED = (Kind.READ, Kind.WRITE)
_SELECT = "SELECT "


class _Limit(threading.local):
    seconds: float | None = None  # of each statement
    deadline: float | None = None  # of the whole work, on the clock of time.monotonic()


current = _Limit()

# Threads whose statement is to stop, and until when that is meant: for engines that look (SQLite).
cancelled: dict[int, float] = {}
_CANCEL_SECONDS = 0.1


def cancel_thread(thread: int) -> bool:
    """Ask the statement that the thread runs to stop; returns whether it did.

    It looks every few milliseconds. A request that nobody has taken is withdrawn, so that it does
    not stop what the thread does later.
    """
    cancelled[thread] = time.monotonic() + _CANCEL_SECONDS
    while time.monotonic() < cancelled.get(thread, 0.0):
        time.sleep(0.001)
    return cancelled.pop(thread, None) is None


def take_cancel() -> bool:
    """Whether this thread's statement is to stop; true once for each request."""
    return bool(cancelled) and time.monotonic() < cancelled.pop(threading.get_ident(), 0.0)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Every statement of this thread inside the block that runs longer raises QueryTimeout.

    QueryError when `seconds` is not above 0.
    """
    if not seconds > 0:
        raise QueryError(f"a time limit is a number of seconds above 0, not {seconds!r}.")
    before = current.seconds
    current.seconds = seconds if before is None else min(seconds, before)
    try:
        yield
    finally:
        current.seconds = before


@contextmanager
def deadline(moment: float | None) -> Iterator[None]:
    """What this thread does inside the block is of use until `moment` (`time.monotonic()`).

    Nothing waits for a connection beyond it, and a statement on SQLite ends there with
    QueryTimeout; to end one on MySQL is up to who watches the clock (`Database.cancel`). A block
    inside another can only bring it closer. None: no deadline.
    """
    before = current.deadline
    if moment is not None:
        current.deadline = moment if before is None else min(moment, before)
    try:
        yield
    finally:
        current.deadline = before


def within(seconds: float) -> float:
    """`seconds`, or what is left until this thread's deadline."""
    if current.deadline is None:
        return seconds
    return max(0.0, min(seconds, current.deadline - time.monotonic()))


def with_limit(sql: str, seconds: float) -> str:
    """`sql` for MySQL and MariaDB, stopped by the server after `seconds`."""
    if kind_of(sql) not in _LIMITED:
        return sql
    if sql.startswith(_SELECT):
        hint = f"/*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000)):d}) */ "
        sql = _SELECT + hint + sql.removeprefix(_SELECT)
    return f"/*M! SET STATEMENT max_statement_time={max(seconds, 1e-6):f} FOR */ {sql}"
