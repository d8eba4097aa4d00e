"""What an engine does for one operation: steps, each of which happens as a whole or not at all."""

from collections.abc import Callable
from dataclasses import dataclass

from orm.engine.database import Database
from orm.migrations.data import DataOperation
from orm.schema.live import LiveTable

LiveTables = dict[str, LiveTable]


@dataclass(frozen=True)
class Step:
    """label: the SQL, for people (`--sql`). run: does it. is_done: was it done before, though
    nobody noted it? Asked only about the one step during which a process was killed.

    data: what it moves, in one transaction with the note that it was done. needs_no_keys: foreign
    keys must not be enforced meanwhile (SQLite, a table that is built anew).
    """

    label: tuple[str, ...]
    run: Callable[[Database], object]
    is_done: Callable[[Database], bool] | None = None
    data: DataOperation | None = None
    needs_no_keys: bool = False

    @property
    def is_batched(self) -> bool:
        return self.data is not None and self.data.is_batched


def statements_step(
    statements: list[str],
    is_done: Callable[[Database], bool] | None = None,
    *,
    needs_no_keys: bool = False,
) -> Step:
    """A step that sends statements as `Database.run` takes them."""

    def run(database: Database) -> None:
        for statement in statements:
            database.run(statement)

    return Step(tuple(statements), run, is_done, needs_no_keys=needs_no_keys)
