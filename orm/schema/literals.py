"""Conditions and expressions inside DDL, where nothing can be bound (sec:D1): values stand as
literals, and names between backticks, which SQLite takes too, so that the text is the same."""

from decimal import Decimal
from typing import Any

from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from orm.engine.parameters import encode_parameters
from orm.errors import ModelError
from orm.expressions.base import Expression, Negated
from orm.expressions.writer import BoundValue, Dialect, Source, Writer
from orm.schema.tables import ColumnType, IndexExpression, SqlText


class DdlWriter(Writer):
    """Writes an expression of one table: columns without the table's name, values as literals."""

    def name(self, identifier: str) -> None:
        self.text(MYSQL_DIALECT.quote(identifier) if self.is_mysql else f"`{identifier}`")

    def column(self, source: Source, column: str) -> None:
        self.name(column)

    def value(self, item: BoundValue) -> None:
        value = item.value
        encode = item.type.encoder(self.dialect.name) if item.type is not None else None
        if encode is not None and value is not None:
            value = encode(value)
        self.text(literal(value, self.dialect))


def expression_text(expression: Any) -> SqlText:
    """An expression over one table's columns, as each engine writes it."""
    texts = []
    for dialect in (SQLITE_DIALECT, MYSQL_DIALECT):
        writer = DdlWriter(dialect)
        with writer.scope():
            expression.write(writer)
        # Texts are kept as people write them; whoever sends one to PyMySQL doubles the percents.
        texts.append(writer.sql.replace("%%", "%") if writer.is_mysql else writer.sql)
    return SqlText(*texts)


def text_of(condition: Any, subject: Any) -> SqlText:
    """SQL text as it is, or what a function of `subject` answers."""
    if isinstance(condition, SqlText):
        return condition
    if isinstance(condition, str):
        return SqlText.same(condition)
    return expression_text(condition(subject))


def index_member(member: Any, subject: Any) -> tuple[IndexExpression, bool]:
    """What a function of the model answers for an index: (expression, is_descending)."""
    made = member(subject)
    if not isinstance(made, Expression):
        raise ModelError(f"an index takes an expression of the model, not {made!r}.")
    is_descending = isinstance(made, Negated)
    plain = made.inner if isinstance(made, Negated) else made
    kind = None if plain.type is None else ColumnType.of(plain.type)
    return IndexExpression(expression_text(plain), kind), is_descending


def value_text(value: Any, value_type: Any) -> SqlText:
    """A value of a column as the literal of each engine."""
    texts = []
    for dialect in (SQLITE_DIALECT, MYSQL_DIALECT):
        encode = value_type.encoder(dialect.name) if value is not None else None
        text = literal(value if encode is None else encode(value), dialect)
        texts.append(text.replace("%%", "%") if dialect.doubles_percent else text)
    return SqlText(*texts)


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
        raise ModelError(f"DDL cannot hold the text {text!r}: it has control characters.")
    text = text.replace("'", "''")
    if dialect.name == "mysql":
        text = text.replace("\\", "\\\\").replace("%", "%%")
    return f"'{text}'"
