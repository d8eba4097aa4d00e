"""group_concat: the texts of a group as one."""

from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, Value
from orm.expressions.calls import argument, expressions
from orm.expressions.functions import Aggregate, case, when
from orm.expressions.ordering import Ordered, ordered
from orm.expressions.writer import Writer
from orm.types.base import shorten
from orm.types.text import TextType

_TEXT: Final = TextType()


class GroupConcat(Aggregate):
    """GROUP_CONCAT; on SQLite, whose own knows no order, an aggregate of ours."""

    parts = ("arguments", "separator", "order_by")
    traits = ("name", "type", "distinct")

    def __init__(
        self,
        of: Expression[Any],
        separator: Value[str],
        order_by: tuple[Ordered[Any], ...],
        distinct: bool,
    ) -> None:
        super().__init__("GROUP_CONCAT", of, _TEXT, distinct)
        self.separator = separator
        self.order_by = order_by

    def write(self, writer: Writer) -> None:
        if writer.stand_in(self):
            return
        if writer.is_mysql:
            self._write_mysql(writer)
        else:
            self._write_sqlite(writer)

    def _write_mysql(self, writer: Writer) -> None:
        writer.text("GROUP_CONCAT(DISTINCT " if self.distinct else "GROUP_CONCAT(")
        writer.join(self.arguments)
        if self.order_by:
            writer.text(" ORDER BY ")
            writer.join(self.order_by)
        writer.text(" SEPARATOR ")
        self.separator.write(writer)
        writer.text(")")

    def _write_sqlite(self, writer: Writer) -> None:
        directions = "".join("d" if item.is_descending else "a" for item in self.order_by)
        writer.text("ORM_GROUP_CONCAT(")
        writer.join((*self.arguments, self.separator))
        writer.text(f", {self.distinct:d}, '{directions}'")
        for item in self.order_by:
            writer.text(", ")
            item.inner.write(writer)
        writer.text(")")


def group_concat(
    expression: Any,
    separator: str = ",",
    *,
    order_by: Any = None,
    distinct: bool = False,
    filter: Any = None,  # noqa: A002
) -> GroupConcat:
    """The values of a group as one text, NULLs left out; NULL (None) when nothing is left.

    MySQL cuts the result at `group_concat_max_len` (1 MiB on MariaDB, 1 KiB on MySQL).
    """
    if not isinstance(separator, str):
        raise QueryError(f"group_concat() takes a text as separator, not {shorten(separator)}.")
    of = argument(expression, "group_concat()")
    if filter is not None:
        of = case(when(filter, of))
    items = tuple(map(ordered, expressions(order_by, "group_concat(order_by=)")))
    return GroupConcat(of, Value(separator, _TEXT), items, distinct)
