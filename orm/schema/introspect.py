"""Which tables exist; as much introspection as creating and dropping needs."""

from collections.abc import Sequence
from typing import Any, Protocol

from orm.engine.dialect import Dialect
from orm.engine.result import Result

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    " ORDER BY name",
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    " AND table_type = 'BASE TABLE' ORDER BY table_name",
}


class Runner(Protocol):
    """A `Database`, or a driver that belongs to none."""

    @property
    def dialect(self) -> Dialect: ...

    def run(self, sql: str, params: Sequence[Any], /) -> Result: ...


def existing_tables(database: Runner) -> list[str]:
    """The names of all tables, sorted; views and the engine's own tables are left out."""
    return [row[0] for row in database.run(_TABLES[database.dialect.name], ()).rows]
