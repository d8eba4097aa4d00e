"""What order_by() sorts by; `Ordered` itself is in `base`, where expressions make it."""

from typing import Any

from orm.expressions.base import Expression, Labelled, Negated, Ordered

__all__ = ["Ordered", "ordered"]


def ordered(item: Expression[Any]) -> Ordered[Any]:
    """An expression as an item of an order: `-x` is descending, `x` ascending."""
    if isinstance(item, Ordered):
        return item
    if isinstance(item, Negated):
        return Ordered(item.inner, True)
    if isinstance(item, Labelled) and isinstance(item.inner, Ordered):
        return item.inner
    return Ordered(item, False)
