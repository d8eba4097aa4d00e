"""Queries as tables: derived tables, common table expressions, and what compounds are made of.

A derived table is written where it is joined, a common table expression once, in the WITH clause of
the statement whose FROM mentions it. Both are a `TableView` to the program: its attributes are the
columns of the query, it can be joined, aliased no further, and selected from.
"""

from collections.abc import Callable, Sequence
from typing import Any

from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.columns import Column
from orm.expressions.trace import Trace, Traceable
from orm.expressions.writer import Source, Writer
from orm.metadata.relation import RelationPath
from orm.names import did_you_mean
from orm.records import Record, field
from orm.types.base import ValueType


class Body(Traceable):
    """What stands in the parentheses of a derived table."""

    def write_body(self, writer: Writer) -> None:
        """A SELECT whose result columns are called as its view says."""
        raise NotImplementedError

    def write_member(self, writer: Writer, name: str) -> None:
        """The same before or after a UNION; `name` is for a derived table, should it need one."""
        self.write_body(writer)


class ViewField(Record, eq=False):
    """One column of a derived table, as queries ask a model's field."""

    name: str
    value_type: ValueType | None

    @property
    def attribute(self) -> str:
        return self.name

    def make_expression(self, source: Source) -> Column[Any]:
        return Column(source, self.name, self.value_type)  # type: ignore[arg-type]


class ViewInfo(Record, frozen=False, eq=False):
    """What is known of a derived table that holds no objects of a model."""

    name: str
    database: str
    fields: dict[str, ViewField]
    model: Any = None
    relations: dict[str, Any] = field(default_factory=dict)
    foreign_keys: tuple[Any, ...] = ()
    source: Any = None
    scope: Any = None

    @property
    def by_name(self) -> dict[str, ViewField]:
        return self.fields

    @property
    def signature(self) -> tuple[Any, ...]:
        """The columns and their types, for the key of a plan."""
        return (len(self.fields), *((f.name, f.value_type) for f in self.fields.values()))

    @property
    def primary_key(self) -> Any:
        raise QueryError(f"{self.name} is a query of columns and has no key: select columns of it.")


class DerivedSource(Source):
    """A query in the FROM clause.

    stands_for: the model's own source, when the table holds its objects and takes its place.
    outputs: pairs (expression, column) of what the columns stand for otherwise.
    """

    __slots__ = ("body", "outputs", "stands_for")

    is_derived = True

    def __init__(
        self,
        body: Body,
        name: str,
        info: Any,
        *,
        stands_for: Source | None = None,
        outputs: Sequence[tuple[Expression[Any], str]] = (),
    ) -> None:
        super().__init__(name, None, info)
        self.body = body
        self.stands_for = stands_for
        self.outputs = tuple(outputs)

    @property
    def label(self) -> str:
        return self.table

    def trace(self, trace: Trace) -> None:
        is_new = self not in trace.sources
        number = trace.sources.setdefault(self, len(trace.sources))
        trace.key += ("derived", number)
        if is_new:
            is_model = self.info.model is not None
            trace.key += (self.table, self.info if is_model else None)
            if not is_model:
                trace.key += self.info.signature
            trace.key += (self.stands_for is None, len(self.outputs))
            self.trace_body(trace)

    def trace_body(self, trace: Trace) -> None:
        self.body.trace(trace)

    def write_table(self, writer: Writer) -> bool:
        writer.text("(")
        with writer.wall():
            self.body.write_body(writer)
        writer.text(")")
        return True


class CteSource(DerivedSource):
    """A name of the WITH clause.

    step: what a recursive one adds to its rows so far, until there is nothing new. is_set: each row
    once, so that a walk in circles ends.
    """

    __slots__ = ("is_set", "step")

    def __init__(self, body: Body, name: str, info: Any) -> None:
        super().__init__(body, name, info)
        self.step: Body | None = None
        self.is_set = False

    def trace_body(self, trace: Trace) -> None:
        self.body.trace(trace)
        trace.key += (self.step is None, self.is_set)
        if self.step is not None:
            self.step.trace(trace)

    def write_table(self, writer: Writer) -> bool:
        return False

    def write_declaration(self, writer: Writer) -> None:
        """`name (columns) AS (SELECT ... UNION ALL SELECT ...)`."""
        writer.name(self.table)
        writer.text(" (")
        for index, name in enumerate(view_columns(self.info)):
            writer.text(", " if index else "")
            writer.name(name)
        writer.text(") AS (")
        if self.step is None:
            self.body.write_body(writer)
        else:
            self.body.write_member(writer, "first_rows")
            writer.text(" UNION " if self.is_set else " UNION ALL ")
            self.step.write_body(writer)
        writer.text(")")


def view_columns(info: Any) -> list[str]:
    """The names of the result columns."""
    if info.model is not None:
        return list(info.columns)
    return list(info.fields)


class TableView:
    """A query as a table: its attributes are its columns (and relations, of objects)."""

    def __init__(self, source: DerivedSource, select: Callable[[Source, Any], Any]) -> None:
        self._source = source
        self._select = select

    def __repr__(self) -> str:
        return f"<Table {self._source.label}>"

    def select(self, *columns: Any) -> Any:
        """A query of this table, as Model.select(); without columns all of them."""
        return self._select(self._source, columns)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        info = self._source.info
        found = info.by_name.get(name)
        if found is not None:
            return found.make_expression(self._source)
        if name in info.relations:
            return RelationPath(info.relations[name], self._source)
        known = {*info.by_name, *info.relations}
        raise AttributeError(
            f"{self._source.label} has no column {name!r}. {did_you_mean(name, known)}"
        )
