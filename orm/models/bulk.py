"""Many rows by one statement, and insert-or-update."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from orm.engine.registry import get_database, transaction
from orm.errors import DataError, QueryError
from orm.expressions.writer import Dialect
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.models.flat import flat_fields, flattener
from orm.models.plans import insert_head, parameters_of, row_of

# SQLite takes 32,766 parameters in a statement; more rows would not be faster on MySQL either.
_MAX_PARAMETERS: Final = 30_000


class Outcome(StrEnum):
    """What upsert() did."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def require_values(info: ModelInfo, state: Mapping[str, Any]) -> None:
    """DataError naming the first field that was not given and has no default."""
    for field in info.fields.values():
        if field.attribute not in state and not field.is_database_made:
            raise DataError(f"{field.label} needs a value: it has no default and is not null.")


def insert_rows(info: ModelInfo, objects: Sequence[Any]) -> int:
    """Store new objects, without learning the keys they get; their number."""
    if not objects:
        return 0
    for item in objects:
        require_values(info, item.__dict__)
    chunks = [chunk for group in _alike(info, objects) for chunk in _chunks(info, group)]
    if len(chunks) == 1:
        _insert_chunk(info, *chunks[0])
    else:
        with transaction(database=info.database):
            for fields, some in chunks:
                _insert_chunk(info, fields, some)
    return len(objects)


def insert_dicts(info: ModelInfo, rows: Sequence[Any]) -> int | None:
    """As insert_rows, straight from plain dicts; None, and nothing stored, when they are not that
    plain."""
    database = get_database(info.database)
    params = flattener(info, database.dialect)(rows)
    if params is None:
        return None
    fields = flat_fields(info)
    size = max(1, _MAX_PARAMETERS // len(fields))
    if len(rows) <= size:
        _insert_flat(info, fields, params)
    else:
        with transaction(database=info.database):
            for start in range(0, len(params), size * len(fields)):
                _insert_flat(info, fields, params[start : start + size * len(fields)])
    return len(rows)


def _insert_flat(info: ModelInfo, fields: Sequence[Field[Any]], params: list[Any]) -> None:
    database = get_database(info.database)
    dialect = database.dialect
    rows = ", ".join([row_of(fields, dialect)] * (len(params) // len(fields)))
    database.write(f"{insert_head(info, dialect, fields)} VALUES {rows}", params)


def _alike(info: ModelInfo, objects: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The objects in groups that leave the same fields to the database."""
    made = [field for field in info.fields.values() if field.is_database_made]
    if not made:
        return [objects]
    groups: dict[tuple[bool, ...], list[Any]] = {}
    for item in objects:
        groups.setdefault(tuple(f.attribute in item.__dict__ for f in made), []).append(item)
    return groups.values()


def _chunks(
    info: ModelInfo, objects: Sequence[Any]
) -> Iterator[tuple[Sequence[Field[Any]], Sequence[Any]]]:
    fields = _written_fields(info, objects)
    size = max(1, _MAX_PARAMETERS // max(1, len(fields)))
    for start in range(0, len(objects), size):
        yield fields, objects[start : start + size]


def _written_fields(info: ModelInfo, objects: Sequence[Any]) -> list[Field[Any]]:
    """Every field; the automatic key only when a row brings one, or there is nothing else (a NULL
    makes the engine number the row)."""
    key = info.primary_key
    given = objects[0].__dict__
    fields = [field for field in info.fields.values() if field.attribute in given]
    others = [field for field in fields if field is not key]
    if others and key.is_auto and all(i.__dict__[key.attribute] is None for i in objects):
        return others
    return fields


def _insert_chunk(info: ModelInfo, fields: Sequence[Field[Any]], objects: Sequence[Any]) -> None:
    database = get_database(info.database)
    dialect = database.dialect
    params: list[Any] = []
    parameters = parameters_of(fields, dialect)
    for item in objects:
        state = item.__dict__
        for attribute, encode in parameters:
            value = state[attribute]
            params.append(value if encode is None or value is None else encode(value))
    _insert_flat(info, fields, params)


# -- upsert ----------------------------------------------------------------------------------------


def upsert_row(info: ModelInfo, made: Any, given: Mapping[str, Any], key: Sequence[str]) -> Outcome:
    """Insert `made`, or update the row with the same key columns by the fields in `given`."""
    if isinstance(key, str) or not key or not all(isinstance(name, str) for name in key):
        raise QueryError(f'{info.name}.upsert() takes key=["name"], a list of unique fields.')
    require_values(info, made.__dict__)
    keys = [info.find(name) for name in key]
    _require_unique(info, keys)
    updated = [field for field in info.resolve(given) if field not in keys]
    upsert = _UPSERTS[get_database(info.database).dialect.name]
    return upsert(info, made, keys, updated)


def _require_unique(info: ModelInfo, keys: list[Field[Any]]) -> None:
    """QueryError unless the model says that no two rows agree in all of `keys`: MySQL would insert
    one row after the other without a word."""
    columns = {field.column for field in keys}
    known = [{f.column} for f in info.fields.values() if f.primary_key or f.unique]
    known += [{column for column, _ in unique.columns} for unique in info.uniques]
    if columns not in known:
        names = ", ".join(repr(field.name) for field in keys)
        raise QueryError(
            f"{info.name}.upsert() needs a unique key, and {names} is none: declare unique=True, "
            "or Unique(...) in Meta.indexes."
        )


def _upsert_sqlite(
    info: ModelInfo, made: Any, keys: list[Field[Any]], updated: list[Field[Any]]
) -> Outcome:
    """Look and write inside one transaction, which has the only write lock from its start."""
    database = get_database(info.database)
    quote = database.dialect.quote
    where = " AND ".join(f"{quote(field.column)} = ?" for field in keys)
    target = f"({', '.join(quote(field.column) for field in keys)})"
    mark = info.soft_delete
    if mark is not None and not keys[0].primary_key:  # unique among the living, by a partial index
        target += f" WHERE {quote(mark.column)} IS NULL"
        where += f" AND {quote(mark.column)} IS NULL"
    action = "NOTHING"
    if updated:
        sets = ", ".join(f"{quote(f.column)} = excluded.{quote(f.column)}" for f in updated)
        table = quote(info.table)
        differs = " OR ".join(
            f"{table}.{quote(f.column)} IS NOT excluded.{quote(f.column)}" for f in updated
        )
        action = f"UPDATE SET {sets} WHERE {differs}"
    sql, params = _insert_statement(info, made, database.dialect)
    with transaction(database=info.database):
        look = f"SELECT 1 FROM {quote(info.table)} WHERE {where}"
        found = database.run(look, _parameters(keys, made, database.dialect)).rows
        result = database.run(f"{sql} ON CONFLICT {target} DO {action}", params)
    if not found:
        return Outcome.INSERTED
    return Outcome.UPDATED if result.row_count else Outcome.UNCHANGED


def _upsert_mysql(
    info: ModelInfo, made: Any, keys: list[Field[Any]], updated: list[Field[Any]]
) -> Outcome:
    """One statement. The server counts 2 for a row it updated, and 1 for a row inserted as well as
    for one found unchanged (we connect with FOUND_ROWS). LAST_INSERT_ID(x) in the update branch
    tells these two apart: it makes the reported id one that this insert would not have. (It has to
    be compared with something: the server never computes whether it IS NULL.)"""
    database = get_database(info.database)
    quote = database.dialect.quote
    marker = 0 if info.primary_key.is_auto else 1
    first = quote(keys[0].column)
    sets = [f"{first} = IF(LAST_INSERT_ID({marker}) = 2, {first}, {first})"]
    sets += [f"{quote(f.column)} = VALUES({quote(f.column)})" for f in updated]
    sql, params = _insert_statement(info, made, database.dialect)
    result = database.run(f"{sql} ON DUPLICATE KEY UPDATE {', '.join(sets)}", params)
    if result.row_count == 2:
        return Outcome.UPDATED
    return Outcome.UNCHANGED if (result.last_row_id or 0) == marker else Outcome.INSERTED


_UPSERTS = {"sqlite": _upsert_sqlite, "mysql": _upsert_mysql}


def _insert_statement(info: ModelInfo, made: Any, dialect: Dialect) -> tuple[str, list[Any]]:
    fields = _written_fields(info, [made])
    sql = f"{insert_head(info, dialect, fields)} VALUES {row_of(fields, dialect)}"
    return sql, _parameters(fields, made, dialect)


def _parameters(fields: Sequence[Field[Any]], made: Any, dialect: Dialect) -> list[Any]:
    params = []
    for attribute, encode in parameters_of(fields, dialect):
        value = made.__dict__[attribute]
        params.append(value if encode is None or value is None else encode(value))
    return params
