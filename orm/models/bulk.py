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
from orm.models.inserted import insert_new, insert_returning, insert_text
from orm.models.plans import insert_head, parameters_of, row_of
from orm.records import Record

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


class InsertHow(Record):
    """ignore_conflicts: leave out rows whose unique key another row has. batch_size: rows in one
    statement, 0 for as many as fit."""

    ignore_conflicts: bool = False
    batch_size: int = 0

    def size(self, fields: Sequence[Field[Any]]) -> int:
        most = max(1, _MAX_PARAMETERS // max(1, len(fields)))
        return min(self.batch_size or most, most)


PLAIN: Final = InsertHow()


def insert_rows(info: ModelInfo, objects: Sequence[Any], how: InsertHow = PLAIN) -> int:
    """Store new objects; how many were. They learn what the database made of them, the keys above
    all, unless conflicts are ignored."""
    if not objects:
        return 0
    for item in objects:
        require_values(info, item.__dict__)
    chunks = [chunk for group in _alike(info, objects) for chunk in _chunks(info, group, how)]
    insert = _insert_ignoring if how.ignore_conflicts else _insert_chunk
    if len(chunks) == 1:
        return insert(info, *chunks[0])
    with transaction(database=info.database):
        return sum([insert(info, fields, some) for fields, some in chunks])


def insert_dicts(info: ModelInfo, rows: Sequence[Any], how: InsertHow = PLAIN) -> int | None:
    """As insert_rows, straight from plain dicts; None, and nothing stored, when they are not that
    plain."""
    database = get_database(info.database)
    params = flattener(info, database.dialect)(rows)
    if params is None:
        return None
    fields = flat_fields(info)
    insert = insert_new if how.ignore_conflicts else _insert_flat
    size = how.size(fields)
    if len(rows) <= size:
        return insert(info, fields, params)
    with transaction(database=info.database):
        parts = range(0, len(params), size * len(fields))
        return sum([insert(info, fields, params[i : i + size * len(fields)]) for i in parts])


def _insert_flat(info: ModelInfo, fields: Sequence[Field[Any]], params: list[Any]) -> int:
    database = get_database(info.database)
    database.write(insert_text(info, fields, len(params) // len(fields)), params)
    return len(params) // len(fields)


def _alike(info: ModelInfo, objects: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The objects in groups that leave the same fields to the database."""
    made = [field for field in info.fields.values() if field.is_database_made]
    key = info.primary_key
    if not made and not key.is_auto:
        return [objects]
    groups: dict[tuple[bool, ...], list[Any]] = {}
    for item in objects:
        state = item.__dict__
        given = [field.attribute in state for field in made]
        has_key = not key.is_auto or state[key.attribute] is not None
        groups.setdefault((has_key, *given), []).append(item)
    return groups.values()


def _chunks(
    info: ModelInfo, objects: Sequence[Any], how: InsertHow
) -> Iterator[tuple[Sequence[Field[Any]], Sequence[Any]]]:
    fields = written_fields(info, objects)
    size = how.size(fields)
    for start in range(0, len(objects), size):
        yield fields, objects[start : start + size]


def written_fields(info: ModelInfo, objects: Sequence[Any]) -> list[Field[Any]]:
    """Every field; the automatic key only when a row brings one, or there is nothing else (a NULL
    makes the engine number the row)."""
    key = info.primary_key
    given = objects[0].__dict__
    fields = [field for field in info.fields.values() if field.attribute in given]
    others = [field for field in fields if field is not key]
    if others and key.is_auto and all(i.__dict__[key.attribute] is None for i in objects):
        return others
    return fields


def _insert_chunk(info: ModelInfo, fields: Sequence[Field[Any]], objects: Sequence[Any]) -> int:
    insert_returning(info, fields, objects, parameters_for(info, fields, objects))
    return len(objects)


def _insert_ignoring(info: ModelInfo, fields: Sequence[Field[Any]], objects: Sequence[Any]) -> int:
    return insert_new(info, fields, parameters_for(info, fields, objects))


def parameters_for(
    info: ModelInfo, fields: Sequence[Field[Any]], objects: Sequence[Any]
) -> list[Any]:
    """The parameters of these fields of all objects, one after the other."""
    params: list[Any] = []
    parameters = parameters_of(fields, get_database(info.database).dialect)
    for item in objects:
        state = item.__dict__
        for attribute, encode in parameters:
            value = state[attribute]
            params.append(value if encode is None or value is None else encode(value))
    return params


# -- upsert ----------------------------------------------------------------------------------------


def upsert_row(info: ModelInfo, made: Any, given: Mapping[str, Any], key: Sequence[str]) -> Outcome:
    """Insert `made`, or update the row with the same key columns by the fields in `given`."""
    keys = check_upsert_key(info, key)
    require_values(info, made.__dict__)
    updated = [field for field in info.resolve(given) if field not in keys]
    upsert = _UPSERTS[get_database(info.database).dialect.name]
    return upsert(info, made, keys, updated)


def check_upsert_key(info: ModelInfo, key: Sequence[str]) -> list[Field[Any]]:
    """The fields of a unique key; QueryError when it is none."""
    if isinstance(key, str) or not key or not all(isinstance(name, str) for name in key):
        raise QueryError(f'{info.name}.upsert() takes key=["name"], a list of unique fields.')
    keys = [info.find(name) for name in key]
    _require_unique(info, keys)
    return keys


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
    fields = written_fields(info, [made])
    sql = f"{insert_head(info, dialect, fields)} VALUES {row_of(fields, dialect)}"
    return sql, _parameters(fields, made, dialect)


def _parameters(fields: Sequence[Field[Any]], made: Any, dialect: Dialect) -> list[Any]:
    params = []
    for attribute, encode in parameters_of(fields, dialect):
        value = made.__dict__[attribute]
        params.append(value if encode is None or value is None else encode(value))
    return params
