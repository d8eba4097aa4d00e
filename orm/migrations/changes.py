"""What a new name of a table or column means for everything that mentions the old one."""

from dataclasses import replace

from orm.schema.sqltext import rename_in
from orm.schema.tables import (
    IndexExpression,
    Schema,
    SqlText,
    Table,
    TableColumn,
    TableForeignKey,
    TableIndex,
)


def rename_table(schema: Schema, old: str, new: str) -> Schema:
    """Keeps the table's place among the others, and the names of its indexes and constraints."""
    tables = []
    for table in schema.tables:
        keys = tuple(
            replace(key, target_table=new) if key.target_table == old else key
            for key in table.foreign_keys
        )
        name = new if table.name == old else table.name
        tables.append(replace(table, name=name, foreign_keys=keys))
    return Schema.of(tables)


def rename_column(schema: Schema, table_name: str, old: str, new: str) -> Schema:
    tables = []
    for table in schema.tables:
        keys = tuple(_key(key, table.name, table_name, old, new) for key in table.foreign_keys)
        changed = replace(table, foreign_keys=keys)
        tables.append(_own(changed, old, new) if table.name == table_name else changed)
    return Schema.of(tables)


def _key(key: TableForeignKey, owner: str, table: str, old: str, new: str) -> TableForeignKey:
    if owner == table and key.column == old:
        key = replace(key, column=new)
    if key.target_table == table and key.target_column == old:
        key = replace(key, target_column=new)
    return key


def _own(table: Table, old: str, new: str) -> Table:
    return replace(
        table,
        columns=tuple(_column(column, old, new) for column in table.columns),
        primary_key=tuple(new if name == old else name for name in table.primary_key),
        indexes=tuple(_index(index, old, new) for index in table.indexes),
        checks=tuple(
            replace(check, condition=_text(check.condition, old, new)) for check in table.checks
        ),
    )


def _column(column: TableColumn, old: str, new: str) -> TableColumn:
    if column.generated is not None:
        column = replace(column, generated=_text(column.generated, old, new))
    return replace(column, name=new) if column.name == old else column


def _index(index: TableIndex, old: str, new: str) -> TableIndex:
    members: list[tuple[str | IndexExpression, bool]] = []
    for item, down in index.columns:
        if isinstance(item, IndexExpression):
            members.append((replace(item, text=_text(item.text, old, new)), down))
        else:
            members.append((new if item == old else item, down))
    condition = index.condition and _text(index.condition, old, new)
    return replace(index, columns=tuple(members), condition=condition)


def _text(text: SqlText, old: str, new: str) -> SqlText:
    return SqlText(rename_in(text.sqlite, old, new), rename_in(text.mysql, old, new))
