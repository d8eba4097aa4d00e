"""The tables of an application when it starts: made, brought up to date, or looked at (feat:V19).

With migration files in `migrations/` these say what the database should have; without them the
models do. `auto_migrate` says what a start may do by itself, `schema_check` what it does about the
rest. Two processes that start at once do not race: whoever changes something holds a lock (orm:A8).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orm
from mvc.config import Settings
from mvc.storage.database import connect
from orm.engine.database import Database
from orm.metadata.registry import models
from orm.migrations.direct import apply_additive
from orm.migrations.drift import find_drift
from orm.migrations.files import Migrations, load_migrations
from orm.migrations.history import History
from orm.migrations.lock import migration_lock
from orm.migrations.migrator import LOCK_WAIT, Migrator
from orm.schema.describe import describe_all
from orm.schema.introspect import existing_tables

_log = logging.getLogger("treadle.app")

FOLDER = "migrations"
# More differences than these are only counted.
_SHOWN = 10


def prepare_tables(settings: Settings) -> None:
    """Do what the settings allow; then say, or refuse, what is left. Raises an OrmError."""
    migrations = migrations_of(settings)
    if len(migrations):
        _prepare_by_files(settings, migrations)
    elif settings.auto_migrate != "off":
        _create_missing()
        if settings.auto_migrate == "safe" and not has_history():
            _prepare_by_models(settings)
    if settings.schema_check != "off":
        _complain(settings, list(_findings(settings, migrations)))


def migrations_of(settings: Settings) -> Migrations:
    """The application's migrations; MigrationError for a file that is wrong."""
    return load_migrations(folder_of(settings)) if settings.app_dir else Migrations()


def folder_of(settings: Settings) -> Path:
    """Where the application's migrations are, or would be."""
    return Path(settings.app_dir or ".") / FOLDER


def default_models() -> list[Any]:
    """The models of the default database."""
    return [model for model in models() if model._meta.database == "default"]


@contextmanager
def patient_connection(settings: Settings) -> Iterator[Database]:
    """The default database without a time limit for statements: a large table takes its time."""
    is_given = settings.data_dir is None and not settings.database_url
    if is_given or settings.database in ("sqlite://", "sqlite:///:memory:"):
        yield orm.get_database()
        return
    limits: dict[str, Any] = {"statement_timeout": 0}
    if not settings.database.startswith("sqlite"):
        limits |= {"read_timeout": 86_400.0, "leak_after": 0.0}
    try:
        yield orm.connect(settings.database, **limits)
    finally:
        connect(settings)


def has_history() -> bool:
    """Has the default database had migrations, wherever their files are now?"""
    return bool(History(orm.get_database()).entries())


def _create_missing() -> None:
    database = orm.get_database()
    wanted = set(describe_all(default_models()).names)
    if wanted <= set(existing_tables(database)):
        orm.create_all()  # those of other databases
        return
    with migration_lock(database, LOCK_WAIT):
        orm.create_all()


def _prepare_by_files(settings: Settings, migrations: Migrations) -> None:
    database = orm.get_database()
    migrator = Migrator(database, migrations)
    plan = migrator.plan()
    if not plan or settings.auto_migrate == "off":
        return
    is_empty = not existing_tables(database)
    if not is_empty and settings.auto_migrate != "safe":
        return
    if not is_empty and not all(migrator.is_safe(planned) for planned in plan):
        return  # the check says so
    with patient_connection(settings) as patient:
        for planned in Migrator(patient, migrations).migrate():
            _log.info("migrations: applied %s", planned.name)


def _prepare_by_models(settings: Settings) -> None:
    with patient_connection(settings) as patient:
        done, _ = apply_additive(patient, default_models())
    for operation in done:
        _log.info("auto_migrate: %s", operation.describe())


def _findings(settings: Settings, migrations: Migrations) -> Iterator[str]:
    database = orm.get_database()
    if len(migrations) or has_history():
        found = Migrator(database, migrations).status()
        yield from (f"migration {each.name} is not applied" for each in found.pending)
        yield from (f"migration {name} was edited after it was applied" for name in found.edited)
        yield from (f"migration {name} is half done" for name in found.interrupted)
        yield from (f"migration {name} was applied, and has no file" for name in found.unknown)
        if found.pending:
            return  # the tables cannot be right yet
    yield from find_drift(database, default_models())


def _complain(settings: Settings, findings: list[str]) -> None:
    if not findings:
        return
    shown = "; ".join(findings[:_SHOWN])
    if len(findings) > _SHOWN:
        shown += f"; and {len(findings) - _SHOWN} more"
    text = (
        f"the database does not match the application: {shown}. `python -m mvc migrate --plan` "
        "shows what would change, `python -m mvc migrate` does it"
    )
    if settings.schema_check == "refuse":
        raise orm.MigrationError(text + ".")
    _log.warning("%s", text)
