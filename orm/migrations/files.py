"""A folder of migrations: files `0001_initial.py`, each with `after` and `operations`.

`after` names the migrations it builds on, so two people who added one each are told so, and merge
them by a third that comes after both. A squashed migration names those it stands for in `replaces`.
"""

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from orm.errors import MigrationError
from orm.migrations.operations import Operation
from orm.names import did_you_mean
from orm.schema.tables import Schema

_FILE = re.compile(r"(?P<number>[0-9]{4})_[a-z0-9_]+")


@dataclass(frozen=True)
class Migration:
    """name: the file's, without `.py`. checksum: SHA-256 of its text."""

    name: str
    operations: tuple[Operation, ...]
    after: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    checksum: str = ""
    title: str = ""

    def apply(self, schema: Schema) -> Schema:
        for operation in self.operations:
            try:
                schema = operation.apply(schema)
            except MigrationError as error:
                raise MigrationError(f"{self.name}, {operation.describe()}: {error}") from None
        return schema


class Migrations:
    """All migrations of one folder, in an order in which each comes after what it builds on."""

    def __init__(self, migrations: Iterable[Migration] = ()) -> None:
        self.by_name = {each.name: each for each in sorted(migrations, key=lambda m: m.name)}
        self._check()

    def _check(self) -> None:
        known = set(self.by_name)
        known.update(name for each in self.by_name.values() for name in each.replaces)
        for each in self.by_name.values():
            for name in each.after:
                if name not in known:
                    raise MigrationError(
                        f"{each.name} comes after {name!r}, which is not there. "
                        f"{did_you_mean(name, known)}"
                    )

    def __len__(self) -> int:
        return len(self.by_name)

    def find(self, name: str) -> Migration:
        """By its name, or by the number it begins with."""
        found = [each for each in self.by_name if each == name or each.startswith(f"{name}_")]
        if len(found) != 1:
            what = "several" if found else "no"
            raise MigrationError(
                f"{what} migrations {name!r}. {did_you_mean(name, found or self.by_name)}"
            )
        return self.by_name[found[0]]

    def in_order(self, applied: Iterable[str] = ()) -> list[Migration]:
        """Those that count for a database with these `applied`: a squashed migration unless some,
        but not all, of those it stands for have been applied there."""
        used = self._used(set(applied))
        stands_for = {old: each.name for each in used.values() for old in each.replaces}
        ordered: dict[str, Migration] = {}
        visiting: set[str] = set()

        def visit(name: str) -> None:
            name = name if name in used else stands_for.get(name, name)
            if name in ordered or name not in used:
                return
            if name in visiting:
                raise MigrationError(f"{name} comes after itself: look at `after` in its file.")
            visiting.add(name)
            for each in sorted(used[name].after):
                visit(each)
            ordered[name] = used[name]

        for name in sorted(used):
            visit(name)
        return list(ordered.values())

    def _used(self, applied: set[str]) -> dict[str, Migration]:
        used = dict(self.by_name)
        for each in self.by_name.values():
            old = set(each.replaces)
            is_partly = bool(old & applied) and not old <= applied and each.name not in applied
            if is_partly:
                used.pop(each.name, None)
            else:
                for name in old:
                    used.pop(name, None)
        return used

    def heads(self) -> list[str]:
        """Those that no other comes after; more than one must be merged."""
        used = self.in_order()
        stands_for = {old: each.name for each in used for old in each.replaces}
        named = {stands_for.get(name, name) for each in used for name in each.after}
        return [each.name for each in used if each.name not in named]

    def state(self, upto: Sequence[Migration] | None = None) -> Schema:
        """The schema after all of them, or after those given."""
        schema = Schema()
        for each in self.in_order() if upto is None else upto:
            schema = each.apply(schema)
        return schema

    def next_number(self) -> int:
        return max((int(name[:4]) for name in self.by_name), default=0) + 1


def load_migrations(folder: Path) -> Migrations:
    """The migrations of a folder, none when it is not there; MigrationError names file and line."""
    if not folder.is_dir():
        return Migrations()
    paths = [path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    for path in paths:
        if not _FILE.fullmatch(path.stem):
            raise MigrationError(
                f"{path}: a migration is called like 0002_add_pages.py: four digits, then words in "
                "lower case."
            )
    return Migrations(_load(path) for path in paths)


def checksum(text: str) -> str:
    """Of the text, whatever the ends of its lines."""
    return hashlib.sha256("\n".join(text.split("\r\n")).encode()).hexdigest()


def _load(path: Path) -> Migration:
    module = _import(path)
    operations = getattr(module, "operations", None)
    if not isinstance(operations, (list, tuple)) or not all(
        isinstance(each, Operation) for each in operations
    ):
        raise MigrationError(f"{path}: `operations` is a list of operations of orm.migrations.")
    return Migration(
        path.stem,
        tuple(operations),
        _names(path, module, "after"),
        _names(path, module, "replaces"),
        checksum(path.read_text("utf-8")),
        (module.__doc__ or "").strip().partition("\n")[0],
    )


def _names(path: Path, module: ModuleType, attribute: str) -> tuple[str, ...]:
    given: Any = getattr(module, attribute, ())
    names = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not all(isinstance(name, str) for name in names):
        raise MigrationError(
            f"{path}: `{attribute}` is the name of a migration, or a list of them."
        )
    return names


def _import(path: Path) -> ModuleType:
    """Run the file as a module of its own name; nothing is kept in sys.modules."""
    name = f"_migration_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise MigrationError(f"{path} cannot be read as Python.")
    module = importlib.util.module_from_spec(spec)
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except MigrationError as error:
        raise MigrationError(f"{path}: {error}") from error
    except Exception as error:
        line = getattr(error, "lineno", None) or _line_in(path, error)
        raise MigrationError(f"{path}:{line}: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = writes_bytecode
    return module


def _line_in(path: Path, error: BaseException) -> int:
    line = 0
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(path):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
