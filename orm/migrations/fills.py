"""What rows that are there get in a column that comes: the Python default of the field."""

from collections.abc import Iterable
from typing import Any

from orm.errors import DataError, MigrationError, ModelError
from orm.fields.base import MISSING, Field
from orm.names import did_you_mean
from orm.schema.literals import value_text
from orm.schema.tables import SqlText


def fills_of(models: Iterable[Any]) -> dict[tuple[str, str], SqlText]:
    """By (table, column), for every field that has a default. A function is called once."""
    found: dict[tuple[str, str], SqlText] = {}
    for model in models:
        for field in model._meta.fields.values():
            if field.default is MISSING or field.primary_key:
                continue
            try:
                value = field.make_default()
                found[model._meta.table, field.column] = _literal(field, value)
            except (ModelError, DataError):  # a value that SQL text cannot hold
                continue
    return found


def fill_from_text(models: Iterable[Any], given: str) -> tuple[tuple[str, str], SqlText]:
    """`--fill notes.pages=0`: the value is checked as if it were assigned."""
    place, sign, text = given.partition("=")
    table, dot, column = place.partition(".")
    if not sign or not dot:
        raise MigrationError(f"--fill {given}: write it as --fill table.column=VALUE.")
    tables = {model._meta.table: model._meta for model in models}
    if table not in tables:
        raise MigrationError(f"--fill: no table {table!r}. {did_you_mean(table, tables)}")
    fields = {field.column: field for field in tables[table].fields.values()}
    if column not in fields:
        raise MigrationError(f"--fill: {table} has no {column!r}. {did_you_mean(column, fields)}")
    field = fields[column]
    is_number = field.kind in ("integer", "bigint", "smallint", "tinyint", "float", "boolean")
    return (table, column), _literal(field, field.accept(_number(text) if is_number else text))


def _number(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _literal(field: Field[Any], value: Any) -> SqlText:
    if value is None:
        raise DataError(f"{field.label} has None for its default.")
    return value_text(value, field.value_type)
