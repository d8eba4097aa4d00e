"""Conditions inside DDL, where nothing can be bound: values stand as literals (sec:D1)."""

from decimal import Decimal
from typing import Any

from orm.engine.parameters import encode_parameters
from orm.errors import ModelError
from orm.expressions.writer import Dialect, Source, Writer
from orm.types.base import ValueType


class DdlWriter(Writer):
    """Writes a condition of one table: its columns without the table's name, values as literals."""

    def column(self, source: Source, column: str) -> None:
        self.name(column)

    def bind(self, value: Any, value_type: ValueType | None) -> None:
        encode = value_type.encoder(self.dialect.name) if value_type is not None else None
        if encode is not None and value is not None:
            value = encode(value)
        self.text(literal(value, self.dialect))


def literal(value: Any, dialect: Dialect) -> str:
    """A value as SQL text for `Database.run`."""
    (plain,) = encode_parameters((value,), dialect.name)
    if plain is None:
        return "NULL"
    if isinstance(plain, bool):
        return str(int(plain))
    if isinstance(plain, (int, float, Decimal)):
        return str(plain)
    if isinstance(plain, bytes):
        return f"X'{plain.hex()}'"
    return _text_literal(str(plain), dialect)


def _text_literal(text: str, dialect: Dialect) -> str:
    if not text.isprintable():
        raise ModelError(f"a check cannot hold the text {text!r}: it has control characters.")
    text = text.replace("'", "''")
    if dialect.name == "mysql":
        text = text.replace("\\", "\\\\").replace("%", "%%")
    return f"'{text}'"
