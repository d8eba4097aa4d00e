"""`Model.one(title="x")` and `Model.all(author=ann)`: rows by the values of fields.

The statement for a set of names is compiled once, as the query it stands for, and kept with the
plans of the database; a call then only checks and encodes its values. What may make it another
statement is in the key: the model, the names as they were given, which of the values are None, and
whether the number of rows is limited. Values that are expressions or queries go the long way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orm.engine.database import Database
from orm.engine.registry import get_database
from orm.errors import DataError
from orm.expressions.base import Expression
from orm.expressions.subselect import Subselect
from orm.expressions.trace import Definitions
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.queries.plans import Plan, make_plan
from orm.queries.shape import Shape, number_of_rows
from orm.queries.statements import compile_rows
from orm.records import Record

# Of a finder in the cache; the statement of a long one has some hundred characters.
_WEIGHT = 100


class Finder(Record, frozen=False):
    """A plan, whose values are those of `fields` and then the number of rows, if it is limited."""

    plan: Plan
    fields: tuple[Field[Any], ...]


def find(info: ModelInfo, values: Mapping[str, Any], limit: int | None) -> Sequence[Any] | None:
    """The rows with these values, `limit` at most; None when only a query can tell."""
    database = get_database(info.database)
    given = [value for value in values.values() if value is not None]
    nones = [value is None for value in values.values()]
    key = (find, Definitions.count, info, limit is None, *values, *nones)
    finder: Finder | None = database.plans.get(key)
    if finder is None:
        if _has_expressions(given):
            return None
        finder = _make(info, values, limit, database)
        if finder is None:
            return None
        database.plans.put(key, finder, _WEIGHT)
    try:
        accepted = [field.accept(value) for field, value in zip(finder.fields, given, strict=True)]
    except DataError:
        if _has_expressions(given):
            return None
        raise
    if limit is not None:
        accepted.append(limit)
    plan = finder.plan
    found: list[Any] = plan.load(database.fetch(plan.sql, plan.fill(accepted)))
    return found


def _has_expressions(values: Sequence[Any]) -> bool:
    return any(isinstance(value, (Expression, Subselect)) for value in values)


def _make(
    info: ModelInfo, values: Mapping[str, Any], limit: int | None, database: Database
) -> Finder | None:
    """None when the plan of the query has other parameters than these values."""
    resolved = info.resolve(values)
    conditions = tuple(field.expression == value for field, value in resolved.items())
    shape = Shape(info.source, where=conditions)
    if limit is not None:
        shape = shape.changed(limit=number_of_rows(limit))
    plan = make_plan(shape, compile_rows, database.dialect)
    fields = tuple(field for field, value in resolved.items() if value is not None)
    if plan is None or sorted(plan.order) != list(range(len(fields) + (limit is not None))):
        return None
    return Finder(plan, fields)
