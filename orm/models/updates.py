"""Many objects written back, and read again (orm:O19, orm:O21)."""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

from orm.engine.registry import get_database, pipeline, transaction
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
    by_columns: dict[frozenset[Field[Any]], list[tuple[Any, Any]]] = {}
    for item in objects:
        key = _checked_key(info, item)
        fields = item._to_save(False) if chosen is None else chosen
        if fields:
            by_columns.setdefault(fields, []).append((key, item))
    kept = [(item, _kept(info, item)) for pairs in by_columns.values() for _, item in pairs]
    database = get_database(info.database)
    is_ahead = database.dialect.name == "mysql"  # SQLite has no answers to wait for
    try:
        with pipeline(database=info.database) if is_ahead else transaction(database=info.database):
            for fields, pairs in by_columns.items():
                for _, item in sorted(pairs, key=_first):
                    _write(info, item, fields)
    except BaseException:
        for item, state in kept:
            _restore(info, item, state)
        raise
    return len(kept)


def _kept(info: ModelInfo, item: Any) -> Any:
    """What an object has to be given back when nothing was stored: with steps all of it."""
    if info.steps is not None:
        return dict(item.__dict__)
    return item._changed, item._old_key, item._documents


def _restore(info: ModelInfo, item: Any, state: Any) -> None:
    if info.steps is not None:
        item.__dict__.clear()
        item.__dict__.update(state)
        return
    names = ("_changed", "_old_key", "_documents")
    own = item.__dict__
    own.update(
        (name, value)
        for name, value in zip(names, state, strict=True)
        if value is not own.get(name, getattr(type(item), name))
    )


_first: Final = itemgetter(0)


def _listed(info: ModelInfo, names: Iterable[str]) -> Iterable[str]:
    if isinstance(names, str):
        raise QueryError(f'{info.name}.update_many() takes a list of fields, as in ["{names}"].')
    return names


def _checked_key(info: ModelInfo, item: Any) -> Any:
    """The key of a stored object of the model."""
    if getattr(item, "_meta", None) is not info:
        raise QueryError(f"{info.name} takes its own objects here, not {shorten(item)}.")
    return item._stored_key()


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
    for item in objects:
        _checked_key(info, item)
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
