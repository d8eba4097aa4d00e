"""A query inside another statement, as far as expressions know queries."""

from orm.expressions.writer import Node, Writer
from orm.types.base import ValueType


class Subselect(Node):
    """A query that can stand inside another statement; `orm.queries` has the real one."""

    def write_subselect(self, writer: Writer) -> None:
        """The SELECT itself, without parentheses."""
        raise NotImplementedError

    def write_list(self, writer: Writer) -> None:
        """The same as the list of an IN, which is not allowed as much."""
        self.write_subselect(writer)

    def subselect_type(self) -> ValueType | None:
        """The type of its single column; QueryError when it has several."""
        raise NotImplementedError
