"""What `Board.posts.where(...).limit(3)` is: a relation with a query of its own (orm:O9)."""

from typing import Any, Final, Self

from orm.errors import QueryError
from orm.metadata.relation import RelationPath, set_refining
from orm.names import check_identifier
from orm.queries.prefetch import Wanted
from orm.queries.select import Query
from orm.queries.shape import Shape, relation_path
from orm.records import replace

# The methods of a query that choose among the related rows, or say how they are read.
_METHODS: Final = frozenset(
    {
        "where",
        "order_by",
        "limit",
        "offset",
        "join",
        "left_join",
        "with_related",
        "prefetch",
        "only",
        "defer",
        "annotate",
        "with_deleted",
        "only_deleted",
        "lazy_loads",
    }
)


class Prefetch:
    """A relation for `Query.prefetch`, with more to say about it:

    `Prefetch(Note.author)`, refined by the methods of a query of the related rows: `where`,
    `order_by`, `limit` and `offset` (for each owner), `with_related`, `prefetch`, `only`,
    `annotate`, `with_deleted`, `lazy_loads`. A relation to many rows has them itself.
    """

    def __init__(self, relation: Any, query: Query[Any] | None = None) -> None:
        """query: of the related model, to begin with."""
        path = relation_path(relation, "Prefetch()")
        target = path.relation.target_model
        shape = Shape(target._meta.source) if query is None else query._shape
        if shape.columns or shape.source.info is not target._meta:
            raise QueryError(f"Prefetch({path.label}) takes a query for {target.__name__} objects.")
        self.wanted = Wanted(path, shape)

    def __repr__(self) -> str:
        return f"<Prefetch {self.wanted.path.label}>"

    def _changed(self, **changes: Any) -> Self:
        copy = object.__new__(type(self))
        copy.wanted = replace(self.wanted, **changes)
        return copy

    def as_(self, name: str) -> Self:
        """Keep the rows in the attribute `name` of the owner, a list (or one object, None), and
        leave the relation itself as it is. QueryError for a name that the owner has."""
        path = self.wanted.path
        owner = path.relation.model
        check_identifier(name, f"prefetch({path.label})")
        if hasattr(owner, name):
            raise QueryError(f"prefetch({path.label}): {owner.__name__} has {name!r} already.")
        return self._changed(name=name)

    def by_subquery(self) -> Self:
        """Ask for the rows by the query of their owners, not by their keys: one statement for any
        number of owners. For relations of what the query itself selects; not in streams."""
        return self._changed(by_subquery=True)

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(
                f"{self!r} has no {name!r}; it has {', '.join(sorted(_METHODS))}, as_, by_subquery."
            )
        method = getattr(Query(self.wanted.shape or Shape(self._target.source)), name)

        def refine(*given: Any, **keywords: Any) -> "Prefetch":
            return self._changed(shape=method(*given, **keywords)._shape)

        return refine

    @property
    def _target(self) -> Any:
        return self.wanted.path.relation.target_model._meta


def _refined(path: RelationPath, name: str) -> Any:
    return getattr(Prefetch(path), name)


set_refining(_METHODS | {"as_", "by_subquery"}, _refined)
