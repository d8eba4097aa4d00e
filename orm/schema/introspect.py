"""The schema of a live database as data (orm:O33).

`existing_tables` says which tables there are, `read_schema` what they are made of: columns with
type, nullability, default and expression, keys, indexes, checks, comments and collations.
"""

from collections.abc import Callable, Iterable, Iterator

from orm.schema import introspect_mysql, introspect_sqlite
from orm.schema.indexes import Runner
from orm.schema.live import LiveSchema, LiveTable

# A virtual table (full text), which has no pages of its own, and the tables that it keeps its data
# in are nobody's own.
_TABLES = {
    "sqlite": (
        "SELECT name FROM sqlite_master AS t WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
        " AND rootpage > 0 AND NOT EXISTS (SELECT 1 FROM sqlite_master AS v"
        " WHERE v.type = 'table' AND v.rootpage = 0 AND t.name IN (v.name || '_data',"
        " v.name || '_idx', v.name || '_content', v.name || '_docsize', v.name || '_config'))"
        " ORDER BY name"
    ),
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    " AND table_type = 'BASE TABLE' ORDER BY table_name",
}

_READERS: dict[str, Callable[[Runner, list[str]], Iterator[LiveTable]]] = {
    "sqlite": introspect_sqlite.read_tables,
    "mysql": introspect_mysql.read_tables,
}


def existing_tables(database: Runner) -> list[str]:
    """The names of all tables, sorted; views and the engine's own tables are left out."""
    return [row[0] for row in database.run(_TABLES[database.dialect.name], ()).rows]


def read_schema(database: Runner, names: Iterable[str] | None = None) -> LiveSchema:
    """The tables of the database by name, or those of `names` that exist."""
    wanted = existing_tables(database) if names is None else list(names)
    return {table.name: table for table in _READERS[database.dialect.name](database, wanted)}
