"""prefetch(): the related rows of many objects by a statement for each relation (orm:O9).

The keys of the owners go into IN lists of at most 500, filled up to a power of two by repeating the
last key, so that a few compiled statements serve every number of owners; or the owners' own query
goes in as a subquery. What is fetched may have a query of its own: conditions, an order, relations
to go on with, and a limit, which then means so many for each owner (numbered by a window).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from orm.engine.registry import get_database
from orm.errors import QueryError
from orm.expressions.base import Condition, Membership
from orm.expressions.columns import Column
from orm.expressions.ranking import row_number
from orm.expressions.subselect import Subselect
from orm.expressions.trace import Trace, Traceable
from orm.expressions.writer import Source, Writer
from orm.metadata.paths import PathSource
from orm.metadata.relation import Link, RelationPath
from orm.metadata.scope import Visibility
from orm.queries.plans import prepare
from orm.queries.resultset import assign, keep_with
from orm.queries.shape import Join, Shape, relation_path
from orm.queries.statements import compile_keyed, write_list
from orm.records import Record
from orm.types.base import ValueType

# Longer lists slow MySQL's optimiser (its eq_range_index_dive_limit is 200), shorter ones cost
# more statements.
KEYS_PER_STATEMENT: Final = 500


class Wanted(Record, eq=False):
    """A relation to fetch.

    shape: the query for the related rows, None for all of them. name: the attribute of the owners
    that gets them (a list, or one object), "" for the relation itself. by_subquery: ask for the
    owners by their query instead of by their keys.
    """

    path: RelationPath
    shape: Shape | None = None
    name: str = ""
    by_subquery: bool = False


def wanted_of(item: Any) -> Wanted:
    """What `Query.prefetch` is given: a relation, or a `Prefetch`."""
    if not isinstance(item, RelationPath):
        wanted = getattr(item, "wanted", None)
        if isinstance(wanted, Wanted):
            return wanted
    return Wanted(relation_path(item, "prefetch()"))


def prefetch(items: list[Any], shape: Shape, *, is_part: bool = False) -> None:
    """Fill the relations of `shape.prefetch` in the loaded objects. is_part: they are not all that
    the query gives."""
    if shape.prefetch and items:
        fetching = _Fetching(items, shape, is_part=is_part)
        for wanted in shape.prefetch:
            fetching.fetch(wanted)


def fetch_related(owners: Sequence[Any], path: RelationPath) -> None:
    """Fill one relation of these objects, in as few statements as fit."""
    keep_with(owners, _fetch(Wanted(path), owners, Visibility(), None))


class _Fetching:
    """The relations of one answer. What was fetched is known by the path to it, and by its model
    for paths that begin there."""

    def __init__(self, items: list[Any], shape: Shape, *, is_part: bool) -> None:
        self._shape = shape
        self._seen = Visibility(shape.seen.everywhere, shape.seen.tables)
        self._items = items
        self._is_part = is_part
        root = shape.source
        self._by_source: dict[Source, list[Any]] = {root: items}
        self._by_source[getattr(root, "stands_for", None) or root] = items
        self._by_model: dict[Any, list[Any]] = {root.info.model: list(items)}
        for path in shape.related:
            found = [owner.__dict__.get(path.relation.name) for owner in self._owners(path)]
            self._add(path, [item for item in found if item is not None])

    def fetch(self, wanted: Wanted) -> None:
        owners = self._owners(wanted.path)
        is_root = owners is self._items and not self._is_part
        parent = self._shape if wanted.by_subquery and is_root else None
        fetched = _fetch(wanted, owners, self._seen, parent)
        keep_with(self._items, fetched)
        self._add(wanted.path, fetched)

    def _add(self, path: RelationPath, items: list[Any]) -> None:
        self._by_source[PathSource(path)] = items
        self._by_model.setdefault(path.relation.target_model, []).extend(items)

    def _owners(self, path: RelationPath) -> list[Any]:
        source = path.source
        found = self._by_source.get(source)
        if found is None and isinstance(source, PathSource):
            self.fetch(Wanted(source.path))
            return self._by_source[source]
        if found is None:
            found = self._by_model.get(source.info.model)
        if found is None:
            raise QueryError(
                f"prefetch({path.label}): its owner {source.label} is neither what this query "
                "selects nor fetched before it."
            )
        return found


def _fetch(
    wanted: Wanted, owners: Sequence[Any], seen: Visibility, parent: Shape | None
) -> list[Any]:
    """Fill a relation, and answer the related objects."""
    relation = wanted.path.relation
    by_key: dict[Any, list[Any]] = defaultdict(list)
    keys = [relation.near_key(owner) for owner in owners]
    fetched: list[Any] = []
    for condition in _conditions(wanted.path, keys, parent):
        found, items = _rows(wanted, condition, seen)
        for key, item in zip(found, items, strict=True):
            by_key[key].append(item)
        fetched = items if not fetched else [*fetched, *items]
    for owner, key in zip(owners, keys, strict=True):
        _fill(wanted, owner, by_key.get(key, []))
    if wanted.shape is not None and wanted.shape.prefetch:
        prefetch(fetched, wanted.shape)
    return fetched


def _fill(wanted: Wanted, owner: Any, related: list[Any]) -> None:
    relation = wanted.path.relation
    if not wanted.name:
        relation.fill(owner, related)
        return
    back = getattr(relation, "key", None)
    if back is not None:
        for item in related:
            item.__dict__[back.name] = owner
    one = related[0] if related else None
    owner.__dict__[wanted.name] = related if relation.is_many else one


# -- the statements --------------------------------------------------------------------------------


class KeyedShape(Traceable, Record, eq=False):
    """A query for objects whose rows end with the key of the owner."""

    parts = ("shape", "key")

    shape: Shape
    key: Column[Any]


class _OwnersQuery(Subselect):
    """The keys of the objects that a query gives."""

    def __init__(self, shape: Shape, key: Column[Any]) -> None:
        order = shape.order_by if shape.limit is not None or shape.offset is not None else ()
        # What only objects have goes.
        self._shape = Shape(
            shape.source,
            (key,),
            **{
                name: getattr(shape, name)
                for name in ("joins", "where", "group_by", "having", "limit", "offset", "seen")
            },
            distinct=shape.distinct,
            order_by=order,
        )

    def trace(self, trace: Trace) -> None:
        trace.key.append(_OwnersQuery)
        self._shape.trace(trace)

    def write_subselect(self, writer: Writer) -> None:
        write_list(self._shape, writer)

    def subselect_type(self) -> ValueType | None:
        return self._shape.columns[0].type


# From the links of a relation to a condition for its far rows.
_Condition = Any


def _conditions(path: RelationPath, keys: list[Any], parent: Shape | None) -> Iterator[_Condition]:
    if parent is not None:
        near = parent.source
        yield lambda first: Membership(first.right, _OwnersQuery(parent, _near(first, near)), True)
        return
    distinct = [key for key in dict.fromkeys(keys) if key is not None]
    for start in range(0, len(distinct), KEYS_PER_STATEMENT):
        some = distinct[start : start + KEYS_PER_STATEMENT]
        some += [some[-1]] * (_room(len(some)) - len(some))
        yield lambda first, some=some: Membership(first.right, some, True)


def _near(first: Link, near: Source) -> Column[Any]:
    return Column(near, first.left.column, cast(ValueType, first.left.type), first.left.field)


def _room(number: int) -> int:
    """The next power of two, within one statement."""
    return min(1 << (number - 1).bit_length(), KEYS_PER_STATEMENT)


def _rows(wanted: Wanted, condition: _Condition, seen: Visibility) -> tuple[list[Any], list[Any]]:
    """The keys of the owners and the related objects, in the order of the query."""
    shape, first = _target(wanted, condition, seen)
    database = get_database(shape.source.info.database)
    keyed = KeyedShape(shape, first.right)
    sql, params, (load, decode) = prepare(keyed, compile_keyed, database.dialect, database.plans)
    rows = database.fetch(sql, params)
    items = load(rows)
    if shape.lazy:
        items = assign(items, shape.lazy)
    return [row[-1] if decode is None else decode(row[-1]) for row in rows], items


def _target(wanted: Wanted, condition: _Condition, seen: Visibility) -> tuple[Shape, Link]:
    relation = wanted.path.relation
    own = wanted.shape
    far: Source = own.source if own is not None else relation.target_model._meta.source
    first, *rest = relation.links(wanted.path.source, far)
    if own is None:
        own = Shape(far)
    key = far.info.primary_key.make_expression(far)
    order = own.order_by or (key,)
    where = (*own.where, condition(first))
    if own.limit is not None or own.offset is not None:
        where += _numbered(own, first.right, order)
    shape = own.changed(
        # Seen from the far side: its table is the root, the link table (if any) is joined to it.
        joins=(*own.joins, *(Join(first.source, False, on=link.condition) for link in rest)),
        where=where,
        order_by=order,
        limit=None,
        offset=None,
        lock="",
        prefetch=(),
        seen=Visibility(
            seen.everywhere or own.seen.everywhere, seen.tables | own.seen.tables, own.seen.only
        ),
    )
    return shape, first


def _numbered(own: Shape, key: Column[Any], order: Any) -> tuple[Condition, ...]:
    """Limit and offset for each owner."""
    number: Any = row_number().over(partition_by=[key], order_by=list(order))
    skipped = 0 if own.offset is None else own.offset.value
    conditions: list[Condition] = [number > skipped] if skipped else []
    if own.limit is not None:
        conditions.append(number <= skipped + own.limit.value)
    return tuple(conditions)
