"""What comes back from an INSERT of many rows: keys and values that the database made, or how many
of the rows were new (orm:O18).

Keys are given out in the order of the rows by both engines (SQLite counts up row by row, InnoDB
reserves the numbers of a statement whose rows it can count), so that sorted keys belong to the rows
in their order, however RETURNING orders its answer.
"""

from collections.abc import Sequence
from typing import Any

from orm.engine.database import Database
from orm.engine.registry import get_database, transaction
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.models.plans import insert_head, row_of
from orm.models.rows import has_returning

Fields = Sequence[Field[Any]]


def insert_text(info: ModelInfo, fields: Sequence[Field[Any]], number: int) -> str:
    """The INSERT of so many rows."""
    dialect = get_database(info.database).dialect
    rows = ", ".join([row_of(fields, dialect)] * number)
    return f"{insert_head(info, dialect, fields)} VALUES {rows}"


def insert_returning(
    info: ModelInfo, fields: Fields, objects: Sequence[Any], params: list[Any]
) -> None:
    """Store the objects, whose parameters are given; they get what the database made."""
    database = get_database(info.database)
    key = info.primary_key
    made = [field for field in info.fields.values() if field not in fields]
    sql = insert_text(info, fields, len(objects))
    if not made:
        database.write(sql, params)
        return
    if not has_returning(database):
        _, first = database.write(sql, params)
        if key in made and first is not None:
            _number(objects, key, first, _step(database))
        return
    columns = ", ".join(database.dialect.quote(field.column) for field in [key, *made])
    _take(database, key, made, objects, database.run(f"{sql} RETURNING {columns}", params).rows)


def _take(
    database: Database, key: Field[Any], made: Fields, objects: Sequence[Any], rows: list[Any]
) -> None:
    if key in made:
        pairs = zip(objects, sorted(rows, key=lambda row: row[0]), strict=True)
    else:
        encode = key.value_type.encoder(database.dialect.name)
        by_key = {row[0]: row for row in rows}
        keys = [item.__dict__[key.attribute] for item in objects]
        found = [by_key[value if encode is None else encode(value)] for value in keys]
        pairs = zip(objects, found, strict=True)
    decoders = [field.value_type.decoder(database.dialect.name) for field in made]
    for item, row in pairs:
        for field, decode, cell in zip(made, decoders, row[1:], strict=True):
            value = cell if decode is None or cell is None else decode(cell)
            item.__dict__[field.attribute] = value


def _number(objects: Sequence[Any], key: Field[Any], first: int, step: int) -> None:
    for index, item in enumerate(objects):
        item.__dict__[key.attribute] = first + index * step


def _step(database: Database) -> int:
    """Clusters of MySQL count in steps, so that their nodes never give out the same number."""
    return int(database.run("SELECT @@auto_increment_increment").rows[0][0])


def insert_new(info: ModelInfo, fields: Fields, params: list[Any]) -> int:
    """Store the rows whose unique keys no other row has; how many these were.

    INSERT IGNORE would also ignore a missing parent and cut texts. Its alternative, an update that
    changes nothing, counts known rows like new ones (we connect with FOUND_ROWS), so that the
    update counts them itself.
    """
    database = get_database(info.database)
    number = len(params) // len(fields)
    sql = insert_text(info, fields, number)
    if database.dialect.name == "sqlite":
        return database.write(f"{sql} ON CONFLICT DO NOTHING", params)[0]
    column = database.dialect.quote(info.primary_key.column)
    count = f"{column} = IF((@treadle_known := @treadle_known + 1), {column}, {column})"
    with transaction(database=info.database):
        database.run("SELECT @treadle_known := 0")
        database.run(f"{sql} ON DUPLICATE KEY UPDATE {count}", params)
        known = database.run("SELECT @treadle_known").rows[0][0]
    return number - int(known)
