"""Queries of queries: union() and the like, as_table(), cte()."""

from collections.abc import Callable
from typing import Any, Final, Self, TypeVar

from orm.errors import QueryError
from orm.expressions.subselect import Subselect
from orm.names import check_identifier
from orm.queries.bodies import Compound, QueryBody, result_names, selected, view_info
from orm.queries.shape import Shape, expression
from orm.queries.sources import CteSource, DerivedSource, TableView, ViewInfo
from orm.types.base import shorten

Q = TypeVar("Q", bound="Combining")

# What the derived table around a compound is called.
_COMPOUND: Final = "compound"


class Combining(Subselect):
    """The methods of a query that put it into, or together with, others."""

    _shape: Shape

    def _of(self, shape: Shape) -> Any:
        """A query of another shape."""
        raise NotImplementedError

    def union(self, *others: Any) -> Self:
        """The rows of this query and of the others, each once. Sort and limit the whole after."""
        return self._compound("UNION", others)

    def union_all(self, *others: Any) -> Self:
        """The rows of this query and of the others, as often as they come."""
        return self._compound("UNION ALL", others)

    def intersect(self, *others: Any) -> Self:
        """The rows that every one of the queries has, each once (MariaDB; MySQL from 8.0.31)."""
        return self._compound("INTERSECT", others)

    def except_(self, *others: Any) -> Self:
        """The rows of this query that none of the others has (MariaDB; MySQL from 8.0.31)."""
        return self._compound("EXCEPT", others)

    def _compound(self, operator: str, others: tuple[Any, ...]) -> Self:
        first = self._shape
        shapes = [first, *(_shape_of(other, operator) for other in others)]
        if not others:
            raise QueryError(f"{operator} needs another query.")
        for shape in shapes:
            _check_fits(first, shape, operator)
        names = result_names(first)
        body = Compound(operator, [QueryBody(shape, names) for shape in shapes])
        if not first.columns:
            stands_for = getattr(first.source, "stands_for", None) or first.source
            source = DerivedSource(body, _COMPOUND, first.source.info, stands_for=stands_for)
            objects: Self = self._of(Shape(source, seen=first.seen))
            return objects
        outputs = [
            *zip(first.columns, names, strict=True),
            *getattr(first.source, "outputs", ()),  # a compound of a compound
        ]
        info = view_info(first, _COMPOUND)
        source = DerivedSource(body, _COMPOUND, info, outputs=outputs)
        made: Self = self._of(Shape(source, _all_columns(source), seen=first.seen))
        return made

    def as_table(self, name: str) -> Any:
        """This query as a table `name`: its columns are attributes, it can be joined (with `on`)
        and selected from."""
        check_identifier(name, "a table of a query")
        shape = self._shape
        body = QueryBody(shape, result_names(shape))
        return TableView(DerivedSource(body, name, view_info(shape, name)), self._select_from)

    def cte(
        self,
        name: str,
        recursive: Callable[[Any], Any] | None = None,
        *,
        distinct: bool = False,
    ) -> Any:
        """This query as a common table expression: `WITH name AS (...)`.

        recursive: a function that is given the table and answers the query of its next rows, which
        are added until there are none. distinct: keep each row once, so that a walk in circles
        ends. Used as a table, like as_table().
        """
        check_identifier(name, "a common table expression")
        shape = self._shape
        names = result_names(shape)
        source = CteSource(QueryBody(shape, names), name, view_info(shape, name))
        view = TableView(source, self._select_from)
        if recursive is not None:
            step = _shape_of(recursive(view), f"cte({name!r}, recursive=)")
            _check_fits(shape, step, f"cte({name!r}, recursive=)")
            source.step, source.is_set = QueryBody(step, names), distinct
        return view

    def _select_from(self, source: Any, columns: tuple[Any, ...]) -> Self:
        chosen = tuple(expression(item, "select()") for item in columns)
        if not chosen and source.info.model is None:
            chosen = _all_columns(source)
        made: Self = self._of(Shape(source, chosen))
        return made


def _all_columns(source: DerivedSource) -> tuple[Any, ...]:
    info: ViewInfo = source.info
    return tuple(item.make_expression(source) for item in info.fields.values())


def _shape_of(query: Any, where: str) -> Shape:
    shape = getattr(query, "_shape", None)
    if not isinstance(shape, Shape):
        raise QueryError(f"{where} takes queries, not {shorten(query)}.")
    return shape


def _check_fits(first: Shape, other: Shape, where: str) -> None:
    """QueryError unless the rows of both are alike."""
    if not first.columns and not other.columns:
        if first.source.info is not other.source.info:
            raise QueryError(
                f"{where}: {first.source.info.name} and {other.source.info.name} are different "
                "models; select columns of both."
            )
    elif len(selected(first)) != len(selected(other)):
        numbers = f"{len(selected(first))} and {len(selected(other))}"
        raise QueryError(f"{where}: the queries select {numbers} columns.")
