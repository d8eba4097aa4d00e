"""The writer that every SQL node writes itself into.

Text and values go to two lists and never meet: `text` takes only what this package itself says,
`name` only checked identifiers, `bind` everything else (sec:D1, sec:D3). Which name a table has
inside a statement is a matter of scope: a subquery opens a scope of its own and sees the outer
ones, so the same node can be written inside and outside.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from orm.errors import QueryError
from orm.expressions.trace import Trace, Traceable
from orm.types.base import ValueType


class Dialect(Protocol):
    """What a writer needs to know of a database."""

    @property
    def name(self) -> str: ...

    @property
    def placeholder(self) -> str: ...

    def quote(self, name: str) -> str: ...

    def __hash__(self) -> int: ...


class Source:
    """A table as one FROM clause uses it; the same table under another alias is another source."""

    __slots__ = ("alias", "info", "is_anonymous", "table")

    # Its rows are those of another query, not those of a table.
    is_derived = False

    def __init__(
        self,
        table: str,
        alias: str | None = None,
        info: Any = None,
        *,
        is_anonymous: bool = False,
    ) -> None:
        """is_anonymous: an alias that did not say how it wants to be called."""
        self.table = table
        self.alias = alias
        self.info = info
        self.is_anonymous = is_anonymous

    @property
    def root(self) -> "Source":
        """What it is reached from: itself, unless it lies at the end of a path of relations."""
        return self

    @property
    def label(self) -> str:
        """The name for error messages: the model's, or the alias."""
        return self.alias or (self.info.name if self.info is not None else self.table)

    @property
    def is_own(self) -> bool:
        """Is it the table of a model, under its own name?"""
        return self.info is not None and self.info.source is self

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A model has one table, for pickles and deep copies of queries too."""
        if self.is_own:
            return (getattr, (self.info, "source"))
        return super().__reduce_ex__(protocol)

    def trace(self, trace: Trace) -> None:
        if self.is_own:
            trace.key.append(self)
            return
        number = trace.sources.setdefault(self, len(trace.sources))
        trace.key += (number, self.table, self.alias, self.info, self.is_anonymous)

    def write_table(self, writer: "Writer") -> bool:
        """Write what stands in the FROM clause in place of a table's name; False: the name does."""
        if self.info is None or self.info.joined is None:
            return False
        writer.joined_tables(self.info.joined, self.info.primary_key.column)
        return True

    def reach(self, writer: "Writer") -> bool:
        """Become known to a query that speaks of this source without having joined it."""
        return False

    def write_column(self, column: str, writer: "Writer") -> bool:
        """Write a column where this source cannot be reached; False: there is no way."""
        return False


class BoundValue(Protocol):
    """A value and the type that gives it its form in the database."""

    @property
    def value(self) -> Any: ...

    @property
    def type(self) -> ValueType | None: ...


class Bound:
    """A value that is no part of a query's tree, so that no plan can be kept for its statement."""

    __slots__ = ("type", "value")

    def __init__(self, value: Any, value_type: ValueType | None) -> None:
        self.value = value
        self.type = value_type


class Node(Traceable):
    """Anything that can write itself. See `orm.expressions.trace` for `parts` and `traits`."""

    def write(self, writer: "Writer") -> None:
        raise NotImplementedError


Cut = tuple[list[str], list[BoundValue]]


class StandIns(Protocol):
    """The columns of a derived table that stand for what its query was written from."""

    def write_node(self, node: Node, writer: "Writer") -> bool: ...

    def write_column(self, source: Source, column: str, writer: "Writer") -> bool: ...


class Scope(dict[Source, str]):
    """The tables of one statement or subquery, with their names.

    reached: sources that something in it speaks of and that are not joined yet; None where a
    statement cannot join (see `Source.reach`). stand_ins: what the columns of its derived table
    stand for.
    """

    def __init__(self, *, can_join: bool, stand_ins: StandIns | None) -> None:
        super().__init__()
        self.reached: dict[Source, None] | None = {} if can_join else None
        self.stand_ins = stand_ins


class Writer:
    """SQL text and parameters in the making, for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.is_mysql = dialect.name == "mysql"
        self.bound: list[BoundValue] = []  # one for each placeholder, in the order of the text
        self._parts: list[str] = []
        self._scopes: list[Scope] = []
        self._walls: list[int] = []  # how many scopes lie outside of each derived table
        self.declared: list[Source] = []  # common table expressions that are in force
        self.seen: Any = None  # what the innermost statement sees of deleted rows
        self._first: Source | None = None  # which has the database of all

    @property
    def sql(self) -> str:
        return "".join(self._parts)

    @property
    def params(self) -> list[Any]:
        """The parameters in the driver's form."""
        return [encoded(item, self.dialect.name) for item in self.bound]

    def text(self, sql: str) -> None:
        self._parts.append(sql)

    def name(self, identifier: str) -> None:
        self._parts.append(self.dialect.quote(identifier))

    def value(self, item: BoundValue) -> None:
        """A placeholder for a value of the query's tree."""
        self._parts.append(self.dialect.placeholder)
        self.bound.append(item)

    def bind(self, value: Any, value_type: ValueType | None) -> None:
        """A placeholder for a value from elsewhere: the statement is compiled each time."""
        self.value(Bound(value, value_type))

    def fragment(self, sql: str, values: Iterable[BoundValue]) -> None:
        """SQL that has its placeholders already, and what they stand for, in order."""
        self._parts.append(sql)
        self.bound.extend(values)

    def stand_in(self, node: Node) -> bool:
        """Write a reference to a column of a derived table that holds the node's value already.

        False when there is none: the node has to write itself.
        """
        stand_ins = self._scopes[-1].stand_ins if self._scopes else None
        return stand_ins is not None and stand_ins.write_node(node, self)

    def join(self, nodes: Iterable[Node], separator: str = ", ") -> None:
        for index, node in enumerate(nodes):
            if index:
                self._parts.append(separator)
            node.write(self)

    @contextmanager
    def scope(
        self, seen: Any = None, *, can_join: bool = False, stand_ins: StandIns | None = None
    ) -> Iterator[Scope]:
        """A statement or subquery: sources opened inside are known inside only.

        seen: the `Visibility` of a statement; what belongs to the one around it has the same.
        """
        outer, self.seen = self.seen, seen or self.seen
        scope = Scope(can_join=can_join, stand_ins=stand_ins)
        self._scopes.append(scope)
        try:
            yield scope
        finally:
            self._scopes.pop()
            self.seen = outer

    def mark(self) -> tuple[int, int]:
        """A place to go back to."""
        return len(self._parts), len(self.bound)

    def rewind(self, mark: tuple[int, int]) -> None:
        """Forget what was written since."""
        del self._parts[mark[0] :]
        del self.bound[mark[1] :]

    def cut(self, mark: tuple[int, int]) -> "Cut":
        """Take out what was written since, to be pasted elsewhere."""
        cut = self._parts[mark[0] :], self.bound[mark[1] :]
        self.rewind(mark)
        return cut

    def paste(self, cut: "Cut") -> None:
        self._parts += cut[0]
        self.bound += cut[1]

    @property
    def has_stand_ins(self) -> bool:
        """Is the innermost statement one around a derived table?"""
        return self._scopes[-1].stand_ins is not None

    def alias(self, source: Source, name: str) -> None:
        """In the innermost scope `source` is the table called `name`, too."""
        self._scopes[-1][source] = name

    def scope_of(self, source: Source) -> "Scope | None":
        """The innermost scope that knows the source."""
        return next((scope for scope in reversed(self._scopes) if source in scope), None)

    def open(self, source: Source, *, distinct: bool = False) -> str:
        """Make `source` known in the innermost scope and return its name there.

        distinct: never hide an outer table of the same name; give it a name of its own.
        """
        self._check_database(source)
        scope = self._scopes[-1]
        wanted = source.alias or source.table
        taken = set(scope.values())
        if distinct or source.alias is None:
            for outer in self._scopes[:-1] if distinct or source.is_anonymous else ():
                taken.update(outer.values())
            number = 2
            # The plain name is left to the model itself, which a subquery may open later.
            name = f"{wanted[:58]}_{number}" if source.is_anonymous else wanted
            while name in taken:
                name = f"{wanted[:58]}_{number}"
                number += 1
        else:
            name = wanted
            if name in taken:
                raise QueryError(f"The name {name!r} stands for two tables of this query.")
        scope[source] = name
        return name

    def _check_database(self, source: Source) -> None:
        if self._first is None:
            self._first = source
        if source.info is None or self._first.info is None:
            return
        here, there = self._first.info.database, source.info.database
        if here != there:
            raise QueryError(
                f"{source.label} is in the database {there!r}, this query in {here!r}: one "
                "statement cannot read both."
            )

    def is_open(self, source: Source) -> bool:
        """Is it in the FROM clause of the innermost statement?"""
        return source in self._scopes[-1]

    def resolve(self, source: Source) -> str:
        """The name of `source` here, looked for from the innermost scope outwards."""
        hidden: set[str] = set()
        for depth, scope in zip(
            range(len(self._scopes))[::-1], reversed(self._scopes), strict=True
        ):
            if source in scope:
                self._check_wall(source, depth)
                return self._visible(source, scope[source], hidden)
            if source.root in scope:
                break
            hidden.update(scope.values())
        if source.reach(self):
            return self.resolve(source)
        raise QueryError(
            f"{source.label} is not part of this query: add .join({source.label}) or join the "
            "relation that leads there."
        )

    @contextmanager
    def wall(self) -> Iterator[None]:
        """The body of a derived table: on MySQL it sees nothing of the statements around it."""
        self._walls.append(len(self._scopes))
        try:
            yield
        finally:
            self._walls.pop()

    def _check_wall(self, source: Source, depth: int) -> None:
        if self.is_mysql and self._walls and depth < self._walls[-1]:
            raise QueryError(
                f"MySQL and MariaDB cannot speak of {source.label} from inside a derived table, "
                "which a query filtered on a window, limited in an IN, combined, or used as a "
                "table becomes: join it instead."
            )

    def _visible(self, source: Source, name: str, hidden: set[str]) -> str:
        if name in hidden:
            raise QueryError(
                f"{source.label} is called {name!r} here, and so is a table of the subquery that "
                "speaks of it: give one of them another name, by alias(Model, name)."
            )
        return name

    def table(self, source: Source, name: str) -> None:
        """`table` or `table AS name` for a FROM or JOIN clause."""
        if source.write_table(self):
            self.text(" AS ")
            self.name(name)
            return
        self.name(source.table)
        if name != source.table:
            self.text(" AS ")
            self.name(name)

    def joined_tables(self, tables: Sequence[tuple[str, Sequence[str]]], key: str) -> None:
        """`(SELECT a.x, b.y FROM a JOIN b ON b.key = a.key)`, for a model whose rows are in several
        tables (see `orm.models.inheritance`)."""
        quote = self.dialect.quote
        columns = [f"{quote(table)}.{quote(name)}" for table, names in tables for name in names]
        first, *others = [quote(table) for table, _ in tables]
        self.text(f"(SELECT {', '.join(columns)} FROM {first}")
        for table in others:
            self.text(f" JOIN {table} ON {table}.{quote(key)} = {first}.{quote(key)}")
        self.text(")")

    def column(self, source: Source, column: str) -> None:
        """`name.column`, or what stands for it here."""
        for scope in reversed(self._scopes):
            if source in scope:
                break
            stand_ins = scope.stand_ins
            if stand_ins is not None and stand_ins.write_column(source, column, self):
                return
            if source.root in scope:
                if source.write_column(column, self):
                    return
                break
        self.name(self.resolve(source))
        self.text(".")
        self.name(column)


def encoded(item: BoundValue, dialect: str) -> Any:
    """A value in the driver's form."""
    value = item.value
    encode = item.type.encoder(dialect) if item.type is not None else None
    return value if encode is None or value is None else encode(value)
