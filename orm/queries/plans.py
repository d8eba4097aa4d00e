"""Compiled statements, kept: a query whose like has run before is not written again.

A plan is what compiling gives: the text, where each parameter comes from, how it is encoded, and
how the rows are read. It is found by the key of a trace (`orm.expressions.trace`), which is equal
for equal chains of calls, whenever and wherever they were built. Compiling meets the values in the
order of the text, tracing in the order of the tree; the plan remembers the permutation.

The plans of a database are in `Database.plans` (see `orm.engine.cache`). Two threads that miss at
once both compile; the plans are equal, and either may stay.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from orm.engine.cache import BoundedCache
from orm.expressions.trace import Trace, Traceable
from orm.expressions.writer import BoundValue, Dialect, Writer
from orm.records import Record
from orm.types.base import Converter

Loader = Callable[[tuple[Any, ...]], Any]

# The weight of a plan counts the items of its key, and the text as so many of them.
_CHARACTERS_PER_ITEM: Final = 8


class Plan(Record):
    """A compiled statement.

    order: for each parameter the number of its value. encoders: pairs (place among the parameters,
    encoder) for those that the driver takes in another form. load: reads a row. is_direct: the
    parameters are the values as they are.
    """

    sql: str
    order: tuple[int, ...]
    encoders: tuple[tuple[int, Converter], ...]
    load: Any
    is_direct: bool

    def fill(self, values: Sequence[Any]) -> list[Any]:
        """The parameters in the driver's form, from the values by their numbers."""
        params = [values[number] for number in self.order]
        for place, encode in self.encoders:
            if params[place] is not None:
                params[place] = encode(params[place])
        return params


# A statement ready to run: its text, its parameters, how a row is read.
Prepared = tuple[str, list[Any], Any]


Compile = Callable[[Any, Writer], Any]


def prepare(
    item: Traceable, compile_into: Compile, dialect: Dialect, cache: BoundedCache[Any, Plan]
) -> Prepared:
    """The statement that `compile_into(item, writer)` writes; from the cache when it has its like.

    What `compile_into` returns is how a row is read. It is part of the key: a module-level function
    that looks at nothing but its arguments.
    """
    trace = Trace(compile_into)
    item.trace(trace)
    if not trace.is_complete:
        compiled = compile_now(item, compile_into, dialect)
        if cache.listener is not None:
            cache.listener(compiled[0])
        return compiled
    key = tuple(trace.key)
    plan = cache.get(key)
    if plan is None:
        writer = Writer(dialect)
        load = compile_into(item, writer)
        if cache.listener is not None:
            cache.listener(writer.sql)
        made = _plan_of(writer, trace, load)
        if made is None:
            return writer.sql, writer.params, load
        cache.put(key, made, len(key) + len(made.sql) // _CHARACTERS_PER_ITEM)
        plan = made
    values = [item.value for item in trace.values]
    return plan.sql, values if plan.is_direct else plan.fill(values), plan.load


def make_plan(item: Traceable, compile_into: Compile, dialect: Dialect) -> Plan | None:
    """The plan of a statement, for who keeps it under a key of his own; None: it cannot be kept."""
    trace = Trace(compile_into)
    item.trace(trace)
    writer = Writer(dialect)
    load = compile_into(item, writer)
    return _plan_of(writer, trace, load) if trace.is_complete else None


def compile_now(item: Any, compile_into: Compile, dialect: Dialect) -> Prepared:
    """The same without a cache."""
    writer = Writer(dialect)
    load = compile_into(item, writer)
    return writer.sql, writer.params, load


def _plan_of(writer: Writer, trace: Trace, load: Any) -> Plan | None:
    """None when a parameter is not one of the traced values."""
    numbers = [trace.numbers.get(id(item)) for item in writer.bound]
    order = tuple(number for number in numbers if number is not None)
    if len(order) != len(numbers):
        return None
    encoders = tuple(_encoders(writer.bound, writer.dialect))
    is_direct = not encoders and order == tuple(range(len(trace.values)))
    return Plan(writer.sql, order, encoders, load, is_direct)


def _encoders(bound: Sequence[BoundValue], dialect: Dialect) -> list[tuple[int, Converter]]:
    encoders = []
    for place, item in enumerate(bound):
        encode = item.type.encoder(dialect.name) if item.type is not None else None
        if encode is not None:
            encoders.append((place, encode))
    return encoders
