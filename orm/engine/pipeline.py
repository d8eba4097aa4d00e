"""`with pipeline():` statements go out together, their answers are read later (api: Models).

A pipeline is a transaction block, a savepoint inside another one, so all of it is stored or
nothing. Inside, a statement whose answer nobody needs at once is *submitted*: where the engine can
(MariaDB), it is sent without waiting for the answers of those before it. Answers are read in order,
at the end of the block, when something else is run on the connection, or when enough are on their
way. On SQLite, which has no way to go, each statement runs at once.

The first error is raised where the answers are read, with a note that says which statement it
belongs to. What was sent after that statement has run as well, so a block that met an error is
always undone; one that swallows the error ends in TransactionError.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from orm.engine.blocks import TransactionBlock
from orm.engine.local import ThreadState
from orm.engine.transaction import Unit
from orm.errors import TransactionError


class PipelineBlock:
    """See the module; made by `orm.pipeline`."""

    def __init__(self, state: Callable[[], ThreadState]) -> None:
        self._find_state = state
        self._block = TransactionBlock(state, lazy=False, retry=0)
        self._unit: Unit | None = None

    def __enter__(self) -> Self:
        self._block.__enter__()
        self._unit = self._find_state().unit
        if self._unit is not None:
            self._unit.enter_pipeline()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        unit, self._unit = self._unit, None
        if unit is None:
            raise TransactionError("this block was left before it was entered.")
        try:
            unit.leave_pipeline(undo=kind is not None)
        except BaseException as fault:
            self._block.__exit__(type(fault), fault, fault.__traceback__)
            raise
        self._block.__exit__(kind, error, traceback)
