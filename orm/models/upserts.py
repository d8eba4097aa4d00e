"""Insert or update many rows, with what became of each (orm:O20, orm:A12).

A part of at most 500 rows is written by three statements in one transaction, the same on both
engines:

  1. SELECT the rows that have the keys already, locked (MySQL locks the gaps between them, too; the
     write transaction of SQLite has the only lock): nobody else can add or change one meanwhile;
  2. INSERT ... ON CONFLICT DO UPDATE (ON DUPLICATE KEY UPDATE) of all rows, ordered as given;
  3. the same SELECT: the keys of new rows, and what the others have now.

A row that was not in the first answer was inserted; one whose cells differ was updated; else it is
unchanged. So the outcome is right also for expressions that only the database can compute.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from orm.engine.database import Database
from orm.engine.registry import get_database, transaction
from orm.errors import QueryError
from orm.expressions.base import Expression, Value
from orm.expressions.fitting import fitted
from orm.expressions.writer import Writer
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.models.automatic import with_automatic
from orm.models.bulk import (
    Outcome,
    check_upsert_key,
    parameters_for,
    require_values,
    written_fields,
)
from orm.models.incoming import Incoming
from orm.models.inserted import insert_text
from orm.types.base import shorten

_ROWS_PER_STATEMENT: Final = 500
_RETRIES: Final = 5

Changes = Mapping[Field[Any], Expression[Any]]


class Upserted(NamedTuple):
    """What became of one row, and its primary key."""

    outcome: Outcome
    key: Any


def upsert_rows(
    info: ModelInfo,
    objects: Sequence[Any],
    given: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    update: Iterable[str] | Mapping[str, Any] | None,
) -> list[Upserted]:
    """Insert these objects, or update the rows with the same key columns.

    update: the fields that change (by default all that are given), or values for them by name:
    expressions may speak of the row there is (`Page.hits + 1`) and of `incoming(Page.hits)`.
    """
    keys = check_upsert_key(info, key)
    for instance in objects:
        require_values(info, instance.__dict__)
    _check_keys(info, objects, keys)
    # Only the database can tell which row has a text that is compared without case.
    size = 1 if any(field.value_type.ci for field in keys) else _ROWS_PER_STATEMENT
    done: dict[int, Upserted] = {}
    groups: dict[Any, list[int]] = {}
    for place, values in enumerate(given):
        attributes = tuple(objects[place].__dict__.keys())
        groups.setdefault((frozenset(info.resolve(values)), attributes), []).append(place)

    @transaction(database=info.database, retry=_RETRIES)
    def write() -> None:
        for (fields, _), members in groups.items():
            changes = with_automatic(info, _changes(info, keys, fields, update))
            upsert = _Upsert(info, keys, changes)
            for start in range(0, len(members), size):
                part = members[start : start + size]
                found = upsert.run([objects[place] for place in part])
                done.update(zip(part, found, strict=True))

    write()
    return [done[place] for place in range(len(objects))]


def _check_keys(info: ModelInfo, objects: Sequence[Any], keys: list[Field[Any]]) -> None:
    """QueryError for a key without a value, which is no row's, and for two that are the same: which
    of them should it be?"""
    found = [tuple(item.__dict__[field.attribute] for field in keys) for item in objects]
    if any(None in values for values in found):
        names = ", ".join(field.name for field in keys)
        raise QueryError(
            f"{info.name}.upsert_many() has a row without a value for its key {names}."
        )
    if len(set(found)) < len(found):
        twice = next(value for value in found if found.count(value) > 1)
        raise QueryError(f"{info.name}.upsert_many() has two rows with the key {shorten(twice)}.")


def _changes(
    info: ModelInfo, keys: list[Field[Any]], given: Iterable[Field[Any]], update: Any
) -> Changes:
    if update is None:
        chosen = [field for field in info.fields.values() if field in set(given)]
        return {field: Incoming(field) for field in chosen if field not in keys}
    if isinstance(update, Mapping):
        return {
            field: fitted(field, value)
            if isinstance(value, Expression)
            else _constant(field, value)
            for field, value in info.resolve(update).items()
        }
    if isinstance(update, str):
        raise QueryError(f"{info.name}: update= takes a list of fields or a dict, not a text.")
    fields = [info.find(name) for name in update]
    return {field: Incoming(field) for field in fields}


def _constant(field: Field[Any], value: Any) -> Value[Any]:
    return Value(field.assign(value), field.value_type)


class _Upsert:
    """The statements for rows that give the same fields."""

    def __init__(self, info: ModelInfo, keys: list[Field[Any]], changes: Changes) -> None:
        self._info = info
        self._keys = keys
        self._changes = changes
        self._database: Database = get_database(info.database)
        self._quote = self._database.dialect.quote
        self._is_mysql = self._database.dialect.name == "mysql"

    def run(self, objects: list[Any]) -> list[Upserted]:
        before = self._look(objects)
        fields = written_fields(self._info, objects)
        writer = Writer(self._database.dialect)
        with writer.scope():
            writer.open(self._info.source)
            self._write_changes(writer)
        sql = insert_text(self._info, fields, len(objects)) + writer.sql
        self._database.run(sql, [*parameters_for(self._info, fields, objects), *writer.params])
        after = self._look(objects)
        if len(objects) == 1:
            return [self._outcome(next(iter(before.values()), None), next(iter(after.values())))]
        keys = map(self._key_of, objects)
        return [self._outcome(before.get(key), after[key]) for key in keys]

    def _outcome(self, was: Any, now: Any) -> Upserted:
        if was is None:
            return Upserted(Outcome.INSERTED, now[0])
        return Upserted(Outcome.UNCHANGED if was == now else Outcome.UPDATED, now[0])

    def _key_of(self, item: Any) -> Any:
        return tuple(item.__dict__[field.attribute] for field in self._keys)

    def _look(self, objects: list[Any]) -> dict[Any, tuple[Any, ...]]:
        """By key: the primary key and the cells that may change."""
        info, name = self._info, self._database.dialect.name
        read = [*self._keys, info.primary_key, *self._changes]
        columns = ", ".join(self._quote(field.column) for field in read)
        where, params = self._these(objects)
        lock = " FOR UPDATE" if self._is_mysql else ""
        sql = f"SELECT {columns} FROM {self._quote(info.table)} WHERE {where}{lock}"
        decoders = [field.value_type.decoder(name) for field in read]
        found = {}
        for row in self._database.run(sql, params).rows:
            width = len(self._keys)
            cells = [
                cell if decode is None or cell is None else decode(cell)
                for cell, decode in zip(row[: width + 1], decoders, strict=False)
            ]
            found[tuple(cells[:width])] = (cells[width], *row[width + 1 :])
        return found

    def _these(self, objects: list[Any]) -> tuple[str, list[Any]]:
        mark = self._database.dialect.placeholder
        columns = [self._quote(field.column) for field in self._keys]
        if len(columns) == 1:
            where = f"{columns[0]} IN ({', '.join([mark] * len(objects))})"
        else:
            one = " AND ".join(f"{column} = {mark}" for column in columns)
            where = f"({' OR '.join([f'({one})'] * len(objects))})"
        where += self._living(" AND ")
        return where, parameters_for(self._info, self._keys, objects)

    def _living(self, word: str) -> str:
        """Keys are unique among the rows that are not marked as deleted."""
        mark = self._info.soft_delete
        if mark is None or self._keys[0].primary_key:
            return ""
        return f"{word}{self._quote(mark.column)} IS NULL"

    def _write_changes(self, writer: Writer) -> None:
        quote = self._quote
        if self._is_mysql:
            writer.text(" ON DUPLICATE KEY UPDATE ")
        else:
            target = ", ".join(quote(field.column) for field in self._keys)
            action = "UPDATE SET " if self._changes else "NOTHING"
            writer.text(f" ON CONFLICT ({target}){self._living(' WHERE ')} DO {action}")
        if not self._changes and self._is_mysql:
            column = quote(self._keys[0].column)
            writer.text(f"{column} = {column}")
        for index, (field, value) in enumerate(self._changes.items()):
            writer.text(", " if index else "")
            writer.name(field.column)
            writer.text(" = ")
            value.write(writer)
