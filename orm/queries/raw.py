"""SQL written by hand: as a statement that is iterated, as objects, or as part of a query.

The text is the program's own; values only ever come as parameters, one for each `?` (sec:D6).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, LiteralString, TypeVar

from orm.engine.parameters import check_sequence
from orm.engine.registry import get_database
from orm.engine.statements import bind_placeholders
from orm.errors import QueryError
from orm.expressions.base import Condition, Labelled, Value, literal
from orm.expressions.calls import type_of
from orm.expressions.writer import Writer
from orm.queries.annotations import annotated_loader
from orm.queries.loaders import Part, build_loader, tuple_loader

M = TypeVar("M")


class Raw(Condition):
    """`raw("lower(name) = ?", ["ann"])` in a query; iterated, a whole statement giving tuples."""

    parts = ("params",)
    traits = ("sql",)

    def __init__(self, sql: str, params: Sequence[Any] = ()) -> None:
        check_sequence(params)
        self.sql = sql
        self.params = tuple([literal(item) for item in params])
        self.given = list(params)
        # What the text gives is unknown, so a comparison with it takes any value.
        self.type = None

    @property
    def label(self) -> str:
        return f"raw({self.sql[:60]!r})"

    def write(self, writer: Writer) -> None:
        text, number = bind_placeholders(self.sql, writer.dialect)
        if number != len(self.params):
            raise QueryError(
                f"{self.label} has {number} `?`, but {len(self.params)} parameters came."
            )
        writer.fragment(f"({text})", self.params)

    def all(self) -> list[tuple[Any, ...]]:
        """Run it as a statement of the default database; its rows."""
        return get_database().execute(self.sql, self.given).rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.all())

    def columns(self, **fields: Any) -> "TypedRows":
        """The statement's rows as named tuples, each result column read as a field of this kind:
        `raw("SELECT ...").columns(n=Integer(), at=DateTime())`."""
        return TypedRows(self.sql, self.given, fields)


class TypedRows:
    """Rows of a statement by hand whose columns have types."""

    def __init__(self, sql: str, params: Sequence[Any], fields: Mapping[str, Any]) -> None:
        self._sql = sql
        self._params = params
        self._columns = _typed_columns(fields)

    def all(self) -> list[Any]:
        """Run it on the default database. QueryError when it has other columns."""
        database = get_database()
        result = database.execute(self._sql, self._params)
        names = [column.name for column in self._columns]
        if sorted(result.columns) != sorted(names):
            raise QueryError(
                f"the statement has the columns {', '.join(result.columns)}, not "
                f"{', '.join(names)}."
            )
        by_name = {column.name: column for column in self._columns}
        order = [by_name[name] for name in result.columns]
        rows: list[Any] = tuple_loader(order, database.dialect.name)(result.rows)
        return rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())


def _typed_columns(fields: Mapping[str, Any]) -> list[Labelled[Any]]:
    return [
        Labelled(Value[Any](None, type_of(field, f"columns({name}=)")), name)
        for name, field in fields.items()
    ]


def raw(sql: LiteralString, params: Sequence[Any] = ()) -> Raw:
    """SQL of one's own as a condition or expression, or iterated, as a statement by itself."""
    return Raw(sql, params)


class RawQuery(Generic[M]):
    """The objects of a model read by a SELECT of one's own.

    Result columns are matched to fields by name; the primary key has to be among them, a field
    that is left out is read from the database when it is first asked for.
    """

    def __init__(self, info: Any, sql: str, params: Sequence[Any]) -> None:
        self._info = info
        self._sql = sql
        self._params = params
        self._extra: dict[str, Labelled[Any]] = {}

    def columns(self, **fields: Any) -> "RawQuery[M]":
        """Further result columns of these kinds, as attributes of the objects."""
        made = RawQuery[M](self._info, self._sql, self._params)
        made._extra = {column.name: column for column in _typed_columns(fields)}
        return made

    def all(self) -> list[M]:
        database = get_database(self._info.database)
        result = database.execute(self._sql, self._params)
        by_column = {field.column: field for field in self._info.row_fields}
        known = by_column.keys() | self._extra.keys()
        unknown = [name for name in result.columns if name not in known]
        if unknown or self._info.primary_key.column not in result.columns:
            raise QueryError(
                f"{self._info.name}.raw() needs columns of the model, the primary key among them; "
                f"it got {', '.join(result.columns)}."
            )
        dialect = database.dialect.name
        own = [name for name in result.columns if name not in self._extra]
        more = [self._extra[name] for name in result.columns if name in self._extra]
        part = Part(self._info.model, [by_column[name] for name in own])
        load = build_loader([part], dialect, extra=len(more))
        if not more:
            return load(result.rows)
        places = [result.columns.index(name) for name in (*own, *(item.name for item in more))]
        rows = [tuple([row[place] for place in places]) for row in result.rows]
        return annotated_loader(load, len(own), more, dialect)(rows)

    def first(self) -> M | None:
        rows = self.all()
        return rows[0] if rows else None

    def __iter__(self) -> Iterator[M]:
        return iter(self.all())
