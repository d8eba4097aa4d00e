"""Fields that a query left out: read together, by one statement, when one of them is asked for.

Objects of one answer that do so one after the other are an N+1 like any other: see
`orm.queries.resultset`.
"""

from collections.abc import Sequence
from typing import Any, Final

from orm.engine.registry import get_database
from orm.errors import DoesNotExist
from orm.expressions.base import Membership
from orm.fields.base import Field
from orm.metadata.scope import Visibility
from orm.models.documents import written
from orm.queries.resultset import LeftOut, set_of, should_load_for_all
from orm.queries.select import Query
from orm.queries.shape import Shape

_KEYS_PER_STATEMENT: Final = 500


def load_deferred(instance: Any) -> None:
    """Give the instance every field it lacks; DoesNotExist when its row is gone."""
    missing = _missing(instance)
    mode = get_database(instance._meta.database).lazy_loads
    if not should_load_for_all(instance, LeftOut(type(instance)), mode):
        _load([instance], missing)
        return
    peers = [instance]
    for item in set_of(instance._peers).members():
        is_like = type(item) is type(instance) and item is not instance and item._is_stored
        if is_like and _missing(item) == missing:
            peers.append(item)
    for start in range(0, len(peers), _KEYS_PER_STATEMENT):
        _load(peers[start : start + _KEYS_PER_STATEMENT], missing)
    if _missing(instance):
        raise DoesNotExist(f"{instance!r} cannot be read: its row is gone.")


def _missing(instance: Any) -> list[Field[Any]]:
    state, documents = instance.__dict__, instance._documents
    return [
        field
        for field in instance._meta.fields.values()
        if field.attribute not in state and field.attribute not in documents
    ]


def _load(items: Sequence[Any], missing: Sequence[Field[Any]]) -> None:
    info = items[0]._meta
    columns = tuple(field.expression for field in (info.primary_key, *missing))
    keys = [item._stored_key() for item in items]
    # A row that is marked as deleted has its values all the same.
    seen = Visibility(everywhere=True)
    condition = Membership(info.primary_key.expression, keys, True)
    query = Query[Any](Shape(info.source, columns, where=(condition,), seen=seen))
    rows = {row[0]: row[1:] for row in ([query.one()] if len(items) == 1 else query.all())}
    for item, key in zip(items, keys, strict=True):
        if key in rows:
            _take(item, missing, rows[key])


def _take(instance: Any, fields: Sequence[Field[Any]], values: Sequence[Any]) -> None:
    state = instance.__dict__
    cells = {}
    for field, value in zip(fields, values, strict=True):
        state[field.attribute] = value
        if field.is_mutable:
            cells[field.attribute] = written(field, value)
    if cells:
        state["_documents"] = {**instance._documents, **cells}
