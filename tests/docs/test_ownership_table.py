"""The page on architecture says of each state who owns a connection in it."""

from httpcore.protocol.states import OWNER
from tests.support.documents import table_rows


def test_every_state_has_its_row_and_owner() -> None:
    written = [(row[0], row[1]) for row in table_rows("docs/ARCHITECTURE.md", "state")]
    assert written == [(state.name, owner.name.lower()) for state, owner in OWNER.items()]
