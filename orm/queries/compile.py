"""A shape becomes SQL.

First every table of the statement is opened, so that its name is known; then the clauses write
themselves in the order of the language. `with_related` adds its joins last: it reuses a join the
query has already, takes the table's plain name when that is free, and a name of its own otherwise.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, Labelled, Negated
from orm.expressions.columns import Column
from orm.expressions.writer import Node, Source, Writer
from orm.metadata.relation import RelationPath
from orm.metadata.scope import InScope, scope_of
from orm.queries.shape import Join, Shape

_NO_LIMIT: Final = {"sqlite": "-1", "mysql": "18446744073709551615"}


@dataclass(frozen=True, eq=False)
class JoinClause:
    """A table to be written as `[LEFT ]JOIN table AS name ON ...`."""

    source: Source
    name: str
    is_outer: bool
    conditions: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class RelatedSource:
    """A related object in each row: which relation of which earlier object (0: the root)."""

    path: RelationPath
    source: Source
    parent: int


class SelectCompiler:
    """Writes one shape into a writer. `related` tells afterwards what follows the root object."""

    def __init__(self, shape: Shape, writer: Writer) -> None:
        self.shape = shape
        self.writer = writer
        self.related: list[RelatedSource] = []
        self._joins: list[JoinClause] = []
        self._is_outer: dict[Source, bool] = {}

    def write(
        self, write_columns: "Callable[[SelectCompiler], None]", *, tail: bool = True
    ) -> None:
        """The statement; `tail` includes order, limit and lock."""
        shape, writer = self.shape, self.writer
        with writer.scope(shape.seen):
            root_name = self.open_tables()
            writer.text("SELECT DISTINCT " if shape.distinct else "SELECT ")
            write_columns(self)
            writer.text(" FROM ")
            writer.table(shape.source, root_name)
            for clause in self._joins:
                self._write_join(clause)
            self._clause(" WHERE ", (*scope_of(shape.source, shape.seen), *shape.where), " AND ")
            self._clause(" GROUP BY ", shape.group_by, ", ")
            self._clause(" HAVING ", shape.having, " AND ")
            if tail:
                self._write_tail()

    def open_tables(self) -> str:
        """Give every table its name in the open scope; returns the root's."""
        root_name = self.writer.open(self.shape.source)
        for join in self.shape.joins:
            self._open_join(join)
        for path in self.shape.related:
            self._open_related(path)
        return root_name

    # -- tables ------------------------------------------------------------------------------

    def _open_join(self, join: Join) -> None:
        if self.writer.is_open(join.source):
            raise QueryError(
                f"{join.source.label} is in this query already: join an alias of it, as in "
                f"Other = alias({join.source.label}); .join(Other, on=...)."
            )
        if join.path is None:
            name = self.writer.open(join.source)
            conditions = () if join.on is None else (join.on,)
            conditions += scope_of(join.source, self.shape.seen)
            self._add(JoinClause(join.source, name, join.is_outer, conditions))
        else:
            self.writer.resolve(join.path.source)
            self._open_links(join.path, join.path.source, join.source, join.is_outer)

    def _open_links(self, path: RelationPath, near: Source, far: Source, is_outer: bool) -> None:
        seen, links = self.shape.seen, path.relation.links(near, far)
        for index, link in enumerate(links):
            name = self.writer.open(link.source)
            conditions: tuple[Node, ...] = (link.condition, *scope_of(link.source, seen))
            if is_outer and link.source is not far and scope_of(far, seen):
                conditions += (InScope(links[index + 1].left, far, seen),)
            self._add(JoinClause(link.source, name, is_outer, conditions))

    def _add(self, clause: JoinClause) -> None:
        self._is_outer[clause.source] = clause.is_outer
        self._joins.append(clause)

    def _open_related(self, path: RelationPath) -> None:
        parent, near = self._owner(path)
        far = self._joined(path, near)
        if far is None:
            far = path.relation.target_model._meta.source
            is_outer = path.relation.is_nullable or self._is_outer.get(near, False)
            # A row whose related one is out of scope stays, as it does where that is read later.
            is_outer = is_outer or far.info.scope is not None
            if self.writer.is_open(far):
                far = Source(far.table, None, far.info)
            self._open_links(path, near, far, is_outer)
        self.related.append(RelatedSource(path, far, parent))

    def _owner(self, path: RelationPath) -> tuple[int, Source]:
        """The place among the objects of a row, and the source, of what `path` starts from."""
        if path.source is self.shape.source:
            return 0, path.source
        for index, earlier in enumerate(self.related, 1):
            if path.source in (earlier.source, earlier.path.relation.target_model._meta.source):
                return index, earlier.source
        raise QueryError(
            f"with_related({path.label}): its owner {path.source.label} is neither what this query "
            "selects nor related before it."
        )

    def _joined(self, path: RelationPath, near: Source) -> Source | None:
        for join in self.shape.joins:
            known = join.path
            if known is None:
                continue
            if known.relation is path.relation and known.source is near:
                return join.source
        return None

    def _write_join(self, clause: JoinClause) -> None:
        writer = self.writer
        writer.text(" LEFT JOIN " if clause.is_outer else " JOIN ")
        writer.table(clause.source, clause.name)
        if clause.conditions:
            writer.text(" ON ")
            writer.join(clause.conditions, " AND ")

    # -- clauses -----------------------------------------------------------------------------

    def _clause(self, keyword: str, nodes: Iterable[Node], separator: str) -> None:
        items = tuple(nodes)
        if items:
            self.writer.text(keyword)
            self.writer.join(items, separator)

    def _write_tail(self) -> None:
        shape, writer = self.shape, self.writer
        for index, item in enumerate(shape.order_by):
            writer.text(", " if index else " ORDER BY ")
            is_descending = isinstance(item, Negated)
            (item.inner if isinstance(item, Negated) else item).write(writer)
            writer.text(" DESC" if is_descending else "")
        if shape.limit is not None or shape.offset is not None:
            writer.text(" LIMIT ")
            if shape.limit is None:
                writer.text(_NO_LIMIT[writer.dialect.name])
            else:
                shape.limit.write(writer)
            if shape.offset is not None:
                writer.text(" OFFSET ")
                shape.offset.write(writer)
        # SQLite locks the whole database for a write transaction; there are no rows to lock.
        writer.text(shape.lock if writer.is_mysql else "")


# -- what stands between SELECT and FROM -----------------------------------------------------------


def write_objects(compiler: SelectCompiler) -> None:
    """The columns of the root model, then those of each related one."""
    writer = compiler.writer
    _write_all_columns(writer, compiler.shape.source)
    for item in compiler.related:
        writer.text(", ")
        _write_all_columns(writer, item.source)


def _write_all_columns(writer: Writer, source: Source) -> None:
    """Every column of a table. Their text is kept with the model for the table's own name: it is
    half of what most queries would otherwise have written anew."""
    plans, name = source.info.plans, writer.resolve(source)
    plan = f"columns {writer.dialect.name}"
    text = plans.get(plan) if name == source.table else None
    if text is None:
        quote = writer.dialect.quote
        text = ", ".join(f"{quote(name)}.{quote(column)}" for column in source.info.columns)
        if name == source.table:
            plans[plan] = text
    writer.text(text)


def write_columns(compiler: SelectCompiler) -> None:
    """The selected expressions, labels included."""
    for index, item in enumerate(compiler.shape.columns):
        compiler.writer.text(", " if index else "")
        item.write(compiler.writer)
        if isinstance(item, Labelled):
            compiler.writer.text(" AS ")
            compiler.writer.name(item.name)


def write_numbered(compiler: SelectCompiler) -> None:
    """The selected expressions under names that cannot meet, for use as a derived table."""
    columns = compiler.shape.columns or (primary_key(compiler.shape.source),)
    for index, item in enumerate(columns):
        compiler.writer.text(", " if index else "")
        item.write(compiler.writer)
        compiler.writer.text(f" AS c{index}")


def write_one(compiler: SelectCompiler) -> None:
    compiler.writer.text("1")


def write_count(compiler: SelectCompiler) -> None:
    compiler.writer.text("COUNT(*)")


def primary_key(source: Source) -> Expression[Any]:
    key = source.info.primary_key
    return Column(source, key.column, key.value_type, key)
