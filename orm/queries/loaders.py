"""Rows become objects.

A loader takes all rows of an answer. It is generated once per result shape: one loop that unpacks a
row into local variables, builds every object of it (the root and those of `with_related`) and puts
a converter only where the driver's form differs. The generated text has attribute names (checked
identifiers, by repr where they might be keywords) and numbers in it, nothing else.

How an instance is built was measured (docs/orm/performance.md). A model checks assignments by a
`__setattr__` of its own, which a loader must not pay for. So it makes an instance of a plain class,
the model's mould, stores the attributes there, where Python stores fastest and instances share the
keys of their dicts, and then changes the instance's class to the model. Beyond some thirty
attributes keys are not shared any more, and items of the instance's dict are quicker.
"""

import keyword
from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final

from orm.errors import DataError
from orm.expressions.base import Expression, Labelled
from orm.expressions.columns import Column
from orm.expressions.trace import children
from orm.fields.base import Field
from orm.queries.resultset import Loaded, enter
from orm.queries.rows import Row as NamedRow
from orm.records import Record
from orm.types.base import Converter, ValueType, shorten
from orm.types.dates import NoDate, NoDates

Row = tuple[Any, ...]
Loader = Callable[[Sequence[Row]], list[Any]]

# CPython shares keys of up to this many attributes among the dicts of a class's instances.
_MOST_SHARED: Final = 29


class Part(Record):
    """The object of one model in each row: `fields`, in this order, from column `offset` on.

    parent: the place of the part that refers to it, and `name` the attribute that does; None for
    the root. Such an object is None where its primary key is NULL.
    """

    model: Any
    fields: Sequence[Field[Any]]
    offset: int = 0
    parent: int | None = None
    name: str = ""


def object_loader(info: Any, dialect: str) -> Loader:
    """The loader of whole objects of a model."""
    plan = f"load {dialect}"
    loader: Loader | None = info.plans.get(plan)
    if loader is None:
        part = Part(info.model, info.row_fields)
        loader = build_loader([part], dialect)
        if info.complete is not None:
            loader = partial(_completed, loader, info.complete)
        info.plans[plan] = loader
    return loader


def _completed(load: Loader, complete: Callable[[Any], None], rows: Sequence[Row]) -> Any:
    """Objects of a base, and what those of derived classes keep in tables of their own."""
    loaded = load(rows)
    complete(loaded)
    return loaded


def build_loader(parts: Sequence[Part], dialect: str, *, extra: int = 0) -> Loader:
    """A function from rows to instances of the first part's model, the other parts filled in.

    extra: columns behind those of the parts, which are left alone.
    """
    width = sum(len(part.fields) for part in parts)
    scope: dict[str, Any] = {"faults": _FAULTS, "new": object.__new__}
    scope |= {"Loaded": Loaded, "enter": enter}
    # The related object first: its owner is of the mould's class as long as it is being filled.
    body = [
        line
        for place in reversed(range(len(parts)))
        for line in _PartText(place, parts, dialect, scope).lines()
    ]
    cells = [
        (part.offset + index, field.value_type, field.unreadable)
        for part in parts
        for index, field in enumerate(part.fields)
    ]
    scope["unreadable"] = partial(_unreadable, cells, dialect)
    names = ", ".join([f"c{number}" for number in range(width)] + ["_"] * extra)
    return _function(
        [
            "def load(rows):",
            *_look_for_no_dates(cells, dialect, scope),
            "    if len(rows) > 1:",
            "        loaded = Loaded()",
            "        peers = enter(loaded)",
            "    else:",
            "        loaded = []",
            "        peers = None",
            "    add = loaded.append",
            "    row = ()",
            "    try:",
            "        for row in rows:",
            f"            {names}, = row",
            *(f"            {line}" for line in body),
            "            add(o0)",
            "    except faults as fault:",
            "        raise unreadable(row, fault) from fault",
            "    return loaded",
        ],
        scope,
    )


def _function(lines: Sequence[str], scope: dict[str, Any]) -> Loader:
    exec("\n".join(lines), scope)
    loader: Loader = scope["load"]
    return loader


class _PartText:
    """The lines that build one object, `o2` for the part at place 2."""

    def __init__(
        self, place: int, parts: Sequence[Part], dialect: str, scope: dict[str, Any]
    ) -> None:
        self._place = place
        self._part = parts[place]
        self._children = [
            (number, part.name) for number, part in enumerate(parts) if part.parent == place
        ]
        self._dialect = dialect
        self._scope = scope
        # Room for `_peers`, `_documents`, and for what the program stores beside its fields.
        size = len(self._part.fields) + len(self._children) + 2
        self._is_moulded = size <= _MOST_SHARED and _takes_mould(self._part.model)

    def lines(self) -> list[str]:
        built = [*self._opening(), *self._stores(), *self._closing()]
        if self._part.parent is None:
            return built
        key = next(i for i, field in enumerate(self._part.fields) if field.primary_key)
        return [
            f"o{self._place} = None",
            f"if c{self._part.offset + key} is not None:",
            *(f"    {line}" for line in built),
        ]

    def _opening(self) -> list[str]:
        place = self._place
        self._scope[f"model{place}"] = self._part.model
        if self._is_moulded:
            self._scope[f"mould{place}"] = _mould_of(self._part.model)
            return [f"o{place} = mould{place}()"]
        return [f"o{place} = new(model{place})", f"state{place} = o{place}.__dict__"]

    def _stores(self) -> list[str]:
        lines = []
        documents = []
        for index, field in enumerate(self._part.fields):
            cell = f"c{self._part.offset + index}"
            if field.is_mutable:
                # Read when somebody looks at it; see orm.models.documents.
                documents.append(f"{field.attribute!r}: {cell}")
                continue
            decode = field.value_type.decoder(self._dialect)
            lines.append(self._store(field.attribute, self._decoded(cell, decode)))
        if documents:
            lines.append(self._store("_documents", f"{{{', '.join(documents)}}}"))
        lines += [self._store(name, f"o{number}") for number, name in self._children]
        return [*lines, self._store("_peers", "peers")]

    def _decoded(self, cell: str, decode: Converter | None) -> str:
        if decode is None:
            return cell
        self._scope[f"decode_{cell}"] = decode
        return f"None if {cell} is None else decode_{cell}({cell})"

    def _store(self, attribute: str, value: str) -> str:
        if not self._is_moulded:
            return f"state{self._place}[{attribute!r}] = {value}"
        if keyword.iskeyword(attribute):
            return f"o{self._place}.__dict__[{attribute!r}] = {value}"
        return f"o{self._place}.{attribute} = {value}"

    def _closing(self) -> list[str]:
        info = self._part.model._meta
        place, kind = self._place, info.kind_place(self._part.fields)
        if kind is None:
            return [f"o{place}.__class__ = model{place}"] if self._is_moulded else []
        # A row of a hierarchy: its kind says of which class, and what of it belongs to others.
        kinds, strange = info.classes(), info.strange(self._part.fields)
        self._scope[f"kinds{place}"] = kinds
        lines = [f"o{place}.__class__ = kinds{place}[c{self._part.offset + kind}]"]
        if any(strange.values()):
            self._scope[f"strange{place}"] = strange
            lines += [
                f"for name in strange{place}[o{place}.__class__]:",
                f"    o{place}.__dict__.pop(name, None)",
            ]
        return lines


def _mould_of(model: Any) -> type:
    mould: type | None = model._meta.plans.get("mould")
    if mould is None:
        mould = model._meta.plans["mould"] = type(f"{model.__name__}Mould", (), {})
    return mould


def _takes_mould(model: Any) -> bool:
    """Can a plain instance become one of the model's? Not with slots among the model's bases."""
    try:
        _mould_of(model)().__class__ = model
    except TypeError:
        return False
    return True


def tuple_loader(columns: Sequence[Expression[Any]], dialect: str) -> Loader:
    """Named tuples of the columns' Python values."""
    made = row_class(tuple(column_names(columns)))
    decoders = [column.type.decoder(dialect) if column.type else None for column in columns]
    kinds = [(index, item.type, _complaint(item)) for index, item in enumerate(columns)]
    scope: dict[str, Any] = {"faults": _FAULTS, "make": tuple.__new__, "made": made}
    look = _look_for_no_dates(kinds, dialect, scope)
    if not any(decoders):
        scope["make"] = partial(tuple.__new__, made)
        return _function(["def load(rows):", *look, "    return list(map(make, rows))"], scope)
    scope["unreadable"] = partial(_unreadable, kinds, dialect)
    cells = []
    for number, decode in enumerate(decoders):
        scope[f"decode{number}"] = decode
        cell = f"c{number}"
        cells.append(
            cell if decode is None else f"None if {cell} is None else decode{number}({cell})"
        )
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    return _function(
        [
            "def load(rows):",
            *look,
            "    row = ()",
            "    loaded = []",
            "    add = loaded.append",
            "    try:",
            "        for row in rows:",
            f"            {names}, = row",
            f"            add(make(made, ({', '.join(cells)},)))",
            "    except faults as fault:",
            "        raise unreadable(row, fault) from fault",
            "    return loaded",
        ],
        scope,
    )


# What a decoder raises for a value that is not of its column's kind, as a table that was not made
# by us may hold.
_FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


# Where a cell stands in its row, its type, and the error that says that it cannot be read.
_Cell = tuple[int, ValueType | None, Callable[[Any], Exception]]


def _unreadable(cells: Sequence[_Cell], dialect: str, row: Row, fault: Exception) -> Exception:
    """The error for the first cell that cannot be read; the fault itself when all can."""
    for index, value_type, complain in cells:
        decode = value_type.decoder(dialect) if value_type is not None else None
        try:
            if decode is not None and row[index] is not None:
                decode(row[index])
        except _FAULTS:
            return complain(row[index])
    return fault


def _look_for_no_dates(cells: Sequence[_Cell], dialect: str, scope: dict[str, Any]) -> list[str]:
    """The lines that refuse dates which nothing decodes, as they come as such from MySQL."""
    dates = [
        (index, complain)
        for index, value_type, complain in cells
        if value_type is not None and value_type.is_calendar and value_type.decoder(dialect) is None
    ]
    if not dates:
        return []
    scope |= {"NoDates": NoDates, "refuse": partial(_refuse_no_dates, dates)}
    return ["    if NoDates.met:", "        refuse(rows)"]


def _refuse_no_dates(
    dates: Sequence[tuple[int, Callable[[Any], Exception]]], rows: Sequence[Row]
) -> None:
    for row in rows:
        for index, complain in dates:
            if type(row[index]) is NoDate:
                raise complain(str(row[index]))


def _complaint(column: Expression[Any]) -> Callable[[Any], Exception]:
    if isinstance(column, Column) and column.field is not None:
        unreadable: Callable[[Any], Exception] = column.field.unreadable
        return unreadable
    of = ", ".join(dict.fromkeys(_columns_in(column)))
    label = f"{column.label} of {of}" if of else column.label
    return lambda cell: DataError(
        f"{label}: the database holds {shorten(cell)}, which is no value of its type."
    )


def _columns_in(expression: Expression[Any]) -> list[str]:
    """What the columns are called that it is computed from."""
    if isinstance(expression, Column):
        return [expression.label]
    inner = (item for item in children(expression) if isinstance(item, Expression))
    return [label for item in inner for label in _columns_in(item)]


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
def row_class(names: tuple[str, ...]) -> Any:
    """The class of rows with these columns."""
    # rename: a column may be called like a keyword, or begin with an underscore.
    named: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # known when it runs
    return type("Row", (named, NamedRow), {"__slots__": (), "__reduce__": _reduce})


def _reduce(row: Any) -> Any:
    """How a row is pickled: its class is made where it is needed."""
    return (_make_row, (row._fields, tuple(row)))


def _make_row(names: tuple[str, ...], values: Row) -> Any:
    return row_class(names)(*values)
