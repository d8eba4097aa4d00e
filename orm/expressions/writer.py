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

    __slots__ = ("alias", "info", "table")

    def __init__(self, table: str, alias: str | None = None, info: Any = None) -> None:
        self.table = table
        self.alias = alias
        self.info = info

    @property
    def label(self) -> str:
        """The name for error messages: the model's, or the alias."""
        return self.alias or (self.info.name if self.info is not None else self.table)


class BoundValue(Protocol):
    """A value and the type that gives it its form in the database."""

    @property
    def value(self) -> Any: ...

    @property
    def type(self) -> ValueType | None: ...


class Node:
    """Anything that can write itself."""

    def write(self, writer: "Writer") -> None:
        raise NotImplementedError


class Writer:
    """SQL text and parameters in the making, for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.is_mysql = dialect.name == "mysql"
        self.params: list[Any] = []
        self._parts: list[str] = []
        self._scopes: list[dict[Source, str]] = []

    @property
    def sql(self) -> str:
        return "".join(self._parts)

    def text(self, sql: str) -> None:
        self._parts.append(sql)

    def name(self, identifier: str) -> None:
        self._parts.append(self.dialect.quote(identifier))

    def bind(self, value: Any, value_type: ValueType | None) -> None:
        encode = value_type.encoder(self.dialect.name) if value_type is not None else None
        self._parts.append(self.dialect.placeholder)
        self.params.append(value if encode is None or value is None else encode(value))

    def fragment(self, sql: str, values: Iterable["BoundValue"]) -> None:
        """SQL that has its placeholders already, and what they stand for, in order."""
        self._parts.append(sql)
        for item in values:
            encode = item.type.encoder(self.dialect.name) if item.type is not None else None
            self.params.append(item.value if encode is None else encode(item.value))

    def join(self, nodes: Iterable[Node], separator: str = ", ") -> None:
        for index, node in enumerate(nodes):
            if index:
                self._parts.append(separator)
            node.write(self)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A statement or subquery: sources opened inside are known inside only."""
        self._scopes.append({})
        try:
            yield
        finally:
            self._scopes.pop()

    def open(self, source: Source, *, distinct: bool = False) -> str:
        """Make `source` known in the innermost scope and return its name there.

        distinct: never hide an outer table of the same name; give it a name of its own.
        """
        scope = self._scopes[-1]
        wanted = source.alias or source.table
        taken = set(scope.values())
        if distinct or source.alias is None:
            for outer in self._scopes[:-1] if distinct else ():
                taken.update(outer.values())
            number = 2
            name = wanted
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
        for scope in reversed(self._scopes):
            if source in scope:
                return scope[source]
        raise QueryError(
            f"{source.label} is not part of this query: add .join({source.label}) or join the "
            "relation that leads there."
        )

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
