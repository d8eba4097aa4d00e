"""Prepared statements for one row: get, insert, update of given columns, delete.

Each is made once per model and dialect (an update: per set of columns) and then kept, so that the
hot path does no more than fill in parameters. `fill`, which takes them from the object's values by
attribute, is generated: one list display with the encoders in place. The driver finds its own
prepared statement because the text is the same object.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from orm.expressions.writer import Dialect
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.models.ready import ready_of
from orm.queries.loaders import Loader, object_loader
from orm.records import Record
from orm.types.base import Converter

# From values by attribute to parameters; KeyError when one is not there.
Fill = Callable[[dict[str, Any]], list[Any]]


class Plan(Record):
    """A statement, and what gives its parameters."""

    sql: str
    fill: Fill


class GetPlan(Record):
    sql: str
    encode: Converter | None
    load: Loader


class RowPlans:
    """The statements for single rows of one model in one dialect.

    The updates are kept without a bound: programs have few sets of columns to save. Threads that
    make the same plan at once make equal ones.
    """

    def __init__(self, info: ModelInfo, dialect: Dialect) -> None:
        self._info = info
        self._dialect = dialect
        self._quote = dialect.quote
        self.key = info.primary_key.attribute
        self.is_numbered = info.primary_key.is_auto
        self.encode_key = info.primary_key.value_type.encoder(dialect.name)
        self.get = self._get_plan()
        self.ready = ready_of(info, dialect)
        self.insert = self._insert_plan([f for f in info.fields.values() if not f.primary_key])
        self.insert_keyed = self._insert_plan(list(info.fields.values()))
        self.delete_sql = f"DELETE FROM {self._quote(info.table)}{self._by_key()}"
        self.updates: dict[frozenset[Field[Any]], Plan] = {}

    def update(self, fields: frozenset[Field[Any]]) -> Plan:
        """A further one of `updates`: these columns by primary key, which is the last parameter
        and not filled in."""
        written = [field for field in self._info.fields.values() if field in fields]
        mark = self._dialect.placeholder
        sets = ", ".join(f"{self._quote(field.column)} = {mark}" for field in written)
        sql = f"UPDATE {self._quote(self._info.table)} SET {sets}{self._by_key()}"
        plan = self.updates[fields] = Plan(sql, fill_of(written, self._dialect))
        return plan

    def _get_plan(self) -> GetPlan:
        columns = ", ".join(map(self._quote, self._info.columns))
        sql = f"SELECT {columns} FROM {self._quote(self._info.table)}{self._by_key()}"
        return GetPlan(sql, self.encode_key, object_loader(self._info, self._dialect.name))

    def _insert_plan(self, fields: Sequence[Field[Any]]) -> Plan:
        dialect = self._dialect
        sql = f"{insert_head(self._info, dialect, fields)} VALUES {row_of(fields, dialect)}"
        if not fields and dialect.name == "sqlite":
            sql = f"INSERT INTO {self._quote(self._info.table)} DEFAULT VALUES"
        return Plan(sql, fill_of(fields, dialect))

    def _by_key(self) -> str:
        key = self._quote(self._info.primary_key.column)
        return f" WHERE {key} = {self._dialect.placeholder}"


def row_plans(info: ModelInfo, dialect: Dialect) -> RowPlans:
    """The plans of a model in a dialect."""
    plans: RowPlans | None = info.plans.get(dialect.name)
    if plans is None:
        plans = info.plans[dialect.name] = RowPlans(info, dialect)
    return plans


def fill_of(fields: Iterable[Field[Any]], dialect: Dialect) -> Fill:
    """The function that makes the parameters of these fields."""
    scope: dict[str, Any] = {}
    items = []
    for index, field in enumerate(fields):
        cell = f"state[{field.attribute!r}]"
        encode = field.value_type.encoder(dialect.name)
        if encode is not None:
            scope[f"encode{index}"] = encode
            cell = f"None if (value := {cell}) is None else encode{index}(value)"
        items.append(cell)
    exec(f"def fill(state):\n    return [{', '.join(items)}]", scope)
    fill: Fill = scope["fill"]
    return fill


def insert_head(info: ModelInfo, dialect: Dialect, fields: Sequence[Field[Any]]) -> str:
    columns = ", ".join(dialect.quote(field.column) for field in fields)
    return f"INSERT INTO {dialect.quote(info.table)} ({columns})"


def row_of(fields: Sequence[Field[Any]], dialect: Dialect) -> str:
    return f"({', '.join([dialect.placeholder] * len(fields))})"


def parameters_of(
    fields: Sequence[Field[Any]], dialect: Dialect
) -> tuple[tuple[str, Converter | None], ...]:
    return tuple((field.attribute, field.value_type.encoder(dialect.name)) for field in fields)
