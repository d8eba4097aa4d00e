"""What the rows of a query are: fewer columns, more of them, other objects."""

from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

from orm.errors import QueryError
from orm.expressions.base import Expression, Labelled, SubselectValue
from orm.expressions.columns import Column
from orm.expressions.subselect import Subselect
from orm.later import inspect
from orm.names import check_identifier, did_you_mean
from orm.queries.loaders import column_names
from orm.queries.shape import Shape
from orm.types.base import shorten

T = TypeVar("T")


class Narrowing(Subselect):
    """The methods of a query that choose what its rows are made of."""

    _shape: Shape

    def _with(self, **changes: Any) -> Any:
        raise NotImplementedError

    def only(self, *fields: Any) -> Self:
        """Read these fields (and the key) of the objects; the others together, when one is asked
        for."""
        wanted = {self._field(item, "only()") for item in fields}
        return self._narrowed(wanted)

    def defer(self, *fields: Any) -> Self:
        """Read all fields of the objects but these; they together, when one is asked for."""
        info = self._shape.source.info
        left_out = {self._field(item, "defer()") for item in fields}
        before = self._shape.only or tuple(info.by_attribute)
        return self._narrowed({name for name in before if name not in left_out})

    def _narrowed(self, wanted: set[str]) -> Self:
        info = self._shape.source.info
        wanted.add(info.primary_key.attribute)
        if info.kinds is not None:
            wanted.add(info.model._options.discriminator)  # which says of what class a row is
        made: Self = self._with(only=tuple(name for name in info.by_attribute if name in wanted))
        return made

    def _field(self, item: Any, where: str) -> str:
        shape = self._shape
        if shape.columns:
            raise QueryError(f"{where} is about objects; this query selects columns.")
        field = item.field if isinstance(item, Column) else None
        if field is None or field.model is not shape.source.info.model:
            raise QueryError(
                f"{where} takes fields of {shape.source.info.name}, such as "
                f"{shape.source.info.name}.{shape.source.info.primary_key.name}, "
                f"not {shorten(item)}."
            )
        return str(field.attribute)

    def annotate(self, **values: Any) -> Self:
        """Values computed by the query, as attributes of its objects: `annotate(n=count(...))`.

        Each is an expression or a query of one value. QueryError for a name that the model has.
        """
        shape = self._shape
        if shape.columns:
            raise QueryError("annotate() is about objects; this query selects columns: select it.")
        made = tuple(_annotation(shape, name, value) for name, value in values.items())
        annotated: Self = self._with(annotations=(*shape.annotations, *made))
        return annotated

    def into(self, make: Callable[..., T]) -> Any:
        """Rows as what `make` returns for them: called with each result column by its name.

        A dataclass, a named tuple, any callable. QueryError now when its parameters are others.
        """
        if not callable(make):
            raise QueryError(f"into() takes a class or function, not {shorten(make)}.")
        shape = self._shape
        columns = shape.columns or tuple(
            field.make_expression(shape.source) for field in shape.source.info.fields.values()
        )
        names = column_names(columns)
        _check_call(make, names)
        return self._with(columns=columns, prefetch=(), into=_by_name(make, names))


def _annotation(shape: Shape, name: str, value: Any) -> Labelled[Any]:
    info = shape.source.info
    check_identifier(name, "an annotation")
    taken = {item.name for item in shape.annotations}
    if name in info.by_name or name in info.relations or name in taken or hasattr(info.model, name):
        raise QueryError(f"annotate({name}=): {info.name} has {name!r} already; take another name.")
    if isinstance(value, Subselect):
        value = SubselectValue(value)
    if not isinstance(value, Expression):
        raise QueryError(f"annotate({name}=) takes an expression, not {shorten(value)}.")
    return Labelled(value, name)


def _check_call(make: Callable[..., Any], names: Sequence[str]) -> None:
    try:
        signature = inspect.signature(make)
    except (TypeError, ValueError):
        return  # a built-in without one: the call itself will tell
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError as error:
        known = [
            item.name
            for item in signature.parameters.values()
            if item.kind in (item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY)
        ]
        unknown = [name for name in names if name not in known]
        hint = did_you_mean(unknown[0], known) if unknown and known else ""
        name = getattr(make, "__name__", shorten(make))
        raise QueryError(
            f"into({name}): {error}; the columns are {', '.join(names)}. {hint}".rstrip()
        ) from None


def _by_name(make: Callable[..., T], names: Sequence[str]) -> Callable[[Any], T]:
    def build(row: Any) -> T:
        return make(**dict(zip(names, row, strict=True)))

    return build
