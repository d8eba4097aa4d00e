"""What a condition on groups may speak of: what is the same in all rows of one.

MariaDB knows nothing else in a HAVING but what is grouped by, what is selected, and aggregates.
SQLite takes any column, and the value from any row of the group.
"""

from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, Labelled
from orm.expressions.calls import NamedCall
from orm.expressions.columns import Column
from orm.expressions.functions import Aggregate
from orm.expressions.subselect import Subselect
from orm.expressions.trace import Trace, children
from orm.queries.shape import Shape

_PURPOSE: Final = "equality"


def check_having(shape: Shape) -> None:
    """Raises QueryError, which names the column, where the engines would not do the same."""
    known = [_key(item) for item in (*shape.group_by, *shape.columns, *shape.annotations)]
    for condition in shape.having:
        column = _strange(condition, shape, known)
        if column is not None:
            raise QueryError(
                f"having() speaks of {column.label}, of which a group may have several values: "
                "group by it, select it, take max_() or another aggregate of it, or choose rows "
                "by where()."
            )


def _strange(item: Any, shape: Shape, known: list[Any]) -> Column[Any] | None:
    """The first column in it that is not known of a group; a subquery is its own business,
    and a function of the engine's may be an aggregate."""
    if isinstance(item, (Aggregate, Subselect, NamedCall)) or not isinstance(item, Expression):
        return None
    if _key(item) in known:
        return None
    if isinstance(item, Column):
        return None if _is_of_object(item, shape) else item
    found = (_strange(part, shape, known) for part in children(item))
    return next((column for column in found if column is not None), None)


def _is_of_object(column: Column[Any], shape: Shape) -> bool:
    """Is it selected as part of a whole object?"""
    return not shape.columns and (column.source is shape.source or bool(shape.related))


def _key(item: Expression[Any]) -> Any:
    inner = item.inner if isinstance(item, Labelled) else item
    trace = Trace(_PURPOSE)
    inner.trace(trace)
    return trace.key, [(type(each.value), each.value) for each in trace.values]
