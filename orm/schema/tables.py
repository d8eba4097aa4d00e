"""A table as the schema needs it: plain data, derived from a model, the same for any engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orm.types.base import ValueType

Condition = str | Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """is_auto: the database numbers it (an integer primary key)."""

    name: str
    value_type: ValueType
    null: bool = False
    is_auto: bool = False


@dataclass(frozen=True, slots=True)
class TableIndex:
    """columns: pairs (column, is_descending)."""

    name: str
    columns: tuple[tuple[str, bool], ...]
    unique: bool = False


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
    """condition: SQL text, or a function that is given `subject` and answers a condition."""

    name: str
    condition: Condition
    subject: Any


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[TableColumn, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[TableIndex, ...] = ()
    foreign_keys: tuple[TableForeignKey, ...] = ()
    checks: tuple[TableCheck, ...] = ()
