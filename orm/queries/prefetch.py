"""prefetch(): the related rows of many objects by one statement per relation."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from orm.engine.registry import get_database
from orm.errors import QueryError
from orm.expressions.base import Membership
from orm.expressions.writer import Source, Writer
from orm.metadata.relation import Link, RelationPath
from orm.metadata.scope import Visibility
from orm.queries.compile import SelectCompiler, write_objects
from orm.queries.loaders import Part, build_loader
from orm.queries.shape import Join, Shape

# Keys in one IN list: SQLite takes 32,766 parameters, larger lists slow MySQL's optimiser.
KEYS_PER_STATEMENT: Final = 10_000


def prefetch(items: Sequence[Any], shape: Shape) -> None:
    """Fill the relations of `shape.prefetch` in the loaded objects."""
    if not shape.prefetch or not items:
        return
    seen = Visibility(shape.seen.everywhere, shape.seen.tables)
    loaded: dict[Any, list[Any]] = {shape.source.info.model: list(items)}
    for path in shape.related:
        _note_related(loaded, path)
    for path in shape.prefetch:
        owners = loaded.get(path.source.info.model)
        if owners is None:
            raise QueryError(
                f"prefetch({path.label}): its owner {path.source.label} is neither what this "
                "query selects nor fetched before it."
            )
        related = _fetch(path, owners, seen)
        loaded.setdefault(path.relation.target_model, []).extend(related)


def _note_related(loaded: dict[Any, list[Any]], path: RelationPath) -> None:
    name = path.relation.name
    found = [owner.__dict__.get(name) for owner in loaded.get(path.source.info.model, ())]
    targets = loaded.setdefault(path.relation.target_model, [])
    targets.extend(item for item in found if item is not None)


def _fetch(path: RelationPath, owners: list[Any], seen: Visibility) -> list[Any]:
    relation = path.relation
    by_key: dict[Any, list[Any]] = defaultdict(list)
    keys = list(dict.fromkeys(relation.near_key(owner) for owner in owners))
    keys = [key for key in keys if key is not None]
    fetched: list[Any] = []
    for start in range(0, len(keys), KEYS_PER_STATEMENT):
        for key, item in _rows(path, keys[start : start + KEYS_PER_STATEMENT], seen):
            by_key[key].append(item)
            fetched.append(item)
    for owner in owners:
        relation.fill(owner, by_key.get(relation.near_key(owner), []))
    return fetched


def _rows(path: RelationPath, keys: list[Any], seen: Visibility) -> list[tuple[Any, Any]]:
    """Pairs (key of the owner, related object), in the order of the related keys."""
    far: Source = path.relation.target_model._meta.source
    first, *rest = path.relation.links(path.source, far)
    shape = Shape(far, where=(Membership(first.right, keys, True),), seen=seen)
    shape = shape.changed(joins=tuple(_reversed_joins(first, rest)))
    shape = shape.changed(order_by=(far.info.primary_key.make_expression(far),))
    database = get_database(far.info.database)
    writer = Writer(database.dialect)

    def write(compiler: SelectCompiler) -> None:
        write_objects(compiler)
        writer.text(", ")
        first.right.write(writer)

    SelectCompiler(shape, writer).write(write)
    part = Part(far.info.model, far.info.row_fields)
    load = build_loader([part], database.dialect.name, extra=1)
    value_type = first.right.type
    decode = value_type.decoder(database.dialect.name) if value_type else None
    rows = database.fetch(writer.sql, writer.params)
    keys = [row[-1] if decode is None else decode(row[-1]) for row in rows]
    return list(zip(keys, load(rows), strict=True))


def _reversed_joins(first: Link, rest: list[Link]) -> list[Join]:
    # Seen from the far side: its table is the root, the link table (if any) is joined to it.
    return [Join(first.source, False, on=link.condition) for link in rest]
