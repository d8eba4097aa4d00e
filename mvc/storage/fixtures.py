"""`python -m mvc dumpdata`, `loaddata` and `inspectdb`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orm
from mvc.config import Settings
from mvc.storage.database import prepare_database
from orm.fixtures import Loaded, dump, load
from orm.schema.introspect import read_schema
from orm.schema.reflect import Reflector
from orm.schema.source import write_models
from orm.schema.tables import Schema
from orm.schema.types import find_collations


def dump_rows(
    settings: Settings, names: Sequence[str], without: Sequence[str], *, natural: bool
) -> Iterator[str]:
    """The rows of the application as JSON lines. Raises an OrmError."""
    prepare_database(settings)
    yield from dump(names, without=without, natural=natural)


def load_rows(settings: Settings, lines: Iterable[str], name: str) -> Loaded:
    """Store the rows of a fixture, all or none. Raises an OrmError."""
    prepare_database(settings)
    return load(lines, name=name)


def write_source(settings: Settings, names: Sequence[str]) -> str:
    """Models for the tables that exist, or for `names`. Raises an OrmError."""
    prepare_database(settings)
    database = orm.get_database()
    live = read_schema(database)
    unknown = [name for name in names if name not in live]
    if unknown:
        raise orm.ConfigurationError(f"no table {unknown[0]!r} in this database.")
    reflector = Reflector(database, find_collations(database))
    chosen = names or [name for name in live if not name.startswith("treadle_")]
    schema = Schema.of([reflector.table(live[name]) for name in chosen])
    return write_models(schema, database.dialect.name)
