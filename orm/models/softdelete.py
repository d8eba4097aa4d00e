"""Rows that are marked as deleted instead of going (orm:O37, orm:A5).

`Meta.soft_delete` names the field with the time of deletion, NULL for a living row. What follows
from it for reading is the model's scope (`orm.metadata.scope`); here is what writes the mark.

Marking follows the references that would cascade: rows of models that mark, too, get the same
moment, and `restore()` brings back those with the moment of their owner. Rows of models that do not
mark stay, and so do references of any other kind: the row they refer to is still there.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from orm.engine.registry import transaction
from orm.errors import QueryError
from orm.expressions.base import NullCheck
from orm.expressions.writer import Source
from orm.metadata import registry
from orm.metadata.info import ModelInfo
from orm.metadata.scope import Visibility
from orm.models.rows import update_row
from orm.queries.select import Query
from orm.queries.shape import Shape
from orm.queries.write import UpdateQuery
from orm.types.dates import now

_KEYS_PER_STATEMENT: Final = 5_000
_EVERY_ROW: Final = Visibility(everywhere=True)


def living(info: ModelInfo) -> Any:
    """The scope of a model that marks."""

    def scope(source: Source, seen: Visibility) -> tuple[NullCheck, ...]:
        field = info.soft_delete
        if field is None:
            return ()
        is_only = seen.only == source.table
        if seen.sees(source.table) and not is_only:
            return ()
        return (NullCheck(field.make_expression(source), not is_only),)

    return scope


def mark_deleted(instance: Any) -> None:
    """Mark one row, and those that follow it, in the transaction around it."""
    info: ModelInfo = instance._meta
    field = mark_of(info)
    if getattr(instance, field.attribute) is not None:
        return
    moment = _moment(field)
    instance.__dict__[field.attribute] = moment
    update_row(instance, [field])
    instance._mark_stored()
    _mark_followers(info, [instance._stored_key()], moment)


def restore(instance: Any) -> None:
    """Bring a marked row back, and those that were marked with it, in the transaction around it."""
    info: ModelInfo = instance._meta
    field = mark_of(info)
    moment = getattr(instance, field.attribute)
    if moment is None:
        return
    instance.__dict__[field.attribute] = None
    update_row(instance, [field])
    instance._mark_stored()
    _restore_followers(info, [instance._stored_key()], moment)


def mark_of(info: ModelInfo) -> Any:
    if info.soft_delete is None:
        raise QueryError(f"{info.name} marks no rows as deleted: say so by Meta.soft_delete.")
    return info.soft_delete


def _moment(field: Any) -> dt.datetime:
    moment: dt.datetime = field.assign(now().replace(tzinfo=dt.UTC) if field.tz else now())
    return moment


class MarkQuery(UpdateQuery):
    """`Note.delete().where(...)` of a model that marks."""

    kind = "delete"

    parts = UpdateQuery.parts
    traits = UpdateQuery.traits

    def __init__(self, info: ModelInfo) -> None:
        field = mark_of(info)
        super().__init__(info, {field.name: _moment(field)})
        self._followers = list(_followers(info))

    @property
    def is_one_statement(self) -> bool:
        return not self._followers

    def run(self) -> int:
        if not self._followers:
            return super().run()
        info, field = self._info, mark_of(self._info)
        moment = _moment(field)
        with transaction(database=info.database):
            query = Query[Any](Shape(info.source, where=self._where, seen=self._seen))
            keys = query.scalars(info.primary_key.expression)
            _write_mark(info, keys, moment, self._seen)
            _mark_followers(info, keys, moment)
        return len(keys)


# -- rows that follow ------------------------------------------------------------------------------


def _followers(info: ModelInfo) -> Iterator[Any]:
    """The foreign keys of marking models that cascade from this one."""
    for model in registry.models():
        if model._meta.soft_delete is None or model._meta.shares_rows:
            continue
        for key in model._meta.foreign_keys:
            if key.on_delete == "cascade" and issubclass(info.model, key.target_model):
                yield key


def _mark_followers(info: ModelInfo, keys: Sequence[Any], moment: dt.datetime) -> None:
    for key in _followers(info):
        follower = key.model._meta
        found = _following(key, keys, Visibility(), None)
        if found:
            _write_mark(follower, found, moment, Visibility())
            _mark_followers(follower, found, moment)


def _restore_followers(info: ModelInfo, keys: Sequence[Any], moment: dt.datetime) -> None:
    for key in _followers(info):
        follower = key.model._meta
        found = _following(key, keys, _EVERY_ROW, moment)
        if found:
            _write_mark(follower, found, None, _EVERY_ROW)
            _restore_followers(follower, found, moment)


def _following(
    key: Any, keys: Sequence[Any], seen: Visibility, moment: dt.datetime | None
) -> list[Any]:
    """The keys of the rows that refer to `keys`; with `moment`, of those marked at it."""
    info = key.model._meta
    found: list[Any] = []
    for some in _chunks(keys):
        query = Query[Any](Shape(info.source, seen=seen)).where(key.expression.in_(some))
        if moment is not None:
            query = query.where(mark_of(info).expression == moment)
        found += query.scalars(info.primary_key.expression)
    return found


def _write_mark(
    info: ModelInfo, keys: Sequence[Any], moment: dt.datetime | None, seen: Visibility
) -> None:
    for some in _chunks(keys):
        query = UpdateQuery(info, {mark_of(info).name: moment})
        query.where(info.primary_key.expression.in_(some)).seeing(seen).run()


def _chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), _KEYS_PER_STATEMENT):
        yield keys[start : start + _KEYS_PER_STATEMENT]
