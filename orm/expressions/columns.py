"""The column of a table, as a query uses it."""

from typing import Any

from orm.expressions.base import Expression, Value
from orm.expressions.operators import T_co
from orm.expressions.patterns import Searchable
from orm.expressions.trace import Trace
from orm.expressions.writer import Source, Writer
from orm.types.base import ValueType


class Column(Searchable[T_co]):
    """A column of one source. `field` is the model's field, None for a link table's column."""

    def __init__(
        self, source: Source, column: str, value_type: ValueType, field: Any = None
    ) -> None:
        self.source = source
        self.column = column
        self.type = value_type
        self.field = field
        # Of a model's own table the key is always the same.
        self._key = (Column, source, column, value_type) if source.is_own else None

    @property
    def label(self) -> str:
        return f"{self.source.label}.{self.field.name if self.field else self.column}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.label}>"

    def operand(self, value: Any) -> Expression[Any]:
        if self.field is not None and self.field.takes(value):
            return Value(value, self.type)
        return super().operand(value)

    def accept(self, value: Any) -> Any:
        return super().accept(value) if self.field is None else self.field.accept(value)

    def trace(self, trace: Trace) -> None:
        if self._key is not None:
            trace.key += self._key
            return
        trace.key.append(Column)
        self.source.trace(trace)
        trace.key += (self.column, self.type)

    def write(self, writer: Writer) -> None:
        writer.column(self.source, self.column)
