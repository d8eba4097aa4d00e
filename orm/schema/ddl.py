"""CREATE and ALTER statements of one table.

On SQLite a unique constraint is a unique index beside the table, because a constraint inside it
loses its name. On MySQL indexes stand inside CREATE TABLE: there is no CREATE INDEX IF NOT EXISTS,
and a table whose creation was interrupted has either all of them or does not exist.
"""

import re

from orm.engine.dialect import Dialect
from orm.errors import ModelError
from orm.schema.indexes import emulate, index_kind, with_nulls
from orm.schema.literals import literal
from orm.schema.tables import (
    IndexExpression,
    SqlText,
    Table,
    TableCheck,
    TableColumn,
    TableForeignKey,
    TableIndex,
)
from orm.schema.types import INDEX_PREFIX, Collations, column_type, needs_prefix

# What may follow DEFAULT without parentheses; SQLite adds a column only with such a default.
_PLAIN_DEFAULT = re.compile(
    r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|[xX]?'(?:[^']|'')*'|NULL|TRUE|FALSE"
    r"|CURRENT_(?:TIMESTAMP|DATE|TIME)(?:\([0-9]\))?",
    re.I,
)


class DdlCompiler:
    """Writes the DDL of tables for one database; statements are those `Database.run` takes."""

    def __init__(self, dialect: Dialect, collations: Collations) -> None:
        self.dialect = dialect
        self.collations = collations
        self._is_mysql = dialect.name == "mysql"
        self.quote = dialect.quote

    # -- tables ------------------------------------------------------------------------------

    def create(self, table: Table, *, later: frozenset[str] = frozenset()) -> list[str]:
        """The statements that create `table` and its indexes, unless they exist.

        later: names of foreign keys to leave out, because their target does not exist yet.
        """
        keys = tuple(key for key in table.foreign_keys if key.name not in later)
        left = table.with_(foreign_keys=keys)
        return [
            self.create_table(left, if_missing=True),
            *self.beside(table, if_missing=True),
        ]

    def create_table(self, table: Table, *, name: str = "", if_missing: bool = False) -> str:
        """CREATE TABLE with everything that stands inside it; `name` in place of its own."""
        parts = [self.column(column) for column in table.columns]
        if self._is_mysql:
            parts += [
                self.column(column)
                for index in table.indexes
                if index.kind == "index"
                for column in emulate(table, index).added
            ]
        if not any(column.is_auto for column in table.columns):
            parts.append(f"PRIMARY KEY ({self._names(table.primary_key)})")
        parts += [self.foreign_key(key) for key in table.foreign_keys]
        parts += [self.check(check) for check in table.checks]
        if self._is_mysql:
            parts += [self._mysql_index(table, i) for i in table.indexes if i.kind == "index"]
        body = ",\n  ".join(parts)
        missing = "IF NOT EXISTS " if if_missing else ""
        quoted = self.quote(name or table.name)
        return f"CREATE TABLE {missing}{quoted} (\n  {body}\n){self._ending(table)}"

    def _ending(self, table: Table) -> str:
        if not self._is_mysql:
            return ""
        ending = f" ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE {self.collations.binary}"
        return ending + (self.table_comment(table) if table.comment else "")

    def table_comment(self, table: Table) -> str:
        return f" COMMENT={literal(table.comment, self.dialect)}"

    def beside(self, table: Table, *, if_missing: bool = False) -> list[str]:
        """The statements for what is created after the table itself."""
        found: list[str] = []
        for index in table.indexes:
            if index.kind != "index" or not self._is_mysql:
                found += self.add_index(table, index, if_missing=if_missing)
        return found

    def drop(self, table: Table) -> str:
        return f"DROP TABLE IF EXISTS {self.quote(table.name)}"

    # -- columns -----------------------------------------------------------------------------

    def column(self, column: TableColumn) -> str:
        """The definition of one column."""
        name = self.quote(column.name)
        if column.is_auto and not self._is_mysql:
            # AUTOINCREMENT: the id of a deleted row is not given out again, as on MySQL. A stale
            # link or a kept id must not suddenly mean another row.
            return f"{name} INTEGER PRIMARY KEY AUTOINCREMENT"
        kind = column_type(column.type, self.dialect.name, self.collations)
        if column.is_auto:
            return f"{name} {kind} NOT NULL AUTO_INCREMENT PRIMARY KEY"
        text = f"{name} {kind}"
        if column.generated is not None:
            how = "STORED" if column.is_stored else "VIRTUAL"
            text += f" GENERATED ALWAYS AS ({self.sql(column.generated)}) {how}"
        if column.generated is None or not self._is_mysql:  # MariaDB takes no NOT NULL there
            text += " NULL" if column.null else " NOT NULL"
        if column.default is not None:
            text += f" DEFAULT {self.default(column.default)}"
        if column.comment and self._is_mysql:
            text += f" COMMENT {literal(column.comment, self.dialect)}"
        return text

    def default(self, default: SqlText) -> str:
        text = default.for_dialect(self.dialect.name)
        bare = text.removeprefix("(").removesuffix(")")
        plain = next((t for t in (text, bare) if _PLAIN_DEFAULT.fullmatch(t)), f"({text})")
        return self._doubled(plain)

    # -- constraints -------------------------------------------------------------------------

    def foreign_key(self, key: TableForeignKey) -> str:
        if self._is_mysql and key.on_delete == "SET DEFAULT":
            raise ModelError(
                f'MySQL and MariaDB know no on_delete="set_default" ({key.name}): InnoDB refuses '
                'it. Use "set_null" or "restrict".'
            )
        return (
            f"CONSTRAINT {self.quote(key.name)} FOREIGN KEY ({self.quote(key.column)}) "
            f"REFERENCES {self.quote(key.target_table)} ({self.quote(key.target_column)}) "
            f"ON DELETE {key.on_delete}"
        )

    def add_foreign_key(self, table: Table, key: TableForeignKey) -> str:
        return f"ALTER TABLE {self.quote(table.name)} ADD {self.foreign_key(key)}"

    def drop_foreign_key(self, table: Table, key: TableForeignKey) -> str:
        return f"ALTER TABLE {self.quote(table.name)} DROP FOREIGN KEY {self.quote(key.name)}"

    def check(self, check: TableCheck) -> str:
        return f"CONSTRAINT {self.quote(check.name)} CHECK ({self.sql(check.condition)})"

    # -- indexes -----------------------------------------------------------------------------

    def add_index(self, table: Table, index: TableIndex, *, if_missing: bool = False) -> list[str]:
        kind = index_kind(index)
        if kind is not None:
            return kind.create(table, index, self.dialect)
        if not self._is_mysql:
            return [self._sqlite_index(table, index, if_missing=if_missing)]
        alter = f"ALTER TABLE {self.quote(table.name)}"
        added = [f"ADD COLUMN {self.column(column)}" for column in emulate(table, index).added]
        # Apart, both go on while the table is written; together they would copy it.
        return [
            *([f"{alter} {', '.join(added)}"] if added else []),
            f"{alter} ADD {self._mysql_index(table, index)}",
        ]

    def drop_index(self, table: Table, index: TableIndex) -> list[str]:
        kind = index_kind(index)
        if kind is not None:
            return kind.drop(table, index, self.dialect)
        if not self._is_mysql:
            return [f"DROP INDEX {self.quote(index.name)}"]
        alter = f"ALTER TABLE {self.quote(table.name)}"
        parts = [f"DROP INDEX {self.quote(index.name)}", *self._index_for_key(table, index)]
        added = [f"DROP COLUMN {self.quote(c.name)}" for c in emulate(table, index).added]
        return [
            f"{alter} {', '.join(parts)}",
            *([f"{alter} {', '.join(added)}"] if added else []),
        ]

    def _index_for_key(self, table: Table, index: TableIndex) -> list[str]:
        """MySQL wants an index for each foreign key; the last one that serves is replaced by the
        one it would have made itself."""
        first = index.columns[0][0]
        others = [each for each in table.indexes if each.name != index.name]
        serving = [each.columns[0][0] for each in others if each.is_plain]
        return [
            f"ADD INDEX {self.quote(key.name)} ({self.quote(key.column)})"
            for key in table.foreign_keys
            if key.column == first and key.column not in (*serving, table.primary_key[0])
        ]

    def _sqlite_index(self, table: Table, index: TableIndex, *, if_missing: bool) -> str:
        columns = ", ".join(
            (f"({self.sql(item.text)})" if isinstance(item, IndexExpression) else self.quote(item))
            + (" DESC" if is_descending else "")
            for item, is_descending in with_nulls(table, index)
        )
        unique = "UNIQUE " if index.unique else ""
        missing = "IF NOT EXISTS " if if_missing else ""
        where = "" if index.condition is None else f" WHERE {self.sql(index.condition)}"
        return (
            f"CREATE {unique}INDEX {missing}{self.quote(index.name)} "
            f"ON {self.quote(table.name)} ({columns}){where}"
        )

    def _mysql_index(self, table: Table, index: TableIndex) -> str:
        emulated = emulate(table, index)
        types = {column.name: column.type for column in (*table.columns, *emulated.added)}
        columns = []
        for name, is_descending in emulated.columns:
            text = self.quote(name)
            if needs_prefix(types[name]):
                if index.unique:
                    raise ModelError(
                        f"MySQL cannot keep {table.name}.{name} unique: it has no greatest length. "
                        "Use String(length) or Bytes(length)."
                    )
                text += f"({INDEX_PREFIX})"
            columns.append(text + (" DESC" if is_descending else ""))
        unique = "UNIQUE " if index.unique else ""
        return f"{unique}INDEX {self.quote(index.name)} ({', '.join(columns)})"

    # -- text --------------------------------------------------------------------------------

    def sql(self, text: SqlText) -> str:
        return self._doubled(text.for_dialect(self.dialect.name))

    def _doubled(self, text: str) -> str:
        return text.replace("%", "%%") if self.dialect.doubles_percent else text

    def _names(self, names: tuple[str, ...]) -> str:
        return ", ".join(map(self.quote, names))
