"""A query around a query: what the columns of a derived table stand for.

`SELECT ... FROM (inner) AS name`: outside, the tables of the inner query are gone, but the program
goes on to speak of them (`Note.title`, a window function it selected). A `StandIns` finds the
column of the derived table that holds the value. An open one makes columns as they are asked for;
the outer statement is then written first to learn which, and the inner one after that.

Two nodes are the same when they trace alike in one trace, that is, when they have the same
structure and share their values.
"""

from collections.abc import Callable, Sequence
from typing import Any

from orm.expressions.base import Labelled
from orm.expressions.columns import Column
from orm.expressions.trace import Trace
from orm.expressions.writer import Node, Source, Writer


class InnerColumn(Node):
    """A column as the inner query writes it."""

    def __init__(self, source: Source, column: str) -> None:
        self.source = source
        self.column = column

    def write(self, writer: Writer) -> None:
        writer.column(self.source, self.column)


class StandIns:
    """The columns of one derived table.

    name: of the table, as the statement calls it. knows: tells sources of the inner query; None for
    a table whose columns are given. outputs: pairs (node, name of its column).
    """

    def __init__(
        self,
        name: str,
        outputs: Sequence[tuple[Node, str]] = (),
        knows: Callable[[Source], bool] | None = None,
    ) -> None:
        self.name = name
        self._knows = knows
        self._trace = Trace(StandIns)
        self._columns: dict[tuple[Source, str], str] = {}
        self._nodes: dict[Any, str] = {}
        self.outputs: list[tuple[Node, str]] = []
        for node, column in outputs:
            self._add(node, column)

    def _add(self, node: Node, column: str) -> None:
        if isinstance(node, Labelled):
            node = node.inner
        place = _place(node)
        if place is not None:
            self._columns.setdefault(place, column)
        else:
            self._nodes.setdefault(self._signature(node), column)
        self.outputs.append((node, column))

    def _signature(self, node: Node) -> Any:
        trace = self._trace
        trace.is_complete = True
        start = len(trace.key)
        node.trace(trace)
        return tuple(trace.key[start:]) if trace.is_complete else id(node)

    def write_node(self, node: Node, writer: Writer) -> bool:
        place = _place(node)
        if place is not None:
            return self.write_column(*place, writer)
        column = self._nodes.get(self._signature(node))
        if column is None:
            if self._knows is None:
                return False
            column = f"c{len(self.outputs)}"
            self._add(node, column)
        self._refer(column, writer)
        return True

    def write_column(self, source: Source, column: str, writer: Writer) -> bool:
        found = self._columns.get((source, column))
        if found is None:
            if self._knows is None or not self._knows(source):
                return False
            found = f"c{len(self.outputs)}"
            self._add(InnerColumn(source, column), found)
        self._refer(found, writer)
        return True

    def _refer(self, column: str, writer: Writer) -> None:
        writer.name(self.name)
        writer.text(".")
        writer.name(column)


def _place(node: Node) -> tuple[Source, str] | None:
    """The source and column of a node that is a column, of whatever class."""
    if isinstance(node, (Column, InnerColumn)):
        return node.source, node.column
    return None


def stand_ins_of(source: Source) -> StandIns | None:
    """What the columns of a derived table stand for; None for a plain one."""
    outputs = getattr(source, "outputs", ())
    return StandIns(source.table, outputs) if outputs else None


def write_outputs(compiler: Any, outputs: Sequence[tuple[Node, str]]) -> None:
    """What an inner query gives to the one around it."""
    writer = compiler.writer
    for index, (node, name) in enumerate(outputs):
        writer.text(", " if index else "")
        node.write(writer)
        writer.text(" AS ")
        writer.name(name)
    if not outputs:
        writer.text("1")
