"""The parts of a SELECT, as plain immutable data; `Query` builds it, `compile` writes it."""

from dataclasses import dataclass
from typing import Any

from orm.errors import QueryError
from orm.expressions.base import Condition, Expression
from orm.expressions.writer import Source
from orm.metadata.relation import RelationPath
from orm.types.base import shorten


@dataclass(frozen=True, eq=False)
class Join:
    """One joined table: along `path`, or on a condition."""

    source: Source
    is_outer: bool
    path: RelationPath | None = None
    on: Condition | None = None


@dataclass(frozen=True, eq=False)
class Shape:
    """A SELECT. No `columns` means whole objects of the source's model."""

    source: Source
    columns: tuple[Expression[Any], ...] = ()
    joins: tuple[Join, ...] = ()
    where: tuple[Condition, ...] = ()
    group_by: tuple[Expression[Any], ...] = ()
    having: tuple[Condition, ...] = ()
    order_by: tuple[Expression[Any], ...] = ()
    limit: int | None = None
    offset: int = 0
    distinct: bool = False
    related: tuple[RelationPath, ...] = ()
    prefetch: tuple[RelationPath, ...] = ()
    lock: str = ""

    def changed(self, **parts: Any) -> "Shape":
        """A copy with other parts. `dataclasses.replace` takes seven times as long, which counts
        where every step of building a query makes one."""
        copy = object.__new__(Shape)
        copy.__dict__.update(self.__dict__, **parts)
        return copy


def expression(value: Any, where: str) -> Expression[Any]:
    """`value` when it is an expression; QueryError saying what `where` takes otherwise (sec:D1)."""
    if isinstance(value, Expression):
        return value
    raise QueryError(f"{where} takes expressions such as Note.title, not {shorten(value)}.")


def relation_path(value: Any, where: str) -> RelationPath:
    if isinstance(value, RelationPath):
        return value
    raise QueryError(f"{where} takes relations such as Note.author, not {shorten(value)}.")


def count_of(value: Any, where: str) -> int:
    """An int from 0 to 2^63-1, what LIMIT and OFFSET take on both engines."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return int(value)
    raise QueryError(f"{where} takes an int of 0 or more, not {shorten(value)}.")
