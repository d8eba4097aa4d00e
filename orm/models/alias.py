"""A second name for a model in one query, for joining a table to itself."""

from typing import Any, TypeVar, cast

from orm.errors import ModelError
from orm.expressions.writer import Source
from orm.metadata.relation import RelationPath
from orm.names import check_identifier, did_you_mean
from orm.queries.select import Query
from orm.queries.shape import Shape, expression
from orm.types.base import shorten

M = TypeVar("M")


class ModelAlias:
    """Stands for a model; its attributes are the model's columns and relations under the alias."""

    def __init__(self, model: Any, name: str | None) -> None:
        info = getattr(model, "_meta", None)
        if info is None or info.abstract:
            raise ModelError(f"alias() takes a model, not {shorten(model)}.")
        checked = None if name is None else check_identifier(name, "an alias")
        self._source = Source(info.table, checked, info, is_anonymous=name is None)

    def select(self, *columns: Any) -> Query[Any]:
        """As Model.select(), from the alias."""
        return Query(Shape(self._source, tuple(expression(c, "select()") for c in columns)))

    def __getattr__(self, name: str) -> Any:
        info = self._source.info
        field = info.by_name.get(name)
        if field is not None:
            return field.make_expression(self._source)
        if name in info.relations:
            return RelationPath(info.relations[name], self._source)
        known = {*info.by_name, *info.relations}
        raise AttributeError(f"{info.name} has no field {name!r}. {did_you_mean(name, known)}")


def alias(model: type[M], name: str | None = None) -> type[M]:
    """Another name for `model` in a query: `Boss = alias(User)`, then `.join(Boss, on=...)`."""
    return cast("type[M]", ModelAlias(model, name))
