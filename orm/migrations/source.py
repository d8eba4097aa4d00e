"""Writes a migration as the file that people read and edit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orm.errors import MigrationError
from orm.migrations import data
from orm.migrations import operations as ops
from orm.schema.tables import (
    ColumnType,
    IndexExpression,
    SqlText,
    Table,
    TableCheck,
    TableColumn,
    TableForeignKey,
    TableIndex,
)

_WIDTH = 96


@dataclass(frozen=True)
class _Call:
    name: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


def write_migration(
    title: str,
    after: Sequence[str],
    operations: Sequence[ops.Operation],
    replaces: Sequence[str] = (),
) -> str:
    """The text of a migration file."""
    calls = [_call(operation) for operation in operations]
    names = sorted({name for call in calls for name in _names(call)})
    parts = [f'"""{title}"""\n']
    if names:
        parts.append(f"{_imports(names)}\n")
    parts.append(f"after = {_rendered(list(after), 0)}\n")
    if replaces:
        parts.append(f"replaces = {_rendered(list(replaces), 0)}\n")
    parts.append(f"operations = {_rendered(calls, 0)}")
    return "\n".join(parts) + "\n"


def _imports(names: list[str]) -> str:
    line = f"from orm.migrations import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    return "from orm.migrations import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _names(value: Any) -> set[str]:
    if isinstance(value, _Call):
        inner = [*value.arguments, *(item for _, item in value.keywords)]
        return {value.name}.union(*map(_names, inner))
    if isinstance(value, (list, tuple)):
        return set().union(*map(_names, value))
    return set()


# -- from data to calls ----------------------------------------------------------------------------


def _sql(text: SqlText | None) -> Any:
    if text is None or text.sqlite == text.mysql:
        return None if text is None else text.sqlite
    return _Call("texts", (text.sqlite, text.mysql))


def type_text(kind: ColumnType) -> str:
    """What `parse_type` reads."""
    text = kind.kind
    if kind.kind == "decimal":
        text += f"({kind.digits}, {kind.places})"
    elif kind.length is not None:
        text += f"({kind.length})"
    return text + (" ci" if kind.ci else "")


def _keywords(**given: Any) -> tuple[tuple[str, Any], ...]:
    """Those that say something."""
    return tuple((k, v) for k, v in given.items() if v not in (None, False, "", [], ()))


def _column(column: TableColumn) -> _Call:
    keywords = _keywords(
        null=column.null,
        auto=column.is_auto,
        default=_sql(column.default),
        generated=_sql(column.generated),
        stored=column.is_stored,
        comment=column.comment,
    )
    return _Call("column", (column.name, type_text(column.type)), keywords)


def _index(index: TableIndex) -> _Call:
    members: list[Any] = []
    for item, down in index.columns:
        if isinstance(item, IndexExpression):
            kind = () if item.type is None else (type_text(item.type),)
            made = _Call("expression", (_sql(item.text), *kind))
            members.append((made, "desc") if down else made)
        else:
            members.append(f"-{item}" if down else item)
    keywords = _keywords(
        unique=index.unique,
        condition=_sql(index.condition),
        kind="" if index.kind == "index" else index.kind,
        options=list(index.options),
    )
    if not index.nulls_distinct:
        keywords = (*keywords, ("nulls_distinct", False))
    return _Call("index", (index.name, *members), keywords)


def _foreign_key(key: TableForeignKey) -> _Call:
    target = (
        (key.target_table,) if key.target_column == "id" else (key.target_table, key.target_column)
    )
    keywords = () if key.on_delete == "RESTRICT" else (("on_delete", key.on_delete),)
    return _Call("foreign_key", (key.name, key.column, *target), keywords)


def _check(check: TableCheck) -> _Call:
    return _Call("check", (check.name, _sql(check.condition)))


def _create(table: Table) -> _Call:
    key: Any = table.primary_key[0] if len(table.primary_key) == 1 else list(table.primary_key)
    keywords = _keywords(
        primary_key="" if key == "id" else key,
        indexes=[_index(index) for index in table.indexes],
        foreign_keys=[_foreign_key(key) for key in table.foreign_keys],
        checks=[_check(check) for check in table.checks],
        comment=table.comment,
    )
    columns = [_column(column) for column in table.columns]
    return _Call("create_table", (table.name, columns), keywords)


_CALLS: dict[type, Callable[[Any], _Call]] = {
    ops.CreateTable: lambda o: _create(o.made),
    ops.DropTable: lambda o: _Call("drop_table", (o.table,)),
    ops.RenameTable: lambda o: _Call("rename_table", (o.table, o.new_name)),
    ops.CommentTable: lambda o: _Call("comment_table", (o.table, o.comment)),
    ops.AddColumn: lambda o: _Call(
        "add_column", (o.table, _column(o.column)), _keywords(fill=_sql(o.fill))
    ),
    ops.DropColumn: lambda o: _Call("drop_column", (o.table, o.name)),
    ops.RenameColumn: lambda o: _Call("rename_column", (o.table, o.name, o.new_name)),
    ops.AlterColumn: lambda o: _Call(
        "alter_column", (o.table, _column(o.column)), _keywords(fill=_sql(o.fill))
    ),
    ops.AddIndex: lambda o: _Call("add_index", (o.table, _index(o.index))),
    ops.DropIndex: lambda o: _Call("drop_index", (o.table, o.name)),
    ops.AddForeignKey: lambda o: _Call("add_foreign_key", (o.table, _foreign_key(o.key))),
    ops.DropForeignKey: lambda o: _Call("drop_foreign_key", (o.table, o.name)),
    ops.AddCheck: lambda o: _Call("add_check", (o.table, _check(o.check))),
    ops.DropCheck: lambda o: _Call("drop_check", (o.table, o.name)),
    data.Sql: lambda o: _Call(
        "sql",
        (_sql(o.up), *(() if o.down is None else (_sql(o.down),))),
        _keywords(done=_sql(o.done), undone=_sql(o.undone)),
    ),
    data.Backfill: lambda o: _Call(
        "backfill",
        (o.table,),
        (
            *((name, _sql(text)) for name, text in o.values.items()),
            *_keywords(where=_sql(o.where)),
            ("batch", o.batch),
            ("key", o.key),
        ),
    ),
}


def _call(operation: ops.Operation) -> _Call:
    make = _CALLS.get(type(operation))
    if make is None:
        raise MigrationError(
            f"{operation.describe()} has a Python function, which cannot be copied into another "
            "file: squash the migrations before it and those behind it."
        )
    return make(operation)


# -- from calls to text ----------------------------------------------------------------------------


def _rendered(value: Any, indent: int) -> str:
    """One line when it fits, else one line for each part."""
    line = _line(value)
    if indent + len(line) <= _WIDTH and "\n" not in line and not _is_long_list(value):
        return line
    if isinstance(value, _Call):
        keywords = [(f"{name}=", item) for name, item in value.keywords]
        parts = [*(("", item) for item in value.arguments), *keywords]
        return _broken(f"{value.name}(", parts, ")", indent)
    if isinstance(value, list):
        return _broken("[", [("", item) for item in value], "]", indent)
    return line


def _is_long_list(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value) and isinstance(value[0], _Call)
    inner = isinstance(value, _Call) and any(_is_long_list(item) for item in value.arguments)
    return is_list or inner


def _broken(opening: str, parts: list[tuple[str, Any]], ending: str, indent: int) -> str:
    inside = indent + 4
    lines = [f"{' ' * inside}{name}{_rendered(item, inside)},\n" for name, item in parts]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{ending}"


def _line(value: Any) -> str:
    if isinstance(value, _Call):
        keywords = [f"{name}={_line(item)}" for name, item in value.keywords]
        return f"{value.name}({', '.join([*map(_line, value.arguments), *keywords])})"
    if isinstance(value, list):
        return f"[{', '.join(map(_line, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_line, value))})"
    if isinstance(value, str):
        return _quoted(value)
    return repr(value)


def _quoted(text: str) -> str:
    """Double quotes, as everywhere in this project, where they need no escape."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain
