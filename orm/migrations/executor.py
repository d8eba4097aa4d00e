"""Carrying migrations out, so that a kill at any statement costs nothing (sec:D22).

SQLite changes the schema inside transactions, so a migration and the note that it was applied are
one transaction; only a batched step is several, each with the note where it was.

MySQL commits every change of the schema by itself. The steps of a migration are noted one by one,
and the next start goes on behind the last one that was noted. Whether the step after it was still
done is seen in the live schema; that question is asked about this one step alone, so that a table
that somebody else made is not taken for ours.

    noted                 killed                   next start
    step n                before or in step n + 1  not there: does it
    step n                behind step n + 1        there: notes it, goes on
    step n, up            anywhere                 asked to go back: undoes what of the operation is
                                                   there, then those before it
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from orm.engine.database import Database
from orm.errors import MigrationError, OrmError
from orm.migrations.files import Migration
from orm.migrations.history import DOWN, UP, Entry, History
from orm.migrations.mysql import MysqlPlanner
from orm.migrations.operations import Operation
from orm.migrations.sqlite import SqlitePlanner
from orm.migrations.steps import Step
from orm.schema.ddl import DdlCompiler
from orm.schema.tables import Schema

_KEY_CHECK = "PRAGMA foreign_key_check"


class Planner(Protocol):
    def steps(self, operation: Operation, before: Schema) -> list[Step]: ...


_PLANNERS: Final[dict[str, Callable[[DdlCompiler], Planner]]] = {
    "sqlite": SqlitePlanner,
    "mysql": MysqlPlanner,
}


@dataclass(frozen=True)
class Numbered:
    """A step, and which operation of the migration, in this direction, it belongs to."""

    place: int
    step: Step


def numbered_steps(
    migration: Migration, direction: str, before: Schema, compiler: DdlCompiler
) -> list[Numbered]:
    """Every step of a migration. before: the schema ahead of it, in either direction."""
    planner = _PLANNERS[compiler.dialect.name](compiler)
    found: list[Numbered] = []
    for place, (operation, schema) in enumerate(directed(migration, direction, before)):
        found += [Numbered(place, step) for step in planner.steps(operation, schema)]
    return found


def directed(
    migration: Migration, direction: str, before: Schema
) -> list[tuple[Operation, Schema]]:
    """The operations with the schema ahead of each; undoing ones in reverse order."""
    ahead: list[tuple[Operation, Schema]] = []
    schema = before
    for operation in migration.operations:
        ahead.append((operation, schema))
        schema = operation.apply(schema)
    if direction == UP:
        return ahead
    return [(o.reverse(schema), o.apply(schema)) for o, schema in reversed(ahead)]


def steps_of(operation: Operation, before: Schema, compiler: DdlCompiler) -> list[Step]:
    return _PLANNERS[compiler.dialect.name](compiler).steps(operation, before)


def run_direct(
    database: Database, operations: Sequence[Operation], before: Schema, compiler: DdlCompiler
) -> None:
    """Carry out operations without noting them: in one transaction where the engine can."""
    steps: list[Step] = []
    for operation in operations:
        steps += steps_of(operation, before, compiler)
        before = operation.apply(before)
    with schema_block(database, needs_no_keys=any(step.needs_no_keys for step in steps)):
        for step in steps:
            step.run(database)


class Executor:
    """Applies and undoes migrations of one database; the caller holds the lock."""

    def __init__(self, database: Database, compiler: DdlCompiler) -> None:
        self._database = database
        self._compiler = compiler
        self._history = History(database)
        self._is_transactional = database.dialect.transactional_ddl

    def run(self, migration: Migration, direction: str, before: Schema) -> None:
        """Apply or undo one migration, from where an earlier run of it ended."""
        steps = numbered_steps(migration, direction, before, self._compiler)
        entry = self._history.find(migration.name)
        if direction == DOWN and entry is None:
            return
        if direction == UP and entry is not None and entry.is_finished:
            return  # another process was faster
        resumed = self._resume(migration, direction, before, steps, entry)
        groups = list(_groups(steps, resumed.start, whole=self._is_transactional))
        if not groups:
            with schema_block(self._database, needs_no_keys=False):
                self._close(migration, direction, is_begun=resumed.is_noted)
        for number, group in enumerate(groups):
            is_first, is_last = number == 0, number == len(groups) - 1
            first = None if resumed.is_noted or not is_first else resumed.start
            self._run_group(migration, direction, group, first, resumed, is_last=is_last)

    def _resume(
        self,
        migration: Migration,
        direction: str,
        before: Schema,
        steps: list[Numbered],
        entry: Entry | None,
    ) -> "_Resumed":
        if entry is None or entry.is_finished:
            return _Resumed(0)
        if entry.direction == direction:
            # Changing the file while it is half done would count other steps.
            if entry.checksum != migration.checksum:
                raise MigrationError(
                    f"{migration.name} was edited while it was half done: restore its text, then "
                    "run `python -m mvc migrate` again."
                )
            return _Resumed(entry.step, frozenset({entry.step}), entry.position, is_noted=True)
        others = numbered_steps(migration, entry.direction, before, self._compiler)
        last = len(migration.operations) - 1
        done = others[entry.step].place if entry.step < len(others) else last + 1
        # The operation that was being done, and its place on the way back.
        place = last - done
        start = next((i for i, each in enumerate(steps) if each.place >= place), len(steps))
        uncertain = frozenset(i for i, each in enumerate(steps) if each.place == place)
        if self._is_transactional and entry.position is None:
            start = next((i for i, each in enumerate(steps) if each.place > place), len(steps))
        return _Resumed(start, uncertain, skips_data=entry.position is None)

    def _run_group(
        self,
        migration: Migration,
        direction: str,
        group: list[tuple[int, Step]],
        first: int | None,
        resumed: "_Resumed",
        *,
        is_last: bool,
    ) -> None:
        needs_no_keys = any(step.needs_no_keys for _, step in group)
        if not self._is_transactional:
            if first is not None:
                self._begin(migration, direction, first)
            for number, step in group:
                self._run_step(migration, number, step, resumed)
            if is_last:
                self._close(migration, direction, is_begun=True)
            return
        if group[0][1].data is not None and group[0][1].data.is_batched:
            if first is not None:
                self._begin(migration, direction, first)
            self._run_batches(migration.name, *group[0], resumed)
            if is_last:
                self._close(migration, direction, is_begun=True)
            return
        with schema_block(self._database, needs_no_keys=needs_no_keys):
            if first is not None:
                self._begin(migration, direction, first)
            for _, step in group:
                self._explained(migration, step, step.run)
            self._history.advance(migration.name, group[-1][0] + 1)
            if is_last:
                self._close(migration, direction, is_begun=True)

    def _run_step(self, migration: Migration, number: int, step: Step, resumed: "_Resumed") -> None:
        """One step on an engine that commits it by itself."""
        if step.data is not None:
            if number in resumed.uncertain and resumed.skips_data:
                return
            self._run_batches(migration.name, number, step, resumed)
            return
        is_done = step.is_done
        if number not in resumed.uncertain or is_done is None or not is_done(self._database):
            self._explained(migration, step, step.run)
        self._history.advance(migration.name, number + 1)

    def _run_batches(self, name: str, number: int, step: Step, resumed: "_Resumed") -> None:
        """Each batch is a transaction with the note where the next one begins."""
        operation = step.data
        if operation is None:
            return
        position = resumed.position if number == resumed.start else None
        while True:
            with self._database.transaction():
                position = operation.run(self._database, position)
                if position is None or not operation.is_batched:
                    self._history.advance(name, number + 1)
                    return
                self._history.advance(name, number, position)

    def _begin(self, migration: Migration, direction: str, step: int) -> None:
        self._history.begin(migration.name, migration.checksum, direction, step)

    def _close(self, migration: Migration, direction: str, *, is_begun: bool) -> None:
        if direction == DOWN:
            self._history.forget(migration.name)
            return
        if not is_begun:
            self._history.begin(migration.name, migration.checksum, direction)
        self._history.finish(migration.name, migration.checksum)

    def _explained(
        self, migration: Migration, step: Step, run: Callable[[Database], object]
    ) -> None:
        try:
            run(self._database)
        except MigrationError:
            raise
        except OrmError as error:
            error.add_note(f"in {migration.name}: {step.label[0]}")
            error.add_note(
                "nothing of it is stored"
                if self._is_transactional
                else "the steps before it are done: fix the cause and run `python -m mvc migrate` "
                "again, which goes on here, or go back with `python -m mvc migrate -1`"
            )
            raise


@contextmanager
def schema_block(database: Database, *, needs_no_keys: bool) -> Iterator[None]:
    """A transaction where DDL can be in one; around it foreign keys switched off, which SQLite
    allows nowhere else. They are checked before the commit."""
    if not database.dialect.transactional_ddl:
        yield
        return
    if not needs_no_keys:
        with database.transaction():
            yield
        return
    violated = set(database.run(_KEY_CHECK).rows)
    database.run("PRAGMA foreign_keys = OFF")
    try:
        with database.transaction():
            yield
            _check_keys(database, violated)
    finally:
        database.run("PRAGMA foreign_keys = ON")


def _check_keys(database: Database, before: set[tuple[Any, ...]]) -> None:
    violations = [row for row in database.run(_KEY_CHECK).rows if row not in before]
    if violations:
        table, row, target, _ = violations[0]
        raise MigrationError(
            f"{len(violations)} rows refer to rows that are not there, the first is row {row} of "
            f"{table} (to {target}): repair or delete them first. Nothing was changed."
        )


@dataclass(frozen=True)
class _Resumed:
    """Where to begin. uncertain: steps that may have been done. skips_data: a data step among those
    was not, because it would have been noted."""

    start: int
    uncertain: frozenset[int] = frozenset()
    position: Any = None
    is_noted: bool = False
    skips_data: bool = False


def _groups(steps: list[Numbered], start: int, *, whole: bool) -> Iterator[list[tuple[int, Step]]]:
    """What is one transaction: everything between batched steps, where the engine can."""
    group: list[tuple[int, Step]] = []
    for number in range(start, len(steps)):
        step = steps[number].step
        is_batched = step.data is not None and step.data.is_batched
        if group and (is_batched or not whole):
            yield group
            group = []
        group.append((number, step))
        if is_batched:
            yield group
            group = []
    if group:
        yield group
