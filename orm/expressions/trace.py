"""What a statement's SQL text depends on, told apart from the values it carries.

Two queries built by the same chain of calls differ in their values only, so the text of the first
serves the second. A trace walks a query without writing anything and gives two lists:

  - the key, flat and hashable: everything that the text (and the reading of its rows) depends on;
  - the values, in the order they are met.

Equal keys mean equal texts, by these rules:

1. Every class says in `parts` which attributes hold other traceable things (one, None, or a tuple
   of them) and in `traits` which hold plain values that its text depends on. The key of a thing is
   its class, its traits, and the keys of its parts, in this order; a tuple brings its length. As
   the class fixes how many traits and parts follow, the flat list reads back in one way only: two
   different structures cannot give the same key.
2. A trait is text, a bool, an enum member, a class, a type of values or a relation. A number that
   a program gives is a `Value`: 1, 1.0 and True are equal to Python, but not in SQL.
3. A value puts its type and its number into the key, never itself. The number tells which places
   share one value object: `where(a, a)` and `where(a, b)` have different keys, because a compiled
   statement knows its parameters by these numbers.
4. A table is itself when it is a model's own, and otherwise a number (with what it is called) by
   first appearance: two aliases of two calls are different objects with the same part to play.
5. Types of values are interned (`orm.types.base`), so identity tells them apart.

A declaration counts for the class that makes it and not for its subclasses, which may write more.
A class without one (`parts = None`) makes the trace incomplete: the statement is then compiled each
time, which is slower and never wrong.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, ClassVar


class Definitions:
    """How many models have been defined. A further one may change what the text of an earlier
    one's queries has to be: an inherited table gets another kind of rows."""

    count = 0


class Trace:
    """One walk. `is_complete` is False when something in the query cannot be told by a key."""

    __slots__ = ("is_complete", "key", "numbers", "sources", "values")
    OPENING: ClassVar = 2  # items of the key that stand before those of the query

    def __init__(self, purpose: Hashable) -> None:
        """purpose: what is made of the query, such as the function that writes it."""
        self.key: list[Hashable] = [purpose, Definitions.count]
        self.values: list[Any] = []  # the nodes, which keeps their id() theirs
        self.numbers: dict[int, int] = {}  # of each value by the id() of its node
        self.sources: dict[Any, int] = {}
        self.is_complete = True


class Traceable:
    """Anything that a statement's text may depend on; see the rules above."""

    parts: ClassVar[tuple[str, ...] | None] = None
    traits: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "parts" not in vars(cls):
            cls.parts = None
            cls.traits = ()
        if "trace" not in vars(cls):
            setattr(cls, "trace", Traceable.trace)  # noqa: B010  # one made for a base is not ours

    def trace(self, trace: Trace) -> None:
        """Add this to a trace. Each class gets a method of its own when it is first traced."""
        method = _tracer_of(type(self))
        setattr(type(self), "trace", method)  # noqa: B010  # as each thread would make it
        method(self, trace)


def children(item: Any) -> Iterator[Any]:
    """The parts of a thing, one by one; none of what declares none."""
    for name in getattr(type(item), "parts", None) or ():
        part = getattr(item, name)
        if isinstance(part, tuple):
            yield from part
        elif isinstance(part, Traceable):
            yield part


def _tracer_of(kind: type[Traceable]) -> Callable[[Any, Trace], None]:
    """The method of one class, without loops over names: tracing is part of every query."""
    if kind.parts is None:
        return _give_up
    lines = ["def trace(self, trace):", "    add = trace.key.append", "    add(kind)"]
    lines += [f"    add(self.{name})" for name in kind.traits]
    for name in kind.parts:
        lines += [
            f"    part = self.{name}",
            "    if part is None:",
            "        add(None)",
            "    elif type(part) is tuple:",
            "        add(len(part))",
            "        for item in part:",
            "            item.trace(trace)",
            "    else:",
            "        part.trace(trace)",
        ]
    scope: dict[str, Any] = {"kind": kind}
    exec("\n".join(lines), scope)  # names of attributes from our own classes, nothing else
    method: Callable[[Any, Trace], None] = scope["trace"]
    return method


def _give_up(item: Traceable, trace: Trace) -> None:
    trace.is_complete = False
