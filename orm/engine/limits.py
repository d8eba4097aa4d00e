"""A time limit for the statements of a block (orm:A4, sec:D8).

The limit belongs to the thread, so that it holds for every statement inside the block, whoever
sends it: a relation that loads by itself, a count for a page. Each engine reads it when it runs a
statement. A block inside another can only shorten the limit.

On MySQL and MariaDB the server stops the statement itself: MariaDB any, MySQL only a SELECT. One
text serves both: to MySQL the first comment is a comment, to MariaDB the second.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from orm.engine.statements import Kind, kind_of
from orm.errors import QueryError

_LIMITED = (Kind.READ, Kind.WRITE)
_SELECT = "SELECT "


class _Limit(threading.local):
    seconds: float | None = None


current = _Limit()


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


def with_limit(sql: str, seconds: float) -> str:
    """`sql` for MySQL and MariaDB, stopped by the server after `seconds`."""
    if kind_of(sql) not in _LIMITED:
        return sql
    if sql.startswith(_SELECT):
        hint = f"/*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000)):d}) */ "
        sql = _SELECT + hint + sql.removeprefix(_SELECT)
    return f"/*M! SET STATEMENT max_statement_time={max(seconds, 1e-6):f} FOR */ {sql}"
