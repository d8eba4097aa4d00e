"""Models whose rows are in several tables: writes by condition, and reading the rest (orm:O38).

No statement changes several tables on both engines, so the rows are found first, with all their
columns to ask for, and then changed by key, table by table, in the transaction around it.
"""

from collections.abc import Sequence
from typing import Any, Final

from orm.engine.registry import get_database
from orm.errors import QueryError
from orm.expressions.base import Membership
from orm.expressions.writer import Source, Writer
from orm.metadata.info import ModelInfo
from orm.models.rows import Part, parts_of
from orm.queries.select import Query
from orm.queries.shape import Shape
from orm.queries.write import UpdateQuery, WriteQuery

_KEYS_PER_STATEMENT: Final = 5_000


def run_joined(query: WriteQuery) -> int:
    """Run it; the number of rows matched."""
    info: ModelInfo = query.info
    found = Query[Any](Shape(info.source, where=query.conditions, seen=query.seen))
    keys = found.scalars(info.primary_key.expression)
    for start in range(0, len(keys), _KEYS_PER_STATEMENT):
        some = keys[start : start + _KEYS_PER_STATEMENT]
        if isinstance(query, UpdateQuery):
            for part in parts_of(info):
                _update(info, part, query, some)
        else:
            _delete(info, some)
    return len(keys)


def complete_rows(items: Sequence[Any]) -> None:
    """Read what objects of derived classes lack, which were found by reading a base of theirs."""
    groups: dict[Any, dict[Any, Any]] = {}
    for item in items:
        info = item._meta
        if any(name not in item.__dict__ for name in info.plain_attributes):
            groups.setdefault(type(item), {})[item._stored_key()] = item
    for model, by_key in groups.items():
        info, keys = model._meta, list(by_key)
        for start in range(0, len(keys), _KEYS_PER_STATEMENT):
            some = keys[start : start + _KEYS_PER_STATEMENT]
            where = (Membership(info.primary_key.expression, some, True),)
            for whole in Query[Any](Shape(info.source, where=where)).all():
                item = by_key[whole._stored_key()]
                item.__dict__.update({**whole.__dict__, **item.__dict__})


class _PlainWriter(Writer):
    """One table, whose columns stand without its name."""

    fields: tuple[Any, ...] = ()

    def column(self, source: Source, column: str) -> None:
        if not any(field.column == column for field in self.fields):
            raise QueryError(
                f"{source.label}: an update cannot compute a column from one of another table, "
                f"{column!r}; its model is joined from several."
            )
        self.name(column)


def _update(info: ModelInfo, part: Part, query: UpdateQuery, keys: Sequence[Any]) -> None:
    columns = {field.column for field in part.fields}
    assignments = [(name, value) for name, value in query.assignments if name in columns]
    if not assignments:
        return
    writer = _writer(info, part)
    with writer.scope():
        writer.text("UPDATE ")
        writer.name(part.table)
        writer.text(" SET ")
        for index, (name, value) in enumerate(assignments):
            writer.text(", " if index else "")
            writer.name(name)
            writer.text(" = ")
            value.write(writer)
        _run(info, writer, keys)


def _delete(info: ModelInfo, keys: Sequence[Any]) -> None:
    part = parts_of(info)[0]  # the others' rows refer to it and go with it
    writer = _writer(info, part)
    with writer.scope():
        writer.text("DELETE FROM ")
        writer.name(part.table)
        _run(info, writer, keys)


def _writer(info: ModelInfo, part: Part) -> _PlainWriter:
    writer = _PlainWriter(get_database(info.database).dialect)
    writer.fields = part.fields
    return writer


def _run(info: ModelInfo, writer: Writer, keys: Sequence[Any]) -> None:
    writer.text(" WHERE ")
    Membership(info.primary_key.expression, keys, True).write(writer)
    get_database(info.database).run(writer.sql, writer.params)
