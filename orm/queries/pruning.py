"""Leaving out joins that change nothing.

`with_related` joins to-one relations only to read their columns. Where the columns are not read
(count, exists, a subquery, chosen values) such a join neither adds nor removes rows, so it is
worth its cost only if a condition speaks of the table.
"""

from orm.expressions.writer import Dialect, Source, Writer
from orm.queries.compile import SelectCompiler
from orm.queries.shape import Shape


class _Tracer(Writer):
    """Notes which tables the nodes written into it refer to."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.used: set[Source] = set()

    def resolve(self, source: Source) -> str:
        self.used.add(source)
        return source.table  # a subquery may refer to tables of a query around it, unknown here


def without_unused_related(shape: Shape, dialect: Dialect) -> Shape:
    """The shape with only those related tables that something in it refers to."""
    if not shape.related:
        return shape
    tracer = _Tracer(dialect)
    compiler = SelectCompiler(shape, tracer)
    with tracer.scope():
        compiler.open_tables()
        tracer.used.clear()
        tracer.join([*shape.columns, *shape.where, *shape.group_by, *shape.having])
        tracer.join([*shape.order_by, *(join.on for join in shape.joins if join.on is not None)])
    needed = [item.source in tracer.used for item in compiler.related]
    for item, is_needed in reversed(list(zip(compiler.related, needed, strict=True))):
        if is_needed and item.parent:
            needed[item.parent - 1] = True
    kept = zip(shape.related, needed, strict=True)
    return shape.changed(related=tuple(path for path, is_needed in kept if is_needed))
