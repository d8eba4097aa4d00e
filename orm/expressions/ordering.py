"""What order_by() sorts by: an expression, a direction, and where NULLs go.

Both engines put NULLs first in ascending order. Where they are wanted on the other side, SQLite is
told so (`NULLS LAST`), and MySQL, which has no words for it, sorts by `x IS NULL` before.
"""

from typing import Any, Literal, TypeVar

from orm.expressions.base import Expression, Labelled, Negated
from orm.expressions.writer import Writer

T_co = TypeVar("T_co", covariant=True)

Nulls = Literal["first", "last"]


class Ordered(Expression[T_co]):
    """One item of an order."""

    parts = ("inner",)
    traits = ("is_descending", "nulls")

    def __init__(
        self, inner: Expression[T_co], is_descending: bool, nulls: Nulls | None = None
    ) -> None:
        self.inner = inner
        self.is_descending = is_descending
        self.nulls = nulls
        self.type = inner.type

    @property
    def label(self) -> str:
        return self.inner.label

    @property
    def has_nulls_first(self) -> bool:
        return not self.is_descending if self.nulls is None else self.nulls == "first"

    @property
    def reversed(self) -> "Ordered[T_co]":
        """The same order from its end."""
        return Ordered(
            self.inner, not self.is_descending, "last" if self.has_nulls_first else "first"
        )

    def write(self, writer: Writer) -> None:
        is_told = self.has_nulls_first is self.is_descending
        if is_told and writer.is_mysql:
            self.inner.write(writer)
            writer.text(" IS NOT NULL, " if self.has_nulls_first else " IS NULL, ")
        self.inner.write(writer)
        writer.text(" DESC" if self.is_descending else "")
        if is_told and not writer.is_mysql:
            writer.text(" NULLS FIRST" if self.has_nulls_first else " NULLS LAST")


def ordered(item: Expression[Any]) -> Ordered[Any]:
    """An expression as an item of an order: `-x` is descending, `x` ascending."""
    if isinstance(item, Ordered):
        return item
    if isinstance(item, Negated):
        return Ordered(item.inner, True)
    if isinstance(item, Labelled) and isinstance(item.inner, Ordered):
        return item.inner
    return Ordered(item, False)
