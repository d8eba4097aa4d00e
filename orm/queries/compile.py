"""A shape becomes SQL.

First every table of the statement is opened, so that its name is known; then the clauses write
themselves in the order of the language. `with_related` adds its joins last: it reuses a join the
query has already, takes the table's plain name when that is free, and a name of its own otherwise.

Two things come out only while the clauses are written, and then the statement is written once more:
which tables paths like `Note.author.name` reach (`orm.metadata.paths`), and, where a condition
speaks of a window function, which columns the query inside has to give (`orm.queries.windowed`).
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from orm.errors import QueryError
from orm.expressions.base import Expression, Labelled
from orm.expressions.columns import Column
from orm.expressions.ordering import ordered
from orm.expressions.writer import Node, Source, Writer
from orm.metadata.paths import PathSource
from orm.metadata.relation import RelationPath
from orm.metadata.scope import InScope, scope_of
from orm.queries.declarations import declared
from orm.queries.grouping import check_having
from orm.queries.shape import Join, Shape
from orm.queries.standins import StandIns, stand_ins_of, write_outputs
from orm.queries.windowed import WINDOWED, is_windowed, split
from orm.records import Record

_JOINS: Final = {True: " LEFT JOIN ", False: " JOIN "}
_NO_LIMIT: Final = {"sqlite": "-1", "mysql": "18446744073709551615"}


class JoinClause(Record, eq=False):
    """A table to be written as `[LEFT ]JOIN table AS name ON ...`."""

    source: Source
    name: str
    is_outer: bool
    conditions: tuple[Node, ...]
    keyword: str


class RelatedSource(Record, eq=False):
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
        self._reached: tuple[PathSource, ...] = ()
        self._far: dict[int, Source] = {}
        self._joins: list[JoinClause] = []
        self._is_outer: dict[Source, bool] = {}

    def write(
        self, write_columns: "Callable[[SelectCompiler], None]", *, tail: bool = True
    ) -> None:
        """The statement; `tail` includes order, limit and lock."""
        if is_windowed(self.shape):
            self._write_around(write_columns, tail=tail)
            return
        with declared(self.writer, self.sources):
            mark = self.writer.mark()
            while not self._write_once(write_columns, tail=tail):
                self.writer.rewind(mark)

    @property
    def sources(self) -> list[Source]:
        """The tables that the query names itself."""
        return [self.shape.source, *(join.source for join in self.shape.joins)]

    def _write_once(self, write_columns: "Callable[[SelectCompiler], None]", *, tail: bool) -> bool:
        """False when paths were met that lead to tables not joined yet."""
        shape, writer = self.shape, self.writer
        stand_ins = stand_ins_of(shape.source)
        with writer.scope(shape.seen, can_join=True, stand_ins=stand_ins) as scope:
            root_name = self.open_tables()
            if stand_ins is not None:
                stand_ins.name = root_name
            writer.text("SELECT DISTINCT " if shape.distinct else "SELECT ")
            write_columns(self)
            writer.text(" FROM ")
            writer.table(shape.source, root_name)
            for clause in self._joins:
                self._write_join(clause)
            self._clause(" WHERE ", (*scope_of(shape.source, shape.seen), *shape.where), " AND ")
            self._clause(" GROUP BY ", shape.group_by, ", ")
            if shape.having:
                check_having(shape)
                self._clause(" HAVING ", shape.having, " AND ")
            if tail:
                self.write_tail()
            self._reached = (*self._reached, *(scope.reached or ()))
            return not scope.reached

    def _write_around(
        self, write_columns: "Callable[[SelectCompiler], None]", *, tail: bool
    ) -> None:
        """A query whose conditions speak of windows: those hold around it, the others inside."""
        shape, writer = self.shape, self.writer
        inner_shape, outer = split(shape)
        inner = SelectCompiler(inner_shape, writer)
        with writer.scope(shape.seen, can_join=True):
            inner.open_tables()
            known = set(inner.sources) | {item.source for item in inner.related}
        self.related = inner.related
        name = WINDOWED
        stand_ins = StandIns(name, knows=lambda source: source.root in known)

        def write_outer() -> None:
            writer.text("SELECT DISTINCT " if shape.distinct else "SELECT ")
            write_columns(self)
            mark = writer.mark()
            self._clause(" WHERE ", outer, " AND ")
            if tail:
                self.write_tail()
            places.append(mark)

        places: list[tuple[int, int]] = []
        start = writer.mark()
        with writer.scope(stand_ins=stand_ins):
            write_outer()
        writer.rewind(start)
        with writer.wall():
            inner.write(lambda compiler: write_outputs(compiler, stand_ins.outputs))
        body = writer.cut(start)
        with writer.scope(stand_ins=stand_ins):
            write_outer()
        ending = writer.cut(places[-1])
        writer.text(" FROM (")
        writer.paste(body)
        writer.text(f") AS {name}")
        writer.paste(ending)

    def open_tables(self) -> str:
        """Give every table its name in the open scope; returns the root's."""
        self.related, self._joins, self._is_outer = [], [], {}
        root = self.shape.source
        root_name = self.writer.open(root)
        stands_for = getattr(root, "stands_for", None)
        if stands_for is not None:
            self.writer.alias(stands_for, root_name)
        early, late = {root, stands_for}, []
        for source in self._reached:
            if source.path.source in early and not self._is_joined(source.path):
                early.add(source)
                self._open_path(source)
            else:
                late.append(source)
        for join in self.shape.joins:
            self._open_join(join)
        for index, path in enumerate(self.shape.related):
            self._open_related(index, path)
        for source in late:
            self._open_path(source)
        return root_name

    # -- tables ------------------------------------------------------------------------------

    def _open_join(self, join: Join) -> None:
        if self.writer.is_open(join.source):
            raise QueryError(
                f"{join.source.label} is in this query already: join an alias of it, as in "
                f"Other = alias({join.source.label}); .join(Other, on=...)."
            )
        if join.side == "FULL" and self.writer.is_mysql:
            raise QueryError(
                f"MySQL and MariaDB have no full join: {join.source.label} is joined by "
                "full_join(); use the union of a left_join() and a right_join()."
            )
        conditions: tuple[Node, ...] = () if join.on is None else (join.on,)
        if join.path is None:
            name = self.writer.open(join.source)
            conditions += scope_of(join.source, self.shape.seen)
            self._add(JoinClause(join.source, name, join.is_outer, conditions, join.keyword))
        else:
            self.writer.resolve(join.path.source)
            self._open_links(join.path, join.source, join.is_outer, join.keyword, conditions)

    def _open_links(
        self,
        path: RelationPath,
        far: Source,
        is_outer: bool,
        keyword: str,
        conditions: tuple[Node, ...] = (),
    ) -> None:
        seen, links = self.shape.seen, path.relation.links(path.source, far)
        for index, link in enumerate(links):
            name = self.writer.open(link.source)
            on: tuple[Node, ...] = (link.condition, *scope_of(link.source, seen))
            if link.source == far:
                on += conditions
            elif is_outer and scope_of(far, seen):
                on += (InScope(links[index + 1].left, far, seen),)
            self._add(JoinClause(link.source, name, is_outer, on, keyword))

    def _add(self, clause: JoinClause) -> None:
        self._is_outer[clause.source] = clause.is_outer
        self._joins.append(clause)

    def _open_path(self, source: PathSource) -> None:
        """A table that something in the query speaks of without having joined it."""
        path = source.path
        known = self._joined(path)
        if known is not None:
            self.writer.alias(source, self.writer.resolve(known))
            self._is_outer[source] = self._is_outer.get(known, False)
            return
        is_outer = self._may_lack(path, path.source)
        self._open_links(path, source, is_outer, _JOINS[is_outer])

    def _may_lack(self, path: RelationPath, near: Source) -> bool:
        """May a row have nothing there? Also where that is out of scope: the row stays all the
        same, as it does when the relation is read later."""
        is_outer = path.relation.is_nullable or self._is_outer.get(near, False)
        return is_outer or path.relation.target_model._meta.scope is not None

    def _open_related(self, index: int, path: RelationPath) -> None:
        parent, near = self._owner(path)
        from_near = path if near is path.source else RelationPath(path.relation, near)
        far = self._joined(from_near)
        if far is None:
            is_outer = self._may_lack(path, near)
            far = self._far.get(index) or path.relation.target_model._meta.source
            if self.writer.is_open(far):
                far = Source(far.table, None, far.info)
            self._far[index] = far
            self._open_links(from_near, far, is_outer, _JOINS[is_outer])
        self.related.append(RelatedSource(path, far, parent))

    def _owner(self, path: RelationPath) -> tuple[int, Source]:
        """The place among the objects of a row, and the source, of what `path` starts from."""
        root = self.shape.source
        if path.source in (root, getattr(root, "stands_for", None)):
            return 0, path.source
        for index, earlier in enumerate(self.related, 1):
            target = earlier.path.relation.target_model._meta.source
            if path.source in (earlier.source, target, PathSource(earlier.path)):
                return index, earlier.source
        raise QueryError(
            f"with_related({path.label}): its owner {path.source.label} is neither what this query "
            "selects nor related before it."
        )

    def _is_joined(self, path: RelationPath) -> bool:
        """Will this query join the relation for a reason of its own?"""
        return self._joined(path) is not None or any(
            item.relation is path.relation and item.source == path.source
            for item in self.shape.related
        )

    def _joined(self, path: RelationPath) -> Source | None:
        """The table that this query has joined along the relation already."""
        for join in self.shape.joins:
            known = join.path
            is_same = known is not None and known.relation is path.relation
            if known is not None and is_same and known.source == path.source and join.on is None:
                return join.source
        for item in self.related:
            if item.path.relation is path.relation and item.path.source == path.source:
                return item.source
        return None

    def _write_join(self, clause: JoinClause) -> None:
        writer = self.writer
        writer.text(clause.keyword)
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

    def write_tail(self) -> None:
        """Order, limit and lock."""
        shape, writer = self.shape, self.writer
        if shape.order_by:
            writer.text(" ORDER BY ")
            writer.join(map(ordered, shape.order_by))
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
        if shape.lock and writer.is_mysql:
            writer.text(f" {shape.lock}")
            for index, source in enumerate(shape.lock_of):
                writer.text(", " if index else " OF ")
                writer.name(writer.resolve(source))
            writer.text(shape.lock_wait)


# -- what stands between SELECT and FROM -----------------------------------------------------------


def write_objects(compiler: SelectCompiler) -> None:
    """The columns of the root model, then those of each related one."""
    writer, shape = compiler.writer, compiler.shape
    if shape.only is None:
        _write_all_columns(writer, shape.source)
    else:
        fields = shape.source.info.by_attribute
        writer.join([fields[name].make_expression(shape.source) for name in shape.only])
    for item in compiler.related:
        writer.text(", ")
        _write_all_columns(writer, item.source)
    for annotation in shape.annotations:
        writer.text(", ")
        annotation.write(writer)


def _write_all_columns(writer: Writer, source: Source) -> None:
    """Every column of a table. Their text is kept with the model for the table's own name: it is
    half of what most queries would otherwise have written anew."""
    if writer.has_stand_ins:
        writer.join([field.make_expression(source) for field in source.info.row_fields])
        return
    plans, name = source.info.plans, writer.resolve(source)
    plan = f"columns {writer.dialect.name}"
    text = plans.get(plan) if name == source.info.table else None
    if text is None:
        quote = writer.dialect.quote
        text = ", ".join(f"{quote(name)}.{quote(column)}" for column in source.info.columns)
        if name == source.info.table:
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
