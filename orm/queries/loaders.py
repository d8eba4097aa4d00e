"""Rows become objects.

A loader is generated once per model, dialect and position: one expression that builds the
instance's dict, with a converter only where the driver's form differs. Building it field by field
with setattr costs ten times as much. The generated text has attribute names (from the metaclass,
by repr) and numbers in it, nothing else.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from orm.errors import DataError
from orm.expressions.base import Expression, Labelled
from orm.expressions.columns import Column
from orm.fields.base import Field
from orm.types.base import ValueType, shorten

Row = tuple[Any, ...]
Loader = Callable[[Row], Any]


def object_loader(info: Any, dialect: str, offset: int = 0) -> Loader:
    """The loader of whole objects of a model whose columns begin at `offset` of the row."""
    plan = f"load {dialect} {offset}"
    loader: Loader | None = info.plans.get(plan)
    if loader is None:
        loader = info.plans[plan] = build_loader(
            info.model, list(info.fields.values()), dialect, offset
        )
    return loader


def build_loader(model: Any, fields: Sequence[Field[Any]], dialect: str, offset: int = 0) -> Loader:
    """A function from a row that holds `fields` in this order to an instance of `model`."""
    # object's own __setattr__: the model's checks every assignment.
    scope: dict[str, Any] = {
        "new": object.__new__,
        "model": model,
        "set_state": object.__setattr__,
    }
    items = []
    documents = []
    for index, field in enumerate(fields):
        cell = f"row[{offset + index}]"
        if field.is_mutable:
            # Read when somebody looks at it; see orm.models.documents.
            documents.append(f"{field.attribute!r}: {cell}")
            continue
        value = cell
        decode = field.value_type.decoder(dialect)
        if decode is not None:
            scope[f"decode{index}"] = decode
            value = f"None if {cell} is None else decode{index}({cell})"
        items.append(f"{field.attribute!r}: {value}")
    if documents:
        items.append(f"'_documents': {{{', '.join(documents)}}}")
    cells = [(offset + index, field.label, field.value_type) for index, field in enumerate(fields)]
    scope["faults"] = _FAULTS
    scope["unreadable"] = partial(_unreadable, cells, dialect)
    lines = [
        "def load(row):",
        "    instance = new(model)",
        "    try:",
        f"        set_state(instance, '__dict__', {{{', '.join(items)}}})",
        "    except faults as fault:",
        "        raise unreadable(row, fault) from fault",
        "    return instance",
    ]
    exec("\n".join(lines), scope)
    loader: Loader = scope["load"]
    return loader


def related_loader(root: Loader, steps: Sequence[tuple[int, str, int, Loader]]) -> Loader:
    """Root objects with their related ones filled in.

    steps: (place of the owner among the row's objects, attribute, position of the related key in
    the row, loader); a NULL key means that there is no related row.
    """

    def load(row: Row) -> Any:
        objects = [root(row)]
        for owner_index, name, key, loader in steps:
            owner = objects[owner_index]
            related = None if owner is None or row[key] is None else loader(row)
            if owner is not None:
                owner.__dict__[name] = related
            objects.append(related)
        return objects[0]

    return load


def tuple_loader(columns: Sequence[Expression[Any]], dialect: str) -> Loader:
    """Named tuples of the columns' Python values."""
    make: Loader = _tuple_class(tuple(column_names(columns)))._make
    decoders = [column.type.decoder(dialect) if column.type else None for column in columns]
    if not any(decoders):
        return make

    def load(row: Row) -> Any:
        cells = zip(decoders, row, strict=True)
        try:
            return make(tuple(v if d is None or v is None else d(v) for d, v in cells))
        except _FAULTS as fault:
            kinds = [(index, item.label, item.type) for index, item in enumerate(columns)]
            raise _unreadable(kinds, dialect, row, fault) from fault

    return load


# What a decoder raises for a value that is not of its column's kind, as a table that was not made
# by us may hold.
_FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


def _unreadable(
    cells: Sequence[tuple[int, str, ValueType | None]], dialect: str, row: Row, fault: Exception
) -> Exception:
    """DataError naming the column and the value that caused the fault."""
    for index, label, value_type in cells:
        decode = value_type.decoder(dialect) if value_type is not None else None
        try:
            if decode is not None and row[index] is not None:
                decode(row[index])
        except _FAULTS:
            return DataError(
                f"{label}: the database holds {shorten(row[index])}, which this field cannot "
                "read; declare the field as the table has it, or correct the row."
            )
    return fault


def column_names(columns: Sequence[Expression[Any]]) -> list[str]:
    """A name for each result column: label, attribute or function; a repeated one is numbered."""
    names: list[str] = []
    for column in columns:
        if isinstance(column, Column):
            name = column.field.attribute if column.field else column.column
        elif isinstance(column, Labelled):
            name = column.name
        else:
            name = column.label
        plain, number = name, 2
        while name in names:
            name = f"{plain}_{number}"
            number += 1
        names.append(name)
    return names


@lru_cache(maxsize=256)
def _tuple_class(names: tuple[str, ...]) -> Any:
    # rename: a column may be called like a keyword, or begin with an underscore.
    return namedtuple("Row", names, rename=True)
