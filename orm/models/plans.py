"""Prepared statements for one row: get, insert, update of given columns, delete.

Each text is written once per model, dialect and set of columns and then kept, so that the hot
path does no more than fill in parameters; the driver finds its own cached statement because the
text is the same object.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orm.expressions.writer import Dialect
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.queries.loaders import Loader, object_loader
from orm.types.base import Converter


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and, for each parameter, the attribute it comes from and its conversion."""

    sql: str
    parameters: tuple[tuple[str, Converter | None], ...]

    def fill(self, values: dict[str, Any]) -> list[Any]:
        """The parameters for one row, whose values are given by attribute."""
        filled = []
        for attribute, encode in self.parameters:
            value = values[attribute]
            filled.append(value if encode is None or value is None else encode(value))
        return filled


@dataclass(frozen=True, slots=True)
class GetPlan:
    sql: str
    encode: Converter | None
    load: Loader


def get_plan(info: ModelInfo, dialect: Dialect) -> GetPlan:
    """SELECT of a whole row by its primary key."""
    name = f"get {dialect.name}"
    plan: GetPlan | None = info.plans.get(name)
    if plan is None:
        columns = ", ".join(map(dialect.quote, info.columns))
        sql = f"SELECT {columns} FROM {dialect.quote(info.table)}{_by_key(info, dialect)}"
        encode = info.primary_key.value_type.encoder(dialect.name)
        plan = info.plans[name] = GetPlan(sql, encode, object_loader(info, dialect.name))
    return plan


def insert_plan(info: ModelInfo, dialect: Dialect, with_key: bool) -> Plan:
    """INSERT of every column, or of every one but a key that the database numbers."""
    name = f"insert {dialect.name} {with_key}"
    plan: Plan | None = info.plans.get(name)
    if plan is None:
        fields = [f for f in info.fields.values() if with_key or not f.primary_key]
        sql = f"{insert_head(info, dialect, fields)} VALUES {row_of(fields, dialect)}"
        if not fields and dialect.name == "sqlite":
            sql = f"INSERT INTO {dialect.quote(info.table)} DEFAULT VALUES"
        plan = info.plans[name] = Plan(sql, parameters_of(fields, dialect))
    return plan


def update_plan(info: ModelInfo, dialect: Dialect, fields: Sequence[Field[Any]]) -> Plan:
    """UPDATE of these columns by primary key, whose old value is the attribute `_key`."""
    name = f"update {dialect.name} {','.join(field.column for field in fields)}"
    plan: Plan | None = info.plans.get(name)
    if plan is None:
        assignments = ", ".join(
            f"{dialect.quote(field.column)} = {dialect.placeholder}" for field in fields
        )
        table = dialect.quote(info.table)
        sql = f"UPDATE {table} SET {assignments}{_by_key(info, dialect)}"
        parameters = parameters_of(fields, dialect) + _key_parameter(info, dialect)
        plan = info.plans[name] = Plan(sql, parameters)
    return plan


def delete_plan(info: ModelInfo, dialect: Dialect) -> Plan:
    """DELETE by primary key, given as the attribute `_key`."""
    name = f"delete {dialect.name}"
    plan: Plan | None = info.plans.get(name)
    if plan is None:
        sql = f"DELETE FROM {dialect.quote(info.table)}{_by_key(info, dialect)}"
        plan = info.plans[name] = Plan(sql, _key_parameter(info, dialect))
    return plan


def insert_head(info: ModelInfo, dialect: Dialect, fields: Sequence[Field[Any]]) -> str:
    columns = ", ".join(dialect.quote(field.column) for field in fields)
    return f"INSERT INTO {dialect.quote(info.table)} ({columns})"


def row_of(fields: Sequence[Field[Any]], dialect: Dialect) -> str:
    return f"({', '.join([dialect.placeholder] * len(fields))})"


def parameters_of(
    fields: Sequence[Field[Any]], dialect: Dialect
) -> tuple[tuple[str, Converter | None], ...]:
    return tuple((field.attribute, field.value_type.encoder(dialect.name)) for field in fields)


def _by_key(info: ModelInfo, dialect: Dialect) -> str:
    return f" WHERE {dialect.quote(info.primary_key.column)} = {dialect.placeholder}"


def _key_parameter(info: ModelInfo, dialect: Dialect) -> tuple[tuple[str, Converter | None], ...]:
    return (("_key", info.primary_key.value_type.encoder(dialect.name)),)
