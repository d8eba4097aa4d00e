"""Create the database of an application, its tables and its sample data.

    python reset.py [--app DIR] [--yes] [--database URL] [--sample ROWS]

Existing tables of the application are dropped with what is in them, after a question. Exit status
0 when all is made; 1 with one line that says why not.
"""

from __future__ import annotations

import argparse
import os
import sys

import orm
from mvc import Application, ConfigError, LoadError
from mvc.loading import SAMPLE_ROWS, find_sample
from mvc.storage.schema import migrations_of
from orm.engine.url import parse_url
from orm.metadata.registry import models
from orm.migrations.history import HISTORY
from orm.migrations.migrator import Migrator
from orm.schema.introspect import existing_tables
from orm.schema.provision import create_database


class Refused(Exception):
    """The user said no, or could not be asked."""


def main() -> int:
    options = _parser().parse_args()
    try:
        reset(options)
    except (ConfigError, LoadError, orm.OrmError, OSError, Refused) as error:
        print(f"reset.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("reset.py: stopped half way; run it again", file=sys.stderr)
        return 1
    finally:
        orm.close()
    return 0


def reset(options: argparse.Namespace) -> None:
    """Do what the command line says. Raises ConfigError, LoadError, OrmError or Refused."""
    arguments = {"app": options.app, "database_url": options.database}
    app = Application.load(environ=os.environ, arguments=arguments)
    sample = find_sample(app.settings.app_dir)
    place = str(parse_url(app.settings.database))
    is_new = create_database(app.settings.database)
    _confirm(place, options.yes)
    orm.drop_all()
    _make_tables(app)
    print(f"Database     {place}{' (created)' if is_new else ''}")
    print(f"Tables       {len(existing_tables(orm.get_database()))}, all empty")
    if sample is not None:
        sample.create(options.sample)
        print("Sample data  made; `python server.py` shows it")


def _make_tables(app: Application) -> None:
    """By the application's migrations, or where it has none, by its models."""
    migrations = migrations_of(app.settings)
    if not len(migrations):
        orm.create_all()
        return
    database = orm.get_database()
    database.run(f"DROP TABLE IF EXISTS {HISTORY.name}")
    Migrator(database, migrations).migrate()


def _confirm(place: str, is_agreed: bool) -> None:
    """Ask before anything is destroyed. Raises Refused for a no, and when nobody can be asked."""
    present = set(existing_tables(orm.get_database()))
    doomed = [name for model in models() if (name := model._meta.table) in present]
    if not doomed or is_agreed:
        return
    found = f"{place} holds {len(doomed)} tables of this application"
    if not sys.stdin.isatty():
        raise Refused(f"{found}; --yes drops them with everything in them")
    answer = input(f"{found}. Drop them with everything in them? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("nothing was changed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Create the database, the tables and the sample data of an application.",
        allow_abbrev=False,
    )
    parser.add_argument("--app", metavar="DIR", help="folder of the application (app)")
    parser.add_argument("--yes", action="store_true", help="drop existing tables without asking")
    parser.add_argument("--database", metavar="URL", help="in place of the configured one")
    parser.add_argument(
        "--sample",
        metavar="ROWS",
        type=_rows,
        default=SAMPLE_ROWS,
        help=f"how much sample data ({SAMPLE_ROWS})",
    )
    return parser


def _rows(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
