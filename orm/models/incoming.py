"""`incoming(Page.hits)`: the value that the row of an upsert brings (orm:A12)."""

from typing import Any, TypeVar, cast

from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.columns import Column
from orm.expressions.writer import Writer
from orm.fields.base import Field
from orm.types.base import shorten

T = TypeVar("T")


class Incoming(Expression[Any]):
    """In `update=` of an upsert, beside the columns of the row that is there already."""

    parts = ()
    traits = ("_column",)

    def __init__(self, field: Field[Any]) -> None:
        self._column = field.column
        self.type = field.value_type

    def write(self, writer: Writer) -> None:
        writer.text("VALUES(" if writer.is_mysql else "excluded.")
        writer.name(self._column)
        writer.text(")" if writer.is_mysql else "")


def incoming(field: Expression[T]) -> Expression[T]:
    """The value of this field in the row that an upsert brings: `{"hits": Page.hits +
    incoming(Page.hits)}`. QueryError for what is no field."""
    found = field.field if isinstance(field, Column) else None
    if found is None:
        raise QueryError(f"incoming() takes a field such as Page.hits, not {shorten(field)}.")
    return cast(Expression[T], Incoming(found))
