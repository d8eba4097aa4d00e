"""The SELECT a program builds: immutable, iterable, run when its rows are asked for."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, cast

from orm.engine.database import Database
from orm.engine.registry import get_database
from orm.errors import DoesNotExist, MultipleRows, QueryError, TransactionError
from orm.expressions.base import Labelled, Subselect, SubselectValue, condition
from orm.expressions.functions import Aggregate
from orm.expressions.writer import Dialect, Writer
from orm.queries.compile import (
    SelectCompiler,
    primary_key,
    write_columns,
    write_count,
    write_numbered,
    write_objects,
    write_one,
)
from orm.queries.joins import make_join
from orm.queries.loaders import Loader, object_loader, related_loader, tuple_loader
from orm.queries.page import Page, to_json
from orm.queries.prefetch import prefetch
from orm.queries.pruning import without_unused_related
from orm.queries.shape import Shape, count_of, expression, relation_path
from orm.types.base import ValueType, shorten

M = TypeVar("M")


class Query(Subselect, Generic[M]):
    """A SELECT. Every method that refines it returns a new query."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def __repr__(self) -> str:
        return f"<Query of {self._shape.source.label}>"

    # -- building ----------------------------------------------------------------------------

    def _with(self, **changes: Any) -> "Query[M]":
        return Query(self._shape.changed(**changes))

    def join(self, target: Any, on: Any = None) -> "Query[M]":
        """Inner join: a relation (`Note.author`), or a model or alias with a condition `on`."""
        return self._with(joins=(*self._shape.joins, make_join(self._shape, target, on, False)))

    def left_join(self, target: Any, on: Any = None) -> "Query[M]":
        """As join(), but rows without a partner stay, with NULLs."""
        return self._with(joins=(*self._shape.joins, make_join(self._shape, target, on, True)))

    def where(self, *conditions: Any) -> "Query[M]":
        """Only rows for which every condition (of this and earlier calls) holds."""
        return self._with(where=(*self._shape.where, *map(condition, conditions)))

    def with_related(self, *relations: Any) -> "Query[M]":
        """Fill to-one relations by the same statement; a later one may start where one ended."""
        paths = [relation_path(item, "with_related()") for item in relations]
        for path in paths:
            if path.relation.is_many:
                raise QueryError(f"{path.label} leads to many rows: use prefetch() for it.")
        return self._with(related=(*self._shape.related, *paths))

    def prefetch(self, *relations: Any) -> "Query[M]":
        """Fill relations by one more statement each; a later one may start where one ended."""
        paths = [relation_path(item, "prefetch()") for item in relations]
        if self._shape.columns:
            raise QueryError("prefetch() fills objects; this query selects columns.")
        return self._with(prefetch=(*self._shape.prefetch, *paths))

    def order_by(self, *expressions: Any) -> "Query[M]":
        """Sort by these, `-` for descending; replaces an earlier order."""
        return self._with(order_by=tuple(expression(e, "order_by()") for e in expressions))

    def group_by(self, *expressions: Any) -> "Query[M]":
        """One row for each combination of these values; replaces an earlier grouping."""
        return self._with(group_by=tuple(expression(e, "group_by()") for e in expressions))

    def having(self, *conditions: Any) -> "Query[M]":
        """Only groups for which every condition (of this and earlier calls) holds."""
        return self._with(having=(*self._shape.having, *map(condition, conditions)))

    def distinct(self) -> "Query[M]":
        """Each row once, as far as what is selected tells them apart."""
        return self._with(distinct=True)

    def limit(self, count: int) -> "Query[M]":
        """At most so many rows. QueryError for what is no int from 0 on."""
        return self._with(limit=count_of(count, "limit()"))

    def offset(self, count: int) -> "Query[M]":
        """Leave out the first `count` rows. QueryError for what is no int from 0 on."""
        return self._with(offset=count_of(count, "offset()"))

    def for_update(self, *, skip_locked: bool = False) -> "Query[M]":
        """Lock the rows until the transaction ends; on SQLite a transaction has the only lock."""
        return self._with(lock=" FOR UPDATE SKIP LOCKED" if skip_locked else " FOR UPDATE")

    # -- running -----------------------------------------------------------------------------

    @property
    def _database(self) -> Database:
        return get_database(self._shape.source.info.database)

    def compile(self, dialect: Dialect) -> tuple[str, list[Any]]:
        """The statement as all() runs it, and its parameters in the driver's form."""
        sql, params, _ = self._prepare(dialect)
        return sql, params

    def _prepare(self, dialect: Dialect) -> tuple[str, list[Any], Loader]:
        writer = Writer(dialect)
        if self._shape.columns:
            shape = without_unused_related(self._shape, dialect)
            SelectCompiler(shape, writer).write(write_columns)
            return writer.sql, writer.params, tuple_loader(shape.columns, dialect.name)
        compiler = SelectCompiler(self._shape, writer)
        compiler.write(write_objects)
        return writer.sql, writer.params, _row_loader(compiler, dialect.name)

    def all(self) -> list[M]:
        """The rows: objects of the model, or named tuples of the selected columns."""
        database = self._database
        self._check_lock(database)
        sql, params, load = self._prepare(database.dialect)
        items = [load(row) for row in database.run(sql, params).rows]
        prefetch(items, self._shape)
        return items

    def _check_lock(self, database: Database) -> None:
        if self._shape.lock and not database.in_transaction:
            raise TransactionError(
                "for_update() locks rows until the end of the transaction, and there is none: use "
                "it inside `with transaction():`."
            )

    def __iter__(self) -> Iterator[M]:
        return iter(self.all())

    def __bool__(self) -> bool:
        """Is there a row? So that `if ann.notes:` means what it says; it asks the database."""
        return self.exists()

    def stream(self, size: int = 1000) -> Iterator[M]:
        """Row after row with at most `size` of them in memory."""
        if count_of(size, "stream()") == 0:
            raise QueryError("stream() needs a size of at least 1.")
        database = self._database
        self._check_lock(database)
        sql, params, load = self._prepare(database.dialect)
        for rows in database.stream(sql, params, size):
            items = [load(row) for row in rows]
            prefetch(items, self._shape)
            yield from items

    def first(self) -> M | None:
        """The first row, or None."""
        rows = self.limit(1).all() if self._shape.limit != 0 else []
        return rows[0] if rows else None

    def one(self) -> M:
        """The only row; raises DoesNotExist or MultipleRows."""
        limit = 2 if self._shape.limit is None else min(2, self._shape.limit)
        rows = self.limit(limit).all()
        name = self._shape.source.info.name
        if not rows:
            raise DoesNotExist(f"No {name} matches the query.")
        if len(rows) > 1:
            raise MultipleRows(f"More than one {name} matches the query.")
        return rows[0]

    def count(self) -> int:
        """The number of rows all() would give."""
        database = self._database
        shape = without_unused_related(self._shape.changed(lock=""), database.dialect)
        writer = Writer(database.dialect)
        is_plain = shape.limit is None and not shape.offset and not shape.group_by
        if is_plain and not shape.distinct and not _has_aggregate(shape):
            SelectCompiler(shape, writer).write(write_count, tail=False)
        else:
            writer.text("SELECT COUNT(*) FROM (")
            SelectCompiler(shape, writer).write(write_numbered)
            writer.text(") AS counted")
        return int(database.run(writer.sql, writer.params).rows[0][0])

    def exists(self) -> bool:
        """Is there a row?"""
        database = self._database
        shape = self._shape.changed(order_by=(), lock="")
        shape = without_unused_related(shape, database.dialect)
        if shape.limit is None:
            shape = shape.changed(limit=1)
        writer = Writer(database.dialect)
        SelectCompiler(shape, writer).write(_existence(shape))
        return bool(database.run(writer.sql, writer.params).rows)

    def values(self, *columns: Any) -> list[Any]:
        """Named tuples of the given columns, the selected ones, or all of the model's."""
        return self._select(columns, "values()").all()

    def dicts(self, *columns: Any) -> list[dict[str, Any]]:
        """As values(), but dicts."""
        return [row._asdict() for row in self._select(columns, "dicts()").all()]

    def scalars(self, column: Any = None) -> list[Any]:
        """The values of one column: the given one, or the first selected."""
        query = self._select(() if column is None else (column,), "scalars()")
        return [row[0] for row in query.all()]

    def page(self, number: int, size: int = 20) -> Page[M]:
        """Page `number` (from 1; less counts as 1) of `size` items; past the end it is empty."""
        if not isinstance(number, int) or isinstance(number, bool):
            raise QueryError(f"page() takes the page's number, an int, not {shorten(number)}.")
        if count_of(size, "page(size=)") == 0:
            raise QueryError("page() needs a size of at least 1.")
        number = max(1, number)
        total = self.count()
        skipped = (number - 1) * size
        items = [] if skipped >= total else self.limit(size).offset(skipped).all()
        return Page(items, number, size, total)

    def __json__(self) -> list[Any]:
        return [to_json(item) for item in self.all()]

    def _select(self, columns: tuple[Any, ...], where: str) -> "Query[Any]":
        chosen = tuple(expression(item, where) for item in columns) or self._shape.columns
        source = self._shape.source
        if not chosen:
            chosen = tuple(f.make_expression(source) for f in source.info.fields.values())
        return cast("Query[Any]", self._with(columns=chosen, prefetch=()))

    # -- inside another statement --------------------------------------------------------------

    def as_(self, name: str) -> Labelled[Any]:
        """The value of this query's single column and row, as result column `name` of another."""
        return SubselectValue(self).as_(name)

    def write_subselect(self, writer: Writer) -> None:
        shape = without_unused_related(self._shape.changed(lock=""), writer.dialect)
        # MySQL takes no LIMIT directly in an IN subquery, but in a table derived there.
        is_wrapped = writer.is_mysql and (shape.limit is not None or shape.offset > 0)
        writer.text("SELECT * FROM (" if is_wrapped else "")
        SelectCompiler(shape, writer).write(write_numbered if is_wrapped else _subselect_columns)
        writer.text(") AS limited" if is_wrapped else "")

    def subselect_type(self) -> ValueType | None:
        if len(self._shape.columns) > 1:
            raise QueryError("A query used as a value selects one column, not several.")
        return (*self._shape.columns, primary_key(self._shape.source))[0].type


def _subselect_columns(compiler: SelectCompiler) -> None:
    if compiler.shape.columns:
        write_columns(compiler)
    else:
        primary_key(compiler.shape.source).write(compiler.writer)


def _row_loader(compiler: SelectCompiler, dialect: str) -> Loader:
    info = compiler.shape.source.info
    root = object_loader(info, dialect)
    offset = len(info.fields)
    steps = []
    for item in compiler.related:
        fields = item.source.info.fields
        key = list(fields).index(item.source.info.primary_key.name)
        loader = object_loader(item.source.info, dialect, offset)
        steps.append((item.parent, item.path.relation.name, offset + key, loader))
        offset += len(fields)
    return related_loader(root, steps) if steps else root


def _has_aggregate(shape: Shape) -> bool:
    """Is it one row over the whole table, as select(count()) without group_by is?"""
    inner = [item.inner if isinstance(item, Labelled) else item for item in shape.columns]
    return bool(shape.having) or any(isinstance(item, Aggregate) for item in inner)


def _existence(shape: Shape) -> Callable[[SelectCompiler], None]:
    # Aggregated and distinct rows exist by other rules than those of the table.
    return write_numbered if shape.distinct or _has_aggregate(shape) else write_one
