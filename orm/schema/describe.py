"""From models to tables: own columns, constraints, and the link tables of many-to-many."""

from collections.abc import Iterator
from typing import Any

from orm.errors import ModelError
from orm.fields.base import Field
from orm.metadata.constraints import default_name
from orm.schema.tables import Table, TableCheck, TableColumn, TableForeignKey, TableIndex

_LONGEST_NAME = 63  # MySQL takes 64; the same cut as default_name

_ACTIONS = {
    "cascade": "CASCADE",
    "restrict": "RESTRICT",
    "set_null": "SET NULL",
    "no_action": "NO ACTION",
}


def describe(model: Any) -> Table:
    """The table of one concrete model; ModelError when a relation's target is not defined yet."""
    info = model._meta
    return Table(
        info.table,
        columns=tuple(map(_column, info.fields.values())),
        primary_key=(info.primary_key.column,),
        indexes=tuple(_indexes(info)),
        foreign_keys=tuple(_foreign_key(info.table, key) for key in info.foreign_keys),
        checks=tuple(_checks(model)),
    )


def describe_links(model: Any) -> list[Table]:
    """The link tables of the many-to-many relations that `model` declares."""
    return [_link_table(relation) for relation in model._meta.many_to_many]


def _column(field: Field[Any]) -> TableColumn:
    return TableColumn(field.column, field.value_type, field.null, field.is_auto)


def _indexes(info: Any) -> Iterator[TableIndex]:
    for field in info.fields.values():
        if (field.unique or field.index) and not field.primary_key:
            columns = ((field.column, False),)
            name = default_name(info.table, columns, field.unique)
            yield TableIndex(name, columns, field.unique)
    for index in (*info.indexes, *info.uniques):
        yield TableIndex(index.name, index.columns, index.unique)


def _foreign_key(table: str, key: Any) -> TableForeignKey:
    target = key.target_model._meta
    return TableForeignKey(
        _name(table, key.column, "_fkey"),
        key.column,
        target.table,
        target.primary_key.column,
        _ACTIONS[key.on_delete],
    )


def _checks(model: Any) -> Iterator[TableCheck]:
    info = model._meta
    for field in info.fields.values():
        if field.check is not None:
            name = _name(info.table, field.column, "_check")
            yield TableCheck(name, field.check, field.expression)
    for number, check in enumerate(info.checks, 1):
        name = check.name or _name(info.table, str(number), "_check")
        yield TableCheck(name, check.condition, model)


def _link_table(relation: Any) -> Table:
    through = getattr(relation, "through", None)
    if through is None:
        raise ModelError(
            f"{relation.model.__name__}.{relation.name} points at a model that is not defined "
            "(yet): import the module that has it."
        )
    sides = (
        (through.source_column, through.source_model._meta),
        (through.target_column, through.target_model._meta),
    )
    far = ((through.target_column, False),)
    return Table(
        through.table,
        columns=tuple(TableColumn(column, info.primary_key.value_type) for column, info in sides),
        primary_key=(through.source_column, through.target_column),
        # The primary key serves look-ups from the near side.
        indexes=(TableIndex(default_name(through.table, far, False), far),),
        foreign_keys=tuple(
            TableForeignKey(
                _name(through.table, column, "_fkey"),
                column,
                info.table,
                info.primary_key.column,
                "CASCADE",
            )
            for column, info in sides
        ),
    )


def _name(table: str, column: str, ending: str) -> str:
    return f"{table}_{column}"[: _LONGEST_NAME - len(ending)] + ending
