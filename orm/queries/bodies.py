"""What derived tables are made of: one query, or several put together by UNION and the like."""

from collections.abc import Sequence
from typing import Any

from orm.expressions.base import Expression
from orm.expressions.columns import Column
from orm.expressions.writer import Writer
from orm.names import is_identifier
from orm.queries.compile import SelectCompiler
from orm.queries.loaders import column_names
from orm.queries.pruning import without_unused_related
from orm.queries.shape import Shape
from orm.queries.sources import Body, CteSource, ViewField, ViewInfo


class QueryBody(Body):
    """One query with given names for its result columns."""

    parts = ("shape",)
    traits = ("names",)

    def __init__(self, shape: Shape, names: tuple[str, ...]) -> None:
        self.shape = shape
        self.names = names

    def write_body(self, writer: Writer) -> None:
        shape = without_unused_related(self.shape.changed(lock=""), writer.dialect)
        SelectCompiler(shape, writer).write(self._write_columns)

    def write_member(self, writer: Writer, name: str) -> None:
        # One that sorts, is limited or declares something stands in parentheses, which SQLite takes
        # as a derived table only.
        is_enclosed = _needs_parentheses(self.shape)
        writer.text("SELECT * FROM (" if is_enclosed else "")
        self.write_body(writer)
        writer.text(f") AS {name}" if is_enclosed else "")

    def _write_columns(self, compiler: SelectCompiler) -> None:
        writer = compiler.writer
        for index, item in enumerate(selected(compiler.shape)):
            writer.text(", " if index else "")
            item.write(writer)
            writer.text(" AS ")
            writer.name(self.names[index])


class Compound(Body):
    """Queries with an operator between them."""

    parts = ("members",)
    traits = ("operator",)

    def __init__(self, operator: str, members: Sequence[QueryBody]) -> None:
        self.operator = operator
        self.members = tuple(members)

    def write_body(self, writer: Writer) -> None:
        for index, member in enumerate(self.members):
            writer.text(f" {self.operator} " if index else "")
            member.write_member(writer, f"member_{index}")


def _needs_parentheses(shape: Shape) -> bool:
    is_cut = shape.limit is not None or shape.offset is not None or bool(shape.order_by)
    sources = (shape.source, *(join.source for join in shape.joins))
    return is_cut or any(isinstance(source, CteSource) for source in sources)


def selected(shape: Shape) -> tuple[Expression[Any], ...]:
    """The columns of a query; of one for objects those of the model."""
    if shape.columns:
        return shape.columns
    fields = shape.source.info.fields.values()
    return tuple(field.make_expression(shape.source) for field in fields)


def result_names(shape: Shape) -> tuple[str, ...]:
    """A name for each result column that a table may have, too."""
    if not shape.columns:
        return tuple(item.column for item in selected(shape) if isinstance(item, Column))
    names = column_names(shape.columns)
    return tuple(name if is_identifier(name) else f"c{i}" for i, name in enumerate(names, 1))


def view_info(shape: Shape, name: str) -> Any:
    """What is known of a query's rows: the model of objects, or the types of its columns."""
    if not shape.columns:
        return shape.source.info
    fields = {
        column: ViewField(column, item.type)
        for column, item in zip(result_names(shape), shape.columns, strict=True)
    }
    return ViewInfo(name, shape.source.info.database, fields)
