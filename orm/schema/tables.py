"""A table as the schema needs it: plain data that compares, the same for any engine.

Models are described as such tables (`describe`), a live database is read into them (`reflect`),
migrations record them. Nothing in here refers to a model or to an engine.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol


class Typed(Protocol):
    """What decides the column type: a `ColumnType`, or the value type of a field."""

    @property
    def kind(self) -> str: ...

    @property
    def length(self) -> int | None: ...

    @property
    def digits(self) -> int | None: ...

    @property
    def places(self) -> int | None: ...

    @property
    def ci(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SqlText:
    """An SQL expression as each engine writes it; names in it are quoted by backticks, which both
    engines take."""

    sqlite: str
    mysql: str

    @classmethod
    def same(cls, text: str) -> "SqlText":
        return cls(text, text)

    def for_dialect(self, name: str) -> str:
        return self.mysql if name == "mysql" else self.sqlite


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The kind of a column (`orm.schema.types` knows them) and its parameters."""

    kind: str
    length: int | None = None
    digits: int | None = None
    places: int | None = None
    ci: bool = False

    @classmethod
    def of(cls, typed: Typed) -> "ColumnType":
        return cls(typed.kind, typed.length, typed.digits, typed.places, bool(typed.ci))


@dataclass(frozen=True, slots=True)
class IndexExpression:
    """An expression in an index. type: what it makes, which MariaDB has to be told."""

    text: SqlText
    type: ColumnType | None = None


@dataclass(frozen=True, slots=True)
class TableColumn:
    """is_auto: the database numbers it (an integer primary key). default: what the database fills
    in. generated: the expression it is computed by, kept in the row when `is_stored`."""

    name: str
    type: ColumnType
    null: bool = False
    is_auto: bool = False
    default: SqlText | None = None
    generated: SqlText | None = None
    is_stored: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class TableIndex:
    """columns: pairs (column or expression, is_descending). condition: which rows are in it.
    kind: who writes it (`orm.schema.indexes`); options: what else that kind wants to know."""

    name: str
    columns: tuple[tuple[str | IndexExpression, bool], ...]
    unique: bool = False
    condition: SqlText | None = None
    nulls_distinct: bool = True
    kind: str = "index"
    options: tuple[tuple[str, str], ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(item for item, _ in self.columns if isinstance(item, str))

    @property
    def is_plain(self) -> bool:
        """Over columns of every row, as both engines have it."""
        is_whole = self.condition is None and self.nulls_distinct and self.kind == "index"
        return is_whole and len(self.column_names) == len(self.columns)


@dataclass(frozen=True, slots=True)
class TableForeignKey:
    """on_delete: the SQL action, such as "CASCADE"."""

    name: str
    column: str
    target_table: str
    target_column: str
    on_delete: str


@dataclass(frozen=True, slots=True)
class TableCheck:
    name: str
    condition: SqlText


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[TableColumn, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[TableIndex, ...] = ()
    foreign_keys: tuple[TableForeignKey, ...] = ()
    checks: tuple[TableCheck, ...] = ()
    comment: str = ""

    def column(self, name: str) -> TableColumn | None:
        return next((item for item in self.columns if item.name == name), None)

    def index(self, name: str) -> TableIndex | None:
        return next((item for item in self.indexes if item.name == name), None)

    def check(self, name: str) -> TableCheck | None:
        return next((item for item in self.checks if item.name == name), None)

    def foreign_key(self, name: str) -> TableForeignKey | None:
        return next((item for item in self.foreign_keys if item.name == name), None)

    def with_(self, **changes: Any) -> "Table":
        return replace(self, **changes)


@dataclass(frozen=True)
class Renames:
    """Which new name had which old one: tables, and columns as (new table, new column)."""

    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)


class Schema:
    """Tables by name; immutable, every change gives another one."""

    __slots__ = ("_tables",)

    def __init__(self, tables: "dict[str, Table] | None" = None) -> None:
        self._tables = dict(tables or {})

    @classmethod
    def of(cls, tables: "list[Table]") -> "Schema":
        return cls({table.name: table for table in tables})

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._tables == other._tables

    def __hash__(self) -> int:
        return hash(frozenset(self._tables.items()))

    def __repr__(self) -> str:
        return f"Schema({', '.join(self._tables)})"

    @property
    def tables(self) -> list[Table]:
        return list(self._tables.values())

    @property
    def names(self) -> list[str]:
        return list(self._tables)

    def get(self, name: str) -> Table | None:
        return self._tables.get(name)

    def with_table(self, table: Table) -> "Schema":
        return Schema({**self._tables, table.name: table})

    def without(self, name: str) -> "Schema":
        return Schema({each: table for each, table in self._tables.items() if each != name})
