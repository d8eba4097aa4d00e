"""Writes the models of tables that exist: `python -m mvc inspectdb` (orm:O33).

What is written imports, and creates the same tables on an empty database; names of foreign keys
alone may differ. What a model cannot say (a key of several columns) stands there as a comment.
"""

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field

from orm.metadata.constraints import default_name
from orm.models.model import Model
from orm.schema.create import in_order
from orm.schema.tables import (
    ColumnType,
    IndexExpression,
    Schema,
    SqlText,
    Table,
    TableColumn,
    TableForeignKey,
    TableIndex,
)

_FIELDS = {
    "string": "String",
    "text": "Text",
    "json": "Json",
    "uuid": "Uuid",
    "tinyint": "TinyInteger",
    "smallint": "SmallInteger",
    "integer": "Integer",
    "bigint": "BigInteger",
    "boolean": "Boolean",
    "float": "Float",
    "decimal": "Decimal",
    "datetime": "DateTime",
    "date": "Date",
    "time": "Time",
    "bytes": "Bytes",
}
_ACTIONS = {
    "CASCADE": "cascade",
    "SET NULL": "set_null",
    "NO ACTION": "no_action",
    "RESTRICT": "restrict",
}


@dataclass
class _Model:
    """A class in the making."""

    name: str
    table: Table
    lines: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # (name, target class)
    notes: list[str] = field(default_factory=list)


def write_models(schema: Schema, dialect: str) -> str:
    """The source of one module with a model for each table."""
    return _Writer(schema, dialect).text()


class _Writer:
    def __init__(self, schema: Schema, dialect: str) -> None:
        self._dialect = dialect
        self._used: set[str] = {"Model"}
        links = [table for table in schema.tables if _is_link(table)]
        self._classes = _class_names(schema, links)
        plain = {t.name: t for t in schema.tables if not self._is_named_link(t, links)}
        self._links = [table for table in links if table.name not in plain]
        self._tables = in_order(plain)

    def _is_named_link(self, table: Table, links: list[Table]) -> bool:
        """Is it called as the link table of a many-to-many would be?"""
        if table not in links:
            return False
        near, far = _sides(table)
        own, other = (
            _snake(self._classes[near.target_table]),
            _snake(self._classes[far.target_table]),
        )
        wanted = (f"{own}_id", f"to_{own}_id" if own == other else f"{other}_id")
        return table.name.startswith(f"{own}_") and table.primary_key == wanted

    def text(self) -> str:
        parts, defined = [], set[str]()
        for table in self._tables:
            parts.append(self._model(table, defined))
            defined.add(table.name)
        names = sorted(self._used)
        line = f"from orm import {', '.join(names)}"
        if len(line) > 96:
            line = "from orm import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        head = '"""Models of tables that were there, written by `python -m mvc inspectdb`."""'
        return "\n\n\n".join([f"{head}\n\n{line}", *parts]) + "\n"

    # -- one model ---------------------------------------------------------------------------

    def _model(self, table: Table, defined: set[str]) -> str:
        if len(table.primary_key) != 1:
            columns = ", ".join(table.primary_key) or "none"
            return f"# {table.name}: a model needs a key of one column, and this one has {columns}."
        keys = {key.column: key for key in table.foreign_keys}
        lines: list[str] = []
        taken = _reserved_names()
        shown: set[str] = set()
        for column in table.columns:
            if _is_plain_id(table, column):
                continue
            own = [index for index in table.indexes if _is_own(table, index, column.name)]
            shown.update(index.name for index in own)
            key = keys.get(column.name)
            if key is None:
                lines.append(self._field(table, column, own, taken))
            else:
                lines.append(self._foreign_key(column, key, own, taken, defined))
        lines += self._many_to_many(table, taken)
        meta = self._meta(table, [i for i in table.indexes if i.name not in shown])
        body = "\n".join(f"    {line}" for line in [*lines, "", *meta])
        return f"class {self._classes[table.name]}(Model):\n{body}"

    def _field(
        self, table: Table, column: TableColumn, own: list[TableIndex], taken: set[str]
    ) -> str:
        options = []
        name = _field_name(column.name, taken)
        if name != column.name:
            options.append(f"column={column.name!r}")
        if column.name in table.primary_key:
            options.append("primary_key=True")
        options += self._options(column, own)
        kind, arguments = self._type(column.type)
        return f"{name} = {kind}({', '.join([*arguments, *options])})"

    def _type(self, kind: ColumnType) -> tuple[str, list[str]]:
        name = _FIELDS.get(kind.kind, "Text")
        self._used.add(name)
        arguments = []
        if kind.kind == "decimal":
            arguments = [str(kind.digits), str(kind.places)]
        elif kind.kind in ("string", "bytes") and kind.length is not None:
            arguments = [str(kind.length)]
        return name, [*arguments, "ci=True"] if kind.ci and kind.kind == "string" else arguments

    def _options(self, column: TableColumn, own: list[TableIndex]) -> Iterator[str]:
        if column.null and column.generated is None:
            yield "null=True"
        if any(index.unique for index in own):
            yield "unique=True"
        elif own:
            yield "index=True"
        if column.default is not None:
            self._used.add("raw")
            yield f"db_default=raw({column.default.for_dialect(self._dialect)!r})"
        if column.generated is not None:
            yield f"generated={column.generated.for_dialect(self._dialect)!r}"
            if column.is_stored:
                yield "stored=True"
            if column.null:
                yield "null=True"
        if column.comment:
            yield f"comment={column.comment!r}"

    def _foreign_key(
        self,
        column: TableColumn,
        key: TableForeignKey,
        own: list[TableIndex],
        taken: set[str],
        defined: set[str],
    ) -> str:
        self._used.add("ForeignKey")
        name = _field_name(column.name.removesuffix("_id") or column.name, taken)
        target = self._classes.get(key.target_table, "Text")
        given = target if key.target_table in defined else f'"{target}"'
        options = [] if f"{name}_id" == column.name else [f"column={column.name!r}"]
        if key.on_delete != "RESTRICT":
            options.append(f'on_delete="{_ACTIONS.get(key.on_delete, "restrict")}"')
        options += [o for o in self._options(column, own) if o != "index=True"]
        if not own:
            options.append("index=False")
        return f"{name} = ForeignKey({', '.join([given, *options])})"

    def _many_to_many(self, table: Table, taken: set[str]) -> Iterator[str]:
        own = _snake(self._classes[table.name])
        for link in self._links:
            near, far = _sides(link)
            if near.target_table == table.name and link.name.startswith(f"{own}_"):
                self._used.add("ManyToMany")
                name = _field_name(link.name[len(own) + 1 :], taken)
                yield f'{name} = ManyToMany("{self._classes[far.target_table]}")'

    def _meta(self, table: Table, indexes: list[TableIndex]) -> list[str]:
        lines = ["class Meta:", f'    table = "{table.name}"']
        if table.comment:
            lines.append(f"    comment = {table.comment!r}")
        made = [text for index in indexes for text in self._index(table, index)]
        if table.checks:
            self._used.add("Check")
        made += [
            f"Check({check.condition.for_dialect(self._dialect)!r}, name={check.name!r}),"
            for check in table.checks
        ]
        if made:
            lines += ["    indexes = [", *(f"        {text}" for text in made), "    ]"]
        return lines

    def _index(self, table: Table, index: TableIndex) -> Iterator[str]:
        kind = "Unique" if index.unique else "Index"
        parts: list[str] = []
        for item, down in index.columns:
            if isinstance(item, IndexExpression):
                if self._dialect == "mysql":
                    yield f"# {index.name}: a {kind.lower()} index on {item.text.mysql}"
                    return
                self._used.add("raw")
                parts.append(f"lambda model: raw({_in(item.text, self._dialect)!r})")
            else:
                parts.append(f'"{"-" if down else ""}{item}"')
        self._used.add(kind)
        if index.condition is not None:
            parts.append(f"condition={_in(index.condition, self._dialect)!r}")
        if index.name != default_name(table.name, _plain(index), index.unique):
            parts.append(f"name={index.name!r}")
        yield f"{kind}({', '.join(parts)}),"


def _in(text: SqlText, dialect: str) -> str:
    return text.for_dialect(dialect)


def _plain(index: TableIndex) -> tuple[tuple[str, bool], ...]:
    return tuple((item, down) for item, down in index.columns if isinstance(item, str))


# -- names -----------------------------------------------------------------------------------------


def _class_names(schema: Schema, links: list[Table]) -> dict[str, str]:
    """`blog_posts` is BlogPosts, unless a link table calls its rows something else: in
    `note_tags(note_id, tag_id)` the rows of `notes` are a Note."""
    names: dict[str, str] = {}
    for link in links:
        for key in _sides(link):
            if not key.column.startswith("to_") and key.column.endswith("_id"):
                names.setdefault(key.target_table, _camel(key.column.removesuffix("_id")))
    taken = set(names.values())
    for table in schema.tables:
        if table.name not in names:
            name = _camel(table.name)
            names[table.name] = f"{name}Table" if name in taken else name
            taken.add(names[table.name])
    return names


def _is_link(table: Table) -> bool:
    columns = tuple(column.name for column in table.columns)
    keys = [key.column for key in table.foreign_keys]
    return len(columns) == 2 and columns == table.primary_key and sorted(keys) == sorted(columns)


def _sides(link: Table) -> tuple[TableForeignKey, TableForeignKey]:
    by_column = {key.column: key for key in link.foreign_keys}
    near, far = link.primary_key
    return by_column[near], by_column[far]


def _camel(name: str) -> str:
    words = [word for word in name.replace("-", "_").split("_") if word]
    text = "".join(word[:1].upper() + word[1:] for word in words)
    text = "".join(letter for letter in text if letter.isalnum() and letter.isascii())
    return text if text[:1].isalpha() else f"Table{text}"


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _reserved_names() -> set[str]:
    return {name for name in dir(Model) if not name.startswith("_")} | {"Meta"}


def _field_name(column: str, taken: set[str]) -> str:
    name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in column)
    name = name.strip("_") or "field"
    if name[0].isdigit():
        name = f"field_{name}"
    while keyword.iskeyword(name) or name in taken:
        name += "_"
    taken.add(name)
    return name


def _is_plain_id(table: Table, column: TableColumn) -> bool:
    is_key = table.primary_key == (column.name,) and column.name == "id"
    return is_key and column.is_auto and column.type.kind == "bigint" and not column.comment


def _is_own(table: Table, index: TableIndex, column: str) -> bool:
    """Is it what `index=True` or `unique=True` of the field makes?"""
    columns = ((column, False),)
    is_one = index.is_plain and index.columns == columns
    return is_one and index.name == default_name(table.name, columns, index.unique)
