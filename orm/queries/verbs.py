"""The short verbs of a query builder: columns and operators as text (feat:M3).

    Note.query("id", "title").where("title", "=", "x").sort("id", "DESC").get()

A thin dress over `Query` for programs that get names at run time: every name has to be a field of
the model or of a table joined, every operator one of the table below, values are parameters.
"""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, Self

from orm.errors import QueryError
from orm.expressions.base import Condition, Expression
from orm.names import did_you_mean
from orm.queries.select import Query
from orm.queries.shape import Join, Shape
from orm.queries.write import DeleteQuery, UpdateQuery, WriteQuery
from orm.types.base import shorten

OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": eq,
    "!=": ne,
    "<>": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "LIKE": lambda column, value: column.like(value),
    "IN": lambda column, value: column.in_(value),
    "NOT IN": lambda column, value: column.not_in(value),
    "BETWEEN": lambda column, value: column.between(*value),
    "IS NULL": lambda column, _: column.is_null(),
    "IS NOT NULL": lambda column, _: column.is_null(False),
}
_ORDERS: Final = ("ASC", "DESC")
_CONDITIONS: Final = ("AND", "OR")


class VerbQuery:
    """A query in the making; every verb returns a new one."""

    def __init__(self, model: Any, columns: tuple[str, ...]) -> None:
        self._tables: tuple[Any, ...] = (model,)
        self._columns = columns
        self._joins: tuple[Join, ...] = ()
        self._where: Condition | None = None
        self._next = "AND"
        self._order: tuple[Expression[Any], ...] = ()

    def _with(self, **changes: Any) -> Self:
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    def where(self, column: str, operator: str, value: Any = None) -> Self:
        """Only rows for which this holds, too (or else, after `condition("OR")`)."""
        compare = OPERATORS.get(operator.upper() if isinstance(operator, str) else "")
        if compare is None:
            raise QueryError(
                f"where() knows no operator {shorten(operator)}. Known: {', '.join(OPERATORS)}."
            )
        test: Condition = compare(self._find(column), value)
        if self._where is None:
            return self._with(_where=test)
        joined = self._where & test if self._next == "AND" else self._where | test
        return self._with(_where=joined)

    def condition(self, word: str) -> Self:
        """ "AND" or "OR": how the next where() goes on."""
        return self._with(_next=_one_of(word, _CONDITIONS, "condition()"))

    def join(self, model: Any, key: str, other_key: str) -> Self:
        """Inner join of another model where its `key` equals `other_key` of what is there."""
        there = self._find(other_key)
        tables = (*self._tables, model)
        here = self._with(_tables=(model,))._find(key)
        join = Join(model._meta.source, False, on=here == there)
        return self._with(_tables=tables, _joins=(*self._joins, join))

    def sort(self, column: str, order: str = "ASC") -> Self:
        """Sort by a column, after those of earlier calls."""
        down = _one_of(order, _ORDERS, "sort()") == "DESC"
        found = self._find(column)
        return self._with(_order=(*self._order, found.desc() if down else found))

    def get(self) -> list[dict[str, Any]]:
        """The rows as dicts; `"*"` among the columns stands for all of the model's."""
        return self._query().dicts()

    def update(self, values: Mapping[str, Any]) -> UpdateQuery:
        """`.execute()` it to change the rows of the conditions so far."""
        query: UpdateQuery = self._narrowed(UpdateQuery(self._info, values))
        return query

    def delete(self) -> WriteQuery:
        """`.execute()` it to delete (or mark) the rows of the conditions so far."""
        query: WriteQuery = self._narrowed((self._info.mark_query or DeleteQuery)(self._info))
        return query

    def insert(self, values: Mapping[str, Any]) -> Any:
        """Store one row; the object."""
        return self._tables[0].insert(**values)

    @property
    def _info(self) -> Any:
        return self._tables[0]._meta

    def _narrowed(self, query: Any) -> Any:
        if self._joins:
            raise QueryError("update() and delete() change one table: leave out join().")
        return query if self._where is None else query.where(self._where)

    def _query(self) -> Query[Any]:
        names = [
            name
            for item in self._columns or ("*",)
            for name in (self._info.by_attribute if item == "*" else (item,))
        ]
        return Query(
            Shape(
                self._info.source,
                columns=tuple(map(self._find, names)),
                joins=self._joins,
                where=() if self._where is None else (self._where,),
                order_by=self._order,
            )
        )

    def _find(self, name: str) -> Expression[Any]:
        """A field by its name, or by `table.name`; the first table that has it."""
        table, _, plain = name.rpartition(".") if isinstance(name, str) else ("", "", "")
        known: set[str] = set()
        for model in self._tables:
            info = model._meta
            if table in ("", info.table, info.name) and plain in info.by_name:
                found: Expression[Any] = info.by_name[plain].make_expression(info.source)
                return found
            known.update(info.by_name)
        raise QueryError(f"no column {shorten(name)} here. {did_you_mean(plain, known)}")


def _one_of(word: str, known: tuple[str, ...], where: str) -> str:
    upper = word.upper() if isinstance(word, str) else ""
    if upper not in known:
        raise QueryError(f"{where} takes {' or '.join(known)}, not {shorten(word)}.")
    return upper
