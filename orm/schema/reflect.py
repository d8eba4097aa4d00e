"""From a live table to a table as models describe it, so that both can be compared.

An engine has fewer types than we have kinds, and says many things in its own words. So the table
that is wanted serves as a hint: whatever the engine has that is what it would make of the hint
is read as the hint itself. What is left is read by itself, and shows up as a difference.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeVar

from orm.engine.database import Database
from orm.schema.guess import guess_type
from orm.schema.indexes import emulate, generated_for, index_kind, with_nulls
from orm.schema.introspect import read_schema
from orm.schema.live import LiveColumn, LiveIndex, LiveTable
from orm.schema.sqltext import meaning
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
from orm.schema.types import INDEX_PREFIX, Collations, column_type, find_collations, needs_prefix

Form = tuple[object, ...]


class Named(Protocol):
    @property
    def name(self) -> str | None: ...


class SurelyNamed(Protocol):
    @property
    def name(self) -> str: ...


L = TypeVar("L", bound=Named)
H = TypeVar("H", bound=SurelyNamed)


def reflect_schema(database: Database, wanted: Schema, renames: Renames | None = None) -> Schema:
    """The live tables that `wanted` knows, by their new or their old name, as far as they exist."""
    reflector = Reflector(database, find_collations(database))
    former = {} if renames is None else {old: new for new, old in renames.tables.items()}
    live = read_schema(database, [*wanted.names, *former])
    return Schema.of(
        [
            reflector.table(table, wanted.get(name) or wanted.get(former.get(name, "")))
            for name, table in live.items()
        ]
    )


class Reflector:
    """Reads live tables of one database."""

    def __init__(self, database: Database, collations: Collations) -> None:
        self._database = database
        self._dialect = database.dialect.name
        self._collations = collations

    def table(self, live: LiveTable, hint: Table | None = None) -> Table:
        hint = hint or Table(live.name, (), ())
        index_names = [index.name for index in live.indexes]
        columns = [
            self.column(column, hint.column(column.name))
            for column in live.columns
            if self._dialect != "mysql" or generated_for(column.name, index_names) is None
        ]
        return Table(
            live.name,
            tuple(_in_order_of(columns, [column.name for column in hint.columns])),
            live.primary_key,
            tuple(_in_order_of(self._indexes(live, hint), [i.name for i in hint.indexes])),
            tuple(_in_order_of(_foreign_keys(live, hint), [k.name for k in hint.foreign_keys])),
            tuple(_in_order_of(_checks(live, hint), [check.name for check in hint.checks])),
            live.comment if self._dialect == "mysql" else hint.comment,
        )

    # -- columns -----------------------------------------------------------------------------

    def column(self, live: LiveColumn, hint: TableColumn | None) -> TableColumn:
        kind = guess_type(live, self._dialect)
        if hint is not None and self._has_type(live, hint):
            kind = hint.type
        is_known = hint is not None
        comment = live.comment if self._dialect == "mysql" else (hint.comment if hint else "")
        return TableColumn(
            live.name,
            kind,
            # A generated column's nullability is the engine's affair on MariaDB.
            hint.null if hint and hint.generated and live.generated else live.null,
            live.is_auto,
            self._default(live.default, hint.default if hint else None, is_known),
            _text(live.generated, hint.generated if hint else None, self._dialect),
            live.is_stored,
            comment,
        )

    def _has_type(self, live: LiveColumn, hint: TableColumn) -> bool:
        if hint.is_auto and live.is_auto and self._dialect == "sqlite":
            return True
        kind, collation = self.physical_type(hint.type)
        return live.type == kind and (
            collation is None or _plain_collation(live.collation) == _plain_collation(collation)
        )

    def physical_type(self, kind: ColumnType) -> tuple[str, str | None]:
        """The engine's own name of the type, and the collation where it matters."""
        text = column_type(kind, self._dialect, self._collations).lower()
        name, _, collation = text.partition(" collate ")
        name = name.partition(" character set ")[0].replace(", ", ",")
        name = {"boolean": "tinyint(1)"}.get(name, name)
        return name, collation or None

    def _default(self, live: str | None, hint: SqlText | None, is_known: bool) -> SqlText | None:
        if live is None:
            return None
        if hint is not None and _same_value(live, hint.for_dialect(self._dialect)):
            return hint
        # What existing rows were given when the column was added stays as its default, so that
        # programs that do not know the column can go on inserting.
        is_left_over = is_known and hint is None
        return None if is_left_over else SqlText.same(live)

    # -- indexes -----------------------------------------------------------------------------

    def _indexes(self, live: LiveTable, hint: Table) -> Iterator[TableIndex]:
        for index in hint.indexes:
            kind = index_kind(index)
            if kind is not None and kind.exists(self._database, hint, index):
                yield index
        plain = [index for index in hint.indexes if index.kind == "index"]
        forms = {index.name: self._form_of(hint, index) for index in plain}
        left = [index for index in live.indexes if index.method not in ("fulltext", "spatial")]
        for found, index in _pairs(left, plain, lambda f, i: self._form(f, live) == forms[i.name]):
            left.remove(found)
            yield index
        key_names = {key.name for key in live.foreign_keys}
        for found in left:
            if found.name not in key_names or self._dialect == "sqlite":
                yield self._unknown_index(live, found)

    def _form_of(self, table: Table, index: TableIndex) -> Form:
        """What the engine makes of a declared index."""
        if self._dialect == "sqlite":
            members = tuple(
                (_member_text(item, self._dialect), down, None)
                for item, down in with_nulls(table, index)
            )
            where = index.condition and meaning(index.condition.sqlite)
            return index.unique, members, where or None
        emulated = emulate(table, index)
        types = {column.name: column.type for column in (*table.columns, *emulated.added)}
        texts = {c.name: meaning(c.generated.mysql) for c in emulated.added if c.generated}
        return (
            index.unique,
            tuple(
                (texts.get(n, n), down, INDEX_PREFIX if needs_prefix(types[n]) else None)
                for n, down in emulated.columns
            ),
            None,
        )

    def _form(self, index: LiveIndex, live: LiveTable) -> Form:
        hidden = {
            column.name: meaning(column.generated)
            for column in live.columns
            if column.generated and generated_for(column.name, [index.name])
        }
        members = tuple(
            (
                hidden.get(m.column, m.column) if m.column else meaning(m.expression or ""),
                m.is_descending,
                m.prefix,
            )
            for m in index.members
        )
        return index.unique, members, meaning(index.where) if index.where else None

    def _unknown_index(self, live: LiveTable, index: LiveIndex) -> TableIndex:
        hidden = {
            column.name: column.generated
            for column in live.columns
            if column.generated and generated_for(column.name, [index.name])
        }
        columns: list[tuple[str | IndexExpression, bool]] = []
        for member in index.members:
            text = hidden.get(member.column or "", member.expression)
            if text is None:
                columns.append((str(member.column), member.is_descending))
            else:
                kind = _column_kind(live, member.column, self._dialect)
                expression = IndexExpression(SqlText.same(text), kind)
                columns.append((expression, member.is_descending))
        where = SqlText.same(index.where) if index.where else None
        return TableIndex(index.name, tuple(columns), index.unique, where)


def _column_kind(live: LiveTable, name: str | None, dialect: str) -> ColumnType | None:
    column = live.column(name) if name else None
    return None if column is None else guess_type(column, dialect)


def _member_text(item: str | IndexExpression, dialect: str) -> object:
    return item if isinstance(item, str) else meaning(item.text.for_dialect(dialect))


def _foreign_keys(live: LiveTable, hint: Table) -> Iterator[TableForeignKey]:
    """Those of one column; models have no others."""
    for key in live.foreign_keys:
        if len(key.columns) != 1:
            continue
        found = TableForeignKey(
            key.name or f"{live.name}_{key.columns[0]}_fkey"[:63],
            key.columns[0],
            key.target_table,
            key.target_columns[0],
            key.on_delete,
        )
        same = [each for each in hint.foreign_keys if replace(each, name=found.name) == found]
        yield same[0] if same else found


def _checks(live: LiveTable, hint: Table) -> Iterator[TableCheck]:
    left = [check for check in live.checks if meaning(check.condition)[:1] != ("json_valid",)]
    for found, check in _pairs(
        left,
        list(hint.checks),
        lambda f, c: (
            meaning(f.condition) in (meaning(c.condition.sqlite), meaning(c.condition.mysql))
        ),
    ):
        left.remove(found)
        yield check
    for number, unknown in enumerate(left, 1):
        name = unknown.name or f"{live.name}_{number}_check"
        yield TableCheck(name, SqlText.same(unknown.condition))


def _pairs(live: list[L], hints: list[H], is_same: Callable[[L, H], bool]) -> list[tuple[L, H]]:
    """What belongs together: those of the same name first, then those that only say the same."""
    pairs: list[tuple[L, H]] = []
    for by_name in (True, False):
        for hint in hints:
            if any(each is hint for _, each in pairs):
                continue
            free = [each for each in live if all(each is not taken for taken, _ in pairs)]
            found = [
                each
                for each in free
                if is_same(each, hint) and (not by_name or each.name == hint.name)
            ]
            if found:
                pairs.append((found[0], hint))
    return pairs


def _in_order_of(items: Iterable[H], names: list[str]) -> list[H]:
    """Sorted as the names are, what has none of them behind."""
    place = {name: number for number, name in enumerate(names)}
    return sorted(items, key=lambda item: place.get(item.name, len(names)))


def _text(live: str | None, hint: SqlText | None, dialect: str) -> SqlText | None:
    if live is None:
        return None
    if hint is not None and meaning(live) == meaning(hint.for_dialect(dialect)):
        return hint
    return SqlText.same(live)


_HEX = re.compile(r"[xX]'([0-9a-fA-F]*)'")
_NO_FRACTION = re.compile(r"(?<=:[0-9]{2})\.0+(?='$)")


def _same_value(live: str, wanted: str) -> bool:
    """Two defaults that say the same: `0.00` of a DECIMAL is 0, MariaDB writes out the fraction of
    a moment, and bytes as text."""
    if meaning(live) == meaning(wanted):
        return True
    found = _HEX.fullmatch(wanted)
    if found is not None:
        return live.strip("'") == bytes.fromhex(found[1]).decode("latin-1")
    if _NO_FRACTION.sub("", live) == _NO_FRACTION.sub("", wanted):
        return True
    try:
        return Decimal(live.strip("'()")) == Decimal(wanted.strip("'()"))
    except InvalidOperation:
        return False


def _plain_collation(name: str | None) -> str:
    return (name or "").lower().removeprefix("utf8mb4_")
