"""CREATE statements of one table.

On SQLite a unique constraint is a unique index beside the table, because a constraint inside it
loses its name. On MySQL indexes stand inside CREATE TABLE: there is no CREATE INDEX IF NOT EXISTS,
and a table whose creation was interrupted has either all of them or does not exist.
"""

from orm.engine.dialect import Dialect
from orm.errors import ModelError
from orm.schema.literals import DdlWriter
from orm.schema.tables import Table, TableCheck, TableColumn, TableForeignKey, TableIndex
from orm.schema.types import INDEX_PREFIX, Collations, column_type, needs_prefix


class DdlCompiler:
    """Writes the DDL of tables for one database."""

    def __init__(self, dialect: Dialect, collations: Collations) -> None:
        self._dialect = dialect
        self._collations = collations
        self._is_mysql = dialect.name == "mysql"
        self._quote = dialect.quote

    def create(self, table: Table, *, later: frozenset[str] = frozenset()) -> list[str]:
        """The statements that create `table` and its indexes, unless they exist.

        later: names of foreign keys to leave out, because their target does not exist yet.
        """
        parts = [self._column(table, column) for column in table.columns]
        if not any(column.is_auto for column in table.columns):
            parts.append(f"PRIMARY KEY ({self._names(table.primary_key)})")
        parts += [self.foreign_key(key) for key in table.foreign_keys if key.name not in later]
        parts += [self._check(check) for check in table.checks]
        if self._is_mysql:
            parts += [self._mysql_index(table, index) for index in table.indexes]
        body = ",\n  ".join(parts)
        ending = ""
        if self._is_mysql:
            collation = self._collations.binary
            ending = f" ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE {collation}"
        name = self._quote(table.name)
        statements = [f"CREATE TABLE IF NOT EXISTS {name} (\n  {body}\n){ending}"]
        if not self._is_mysql:
            statements += [self._sqlite_index(table, index) for index in table.indexes]
        return statements

    def _names(self, names: tuple[str, ...]) -> str:
        return ", ".join(map(self._quote, names))

    def _column(self, table: Table, column: TableColumn) -> str:
        name = self._quote(column.name)
        if column.is_auto and not self._is_mysql:
            # AUTOINCREMENT: the id of a deleted row is not given out again, as on MySQL. A stale
            # link or a kept id must not suddenly mean another row.
            return f"{name} INTEGER PRIMARY KEY AUTOINCREMENT"
        kind = column_type(column.value_type, self._dialect.name, self._collations)
        if column.is_auto:
            return f"{name} {kind} NOT NULL AUTO_INCREMENT PRIMARY KEY"
        return f"{name} {kind} {'NULL' if column.null else 'NOT NULL'}"

    def foreign_key(self, key: TableForeignKey) -> str:
        return (
            f"CONSTRAINT {self._quote(key.name)} FOREIGN KEY ({self._quote(key.column)}) "
            f"REFERENCES {self._quote(key.target_table)} ({self._quote(key.target_column)}) "
            f"ON DELETE {key.on_delete}"
        )

    def add_foreign_key(self, table: Table, key: TableForeignKey) -> str:
        return f"ALTER TABLE {self._quote(table.name)} ADD {self.foreign_key(key)}"

    def drop_foreign_key(self, table: Table, key: TableForeignKey) -> str:
        return f"ALTER TABLE {self._quote(table.name)} DROP FOREIGN KEY {self._quote(key.name)}"

    def _check(self, check: TableCheck) -> str:
        if isinstance(check.condition, str):
            text = check.condition.replace("%", "%%") if self._is_mysql else check.condition
        else:
            writer = DdlWriter(self._dialect)
            check.condition(check.subject).write(writer)
            text = writer.sql
        return f"CONSTRAINT {self._quote(check.name)} CHECK ({text})"

    def _sqlite_index(self, table: Table, index: TableIndex) -> str:
        columns = ", ".join(
            self._quote(name) + (" DESC" if is_descending else "")
            for name, is_descending in index.columns
        )
        unique = "UNIQUE " if index.unique else ""
        return (
            f"CREATE {unique}INDEX IF NOT EXISTS {self._quote(index.name)} "
            f"ON {self._quote(table.name)} ({columns})"
        )

    def _mysql_index(self, table: Table, index: TableIndex) -> str:
        types = {column.name: column.value_type for column in table.columns}
        columns = []
        for name, is_descending in index.columns:
            text = self._quote(name)
            if needs_prefix(types[name]):
                if index.unique:
                    raise ModelError(
                        f"MySQL cannot keep {table.name}.{name} unique: it has no greatest length. "
                        "Use String(length) or Bytes(length)."
                    )
                text += f"({INDEX_PREFIX})"
            columns.append(text + (" DESC" if is_descending else ""))
        unique = "UNIQUE " if index.unique else ""
        return f"{unique}INDEX {self._quote(index.name)} ({', '.join(columns)})"

    def drop(self, table: Table) -> str:
        return f"DROP TABLE IF EXISTS {self._quote(table.name)}"
