"""Migrations of a folder against a database: what is to be done, doing it, and the SQL of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from orm.engine.database import Database
from orm.errors import MigrationError
from orm.migrations.executor import Executor, directed, numbered_steps
from orm.migrations.files import Migration, Migrations
from orm.migrations.history import DOWN, UP, History
from orm.migrations.impact import Impact, impact
from orm.migrations.lint import Finding, is_additive, lint
from orm.migrations.lock import migration_lock
from orm.migrations.operations import Operation
from orm.migrations.plan import Planned, Status, make_plan, status
from orm.schema.ddl import DdlCompiler
from orm.schema.tables import Schema
from orm.schema.types import find_collations

# Seconds to wait for another process that migrates.
LOCK_WAIT = 60.0

Report = Callable[[Planned], object]


@dataclass(frozen=True)
class Explained:
    """One operation of a plan: what it costs, what speaks against it, the SQL it sends."""

    operation: Operation
    impact: Impact
    findings: tuple[Finding, ...]
    is_additive: bool
    sql: tuple[str, ...]


class Migrator:
    """Safe to use by several processes at once: whoever changes something holds a lock."""

    def __init__(
        self, database: Database, migrations: Migrations, *, wait: float = LOCK_WAIT
    ) -> None:
        self._database = database
        self._migrations = migrations
        self._wait = wait
        self._history = History(database)

    @cached_property
    def _compiler(self) -> DdlCompiler:
        return DdlCompiler(self._database.dialect, find_collations(self._database))

    def status(self) -> Status:
        return status(self._migrations, self._history.entries())

    def plan(self, target: str | None = None) -> list[Planned]:
        """What `migrate` would do; see `orm.migrations.plan.make_plan` for targets."""
        return make_plan(self._migrations, self.status(), target)

    def explain(self, planned: Planned) -> list[Explained]:
        """The operations of one planned migration, in the order they are done."""
        before = self._before(planned)
        found = []
        for operation, schema in directed(planned.migration, planned.direction, before):
            alone = Migration(planned.name, (operation,))
            steps = numbered_steps(alone, UP, schema, self._compiler)
            found.append(
                Explained(
                    operation,
                    impact(operation, schema, self._compiler),
                    tuple(lint(operation, schema, self._compiler)),
                    is_additive(operation, schema),
                    tuple(text for each in steps for text in each.step.label),
                )
            )
        return found

    def is_safe(self, planned: Planned) -> bool:
        """Does it only add, so that nothing that works now can stop working?"""
        return planned.direction == UP and all(each.is_additive for each in self.explain(planned))

    def migrate(
        self,
        target: str | None = None,
        *,
        fake: bool = False,
        allow_edited: bool = False,
        report: Report = lambda planned: None,
    ) -> list[Planned]:
        """Do what `plan` says, under the lock; what was done.

        fake: only note it. allow_edited: go on although applied migrations have another text now.
        report: called before each. MigrationError, LockTimeout, and what a statement raises.
        """
        with migration_lock(self._database, self._wait):
            self._history.create()
            found = self.status()
            if found.edited and not allow_edited:
                raise MigrationError(
                    f"applied and edited since: {', '.join(found.edited)}. Restore their text and "
                    "write what you want changed as a new migration."
                )
            self._adopt_squashed(found)
            todo = make_plan(self._migrations, found, target)
            executor = Executor(self._database, self._compiler)
            for planned in todo:
                report(planned)
                if fake:
                    self._note(planned)
                else:
                    before = self._migrations.state(found.order[: planned.place])
                    executor.run(planned.migration, planned.direction, before)
        return todo

    def _note(self, planned: Planned) -> None:
        if planned.direction == DOWN:
            self._history.forget(planned.name)
        else:
            self._history.begin(planned.name, planned.migration.checksum, UP)
            self._history.finish(planned.name, planned.migration.checksum)

    def _adopt_squashed(self, found: Status) -> None:
        """Where all that a squashed migration stands for was applied, it was applied, too."""
        entries = self._history.entries()
        for migration in found.order:
            is_old = migration.name in found.applied and migration.name not in entries
            if is_old and migration.replaces:
                self._history.begin(migration.name, migration.checksum, UP)
                self._history.finish(migration.name, migration.checksum)

    def _before(self, planned: Planned) -> Schema:
        return self._migrations.state(self.status().order[: planned.place])
