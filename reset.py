"""Create the database of an application, its tables and its sample data.

    python reset.py [--app DIR] [--yes] [--database URL] [--sample ROWS]

Existing tables of the application are dropped, with what is in them, after a question. Exit
status 0 when all is made; 1 with one line that says why not.
"""

from __future__ import annotations

import argparse
import os
import sys
from types import ModuleType

import orm
from mvc import Application, ConfigError
from mvc.loading import LoadError, find_sample


class Refused(Exception):
    """The user said no, or could not be asked."""


def main() -> int:
    options = _parser().parse_args()
    try:
        reset(options)
    except (ConfigError, LoadError, orm.OrmError, OSError, Refused) as error:
        print(f"reset.py: {error}", file=sys.stderr)
        return 1
    finally:
        orm.close()
    return 0


def reset(options: argparse.Namespace) -> None:
    """Do what the command line says. Raises ConfigError, LoadError, OrmError or Refused."""
    arguments = {"app": options.app, "database_url": options.database}
    app = Application.load(environ=os.environ, arguments=arguments)
    place = orm.describe_url(app.settings.database)
    is_new = orm.create_database(app.settings.database)
    _confirm(place, options.yes)
    orm.drop_all()
    orm.create_all()
    print(f"Database  {place}{' (created)' if is_new else ''}")
    print(f"Tables    {len(orm.models())}, empty")
    sample = find_sample(app.settings.app_dir)
    if sample is not None:
        _fill(sample, options.sample)


def _confirm(place: str, is_agreed: bool) -> None:
    """Ask before anything is destroyed; nothing to ask when there is nothing."""
    present = orm.existing_tables()
    doomed = [model for model in orm.models() if model._meta.table in present]
    if not doomed or is_agreed:
        return
    if not sys.stdin.isatty():
        raise Refused(f"{place} has {len(doomed)} tables of this application; --yes drops them")
    answer = input(f"{place} has {len(doomed)} tables of this application. Drop them? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("nothing was changed")


def _fill(sample: ModuleType, rows: int | None) -> None:
    sample.create(rows) if rows is not None else sample.create()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Create database, tables and sample data.")
    parser.add_argument("--app", metavar="DIR", help="folder of the application")
    parser.add_argument("--yes", action="store_true", help="drop existing tables without asking")
    parser.add_argument("--database", metavar="URL", help="instead of the configured one")
    parser.add_argument("--sample", metavar="ROWS", type=int, help="how many rows to make")
    return parser


if __name__ == "__main__":
    sys.exit(main())
