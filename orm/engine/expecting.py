"""`with orm.assert_queries(2):` for tests: how many statements a piece of code sends."""

from collections.abc import Iterator
from contextlib import contextmanager

from orm.engine.log import QueryLog
from orm.engine.registry import DEFAULT, get_database


@contextmanager
def assert_queries(
    count: int | None = None, *, at_most: int | None = None, database: str = DEFAULT
) -> Iterator[QueryLog]:
    """The block sends `count` statements, or no more than `at_most`; AssertionError with all of
    them and the lines that made them otherwise.

    Gives the log. The statements of every thread count.
    """
    with get_database(database).log_queries() as log:
        yield log
    number = len(log)
    if count is not None and number != count:
        raise AssertionError(f"expected {count} statements, {number} were sent:\n{log}")
    if at_most is not None and number > at_most:
        raise AssertionError(f"expected at most {at_most} statements, {number} were sent:\n{log}")
