"""Which migrations a database has had: the table `treadle_migrations`.

A row without `applied_at` is a migration that began and has not ended: `step` of its steps in
`direction` are done, and perhaps the next one, during which the process was killed. `position` is
where a batched step was.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from orm.engine.database import Database
from orm.schema.ddl import DdlCompiler
from orm.schema.introspect import existing_tables
from orm.schema.tables import ColumnType, Table, TableColumn
from orm.schema.types import find_collations
from orm.types.dates import now

UP: Final = "up"
DOWN: Final = "down"

HISTORY: Final = Table(
    "treadle_migrations",
    (
        TableColumn("name", ColumnType("string", 120)),
        TableColumn("checksum", ColumnType("string", 64)),
        TableColumn("direction", ColumnType("string", 4)),
        TableColumn("step", ColumnType("integer")),
        TableColumn("position", ColumnType("text"), null=True),
        TableColumn("applied_at", ColumnType("datetime"), null=True),
    ),
    ("name",),
)
_COLUMNS = "name, checksum, direction, step, position, applied_at"


@dataclass(frozen=True)
class Entry:
    """One row. applied_at: None while it is not finished."""

    name: str
    checksum: str
    direction: str
    step: int
    position: Any
    applied_at: datetime | str | None

    @property
    def is_finished(self) -> bool:
        return self.applied_at is not None


class History:
    """The table of one database; made when something is first written to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def exists(self) -> bool:
        return HISTORY.name in existing_tables(self._database)

    def create(self) -> None:
        if not self.exists:
            compiler = DdlCompiler(self._database.dialect, find_collations(self._database))
            for statement in compiler.create(HISTORY):
                self._database.run(statement)

    def entries(self) -> dict[str, Entry]:
        """By name; none when the table is not there."""
        if not self.exists:
            return {}
        sql = f"SELECT {_COLUMNS} FROM {HISTORY.name} ORDER BY name"
        return {row[0]: _entry(row) for row in self._database.execute(sql).rows}

    def find(self, name: str) -> Entry | None:
        sql = f"SELECT {_COLUMNS} FROM {HISTORY.name} WHERE name = ?"
        rows = self._database.execute(sql, (name,)).rows
        return _entry(rows[0]) if rows else None

    def begin(self, name: str, checksum: str, direction: str, step: int = 0) -> None:
        """Note that a migration is under way, from `step` on."""
        with self._database.transaction():
            self.forget(name)
            self._database.execute(
                f"INSERT INTO {HISTORY.name} ({_COLUMNS}) VALUES (?, ?, ?, ?, NULL, NULL)",
                (name, checksum, direction, step),
            )

    def advance(self, name: str, step: int, position: Any = None) -> None:
        """Note that `step` steps are done, and where the next one is."""
        self._database.execute(
            f"UPDATE {HISTORY.name} SET step = ?, position = ? WHERE name = ?",
            (step, None if position is None else json.dumps(position), name),
        )

    def finish(self, name: str, checksum: str) -> None:
        """Note that it is applied."""
        self._database.execute(
            f"UPDATE {HISTORY.name} SET checksum = ?, direction = ?, position = NULL,"
            " applied_at = ? WHERE name = ?",
            (checksum, UP, now(), name),
        )

    def forget(self, name: str) -> None:
        """It is not applied, or not any more."""
        self._database.execute(f"DELETE FROM {HISTORY.name} WHERE name = ?", (name,))


def _entry(row: tuple[Any, ...]) -> Entry:
    name, checksum, direction, step, position, applied_at = row
    where = None if position is None else json.loads(position)
    return Entry(name, checksum, direction, int(step), where, applied_at)
