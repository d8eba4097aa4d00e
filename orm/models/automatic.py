"""What an update sets although nobody names it, where it may turn out to change nothing.

An insert-or-update knows only in the database whether the row there differs. So the fields of
`on_update` and versions change by a condition: if anything else does.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from orm.expressions.base import Condition, Expression, Value
from orm.expressions.functions import case, when
from orm.expressions.writer import Writer
from orm.fields.base import Field
from orm.metadata.info import ModelInfo

Changes = Mapping[Field[Any], Expression[Any]]


class Differs(Condition):
    """`left` and `right` are not the same, NULL being the same as NULL."""

    parts = ("left", "right")

    def __init__(self, left: Expression[Any], right: Expression[Any]) -> None:
        self.left = left
        self.right = right

    def write(self, writer: Writer) -> None:
        writer.text("NOT (" if writer.is_mysql else "(")
        self.left.write(writer)
        writer.text(" <=> " if writer.is_mysql else " IS NOT ")
        self.right.write(writer)
        writer.text(")")


def with_automatic(info: ModelInfo, changes: Changes) -> Changes:
    """The changes, and before them those of the model's automatic fields."""
    fields = [field for field in info.automatic if field not in changes]
    if not fields or not changes:
        return changes
    tests: list[Condition] = [Differs(field.expression, value) for field, value in changes.items()]
    is_changed = reduce(lambda left, right: left | right, tests)
    return {**{field: _when(is_changed, field) for field in fields}, **changes}


def _when(is_changed: Condition, field: Field[Any]) -> Expression[Any]:
    value = field.bulk_update()
    given = value if isinstance(value, Expression) else Value(value, field.value_type)
    return case(when(is_changed, given), default=field.expression)
