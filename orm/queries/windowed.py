"""Conditions on window functions: SQL computes windows after WHERE, so they hold around the query.

`where(row_number().over(...) <= 3)` becomes `SELECT ... FROM (inner) AS windowed WHERE ...`. The
conditions that speak of no window stay inside, where they choose the rows the windows see; order,
limit, DISTINCT and lock go outside.
"""

from typing import Any, Final

from orm.expressions.base import Condition
from orm.expressions.subselect import Subselect
from orm.expressions.trace import children
from orm.expressions.windows import Window
from orm.queries.shape import Shape

# The name of the inner query.
WINDOWED: Final = "windowed"


def is_windowed(shape: Shape) -> bool:
    """Does a condition of this query speak of a window?"""
    return any(map(has_window, (*shape.where, *shape.having)))


def split(shape: Shape) -> tuple[Shape, tuple[Condition, ...]]:
    """The shape inside, and the conditions around it."""
    conditions = (*shape.where, *shape.having)
    inner = shape.changed(
        where=tuple(item for item in shape.where if not has_window(item)),
        having=tuple(item for item in shape.having if not has_window(item)),
        order_by=(),
        limit=None,
        offset=None,
        distinct=False,
        lock="",
    )
    return inner, tuple(filter(has_window, conditions))


def has_window(item: Any) -> bool:
    """Is there a window in it? One inside a subquery is the subquery's own business."""
    if isinstance(item, Window):
        return True
    if isinstance(item, Subselect):
        return False
    return any(map(has_window, children(item)))
