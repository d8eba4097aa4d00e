"""From models to tables: own columns, constraints, and the link tables of many-to-many."""

from collections.abc import Iterable, Iterator
from typing import Any

from orm.errors import ModelError
from orm.expressions.base import Expression
from orm.fields.base import MISSING, Field
from orm.metadata.constraints import default_name
from orm.schema.literals import expression_text, index_member, text_of, value_text
from orm.schema.tables import (
    ColumnType,
    IndexExpression,
    Renames,
    Schema,
    SqlText,
    Table,
    TableCheck,
    TableColumn,
    TableForeignKey,
    TableIndex,
)
from orm.types.dates import now

_LONGEST_NAME = 63  # MySQL takes 64; the same cut as default_name

_ACTIONS = {
    "cascade": "CASCADE",
    "restrict": "RESTRICT",
    "set_null": "SET NULL",
    "no_action": "NO ACTION",
    "set_default": "SET DEFAULT",
}


def describe(model: Any) -> Table:
    """The table of one concrete model; ModelError when a relation's target is not defined yet.

    For a model in the table of another (`orm.models.inheritance`) it is that one's, with the
    columns of all; one that is joined to its base has a table of its own columns and the key.
    """
    info = model._meta
    if info.owner is not None:
        return describe(info.owner.model)
    sharers = [model, *(sharer.model for sharer in info.sharers)]
    return Table(
        info.table,
        columns=tuple(_column(model, field) for field in _columns(info)),
        primary_key=(info.primary_key.column,),
        indexes=tuple(index for sharer in sharers for index in _indexes(sharer)),
        foreign_keys=tuple(_foreign_keys(info)),
        checks=tuple(check for sharer in sharers for check in _checks(sharer)),
        comment=model._options.comment,
    )


def _columns(info: Any) -> list[Field[Any]]:
    """The fields that are columns of the model's table."""
    return list(info.row_fields if info.table_fields is None else info.table_fields)


def _own_fields(info: Any) -> list[Field[Any]]:
    """Those of them that the model has not from one whose table it shares."""
    if info.owner is None:
        fields = _columns(info)
        return [field for field in fields if field.model is info.model]
    shared = {name for other in info.shared for name in other.fields}
    return [field for name, field in info.fields.items() if name not in shared]


def describe_all(models: Iterable[Any]) -> Schema:
    """The tables of concrete models and of the links between them."""
    found = [model for model in models if not model._meta.abstract]
    return Schema.of([table for m in found for table in (describe(m), *describe_links(m))])


def declared_renames(models: Iterable[Any]) -> Renames:
    """What `Meta.was` and `was=` of fields say."""
    renames = Renames()
    for model in models:
        info = model._meta
        if model._options.was:
            renames.tables[info.table] = model._options.was
        for field in info.fields.values():
            if field.was:
                renames.columns[info.table, field.column] = field.was
    return renames


def describe_links(model: Any) -> list[Table]:
    """The link tables of the many-to-many relations that `model` declares."""
    found = model._meta.many_to_many
    return [_link_table(relation) for relation in found if relation.is_bare]


def _column(model: Any, field: Field[Any]) -> TableColumn:
    generated = getattr(field, "generated", None)
    return TableColumn(
        field.column,
        ColumnType.of(field.value_type),
        # A column of a derived model has no value in the rows of others.
        field.null or field.model is not model,
        field.is_auto and model._meta.joined_to is None,
        default=_default(model, field),
        generated=None if generated is None else text_of(generated, model),
        is_stored=generated is not None and bool(getattr(field, "stored", False)),
        comment=field.comment,
    )


# As DateTime keeps it: UTC with microseconds (SQLite's clock has milliseconds).
_NOW = SqlText("strftime('%Y-%m-%d %H:%M:%f000', 'now')", "CURRENT_TIMESTAMP(6)")


def _default(model: Any, field: Field[Any]) -> SqlText | None:
    given = getattr(field, "db_default", MISSING)
    if given is MISSING:
        return None
    if given is now:
        return _NOW
    if isinstance(given, SqlText):
        return given
    made = given(model) if callable(given) and not isinstance(given, Expression) else given
    if isinstance(made, Expression):
        return expression_text(made)
    return value_text(field.accept(made), field.value_type)


def _indexes(model: Any) -> Iterator[TableIndex]:
    info = model._meta
    for field in _own_fields(info):
        if (field.unique or field.index) and not field.primary_key:
            columns = ((field.column, False),)
            name = default_name(info.table, columns, field.unique)
            living = info.living_only if field.unique else None
            condition = None if living is None else text_of(living, model)
            yield TableIndex(name, columns, field.unique, condition)
    for index in (*info.indexes, *info.uniques):
        yield TableIndex(
            index.name,
            tuple(_member(model, member, down) for member, down in index.members),
            index.unique,
            None if index.condition is None else text_of(index.condition, model),
            index.nulls_distinct,
            index.kind,
            index.options,
        )


def _member(model: Any, member: Any, is_descending: bool) -> tuple[str | IndexExpression, bool]:
    return (member, is_descending) if isinstance(member, str) else index_member(member, model)


def _foreign_keys(info: Any) -> Iterator[TableForeignKey]:
    if info.joined_to is not None:
        key = info.primary_key.column
        name = _name(info.table, key, "_fkey")
        yield TableForeignKey(name, key, info.joined_to.table, key, "CASCADE")
    for field in _columns(info):
        if hasattr(field, "target_model"):
            yield _foreign_key(info.table, field)


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
    for field in _own_fields(info):
        if field.check is not None:
            name = _name(info.table, field.column, "_check")
            yield TableCheck(name, text_of(field.check, field.expression))
    for number, check in enumerate(info.checks, 1):
        name = check.name or _name(info.table, str(number), "_check")
        yield TableCheck(name, text_of(check.condition, model))


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
        columns=tuple(
            TableColumn(column, ColumnType.of(info.primary_key.value_type))
            for column, info in sides
        ),
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
