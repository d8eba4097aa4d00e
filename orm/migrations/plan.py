"""What has to be done to bring a database to a migration, and what is wrong with its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orm.errors import MigrationError
from orm.migrations.files import Migration, Migrations
from orm.migrations.history import DOWN, UP, Entry

# The target before the first migration.
ZERO: Final = "zero"


@dataclass(frozen=True)
class Planned:
    """One migration to be applied (up) or undone (down). place: its index in the order of all."""

    migration: Migration
    direction: str
    place: int

    @property
    def name(self) -> str:
        return self.migration.name


@dataclass(frozen=True)
class Status:
    """order: all migrations that count here. applied: the finished ones. interrupted: begun and
    not finished. edited: applied, and another text since. unknown: applied, without a file."""

    order: tuple[Migration, ...]
    applied: frozenset[str]
    interrupted: Mapping[str, Entry]
    edited: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def pending(self) -> list[Migration]:
        return [each for each in self.order if each.name not in self.applied]


def status(migrations: Migrations, entries: Mapping[str, Entry]) -> Status:
    finished = {name for name, entry in entries.items() if entry.is_finished}
    order = migrations.in_order(entries)
    applied = {
        each.name
        for each in order
        if each.name in finished or (each.replaces and set(each.replaces) <= finished)
    }
    known = set(migrations.by_name) | {name for each in order for name in each.replaces}
    edited = [
        name
        for name in sorted(finished)
        if name in migrations.by_name
        and migrations.by_name[name].checksum != entries[name].checksum
    ]
    return Status(
        tuple(order),
        frozenset(applied),
        {name: entry for name, entry in entries.items() if not entry.is_finished},
        tuple(edited),
        tuple(sorted(finished - known)),
    )


def make_plan(migrations: Migrations, found: Status, target: str | None) -> list[Planned]:
    """target: a migration (name or number), "zero", "+2", "-1", or None for the last.

    MigrationError when there are several last ones, or the target does not exist.
    """
    order = found.order
    place = {each.name: number for number, each in enumerate(order)}
    if target is None or target.startswith("+"):
        _require_one_head(migrations)
        count = None if target is None else _count(target)
        return [Planned(m, UP, place[m.name]) for m in found.pending[:count]]
    begun = [m for m in order if m.name in found.applied or m.name in found.interrupted]
    if target == ZERO or target.startswith("-"):
        count = None if target == ZERO else _count(target)
        return [Planned(m, DOWN, place[m.name]) for m in begun[::-1][:count]]
    goal = migrations.find(target)
    if goal.name not in place:
        raise MigrationError(f"{goal.name} has been squashed; go to the squashed one.")
    needed = _with_ancestors(order, goal)
    if goal.name not in found.applied:
        return [Planned(m, UP, place[m.name]) for m in found.pending if m.name in needed]
    return [Planned(m, DOWN, place[m.name]) for m in begun[::-1] if m.name not in needed]


def _count(target: str) -> int:
    if not target[1:].isascii() or not target[1:].isdigit():
        raise MigrationError(f"{target!r} is no number of migrations: +1 is one on, -1 one back.")
    return int(target[1:])


def _require_one_head(migrations: Migrations) -> None:
    heads = migrations.heads()
    if len(heads) > 1:
        raise MigrationError(
            f"several migrations are the last one: {', '.join(heads)}. Merge them: "
            "python -m mvc makemigrations --merge"
        )


def _with_ancestors(order: tuple[Migration, ...], goal: Migration) -> set[str]:
    by_name = {each.name: each for each in order}
    stands_for = {old: each.name for each in order for old in each.replaces}
    found: set[str] = set()
    waiting = [goal.name]
    while waiting:
        name = waiting.pop()
        name = name if name in by_name else stands_for.get(name, name)
        if name not in found and name in by_name:
            found.add(name)
            waiting += by_name[name].after
    return found
