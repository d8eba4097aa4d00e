"""The SELECT a program builds: immutable, iterable, run when its rows are asked for."""

from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar, cast, overload

from orm.engine.database import Database
from orm.engine.registry import databases
from orm.engine.watching import lazy_loads_of
from orm.errors import DoesNotExist, MultipleRows, QueryError, TransactionError
from orm.expressions.base import Expression, Labelled, SubselectValue, condition
from orm.expressions.subselect import Subselect
from orm.expressions.trace import Trace
from orm.expressions.writer import Dialect, Writer
from orm.metadata.scope import Visibility
from orm.queries.combining import Combining
from orm.queries.compile import primary_key
from orm.queries.joins import make_join, source_of
from orm.queries.keyset import KeysetPage, paginate
from orm.queries.locking import check_lock_of, lock
from orm.queries.narrowing import Narrowing
from orm.queries.page import Page, to_json
from orm.queries.plans import Compile, Prepared, compile_now, prepare
from orm.queries.prefetch import prefetch, wanted_of
from orm.queries.results import named, sorting
from orm.queries.resultset import assign, set_origin
from orm.queries.rows import Row
from orm.queries.shape import (
    BESIDE_ROWS,
    Shape,
    changed,
    count_of,
    number_of_rows,
    relation_path,
)
from orm.queries.statements import (
    compile_count,
    compile_existence,
    compile_rows,
    write_list,
    write_subselect,
)
from orm.queries.timing import LimitedDatabase
from orm.types.base import ValueType, shorten

M = TypeVar("M")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")


# Paths of several steps, and those of aliases, are others each time.
_MOST_BEGUN: Final = 50


class Query(Combining, Narrowing, Subselect, Generic[M]):
    """A SELECT. Every method that refines it returns a new query."""

    # Of the query for every object of a model, which every other begins with: what with_related()
    # made of it, by the relations' id(), beside the relations, so that the id() stays theirs. (M on
    # MariaDB: 2 %. Between two statements the server has used the processor's caches, and building
    # a query takes 13 us instead of the 3 it takes in a loop of its own.)
    _begun: dict[tuple[int, ...], tuple[Any, ...]] | None = None

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def __repr__(self) -> str:
        return f"<Query of {self._shape.source.label}>"

    # -- building ----------------------------------------------------------------------------

    def _with(self, **changes: Any) -> "Query[M]":
        query: Query[M] = object.__new__(Query)
        query._shape = changed(self._shape, changes)
        return query

    def _of(self, shape: Shape) -> "Query[Any]":
        return Query(shape)

    def join(self, target: Any, on: Any = None) -> "Query[M]":
        """Inner join: a relation (`Note.author`), or a model, alias or table with a condition `on`,
        which beside a relation is one more condition for the rows it leads to."""
        return self._with(joins=(*self._shape.joins, make_join(self._shape, target, on, False)))

    def left_join(self, target: Any, on: Any = None) -> "Query[M]":
        """As join(), but rows without a partner stay, with NULLs."""
        return self._with(joins=(*self._shape.joins, make_join(self._shape, target, on, True)))

    def right_join(self, target: Any, on: Any = None) -> "Query[M]":
        """As join(), but rows of `target` without a partner stay, with NULLs; select columns."""
        return self._sided(target, on, "RIGHT")

    def full_join(self, target: Any, on: Any = None) -> "Query[M]":
        """As join(), but rows without a partner stay on both sides (SQLite only); select columns.

        QueryError when it is compiled for MySQL or MariaDB, which have none.
        """
        return self._sided(target, on, "FULL")

    def _sided(self, target: Any, on: Any, side: str) -> "Query[M]":
        if not self._shape.columns:
            raise QueryError(
                f"{side.lower()}_join() gives rows without a {self._shape.source.label}: select "
                "columns, as in Note.select(Note.title, User.name)."
            )
        join = make_join(self._shape, target, on, side == "FULL", side)
        return self._with(joins=(*self._shape.joins, join))

    def where(self, *conditions: Expression[Any]) -> "Query[M]":
        """Only rows for which every condition (of this and earlier calls) holds."""
        return self._with(where=self._shape.where + tuple(map(condition, conditions)))

    def with_related(self, *relations: Any) -> "Query[M]":
        """Fill to-one relations by the same statement; a later one may start where one ended."""
        begun = self._begun
        if begun is not None and (known := begun.get(tuple(map(id, relations)))) is not None:
            query: Query[M] = known[0]
            return query
        paths = [relation_path(item, "with_related()") for item in relations]
        for path in paths:
            if path.relation.is_many:
                raise QueryError(f"{path.label} leads to many rows: use prefetch() for it.")
        query = self._with(related=(*self._shape.related, *paths))
        if begun is not None and len(begun) < _MOST_BEGUN:
            query._shape.begin()
            begun[tuple(map(id, relations))] = (query, relations)
        return query

    def prefetch(self, *relations: Any) -> "Query[M]":
        """Fill relations by one more statement each; a later one may start where one ended.

        A relation to many rows may be refined first, as in `Board.posts.where(...).limit(3)`: the
        limit is then one for each board. `Prefetch` says the same of any relation.
        """
        if self._shape.columns:
            raise QueryError("prefetch() fills objects; this query selects columns.")
        wanted = map(wanted_of, relations)
        return self._with(prefetch=(*self._shape.prefetch, *wanted))

    def lazy_loads(self, mode: str, *relations: Any) -> "Query[M]":
        """What objects of this query do that load one of these relations, or any, one by one:
        "raise" LazyLoadError, "warn", "batch" (one statement for all of them) or "allow" it.

        It holds from the first load on, and instead of the database's option `lazy_loads`, which
        allows one load and acts at the second.
        """
        chosen = lazy_loads_of(mode)
        chosen_for: list[Any] = [relation_path(i, "lazy_loads()").relation for i in relations]
        own = {**(self._shape.lazy or {}), **dict.fromkeys(chosen_for or [None], chosen)}
        return self._with(lazy=own)

    def order_by(self, *expressions: Any) -> "Query[M]":
        """Sort by these, `-` for descending; replaces an earlier order.

        An expression, `.asc(nulls="last")` or `.desc(nulls="first")` of one, or the name of a
        result column as text (`"n"`, `"-n"`).
        """
        return self._with(order_by=tuple([sorting(self._shape, e) for e in expressions]))

    def group_by(self, *expressions: Any) -> "Query[M]":
        """One row for each combination of these values; replaces an earlier grouping."""
        return self._with(group_by=tuple(named(self._shape, e, "group_by()") for e in expressions))

    def having(self, *conditions: Expression[Any]) -> "Query[M]":
        """Only groups for which every condition (of this and earlier calls) holds."""
        return self._with(having=(*self._shape.having, *map(condition, conditions)))

    def distinct(self) -> "Query[M]":
        """Each row once, as far as what is selected tells them apart."""
        return self._with(distinct=True)

    def limit(self, count: int) -> "Query[M]":
        """At most so many rows. QueryError for what is no int from 0 on."""
        return self._with(limit=number_of_rows(count_of(count, "limit()")))

    def offset(self, count: int) -> "Query[M]":
        """Leave out the first `count` rows. QueryError for what is no int from 0 on."""
        return self._with(offset=number_of_rows(count_of(count, "offset()")))

    def with_deleted(self, *models: Any) -> "Query[M]":
        """Also rows that are marked as deleted: of these models, or of all in the query."""
        tables = frozenset(source_of(model).table for model in models)
        seen = self._shape.seen
        return self._with(
            seen=Visibility(seen.everywhere or not models, seen.tables | tables, seen.only)
        )

    def only_deleted(self) -> "Query[M]":
        """Only rows that are marked as deleted; of joined tables still only those that are not."""
        seen, info = self._shape.seen, self._shape.source.info
        if info.soft_delete is None:
            raise QueryError(f"{info.name} is no model with Meta.soft_delete: nothing is marked.")
        return self._with(seen=Visibility(seen.everywhere, seen.tables, info.table))

    def for_update(
        self,
        *,
        skip_locked: bool = False,
        nowait: bool = False,
        of: Any = None,
        share: bool = False,
    ) -> "Query[M]":
        """Lock the rows until the transaction ends; on SQLite a transaction has the only lock.

        skip_locked: leave out rows that others have locked. nowait: LockTimeout at once instead of
        waiting for them. of: lock only the rows of this model (or alias, or several); MySQL 8 can,
        MariaDB cannot. share: others may read and share-lock them, but not change them.
        """
        return self._with(**lock(skip_locked, nowait, of, share))

    # -- running -----------------------------------------------------------------------------

    def timeout(self, seconds: float) -> "Query[M]":
        """Raise QueryTimeout when the statement of this query runs for longer (orm:A4); those of
        prefetch() are others. QueryError unless `seconds` is above 0, when it is run."""
        return self._with(time_limit=seconds)

    @property
    def _database(self) -> Database:
        database = databases[self._shape.source.info.database]
        seconds = self._shape.time_limit
        if seconds is None:
            return database
        return cast(Database, LimitedDatabase(database, seconds))

    def explain(self, *, analyze: bool = False) -> str:
        """How the database will run it, a line for each step; see `Database.explain`."""
        return databases[self._shape.source.info.database].explain(self, analyze=analyze)

    def compile(self, dialect: Dialect) -> tuple[str, list[Any]]:
        """The statement as all() runs it, and its parameters in the driver's form."""
        return compile_now(self._shape, compile_rows, dialect)[:2]

    def _prepare(self, database: Database, compile_into: Compile) -> Prepared:
        return prepare(self._shape, compile_into, database.dialect, database.plans)

    def all(self) -> list[M]:
        """The rows: objects of the model, or named tuples of the selected columns."""
        shape = self._shape
        database = databases[shape.source.info.database]
        is_special = not BESIDE_ROWS.isdisjoint(shape.__dict__)
        if is_special:
            database = self._database
            self._check_lock(database)
        sql, params, load = prepare(shape, compile_rows, database.dialect, database.plans)
        items: list[M] = load(database.fetch(sql, params))
        if type(items) is not list:
            set_origin(items, database.lazy_loads)
        return self._finished(items) if is_special else items

    def _finished(self, items: list[Any], *, is_part: bool = False) -> list[Any]:
        """What is left to do when the objects are there."""
        shape = self._shape
        if shape.lazy and not shape.columns:
            items = assign(items, shape.lazy)
        prefetch(items, shape, is_part=is_part)
        return items if shape.into is None else list(map(shape.into, items))

    def _check_lock(self, database: Database) -> None:
        if self._shape.lock and not database.in_transaction:
            raise TransactionError(
                "for_update() locks rows until the end of the transaction, and there is none: use "
                "it inside `with transaction():`."
            )
        if self._shape.lock_of:
            check_lock_of(database)

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
        sql, params, load = self._prepare(database, compile_rows)
        for rows in database.stream(sql, params, size):
            yield from self._finished(load(rows), is_part=True)

    def first(self) -> M | None:
        """The first row, or None."""
        rows = self._first(1)
        return rows[0] if rows else None

    def _first(self, number: int) -> list[M]:
        """So many rows at most, and no more than the query's own limit."""
        limit = self._shape.limit
        return self.limit(number if limit is None else min(number, limit.value)).all()

    def one(self) -> M:
        """The only row; raises DoesNotExist or MultipleRows."""
        rows = self._first(2)
        name = self._shape.source.info.name
        if not rows:
            raise DoesNotExist(f"No {name} matches the query.")
        if len(rows) > 1:
            raise MultipleRows(f"More than one {name} matches the query.")
        return rows[0]

    def count(self) -> int:
        """The number of rows all() would give."""
        database = self._database
        sql, params, _ = self._prepare(database, compile_count)
        return int(database.fetch(sql, params)[0][0])

    def exists(self) -> bool:
        """Is there a row?"""
        database = self._database
        sql, params, _ = self._prepare(database, compile_existence)
        return bool(database.fetch(sql, params))

    @overload
    def values(self, a: Expression[T1], /) -> list[Row[T1]]: ...
    @overload
    def values(self, a: Expression[T1], b: Expression[T2], /) -> list[Row[T1, T2]]: ...
    @overload
    def values(
        self, a: Expression[T1], b: Expression[T2], c: Expression[T3], /
    ) -> list[Row[T1, T2, T3]]: ...
    @overload
    def values(
        self, a: Expression[T1], b: Expression[T2], c: Expression[T3], d: Expression[T4], /
    ) -> list[Row[T1, T2, T3, T4]]: ...
    @overload
    def values(
        self,
        a: Expression[T1],
        b: Expression[T2],
        c: Expression[T3],
        d: Expression[T4],
        e: Expression[T5],
        /,
    ) -> list[Row[T1, T2, T3, T4, T5]]: ...
    @overload
    def values(self, *columns: Any) -> list[Any]: ...
    def values(self, *columns: Any) -> list[Any]:
        """Named tuples of the given columns, the selected ones, or all of the model's."""
        return self._select(columns, "values()").all()

    def dicts(self, *columns: Any) -> list[dict[str, Any]]:
        """As values(), but dicts."""
        return [row._asdict() for row in self._select(columns, "dicts()").all()]

    @overload
    def scalars(self, column: Expression[T1]) -> list[T1]: ...
    @overload
    def scalars(self, column: Any = None) -> list[Any]: ...
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

    def paginate(
        self,
        size: int = 20,
        *,
        after: Any = None,
        before: Any = None,
        key: bytes | str | None = None,
    ) -> KeysetPage[M]:
        """`size` items after (or before) the place that a token names: `page.next`,
        `page.previous` of an earlier one. Without a token the first ones.

        The place may also be a tuple with a value for each item of the order and for the primary
        key. key: a secret that signs tokens. DataError for a token that is none of this query.
        """
        return paginate(self, size, after, before, key)

    def __json__(self) -> list[Any]:
        return [to_json(item) for item in self.all()]

    def _select(self, columns: tuple[Any, ...], where: str) -> "Query[Any]":
        chosen = tuple(named(self._shape, i, where) for i in columns) or self._shape.columns
        source = self._shape.source
        if not chosen:
            chosen = tuple(f.make_expression(source) for f in source.info.fields.values())
            chosen += self._shape.annotations
        return cast("Query[Any]", self._with(columns=chosen, prefetch=(), into=None))

    # -- inside another statement --------------------------------------------------------------

    def as_(self, name: str) -> Labelled[Any]:
        """The value of this query's single column and row, as result column `name` of another."""
        return SubselectValue(self).as_(name)

    def trace(self, trace: Trace) -> None:
        trace.key.append(Query)
        self._shape.trace(trace)

    def write_subselect(self, writer: Writer) -> None:
        write_subselect(self._shape, writer)

    def write_list(self, writer: Writer) -> None:
        write_list(self._shape, writer)

    def subselect_type(self) -> ValueType | None:
        if len(self._shape.columns) > 1:
            raise QueryError("A query used as a value selects one column, not several.")
        columns = self._shape.columns or (primary_key(self._shape.source),)
        return columns[0].type
