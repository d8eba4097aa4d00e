"""The parts of a SELECT, as plain immutable data; `Query` builds it, `compile` writes it."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from orm.engine.watching import LazyLoads
from orm.errors import QueryError
from orm.expressions.base import Condition, Expression, Labelled, Value
from orm.expressions.trace import Trace, Traceable
from orm.expressions.writer import Source, Writer
from orm.metadata.relation import RelationPath
from orm.metadata.scope import LIVING, Visibility
from orm.records import Record
from orm.types.base import shorten
from orm.types.numbers import IntegerType


class Join(Traceable, Record, eq=False):
    """One joined table: along `path`, or on a condition, or both.

    is_outer: rows without a partner stay. side: "RIGHT" or "FULL" when rows of the joined table do.
    """

    parts: ClassVar[tuple[str, ...]] = ("source", "path", "on")
    traits: ClassVar[tuple[str, ...]] = ("is_outer", "side")

    source: Source
    is_outer: bool
    path: RelationPath | None = None
    on: Condition | None = None
    side: str = ""

    @property
    def keyword(self) -> str:
        if self.side:
            return f" {self.side} JOIN "
        return " LEFT JOIN " if self.is_outer else " JOIN "


class Shape(Traceable, Record, eq=False):
    """A SELECT. No `columns` means whole objects of the source's model.

    annotations: values that become attributes of the objects. only: the attributes of the objects
    that are read at once, None for all. into: what each row is made into.
    time_limit: seconds that it may run. prefetch: `orm.queries.prefetch.Wanted`. lazy: what its
    objects do that load a relation, by relation, None for all (`orm.queries.resultset`).
    """

    # All but `prefetch`, which is about other statements, and `into`, `time_limit` and `lazy`,
    # which are about none.
    parts: ClassVar[tuple[str, ...]] = (
        "source",
        "columns",
        "joins",
        "where",
        "group_by",
        "having",
        "order_by",
        "limit",
        "offset",
        "related",
        "annotations",
        "lock_of",
    )
    traits: ClassVar[tuple[str, ...]] = ("distinct", "lock", "lock_wait", "seen", "only")

    source: Source
    columns: tuple[Expression[Any], ...] = ()
    joins: tuple[Join, ...] = ()
    where: tuple[Condition, ...] = ()
    group_by: tuple[Expression[Any], ...] = ()
    having: tuple[Condition, ...] = ()
    order_by: tuple[Expression[Any], ...] = ()
    limit: Value[int] | None = None
    offset: Value[int] | None = None
    distinct: bool = False
    related: tuple[RelationPath, ...] = ()
    prefetch: tuple[Any, ...] = ()
    lock: str = ""
    seen: Visibility = LIVING
    annotations: tuple[Labelled[Any], ...] = ()
    only: tuple[str, ...] | None = None
    lock_of: tuple[Source, ...] = ()
    lock_wait: str = ""
    into: Callable[[Any], Any] | None = None
    time_limit: float | None = None
    lazy: Mapping[Any, LazyLoads] | None = None
    _beginning: ClassVar[tuple[Any, ...] | None] = None  # see begin()

    def __init__(
        self, source: Source, columns: tuple[Expression[Any], ...] = (), **parts: Any
    ) -> None:
        """An instance has what was given and nothing else: the rest stays with the class. Every
        step of building a query makes a copy, and every run of one walks through it."""
        self.__dict__["source"] = source
        if columns:
            self.__dict__["columns"] = columns
        self.__dict__.update(parts)

    def changed(self, **parts: Any) -> "Shape":
        """A copy with other parts."""
        return changed(self, parts)

    def begin(self) -> None:
        """Keep the key of `source` and `related`, which are all this shape has, for its copies.

        In them they come first, too, so their keys are the same with and without this. It is for a
        shape that many queries begin with: M 1.5 % quicker on MariaDB.
        """
        trace = Trace(None)
        self.trace(trace)
        if not trace.values and not trace.sources:  # else there are numbers in the key
            self.__dict__["_beginning"] = tuple(trace.key[Trace.OPENING : -1])

    def trace(self, trace: Trace) -> None:
        """As for every class, but only of what the instance has, each after its name."""
        key = trace.key
        beginning = self._beginning
        if beginning is None:
            key.append(Shape)
        else:
            key += beginning
        for name, part in self.__dict__.items():
            if beginning is not None and name in _BEGINNING:
                continue
            if name in _PARTS:
                if type(part) is tuple:
                    key += (name, len(part))
                    for item in part:
                        item.trace(trace)
                elif part is None:
                    key += (name, None)
                else:
                    key.append(name)
                    part.trace(trace)
            elif name in _TRAITS:
                key += (name, part)
        key.append(None)  # no name: the end


def changed(shape: Shape, parts: dict[str, Any]) -> Shape:
    """As `shape.changed(**parts)`, for parts that are a dict already."""
    copy: Shape = object.__new__(Shape)
    state = copy.__dict__
    state.update(shape.__dict__)
    state.update(parts)
    if not _BEGINNING.isdisjoint(parts):
        state.pop("_beginning", None)
    return copy


_BEGINNING: Final = frozenset({"source", "related"})
_PARTS: Final = frozenset(Shape.parts)
_TRAITS: Final = frozenset(Shape.traits)

# Parts that ask for more than a statement and its rows. Most queries have none of them.
BESIDE_ROWS: Final = frozenset({"lock", "lock_of", "prefetch", "lazy", "into", "time_limit"})


def expression(value: Any, where: str) -> Expression[Any]:
    """`value` when it is an expression; QueryError saying what `where` takes otherwise (sec:D1)."""
    if isinstance(value, Expression):
        return value
    raise QueryError(f"{where} takes expressions such as Note.title, not {shorten(value)}.")


def relation_path(value: Any, where: str) -> RelationPath:
    if isinstance(value, RelationPath):
        return value
    raise QueryError(f"{where} takes relations such as Note.author, not {shorten(value)}.")


_COUNT: Final = IntegerType(64)
_TOO_MANY: Final = 2**63


def number_of_rows(count: int) -> Value[int]:
    """What LIMIT and OFFSET carry: a parameter like any other."""
    return Value(count, _COUNT)


class FixedNumber(Value[int]):
    """A number that the package itself says, so it is text of the statement."""

    def write(self, writer: Writer) -> None:
        writer.text(f"{self.value:d}")


def count_of(value: Any, where: str) -> int:
    """An int from 0 to 2^63-1, what LIMIT and OFFSET take on both engines."""
    if type(value) is int and 0 <= value < _TOO_MANY:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_MANY:
        return int(value)
    raise QueryError(f"{where} takes an int of 0 or more, not {shorten(value)}.")
