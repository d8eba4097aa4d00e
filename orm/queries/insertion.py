"""INSERT ... SELECT: rows that go from one table to another without coming by (orm:O18)."""

from collections.abc import Sequence
from typing import Any

from orm.engine.registry import get_database
from orm.errors import QueryError
from orm.expressions.base import Expression
from orm.expressions.fitting import Fitted, fitted
from orm.expressions.writer import Writer
from orm.fields.base import Field
from orm.metadata.info import ModelInfo
from orm.queries.loaders import column_names
from orm.queries.select import Query
from orm.queries.statements import compile_rows


def insert_from(info: ModelInfo, query: Any, names: Sequence[str] | None) -> int:
    """Store what a query of columns gives as rows of the model; how many there were.

    names: the fields that get the columns, by default those called like them.
    """
    if not isinstance(query, Query) or not query._shape.columns:
        raise QueryError(
            f"{info.name}.insert_from() takes a query of columns, as in "
            "Note.select(Note.title, Note.body)."
        )
    if info.parts is not None:
        raise QueryError(f"{info.name}.insert_from(): its rows are in several tables.")
    columns = query._shape.columns
    fields = [info.find(name) for name in (column_names(columns) if names is None else names)]
    if len(fields) != len(columns):
        raise QueryError(
            f"{info.name}.insert_from(): the query has {len(columns)} columns for "
            f"{len(fields)} fields."
        )
    _check_complete(info, fields)
    if query._shape.source.info.database != info.database:
        raise QueryError(f"{info.name}.insert_from(): the query is of another database.")
    database = get_database(info.database)
    writer = Writer(database.dialect)
    writer.text("INSERT INTO ")
    writer.name(info.table)
    writer.text(" (")
    for index, field in enumerate(fields):
        writer.text(", " if index else "")
        writer.name(field.column)
    writer.text(") ")
    _write_rows(query, list(map(fitted, fields, columns)), writer)
    return database.count(writer.sql, writer.params)


class _Given(Expression[Any]):
    """A column of the rows to store."""

    parts = ()
    traits = ("_name",)

    def __init__(self, name: str, column: Expression[Any]) -> None:
        self._name = name
        self.type = column.type

    def write(self, writer: Writer) -> None:
        writer.name(self._name)


def _write_rows(query: Query[Any], columns: Sequence[Expression[Any]], writer: Writer) -> None:
    """The query, and around it what SQLite has to check of its columns: the rows are all made
    before, whatever they are ordered, grouped or told apart by."""
    if writer.is_mysql or not any(isinstance(column, Fitted) for column in columns):
        compile_rows(query._shape, writer)
        return
    given = [_Given(f"c{index}", column) for index, column in enumerate(columns)]
    writer.text("WITH orm_given(")
    writer.join(given)
    writer.text(") AS (")
    compile_rows(query._shape, writer)
    writer.text(") SELECT ")
    writer.join(
        column.of(plain) if isinstance(column, Fitted) else plain
        for column, plain in zip(columns, given, strict=True)
    )
    writer.text(" FROM orm_given")


def _check_complete(info: ModelInfo, fields: Sequence[Field[Any]]) -> None:
    """Defaults of Python are made for objects; here there are none."""
    for field in info.fields.values():
        if field not in fields and not (field.is_auto or field.is_database_made or field.null):
            raise QueryError(
                f"{info.name}.insert_from() needs a column for {field.name!r}: defaults are made "
                "for objects, and here there are none."
            )
