"""Which rows of a table a statement is about, before any condition of its own (orm:O37).

A model may leave rows out by default: those marked as deleted, those of a sibling in single-table
inheritance. It says so by `ModelInfo.scope`, a function of a source and of what the statement wants
to see, giving conditions. Every place that brings a table into a statement asks it: the root of a
query in WHERE, a joined table in ON (so that an outer join keeps the rows of the other side), the
inner table of `any()`, updates and deletes by condition.
"""

from typing import Any, Final

from orm.expressions.base import Condition
from orm.expressions.columns import Column
from orm.expressions.writer import Source, Writer
from orm.records import Record


class Visibility(Record):
    """What a statement sees of deleted rows.

    everywhere: those of every table. tables: those of these tables. only: of this table, nothing
    but them.
    """

    everywhere: bool = False
    tables: frozenset[str] = frozenset()
    only: str | None = None

    def sees(self, table: str) -> bool:
        return self.everywhere or table in self.tables


LIVING: Final = Visibility()


def scope_of(source: Source, seen: Visibility) -> tuple[Condition, ...]:
    """The conditions that rows of `source` have to meet."""
    info = source.info
    if info is None or source.is_derived or info.scope is None:
        return ()
    conditions: tuple[Condition, ...] = info.scope(source, seen)
    return conditions


class InScope(Condition):
    """`key IN (SELECT key FROM target WHERE scope)`: keeps a link table of an outer join to those
    links whose far row is in scope; the others would come as rows without one."""

    def __init__(self, key: Column[Any], target: Source, seen: Visibility) -> None:
        self.key = key
        self.target = target
        self.seen = seen

    def write(self, writer: Writer) -> None:
        info = self.target.info
        inner = Source(self.target.table, None, info)
        self.key.write(writer)
        writer.text(" IN (SELECT ")
        with writer.scope():
            name = writer.open(inner, distinct=True)
            info.primary_key.make_expression(inner).write(writer)
            writer.text(" FROM ")
            writer.table(inner, name)
            writer.text(" WHERE ")
            writer.join(scope_of(inner, self.seen), " AND ")
        writer.text(")")
