"""`Note.author.name`: a column at the end of relations that a query need not join itself.

The table a path ends in is a source of its own, the same for every mention of the same path. A
query that speaks of it without having joined it gets a join:

  - LEFT JOIN where a relation on the way may lead nowhere (a foreign key with null=True, the back
    of a one-to-one), or where what it starts from is outer joined already; JOIN otherwise. So
    a path by itself never removes a row and never doubles one.
  - Where the query joins the same relation itself, or loads it by with_related(), the path speaks
    of that table: an inner join there keeps its meaning.
  - In a statement that cannot join (update, delete, the condition of `any()`) the column is a
    scalar subquery, with the same value.

The key of the target is the foreign key itself (`Note.author.id`): no join for that.
"""

from typing import Any

from orm.expressions.trace import Trace
from orm.expressions.writer import Source, Writer


class PathSource(Source):
    """The table that a relation leads to from `path.source`; equal for equal paths."""

    __slots__ = ("path",)

    def __init__(self, path: Any) -> None:
        info = path.relation.target_model._meta
        super().__init__(info.table, None, info, is_anonymous=True)
        self.path = path

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, PathSource)
            and other.path.relation is self.path.relation
            and other.path.source == self.path.source
            and other.info is self.info
        )

    def __hash__(self) -> int:
        return hash((PathSource, self.path.relation, self.path.source))

    @property
    def label(self) -> str:
        return str(self.path.label)

    @property
    def root(self) -> Source:
        """The source that the first relation starts from."""
        near: Source = self.path.source
        return near.root

    def trace(self, trace: Trace) -> None:
        trace.key.append(PathSource)
        self.path.trace(trace)

    def reach(self, writer: Writer) -> bool:
        scope = writer.scope_of(self.root)
        if scope is None or scope.reached is None:
            return False
        near = self.path.source
        if isinstance(near, PathSource) and near not in scope and not near.reach(writer):
            return False
        # The name is a stand-in: the statement is written again, with the join.
        scope.reached[self] = None
        scope[self] = f"{self.table} {id(scope)} {len(scope)}"
        return True

    def write_column(self, column: str, writer: Writer) -> bool:
        scope = writer.scope_of(self.root)
        if scope is None or scope.reached is not None:
            return False
        first, *rest = self._links()
        writer.text("(SELECT ")
        with writer.scope():
            names = [writer.open(link.source, distinct=True) for link in (first, *rest)]
            writer.column(self, column)
            writer.text(" FROM ")
            writer.table(first.source, names[0])
            for link, name in zip(rest, names[1:], strict=True):
                writer.text(" JOIN ")
                writer.table(link.source, name)
                writer.text(" ON ")
                link.condition.write(writer)
            writer.text(" WHERE ")
            first.condition.write(writer)
        writer.text(")")
        return True

    def _links(self) -> list[Any]:
        near = self.path.source
        before = near._links() if isinstance(near, PathSource) else []
        return [*before, *self.path.relation.links(near, self)]
