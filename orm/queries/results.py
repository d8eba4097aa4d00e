"""Result columns by name: what text means in order_by() and group_by()."""

from typing import Any

from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.ordering import Ordered, ordered
from orm.names import did_you_mean
from orm.queries.loaders import column_names
from orm.queries.shape import Shape, expression


def named(shape: Shape, item: Any, where: str) -> Expression[Any]:
    """An expression as it is; for text the result column, annotation or field of that name.

    Only names that the query has get through (sec:D1); QueryError with a suggestion otherwise.
    """
    if not isinstance(item, str):
        return expression(item, where)
    known = _known(shape)
    if item not in known:
        raise QueryError(f"{where}: the query has no column {item!r}. {did_you_mean(item, known)}")
    return known[item]


def sorting(shape: Shape, item: Any) -> Expression[Any]:
    """One item of an order; text may have a `-` in front."""
    if isinstance(item, Expression):
        return item
    if isinstance(item, str) and item.startswith("-"):
        found = named(shape, item[1:], "order_by()")
        return found.reversed if isinstance(found, Ordered) else Ordered(found, True)
    found = named(shape, item, "order_by()")
    return ordered(found) if isinstance(item, str) else found


def _known(shape: Shape) -> dict[str, Expression[Any]]:
    fields = {} if shape.columns and shape.source.info.model is None else shape.source.info.by_name
    known = {name: field.make_expression(shape.source) for name, field in fields.items()}
    known.update((item.name, item) for item in shape.annotations)
    known.update(zip(column_names(shape.columns), shape.columns, strict=True))
    return known
