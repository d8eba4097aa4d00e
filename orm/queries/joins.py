"""What `.join()` takes: a relation, or a model or alias with a condition."""

from typing import Any

from orm.errors import QueryError
from orm.expressions.base import condition
from orm.expressions.writer import Source
from orm.metadata.relation import RelationPath
from orm.queries.shape import Join, Shape
from orm.types.base import shorten


def make_join(shape: Shape, target: Any, on: Any, is_outer: bool, side: str = "") -> Join:
    """One join of a query; QueryError when it does not say how the tables belong together.

    Beside a relation `on` is one more condition for its rows. side: see `Join`.
    """
    if isinstance(target, RelationPath):
        source = target.relation.target_model._meta.source
        more = None if on is None else condition(on)
        return Join(source, is_outer, path=target, on=more, side=side)
    source = source_of(target)
    if source.info.database != shape.source.info.database:
        raise QueryError(
            f"{source.label} is in the database {source.info.database!r}, this query in "
            f"{shape.source.info.database!r}: one statement cannot read both."
        )
    if on is not None:
        return Join(source, is_outer, on=condition(on), side=side)
    return Join(source, is_outer, path=_only_relation(shape, source), side=side)


def source_of(target: Any) -> Source:
    """The source of a model class or an alias."""
    found = getattr(target, "_source", None) or getattr(target, "_meta", None)
    if isinstance(found, Source):
        return found
    source = getattr(found, "source", None)
    if isinstance(source, Source):
        return source
    raise QueryError(f"join() takes a relation, a model or an alias, not {shorten(target)}.")


def _only_relation(shape: Shape, target: Source) -> RelationPath:
    """The one foreign key by which a table of the query leads to `target`."""
    paths = [
        RelationPath(key, source)
        for source in (shape.source, *(join.source for join in shape.joins))
        for key in source.info.foreign_keys
        if key.target_model is target.info.model and target is target.info.source
    ]
    if len(paths) == 1:
        return paths[0]
    raise QueryError(
        f"join({target.label}) needs on=: {len(paths) or 'no'} foreign keys of this query lead to "
        "it."
    )
