"""Fixtures of the tests that turn a server by hand."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.byhand import ByHand
from tests.support.wire import Table


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def by_hand(table: Table) -> Iterator[Callable[..., ByHand]]:
    """A server for `table` that is turned by hand; keyword arguments are those of ServerConfig."""
    made: list[ByHand] = []

    def make(**fields: object) -> ByHand:
        made.append(ByHand(table, **fields))
        return made[-1]

    yield make
    for each in made:
        each.close()
