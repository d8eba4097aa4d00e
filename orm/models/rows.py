"""Writing the row of one object where the prepared plans of `orm.models.plans` are not enough.

That is when the database makes some of the values (they come back by RETURNING), when a version
guards the row, or when the row is spread over the tables of a joined inheritance (`info.parts`, the
root's first; the others refer to it, so that deleting the root's row deletes all).
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from orm.engine.database import Database
from orm.engine.registry import get_database
from orm.errors import DoesNotExist, StaleObject
from orm.expressions.writer import Dialect
from orm.fields.base import Field
from orm.fields.numbers import Version
from orm.metadata.info import ModelInfo
from orm.records import Record
from orm.types.base import Converter

Fields = Sequence[Field[Any]]


class Part(Record):
    """One of the tables that an object's row is in, and the fields kept there."""

    table: str
    fields: tuple[Field[Any], ...]


class Insert(Record):
    """A prepared INSERT: which fields it sends, and which the database answers."""

    sql: str
    given: tuple[Field[Any], ...]
    returned: tuple[tuple[str, Converter | None], ...]


def parts_of(info: ModelInfo) -> tuple[Part, ...]:
    return info.parts or (Part(info.table, tuple(info.fields.values())),)


# -- insert ----------------------------------------------------------------------------------------


def insert_row(info: ModelInfo, state: dict[str, Any]) -> None:
    """Store a new row; `state` gets the key and the values that the database made."""
    database = get_database(info.database)
    for part in parts_of(info):
        _insert_part(info, part, database, state)


def _insert_part(info: ModelInfo, part: Part, database: Database, state: dict[str, Any]) -> None:
    key = info.primary_key
    is_numbered = key.is_auto and state[key.attribute] is None
    given = tuple(
        field
        for field in part.fields
        if field.attribute in state
        and field.generated is None
        and not (field is key and is_numbered)
    )
    plan = _insert_plan(info, part, database, given)
    result = database.run(plan.sql, _encoded(given, state, database.dialect.name))
    if plan.returned:
        for (attribute, decode), cell in zip(plan.returned, result.rows[0], strict=True):
            state[attribute] = cell if decode is None or cell is None else decode(cell)
    elif is_numbered:
        state[key.attribute] = result.last_row_id


def _insert_plan(
    info: ModelInfo, part: Part, database: Database, given: tuple[Field[Any], ...]
) -> Insert:
    dialect = database.dialect
    returns = has_returning(database)
    name = " ".join(["insert", dialect.name, str(returns), part.table, *(f.column for f in given)])
    plan: Insert | None = info.plans.get(name)
    if plan is None:
        table = dialect.quote(part.table)
        columns = ", ".join(dialect.quote(field.column) for field in given)
        marks = ", ".join([dialect.placeholder] * len(given))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
        if not given and dialect.name == "sqlite":
            sql = f"INSERT INTO {table} DEFAULT VALUES"
        made = [field for field in part.fields if field not in given] if returns else []
        if any(field is not info.primary_key for field in made):
            sql += " RETURNING " + ", ".join(dialect.quote(field.column) for field in made)
        else:
            made = []  # the key alone needs no rows to come back
        returned = tuple((f.attribute, f.value_type.decoder(dialect.name)) for f in made)
        plan = info.plans[name] = Insert(sql, given, returned)
    return plan


def has_returning(database: Database) -> bool:
    """SQLite since 3.35 and MariaDB since 10.5 answer an INSERT with rows; MySQL does not, and
    what it made is read when somebody asks for it."""
    if database.dialect.name == "sqlite":
        return True
    known: bool | None = database.plans.get("RETURNING")
    if known is None:
        known = "mariadb" in str(database.run("SELECT VERSION()").rows[0][0]).lower()
        database.plans.put("RETURNING", known, 1)
    return known


# -- update and delete -----------------------------------------------------------------------------


def update_row(instance: Any, fields: Iterable[Field[Any]]) -> None:
    """Write these fields of a stored object; DoesNotExist or StaleObject when its row is gone or
    has another version."""
    info: ModelInfo = instance._meta
    changed = {field for field in fields if field.generated is None}
    version = info.version
    for part in parts_of(info):
        written = [f for f in part.fields if f in changed and f is not version]
        if version in part.fields or written:
            _update_part(instance, part, written, version if version in part.fields else None)
    if version is not None:
        instance.__dict__[version.attribute] += 1
    for field in info.fields.values():
        if field.generated is not None:
            instance.__dict__.pop(field.attribute, None)


def _update_part(instance: Any, part: Part, written: Fields, version: Version | None) -> None:
    info: ModelInfo = instance._meta
    database = get_database(info.database)
    dialect = database.dialect
    name = " ".join(["update", dialect.name, part.table, *(field.column for field in written)])
    sql: str | None = info.plans.get(name)
    if sql is None:
        mark, quote = dialect.placeholder, dialect.quote
        sets = [f"{quote(field.column)} = {mark}" for field in written]
        if version is not None:
            sets.append(f"{quote(version.column)} = {quote(version.column)} + 1")
        where = _this_row(info, version, dialect)
        sql = info.plans[name] = f"UPDATE {quote(part.table)} SET {', '.join(sets)}{where}"
    values = {field.attribute: getattr(instance, field.attribute) for field in written}
    params = _encoded(written, values, dialect.name) + _row_key(instance, version, dialect)
    gone = _gone(instance, version, "saved")
    database.submit(sql, params, partial(_require_row, gone), instance)


def delete_row(instance: Any) -> None:
    """Delete the row; with a version, StaleObject unless it is the object's own."""
    info: ModelInfo = instance._meta
    database = get_database(info.database)
    part = parts_of(info)[0]
    where = _this_row(info, info.version, database.dialect)
    sql = f"DELETE FROM {database.dialect.quote(part.table)}{where}"
    found = _row_key(instance, info.version, database.dialect)
    if info.version is None:
        database.submit(sql, found, lambda row_count: None, instance)
    else:
        gone = _gone(instance, info.version, "deleted")
        database.submit(sql, found, partial(_require_row, gone), instance)


def _require_row(gone: Exception, row_count: int) -> None:
    if row_count == 0:
        raise gone


def _this_row(info: ModelInfo, version: Version | None, dialect: Dialect) -> str:
    columns = [info.primary_key.column] + ([] if version is None else [version.column])
    tests = [f"{dialect.quote(column)} = {dialect.placeholder}" for column in columns]
    return f" WHERE {' AND '.join(tests)}"


def _row_key(instance: Any, version: Version | None, dialect: Dialect) -> list[Any]:
    """The parameters of `_this_row`."""
    key = instance._meta.primary_key
    found = _encoded([key], {key.attribute: instance._stored_key()}, dialect.name)
    return found if version is None else [*found, getattr(instance, version.attribute)]


def _gone(instance: Any, version: Version | None, what: str) -> Exception:
    if version is None:
        return DoesNotExist(f"{instance!r} cannot be {what}: its row is gone.")
    number = getattr(instance, version.attribute)
    return StaleObject(
        f"{instance!r} cannot be {what}: it was read with {version.name} {number}, and since then "
        "its row was changed or deleted; refresh() it and decide again."
    )


def _encoded(fields: Fields, values: dict[str, Any], dialect: str) -> list[Any]:
    params = []
    for field in fields:
        value = values[field.attribute]
        encode = field.value_type.encoder(dialect)
        params.append(value if value is None or encode is None else encode(value))
    return params
