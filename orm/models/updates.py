"""Many objects written back, and read again (orm:O19, orm:O21)."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from orm.engine.registry import pipeline
from orm.errors import DoesNotExist, QueryError
from orm.expressions.base import Membership
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.queries.select import Query
from orm.queries.shape import Shape
from orm.types.base import shorten

_KEYS_PER_STATEMENT: Final = 500


def update_rows(info: ModelInfo, objects: Sequence[Any], names: Iterable[str] | None) -> int:
    """Save these fields of the objects, or what was changed of each; how many had something to
    save. All or nothing: one transaction.

    The objects are written in the order of their keys, so that two who do this at once never wait
    for each other in a circle, those with the same columns by one prepared statement, on MySQL and
    MariaDB without waiting for each answer. (One UPDATE with a CASE for all of them takes a time
    that grows with the square of their number.)
    """
    chosen = None if names is None else frozenset(info.find(name) for name in _listed(info, names))
    _check(info, objects)
    work = [(item, item._to_save(False) if chosen is None else chosen) for item in objects]
    work = [(item, fields) for item, fields in work if fields]
    # Sets of columns together, each in the order of its keys: statements stay prepared.
    kinds = {fields: number for number, fields in enumerate(dict.fromkeys(f for _, f in work))}
    work.sort(key=lambda pair: (kinds[pair[1]], pair[0]._stored_key()))
    kept = [(item, dict(item.__dict__)) for item, _ in work]
    try:
        with pipeline(database=info.database):
            for item, fields in work:
                _write(info, item, fields)
    except BaseException:
        for item, state in kept:
            item.__dict__.clear()
            item.__dict__.update(state)
        raise
    return len(work)


def _listed(info: ModelInfo, names: Iterable[str]) -> Iterable[str]:
    if isinstance(names, str):
        raise QueryError(f'{info.name}.update_many() takes a list of fields, as in ["{names}"].')
    return names


def _check(info: ModelInfo, objects: Sequence[Any]) -> None:
    for item in objects:
        if getattr(item, "_meta", None) is not info:
            raise QueryError(f"{info.name}.update_many() takes its objects, not {shorten(item)}.")
        item._stored_key()


def _write(info: ModelInfo, item: Any, fields: frozenset[Field[Any]]) -> None:
    if info.steps is not None:
        item.__dict__["_changed"] = item._changed | fields
        info.steps.save(item, everything=False)
        return
    others = item._changed - fields
    item._update(info, fields)
    if others:
        item.__dict__["_changed"] = others


def refresh_rows(info: ModelInfo, objects: Sequence[Any]) -> None:
    """Read the rows of these objects again, in as few statements as fit."""
    _check(info, objects)
    key = info.primary_key.expression
    query = Query[Any](Shape(info.source)).with_deleted()
    for start in range(0, len(objects), _KEYS_PER_STATEMENT):
        part = objects[start : start + _KEYS_PER_STATEMENT]
        keys = [item._stored_key() for item in part]
        found = {row._stored_key(): row for row in query.where(Membership(key, keys, True)).all()}
        for item, value in zip(part, keys, strict=True):
            if value not in found:
                raise DoesNotExist(f"{item!r} cannot be read again: its row is gone.")
            item.__dict__.clear()
            item.__dict__.update(found[value].__dict__)
