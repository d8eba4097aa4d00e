"""The commands about the database: migrate, makemigrations, inspectdb, dumpdata, loaddata."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from mvc.application import Application
from mvc.config import ConfigError
from mvc.storage import fixtures, makemigrations
from mvc.storage.migrate import MigrateOptions, migrate, outline


def _parser(name: str, about: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"python -m mvc {name}", description=about, allow_abbrev=False
    )


def _add_hints(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="table.old=new for a column, old=new for a table; may be repeated",
    )
    parser.add_argument(
        "--fill",
        action="append",
        default=[],
        metavar="TABLE.COLUMN=VALUE",
        help="what the rows that are there get; may be repeated",
    )


def migrate_parser() -> argparse.ArgumentParser:
    """What `migrate` takes."""
    parser = _parser("migrate", "Bring the tables to what migrations, or the models, say.")
    parser.add_argument("target", nargs="?", help="a migration, zero, +N or -N")
    parser.add_argument("--to", metavar="TARGET", help="the same as TARGET")
    parser.add_argument("--plan", action="store_true", help="say what would be done, do nothing")
    parser.add_argument("--sql", action="store_true", help="print the SQL, do nothing")
    parser.add_argument("--check", action="store_true", help="exit status 1 if anything is to do")
    parser.add_argument("--lint", action="store_true", help="exit status 1 if any of it is unsafe")
    parser.add_argument("--fake", action="store_true", help="note it as done, do nothing")
    parser.add_argument("--unsafe", action="store_true", help="without files: do everything")
    parser.add_argument("--allow-edited", action="store_true", help="go on though files changed")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds for another process (60)")
    _add_hints(parser)
    return parser


def run_migrate(app: Application, arguments: Sequence[str]) -> int:
    """Bring the database to a migration, by default to the last; see docs/orm/migrations.md."""
    given = migrate_parser().parse_args(_with_steps(arguments))
    options = MigrateOptions(
        given.to or given.target,
        fake=given.fake,
        unsafe=given.unsafe,
        allow_edited=given.allow_edited,
        wait=given.wait,
        renames=given.rename,
        fills=given.fill,
    )
    if given.plan or given.sql or given.check or given.lint:
        return _show(app, options, given)
    for line in migrate(app.settings, options):
        print(line)
    return 0


def _with_steps(arguments: Sequence[str]) -> list[str]:
    """`-1` is a target and no option: argparse has to be told."""
    steps = [each for each in arguments if each[:1] == "-" and each[1:].isdigit()]
    others = [each for each in arguments if each not in steps]
    return [*others, *(["--", *steps] if steps else [])]


def _show(app: Application, options: MigrateOptions, given: argparse.Namespace) -> int:
    found = outline(app.settings, options)
    print("\n".join(found.sql if given.sql else found.findings if given.lint else found.lines))
    is_refused = (given.check and found.is_pending) or (given.lint and found.findings)
    return 1 if is_refused else 0


def make_parser() -> argparse.ArgumentParser:
    """What `makemigrations` takes."""
    parser = _parser("makemigrations", "Write what the models say anew as a migration.")
    parser.add_argument("-m", "--name", default="", help="what the file is called")
    parser.add_argument("--empty", action="store_true", help="a migration to fill in by hand")
    parser.add_argument("--merge", action="store_true", help="one that comes after all last ones")
    parser.add_argument("--squash", metavar="FIRST..LAST", help="one that stands for several")
    parser.add_argument("--no-rename", action="store_true", help="nothing was renamed")
    parser.add_argument("--dry-run", action="store_true", help="print it, write nothing")
    parser.add_argument(
        "--check", action="store_true", help="exit status 1 if there is one to make"
    )
    _add_hints(parser)
    return parser


def make_migrations(app: Application, arguments: Sequence[str]) -> int:
    """Write the next migration into the application's folder."""
    given = make_parser().parse_args(arguments)
    made = _draft(app, given)
    if made is None:
        print("nothing to do: the migrations are as the models say")
        return 0
    if given.dry_run or given.check:
        print(made.text, end="")
        return 1 if given.check else 0
    makemigrations.write(made)
    here = Path.cwd()
    print(made.path.relative_to(here) if made.path.is_relative_to(here) else made.path)
    for operation in made.operations:
        print(f"  {operation.describe()}")
    return 0


def _draft(app: Application, given: argparse.Namespace) -> makemigrations.Draft | None:
    settings = app.settings
    if given.empty:
        return makemigrations.draft_empty(settings, given.name)
    if given.merge:
        return makemigrations.draft_merge(settings)
    if given.squash:
        return makemigrations.draft_squash(settings, given.squash)
    options = makemigrations.MakeOptions(
        given.name, given.rename, given.fill, given.no_rename, _ask if sys.stdin.isatty() else None
    )
    return makemigrations.draft(settings, options)


def _ask(question: str) -> bool:
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def inspect_database(app: Application, arguments: Sequence[str]) -> int:
    """Print models for the tables that exist."""
    parser = _parser("inspectdb", "Print models for the tables that exist.")
    parser.add_argument("table", nargs="*", help="only these")
    given = parser.parse_args(arguments)
    print(fixtures.write_source(app.settings, given.table), end="")
    return 0


def dump_data(app: Application, arguments: Sequence[str]) -> int:
    """Print rows as JSON lines."""
    parser = _parser("dumpdata", "Print rows as JSON lines.")
    parser.add_argument("name", nargs="*", help="tables or models, all by default")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="not these")
    parser.add_argument("--natural", action="store_true", help="unique columns in place of numbers")
    parser.add_argument("--output", metavar="FILE", help="in place of standard output")
    given = parser.parse_args(arguments)
    rows = fixtures.dump_rows(app.settings, given.name, given.without, natural=given.natural)
    with (
        open(given.output, "w", encoding="utf-8")
        if given.output
        else nullcontext(sys.stdout) as file
    ):
        for line in rows:
            file.write(f"{line}\n")
    return 0


def load_data(app: Application, arguments: Sequence[str]) -> int:
    """Store the rows of fixtures, each file as a whole or not at all."""
    parser = _parser("loaddata", "Store rows from JSON lines.")
    parser.add_argument("file", nargs="+", help="a fixture, - for standard input")
    given = parser.parse_args(arguments)
    for name in given.file:
        try:
            with (
                nullcontext(sys.stdin)
                if name == "-"
                else Path(name).open(encoding="utf-8") as lines
            ):
                loaded = fixtures.load_rows(app.settings, lines, name)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name} cannot be read: {error}") from error
        new, old = sum(loaded.inserted.values()), sum(loaded.updated.values())
        print(f"{name}: {new} new rows, {old} updated")
    return 0


COMMANDS: dict[str, Callable[[Application, Sequence[str]], int]] = {
    "migrate": run_migrate,
    "makemigrations": make_migrations,
    "inspectdb": inspect_database,
    "dumpdata": dump_data,
    "loaddata": load_data,
}
