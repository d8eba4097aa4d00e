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
                                                   there, then those before it; a batched step is
                                                   done to its end first
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
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

    def run(self, migration: Migration, direction: str, before: Schema) -> None:
        """Apply or undo one migration, from where an earlier run of it ended."""
        entry = self._history.find(migration.name)
        if direction == DOWN and entry is None:
            return
        if direction == UP and entry is not None and entry.is_finished:
            return  # another process was faster
        steps = numbered_steps(migration, direction, before, self._compiler)
        if entry is None or entry.is_finished:
            resumed = _Resumed(0)
        elif entry.direction == direction:
            resumed = _resume(migration, entry)
        else:
            others = numbered_steps(migration, entry.direction, before, self._compiler)
            entry = self._end_batches(migration, entry, others)
            resumed = self._turn_back(migration, entry, steps, others)
        _Run(self._database, migration, direction, resumed).do(steps)

    def _end_batches(self, migration: Migration, entry: Entry, others: list[Numbered]) -> Entry:
        """What undoes a batched step undoes all of it, so it has to be done as a whole first."""
        if entry.position is None:
            return entry
        resumed = _Resumed(entry.step, position=entry.position, is_noted=True)
        run = _Run(self._database, migration, entry.direction, resumed)
        run.do_step(entry.step, others[entry.step].step)
        return replace(entry, step=entry.step + 1, position=None)

    def _turn_back(
        self, migration: Migration, entry: Entry, steps: list[Numbered], others: list[Numbered]
    ) -> "_Resumed":
        """Begin with what leads back from the operation that was being done the other way."""
        last = len(migration.operations) - 1
        done = others[entry.step].place if entry.step < len(others) else last + 1
        place = last - done
        if self._database.dialect.transactional_ddl:
            place += 1  # nothing of it is there
        start = next((i for i, each in enumerate(steps) if each.place >= place), len(steps))
        uncertain = frozenset(i for i, each in enumerate(steps) if each.place == last - done)
        return _Resumed(start, uncertain, skips_data=True)


def _resume(migration: Migration, entry: Entry) -> "_Resumed":
    if entry.checksum != migration.checksum:  # its steps would be counted otherwise
        raise MigrationError(
            f"{migration.name} was edited while it was half done: restore its text, then run "
            "`python -m mvc migrate` again."
        )
    return _Resumed(entry.step, frozenset({entry.step}), entry.position, is_noted=True)


class _Run:
    """One migration in one direction."""

    def __init__(
        self, database: Database, migration: Migration, direction: str, resumed: "_Resumed"
    ) -> None:
        self._database = database
        self._migration = migration
        self._direction = direction
        self._resumed = resumed
        self._is_noted = resumed.is_noted
        self._history = History(database)
        self._is_transactional = database.dialect.transactional_ddl

    def do(self, steps: list[Numbered]) -> None:
        groups = list(_groups(steps, self._resumed.start, whole=self._is_transactional))
        for group in groups:
            if self._is_transactional and not group[0][1].is_batched:
                self._do_whole(group, is_last=group is groups[-1])
            else:
                self._begin()
                for number, step in group:
                    self.do_step(number, step)
        if not groups or not self._is_transactional or groups[-1][0][1].is_batched:
            self._begin()
            self._close()

    def _do_whole(self, group: list[tuple[int, Step]], *, is_last: bool) -> None:
        """Steps, the note that they are done, and that it was the last, in one transaction."""
        needs_no_keys = any(step.needs_no_keys for _, step in group)
        with schema_block(self._database, needs_no_keys=needs_no_keys):
            self._begin()
            for _, step in group:
                self._explained(step, partial(step.run, self._database))
            self._history.advance(self._migration.name, group[-1][0] + 1)
            if is_last:
                self._close()

    def do_step(self, number: int, step: Step) -> None:
        """One step that is noted by itself."""
        is_uncertain = number in self._resumed.uncertain
        if step.data is not None:
            if not (is_uncertain and self._resumed.skips_data):
                self._explained(step, partial(self._do_batches, number, step))
                return
        elif not (is_uncertain and step.is_done is not None and step.is_done(self._database)):
            self._explained(step, partial(step.run, self._database))
        self._history.advance(self._migration.name, number + 1)

    def _do_batches(self, number: int, step: Step) -> None:
        """Each batch is a transaction with the note where the next one begins."""
        operation, name = step.data, self._migration.name
        position = self._resumed.position if number == self._resumed.start else None
        while operation is not None:
            with self._database.transaction():
                position = operation.run(self._database, position)
                if position is None or not operation.is_batched:
                    self._history.advance(name, number + 1)
                    return
                self._history.advance(name, number, position)

    def _begin(self) -> None:
        if not self._is_noted:
            name, checksum = self._migration.name, self._migration.checksum
            self._history.begin(name, checksum, self._direction, self._resumed.start)
            self._is_noted = True

    def _close(self) -> None:
        if self._direction == DOWN:
            self._history.forget(self._migration.name)
        else:
            self._history.finish(self._migration.name, self._migration.checksum)

    def _explained(self, step: Step, run: Callable[[], object]) -> None:
        try:
            run()
        except MigrationError:
            raise
        except OrmError as error:
            error.add_note(f"in {self._migration.name}: {step.label[0]}")
            error.add_note(
                "nothing of it is stored"
                if self._is_transactional and not step.is_batched
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
        if group and (step.is_batched or not whole):
            yield group
            group = []
        group.append((number, step))
        if step.is_batched:
            yield group
            group = []
    if group:
        yield group
