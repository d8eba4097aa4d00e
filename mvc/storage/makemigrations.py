"""`python -m mvc makemigrations`: from what the migrations make to what the models say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orm
from mvc.config import Settings
from mvc.storage.migrate import parse_fills, parse_renames
from mvc.storage.schema import default_models, folder_of, migrations_of
from orm.migrations.data import DataOperation
from orm.migrations.diff import diff, possible_renames
from orm.migrations.files import Migration, Migrations
from orm.migrations.fills import fills_of
from orm.migrations.operations import (
    AddColumn,
    AddIndex,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
)
from orm.migrations.source import write_migration
from orm.schema.describe import declared_renames, describe_all
from orm.schema.tables import Renames, Schema

Ask = Callable[[str], bool]


@dataclass(frozen=True)
class MakeOptions:
    """name: of the file, behind its number. ask: a question to the user, None where nobody can be
    asked. has_no_renames: what looks like one is none."""

    name: str = ""
    renames: Sequence[str] = ()
    fills: Sequence[str] = ()
    has_no_renames: bool = False
    ask: Ask | None = None


@dataclass(frozen=True)
class Draft:
    """A migration that is not written yet."""

    path: Path
    text: str
    operations: tuple[Operation, ...]


def draft(settings: Settings, options: MakeOptions) -> Draft | None:
    """The next migration; None when the models say nothing new. Raises MigrationError."""
    migrations = migrations_of(settings)
    (*after,) = _one_head(migrations)
    models = default_models()
    state, wanted = migrations.state(), describe_all(models)
    declared, given = declared_renames(models), parse_renames(models, options.renames)
    renames = Renames({**declared.tables, **given.tables}, {**declared.columns, **given.columns})
    if not options.has_no_renames:
        _ask_about_renames(state, wanted, renames, options.ask)
    fills = {**fills_of(models), **parse_fills(models, options.fills)}
    operations = diff(state, wanted, renames, fills)
    if not operations:
        return None
    name = options.name or _name_of(operations, is_first=not len(migrations))
    return _draft(settings, migrations, name, after, operations)


def draft_empty(settings: Settings, name: str) -> Draft:
    """A migration without operations, for data."""
    migrations = migrations_of(settings)
    return _draft(settings, migrations, name or "data", _one_head(migrations), [])


def draft_merge(settings: Settings) -> Draft:
    """A migration that comes after several last ones."""
    migrations = migrations_of(settings)
    heads = migrations.heads()
    if len(heads) < 2:
        raise orm.MigrationError("there is nothing to merge: one migration is the last one.")
    migrations.state()  # they must not contradict each other
    return _draft(settings, migrations, "merge", heads, [])


def draft_squash(settings: Settings, span: str) -> Draft:
    """One migration that stands for `first..last`."""
    migrations = migrations_of(settings)
    first, sign, last = span.partition("..")
    if not sign:
        raise orm.MigrationError(f"--squash {span}: write it as --squash 0001..0004.")
    order = migrations.in_order()
    begin, end = order.index(migrations.find(first)), order.index(migrations.find(last))
    chosen = order[begin : end + 1]
    if len(chosen) < 2:
        raise orm.MigrationError(f"--squash {span}: that is no more than one migration.")
    operations = _squashed(migrations, order[:begin], chosen)
    name = f"{chosen[0].name[:4]}_squashed_{chosen[-1].name[:4]}"
    replaced = [old for each in chosen for old in (*each.replaces, each.name)]
    text = write_migration(
        f"{chosen[0].name} to {chosen[-1].name} in one.", chosen[0].after, operations, replaced
    )
    return Draft(folder_of(settings) / f"{name}.py", text, tuple(operations))


def write(made: Draft) -> None:
    made.path.parent.mkdir(exist_ok=True)
    made.path.write_text(made.text, encoding="utf-8")


def _squashed(
    migrations: Migrations, ahead: Sequence[Migration], chosen: Sequence[Migration]
) -> list[Operation]:
    """From an empty schema the shortest way; else, or where data is moved, one after the other."""
    operations = [operation for each in chosen for operation in each.operations]
    if ahead or any(isinstance(operation, DataOperation) for operation in operations):
        return operations
    return diff(Schema(), migrations.state(chosen), Renames(), {})


def _one_head(migrations: Migrations) -> list[str]:
    heads = migrations.heads()
    if len(heads) > 1:
        raise orm.MigrationError(
            f"several migrations are the last one: {', '.join(heads)}; merge them by --merge."
        )
    return heads


def _ask_about_renames(state: Schema, wanted: Schema, renames: Renames, ask: Ask | None) -> None:
    for found in possible_renames(state, wanted, renames):
        question = f"Was {found.table}.{found.old} renamed to {found.new}?"
        if ask is None:
            raise orm.MigrationError(
                f"{question} Say so by --rename {found.table}.{found.old}={found.new}, or by "
                f'was="{found.old}" in the model; --no-rename says that it was not, and its '
                "values are lost."
            )
        if ask(question):
            renames.columns[found.table, found.new] = found.old


def _draft(
    settings: Settings,
    migrations: Migrations,
    name: str,
    after: Sequence[str],
    operations: Sequence[Operation],
) -> Draft:
    if not re.fullmatch(r"[a-z0-9_]{1,60}", name):
        raise orm.MigrationError(f"{name!r} is no name of a migration: use a-z, 0-9 and '_'.")
    title = f"{name.replace('_', ' ').capitalize()}."
    path = folder_of(settings) / f"{migrations.next_number():04}_{name}.py"
    return Draft(path, write_migration(title, after, operations), tuple(operations))


_VERBS: tuple[tuple[type[Operation], str], ...] = (
    (CreateTable, "create"),
    (RenameTable, "rename"),
    (RenameColumn, "rename"),
    (AddColumn, "add"),
    (AlterColumn, "alter"),
    (AddIndex, "index"),
    (DropColumn, "drop"),
    (DropTable, "drop"),
)


def _name_of(operations: Sequence[Operation], *, is_first: bool) -> str:
    """By the most telling operation: `add_notes_pages`."""
    if is_first:
        return "initial"
    for kind, verb in _VERBS:
        for operation in operations:
            if isinstance(operation, kind):
                column = getattr(operation, "column", None) or getattr(operation, "name", "")
                parts = (verb, operation.table, getattr(column, "name", column))
                text = "_".join(filter(None, parts)).lower()
                return re.sub(r"[^a-z0-9_]", "_", text)[:60]
    return "change"
