"""Full-text indexes: an FTS5 table beside the table on SQLite, a FULLTEXT index on MySQL.

SQLite: `fts5(columns, content='table')` keeps the words and not the text; three triggers keep it
in step with the table, whoever writes. It is called like the index.

MySQL compares words by the collation of the column, which is binary in our tables. So the index is
on a stored generated column of all its texts, `<index>_g1`, whose collation ignores case; the ORM
never selects it. One ALTER TABLE makes both, and one removes them.
"""

from typing import Any, Final

from orm.engine.dialect import Dialect
from orm.errors import ModelError
from orm.schema.indexes import Runner, register_index_kind
from orm.schema.tables import Table, TableIndex

_INTEGERS: Final = {"integer", "bigint", "smallint", "tinyint"}
# Each server knows one of the two collations and takes the other for a comment.
_IGNORE_CASE: Final = (
    "CHARACTER SET utf8mb4 /*M!101000 COLLATE uca1400_nopad_as_ci*/"
    " /*!80000 COLLATE utf8mb4_0900_as_ci*/"
)
_TRIGGERS: Final = ("ai", "ad", "au")


def generated_column(index_name: str) -> str:
    """The column that MySQL keeps the searched text in."""
    return f"{index_name[:59]}_g1"


class FullTextKind:
    """Writes indexes of the kind `fulltext`."""

    def create(self, table: Table, index: TableIndex, dialect: Dialect) -> list[str]:
        if dialect.name == "mysql":
            return [self._mysql(table, index, dialect)]
        return self._sqlite(table, index, dialect)

    def drop(self, table: Table, index: TableIndex, dialect: Dialect) -> list[str]:
        quote = dialect.quote
        if dialect.name == "mysql":
            column = quote(generated_column(index.name))
            name = quote(index.name)
            return [f"ALTER TABLE {quote(table.name)} DROP INDEX {name}, DROP COLUMN {column}"]
        triggers = [f"DROP TRIGGER IF EXISTS {quote(f'{index.name}_{t}')}" for t in _TRIGGERS]
        return [*triggers, f"DROP TABLE IF EXISTS {quote(index.name)}"]

    def exists(self, database: Runner, table: Table, index: TableIndex) -> bool:
        if database.dialect.name == "mysql":
            sql = (
                "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE()"
                " AND table_name = %s AND index_name = %s LIMIT 1"
            )
            return bool(database.run(sql, [table.name, index.name]).rows)
        sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return bool(database.run(sql, [index.name]).rows)

    def _mysql(self, table: Table, index: TableIndex, dialect: Dialect) -> str:
        quote = dialect.quote
        columns = ", ".join(map(quote, index.column_names))
        made = quote(generated_column(index.name))
        return (
            f"ALTER TABLE {quote(table.name)} ADD COLUMN {made} LONGTEXT {_IGNORE_CASE}"
            f" GENERATED ALWAYS AS (CONCAT_WS(' ', {columns})) STORED,"
            f" ADD FULLTEXT INDEX {quote(index.name)} ({made})"
        )

    def _sqlite(self, table: Table, index: TableIndex, dialect: Dialect) -> list[str]:
        quote = dialect.quote
        key = _integer_key(table, index)
        name, columns = quote(index.name), list(map(quote, index.column_names))
        listed = ", ".join(columns)
        content = f"content='{table.name}', content_rowid='{key}'"
        tokens = "tokenize='unicode61 remove_diacritics 0'"
        old = ", ".join(f"old.{column}" for column in columns)
        new = ", ".join(f"new.{column}" for column in columns)
        row = quote(key)
        forget = (
            f"INSERT INTO {name} ({name}, rowid, {listed}) VALUES ('delete', old.{row}, {old});"
        )
        add = f"INSERT INTO {name} (rowid, {listed}) VALUES (new.{row}, {new});"
        steps = {
            "ai": ("INSERT", add),
            "ad": ("DELETE", forget),
            "au": (f"UPDATE OF {row}, {listed}", f"{forget} {add}"),
        }
        triggers = [
            f"CREATE TRIGGER IF NOT EXISTS {quote(f'{index.name}_{ending}')}"
            f" AFTER {event} ON {quote(table.name)} BEGIN {body} END"
            for ending, (event, body) in steps.items()
        ]
        return [
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5({listed}, {content}, {tokens})",
            *triggers,
            f"INSERT INTO {name} ({name}) VALUES ('rebuild')",
        ]


def _integer_key(table: Table, index: TableIndex) -> str:
    """The primary key, which is the row's number in SQLite only when it is an integer."""
    column: Any = table.column(table.primary_key[0])
    if len(table.primary_key) != 1 or column.type.kind not in _INTEGERS:
        raise ModelError(
            f"FullText index {index.name} of {table.name}: SQLite's FTS5 needs an integer primary "
            f"key, and {', '.join(table.primary_key)} is none."
        )
    return str(column.name)


register_index_kind("fulltext", FullTextKind())
