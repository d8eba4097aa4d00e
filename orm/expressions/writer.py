"""The writer that every SQL node writes itself into.

Text and values go to two lists and never meet: `text` takes only what this package itself says,
`name` only checked identifiers, `bind` everything else (sec:D1, sec:D3). Which name a table has
inside a statement is a matter of scope: a subquery opens a scope of its own and sees the outer
ones, so the same node can be written inside and outside.
"""

from collections.abc import Iterable, Iterator
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
    def label(self) -> str:
        """The name for error messages: the model's, or the alias."""
        return self.alias or (self.info.name if self.info is not None else self.table)

    def trace(self, trace: Trace) -> None:
        if self.info is not None and self.info.source is self:
            trace.key.append(self)
            return
        number = trace.sources.setdefault(self, len(trace.sources))
        trace.key += (number, self.table, self.alias, self.info, self.is_anonymous)


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


class Writer:
    """SQL text and parameters in the making, for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.is_mysql = dialect.name == "mysql"
        self.bound: list[BoundValue] = []  # one for each placeholder, in the order of the text
        self._parts: list[str] = []
        self._scopes: list[dict[Source, str]] = []
        self.seen: Any = None  # what the innermost statement sees of deleted rows

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

    def join(self, nodes: Iterable[Node], separator: str = ", ") -> None:
        for index, node in enumerate(nodes):
            if index:
                self._parts.append(separator)
            node.write(self)

    @contextmanager
    def scope(self, seen: Any = None) -> Iterator[None]:
        """A statement or subquery: sources opened inside are known inside only.

        seen: the `Visibility` of a statement; what belongs to the one around it has the same.
        """
        outer, self.seen = self.seen, seen or self.seen
        self._scopes.append({})
        try:
            yield
        finally:
            self._scopes.pop()
            self.seen = outer

    def open(self, source: Source, *, distinct: bool = False) -> str:
        """Make `source` known in the innermost scope and return its name there.

        distinct: never hide an outer table of the same name; give it a name of its own.
        """
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

    def is_open(self, source: Source) -> bool:
        """Is it in the FROM clause of the innermost statement?"""
        return source in self._scopes[-1]

    def resolve(self, source: Source) -> str:
        """The name of `source` here, looked for from the innermost scope outwards."""
        hidden: set[str] = set()
        for scope in reversed(self._scopes):
            if source in scope:
                return self._visible(source, scope[source], hidden)
            hidden.update(scope.values())
        raise QueryError(
            f"{source.label} is not part of this query: add .join({source.label}) or join the "
            "relation that leads there."
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
        self.name(source.table)
        if name != source.table:
            self.text(" AS ")
            self.name(name)

    def column(self, source: Source, column: str) -> None:
        self.name(self.resolve(source))
        self.text(".")
        self.name(column)


def encoded(item: BoundValue, dialect: str) -> Any:
    """A value in the driver's form."""
    value = item.value
    encode = item.type.encoder(dialect) if item.type is not None else None
    return value if encode is None or value is None else encode(value)
