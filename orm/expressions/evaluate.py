"""Conditions decided in Python: what a check says of values that are not in the database yet.

Only what both engines and Python agree on is decided; anything else (a function, raw SQL, text that
ignores case) raises Undecided, and is left to the database. None is SQL's unknown: a check that is
unknown holds.
"""

import operator
from collections.abc import Callable
from typing import Any, Final

from orm.expressions.base import (
    Arithmetic,
    Between,
    Logic,
    Membership,
    Not,
    NullCheck,
    Operation,
    Value,
)
from orm.expressions.columns import Column

ValueOf = Callable[[str], Any]

_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_ORDERED: Final = {"integer", "bigint", "smallint", "tinyint", "float", "decimal"} | {
    "date",
    "datetime",
    "time",
    "duration",
    "boolean",
    "string",
    "text",
    "uuid",
}


class Undecided(Exception):
    """Only the database can tell."""


def holds(node: Any, value_of: ValueOf) -> bool | None:
    """Does a condition hold for a row whose values, by column, `value_of` gives?"""
    kind = type(node)
    if kind not in _DECIDERS:
        raise Undecided
    return _DECIDERS[kind](node, value_of)


def _operand(node: Any, value_of: ValueOf) -> Any:
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Column):
        if node.type is None or node.type.ci or node.type.kind not in _ORDERED:
            raise Undecided
        return value_of(node.column)
    if type(node) is Arithmetic and node.operator in _SUMS:
        left, right = _operand(node.left, value_of), _operand(node.right, value_of)
        return _apply(_SUMS[node.operator], left, right)
    raise Undecided


def _apply(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    try:
        return function(left, right)
    except TypeError:
        raise Undecided from None


def _operation(node: Operation, value_of: ValueOf) -> bool | None:
    if node.operator not in _COMPARISONS:
        raise Undecided
    left, right = _operand(node.left, value_of), _operand(node.right, value_of)
    result: bool | None = _apply(_COMPARISONS[node.operator], left, right)
    return result


def _between(node: Between, value_of: ValueOf) -> bool | None:
    inner = _operand(node.inner, value_of)
    low = _apply(operator.ge, inner, _operand(node.low, value_of))
    return _every((low, _apply(operator.le, inner, _operand(node.high, value_of))))


def _membership(node: Membership, value_of: ValueOf) -> bool | None:
    if node.query is not None:
        raise Undecided
    inner = _operand(node.inner, value_of)
    found = [_apply(operator.eq, inner, _operand(item, value_of)) for item in node.items]
    is_in = _negated(_every([_negated(item) for item in found]))
    return is_in if node.is_in else _negated(is_in)


def _null_check(node: NullCheck, value_of: ValueOf) -> bool:
    return (_operand(node.inner, value_of) is None) is node.is_null_wanted


def _logic(node: Logic, value_of: ValueOf) -> bool | None:
    found = [holds(item, value_of) for item in node.conditions]
    if node.operator == "AND":
        return _every(found)
    return _negated(_every([_negated(item) for item in found]))


def _not(node: Not, value_of: ValueOf) -> bool | None:
    return _negated(holds(node.inner, value_of))


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _every(values: "list[bool | None] | tuple[bool | None, ...]") -> bool | None:
    if False in values:
        return False
    return None if None in values else True


_DECIDERS: Final[dict[type, Callable[[Any, ValueOf], bool | None]]] = {
    Operation: _operation,
    Between: _between,
    Membership: _membership,
    NullCheck: _null_check,
    Logic: _logic,
    Not: _not,
}


def describe(node: Any) -> str:
    """A decided condition as an error shows it."""
    if isinstance(node, Column):
        return node.field.name if node.field is not None else node.column
    if isinstance(node, Value):
        return repr(node.value)
    if isinstance(node, (Operation, Arithmetic)):
        return f"{describe(node.left)} {node.operator} {describe(node.right)}"
    if isinstance(node, Between):
        return f"{describe(node.inner)} between {describe(node.low)} and {describe(node.high)}"
    if isinstance(node, Membership):
        listed = ", ".join(map(describe, node.items))
        return f"{describe(node.inner)} {'in' if node.is_in else 'not in'} ({listed})"
    if isinstance(node, NullCheck):
        return f"{describe(node.inner)} is {'' if node.is_null_wanted else 'not '}null"
    if isinstance(node, Logic):
        return "(" + f" {node.operator.lower()} ".join(map(describe, node.conditions)) + ")"
    if isinstance(node, Not):
        return f"not ({describe(node.inner)})"
    return type(node).__name__
