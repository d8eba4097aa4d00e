"""Changing a database to what the models say, without migration files (feat:V19).

The operations follow from the live schema, so there is nothing to note: after a kill the next run
finds less to do. Tables that no model knows are left alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations.diff import Fills, diff
from orm.migrations.executor import run_direct, steps_of
from orm.migrations.fills import fills_of
from orm.migrations.impact import impact
from orm.migrations.lint import is_additive, lint
from orm.migrations.lock import migration_lock
from orm.migrations.migrator import LOCK_WAIT, Explained
from orm.migrations.operations import CreateTable, Operation
from orm.schema.ddl import DdlCompiler
from orm.schema.describe import declared_renames, describe_all
from orm.schema.reflect import reflect_schema
from orm.schema.tables import Renames, Schema
from orm.schema.types import find_collations


class SchemaChange:
    """The difference between a database and models, as operations; `live` is what there is now.

    is_whole: all of it is going to be done, so a value for every column that must not be NULL has
    to be known; MigrationError otherwise.
    """

    def __init__(
        self,
        database: Database,
        models: Iterable[Any],
        *,
        renames: Renames | None = None,
        fills: Fills | None = None,
        is_whole: bool = True,
    ) -> None:
        found = [each for each in models if not each._meta.abstract]
        self._database = database
        self._compiler = DdlCompiler(database.dialect, find_collations(database))
        self.wanted = describe_all(found)
        declared = declared_renames(found)
        given = renames or Renames()
        self.renames = Renames(
            {**declared.tables, **given.tables}, {**declared.columns, **given.columns}
        )
        known = {**fills_of(found), **(fills or {})}
        self.live = reflect_schema(database, self.wanted, self.renames)
        self.operations = diff(self.live, self.wanted, self.renames, known, is_whole=is_whole)

    def explain(self) -> list[Explained]:
        explained = []
        schema = self.live
        for operation in self.operations:
            explained.append(
                Explained(
                    operation,
                    impact(operation, schema, self._compiler),
                    tuple(lint(operation, schema, self._compiler)),
                    is_additive(operation, schema),
                    tuple(
                        text
                        for step in steps_of(operation, schema, self._compiler)
                        for text in step.label
                    ),
                )
            )
            schema = operation.apply(schema)
        return explained

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carry out some of the operations, in their order."""
        run_direct(self._database, operations, self.live, self._compiler)


def additive(schema: Schema, operations: Sequence[Operation]) -> list[Operation]:
    """Those that only add; what builds on one that does not is left out with it."""
    kept: list[Operation] = []
    created: set[str] = set()
    for operation in operations:
        try:
            # Tables that refer to each other get their keys when all of them stand.
            is_kept = operation.table in created or is_additive(operation, schema)
            after = operation.apply(schema)
        except MigrationError:
            continue
        if is_kept:
            kept.append(operation)
            schema = after
            if isinstance(operation, CreateTable):
                created.add(operation.table)
    return kept


def apply_additive(
    database: Database, models: Iterable[Any], *, wait: float = LOCK_WAIT
) -> tuple[list[Operation], list[Operation]]:
    """Make the changes that only add; (those made, those left), under the lock."""
    found = list(models)
    if not SchemaChange(database, found, is_whole=False).operations:
        return [], []
    with migration_lock(database, wait):
        change = SchemaChange(database, found, is_whole=False)
        safe = additive(change.live, change.operations)
        change.apply(safe)
    return safe, [each for each in change.operations if each not in safe]
