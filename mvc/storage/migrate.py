"""`python -m mvc migrate`: what would change, the SQL of it, doing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orm
from mvc.config import Settings
from mvc.storage.database import prepare_database
from mvc.storage.schema import (
    default_models,
    folder_of,
    has_history,
    migrations_of,
    patient_connection,
)
from orm.engine.database import Database
from orm.migrations.direct import SchemaChange, additive
from orm.migrations.files import Migrations
from orm.migrations.fills import fill_from_text
from orm.migrations.lock import migration_lock
from orm.migrations.migrator import LOCK_WAIT, Explained, Migrator
from orm.migrations.plan import Planned
from orm.names import did_you_mean
from orm.schema.tables import Renames, SqlText


@dataclass(frozen=True)
class MigrateOptions:
    """target: as `orm.migrations.plan` has it. wait: seconds for another process that migrates.
    unsafe: without files, do also what may break or lose something."""

    target: str | None = None
    fake: bool = False
    unsafe: bool = False
    allow_edited: bool = False
    wait: float = LOCK_WAIT
    renames: Sequence[str] = ()
    fills: Sequence[str] = ()


@dataclass
class Outline:
    """What is to be done, for people. is_pending: anything at all. findings: what the lint says."""

    lines: list[str] = field(default_factory=list)
    sql: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    is_pending: bool = False


def outline(settings: Settings, options: MigrateOptions) -> Outline:
    """Look only. Raises an OrmError."""
    prepare_database(settings)
    migrations = _migrations(settings)
    database = orm.get_database()
    if len(migrations):
        return _outline_files(Migrator(database, migrations), options)
    return _outline_models(_change(database, options))


def migrate(settings: Settings, options: MigrateOptions) -> Iterator[str]:
    """Do it, and yield a line for each thing that is about to be done. Raises an OrmError."""
    prepare_database(settings)
    migrations = _migrations(settings)
    with patient_connection(settings) as database:
        if len(migrations):
            yield from _migrate_files(database, migrations, options)
        else:
            yield from _migrate_models(database, options)


def _migrations(settings: Settings) -> Migrations:
    """The application's; MigrationError where the database has had some and the folder has none:
    without files the models would be followed, and that is not what was meant."""
    migrations = migrations_of(settings)
    if not len(migrations) and has_history():
        raise orm.MigrationError(
            f"this database has had migrations, and there are none in {folder_of(settings)}: put "
            "their files back, or drop the table treadle_migrations to go on without them."
        )
    return migrations


# -- with files ------------------------------------------------------------------------------------


def _outline_files(migrator: Migrator, options: MigrateOptions) -> Outline:
    found = Outline()
    status = migrator.status()
    found.lines += [f"edited since it was applied: {name}" for name in status.edited]
    found.lines += [f"applied, and no file of that name: {name}" for name in status.unknown]
    found.lines += [f"half done: {name}" for name in status.interrupted]
    plan = migrator.plan(options.target)
    found.is_pending = bool(plan or status.edited or status.interrupted)
    for planned in plan:
        found.lines.append(_headline(planned))
        found.sql.append(f"-- {planned.name} ({planned.direction})")
        _add_operations(found, migrator.explain(planned))
    if not found.lines:
        found.lines.append("nothing to do: every migration is applied")
    return found


def _headline(planned: Planned) -> str:
    verb = {"up": "apply", "down": "undo"}[planned.direction]
    title = f": {planned.migration.title}" if planned.migration.title else ""
    return f"{verb} {planned.name}{title}"


def _migrate_files(
    database: Database, migrations: Migrations, options: MigrateOptions
) -> Iterator[str]:
    lines: list[str] = []
    migrator = Migrator(database, migrations, wait=options.wait)
    done = migrator.migrate(
        options.target,
        fake=options.fake,
        allow_edited=options.allow_edited,
        report=lambda planned: lines.append(_headline(planned)),
    )
    yield from lines
    if not done:
        yield "nothing to do: every migration is applied"


# -- without files ---------------------------------------------------------------------------------


def _change(database: Database, options: MigrateOptions) -> SchemaChange:
    models = default_models()
    return SchemaChange(
        database,
        models,
        renames=parse_renames(models, options.renames),
        fills=parse_fills(models, options.fills),
        is_whole=options.unsafe,
    )


def _outline_models(change: SchemaChange) -> Outline:
    found = Outline(is_pending=bool(change.operations))
    _add_operations(found, change.explain())
    if not found.lines:
        found.lines.append("nothing to do: the database is as the models say")
    return found


def _migrate_models(database: Database, options: MigrateOptions) -> Iterator[str]:
    with migration_lock(database, options.wait):
        change = _change(database, options)
        safe = change.operations if options.unsafe else additive(change.live, change.operations)
        left = [each for each in change.operations if each not in safe]
        change.apply(safe)
    yield from (each.describe() for each in safe)
    yield from (f"left: {each.describe()} (--unsafe does it)" for each in left)
    if not change.operations:
        yield "nothing to do: the database is as the models say"


# -- both ------------------------------------------------------------------------------------------


def _add_operations(found: Outline, explained: Iterable[Explained]) -> None:
    for each in explained:
        found.lines.append(f"  {each.operation.describe()}  [{each.impact}]")
        for finding in each.findings:
            found.lines.append(f"    {finding}")
            found.findings.append(str(finding))
        found.sql += [f"{text.replace('%%', '%')};" for text in each.sql]


def parse_renames(models: Sequence[object], given: Sequence[str]) -> Renames:
    """`old=new` for tables, `table.old=new` for columns (the table by its new name)."""
    renames = Renames()
    tables = {model._meta.table: model._meta for model in models}  # type: ignore[attr-defined]
    for text in given:
        old, sign, new = text.partition("=")
        table, dot, column = old.partition(".")
        name = table if dot else new
        if not sign or not old or not new:
            raise orm.MigrationError(
                f"--rename {text}: write it as --rename old_table=new_table or "
                "--rename table.old_column=new_column."
            )
        if name not in tables:
            raise orm.MigrationError(f"--rename {text}: {did_you_mean(name, tables)}")
        if not dot:
            renames.tables[new] = old
        elif new in tables[table].columns:
            renames.columns[table, new] = column
        else:
            hint = did_you_mean(new, tables[table].columns)
            raise orm.MigrationError(f"--rename {text}: {table} has no column {new!r}. {hint}")
    return renames


def parse_fills(models: Sequence[object], given: Sequence[str]) -> dict[tuple[str, str], SqlText]:
    return dict(fill_from_text(models, text) for text in given)
