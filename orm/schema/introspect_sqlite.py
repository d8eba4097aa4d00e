"""The tables of an SQLite database as they are.

Its pragmas know columns, indexes and foreign keys. Names of constraints, checks, collations and
computed columns stand only in the CREATE statements it keeps, which are read by `sqltext`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orm.schema.indexes import Runner
from orm.schema.live import LiveCheck, LiveColumn, LiveForeignKey, LiveIndex, LiveMember, LiveTable
from orm.schema.sqltext import Token, closing, definitions, is_word, tokens, within

_CREATED = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master"
    " WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT GLOB 'sqlite_*'"
)
_HIDDEN_VIRTUAL, _HIDDEN_STORED = 2, 3  # of pragma table_xinfo


@dataclass
class _Declared:
    """What only the text of CREATE TABLE says."""

    is_auto: bool = False
    collations: dict[str, str] = field(default_factory=dict)
    generated: dict[str, str] = field(default_factory=dict)
    checks: list[LiveCheck] = field(default_factory=list)
    key_names: dict[tuple[str, ...], str] = field(default_factory=dict)


def read_tables(database: Runner, names: list[str]) -> Iterator[LiveTable]:
    """Those of the tables `names` that exist."""
    texts = {(row[0], row[1]): row[3] for row in database.run(_CREATED, ()).rows}
    for name in names:
        if ("table", name) in texts:
            yield _table(database, name, texts)


def _table(database: Runner, name: str, texts: dict[tuple[str, str], str]) -> LiveTable:
    quoted = database.dialect.quote(name)
    declared = _declared(texts["table", name])
    rows = database.run(f"PRAGMA table_xinfo({quoted})", ()).rows
    keyed = sorted((row[5], row[1]) for row in rows if row[5])
    return LiveTable(
        name,
        columns=tuple(_column(row, declared) for row in rows),
        primary_key=tuple(column for _, column in keyed),
        indexes=tuple(_indexes(database, quoted, texts)),
        foreign_keys=tuple(_foreign_keys(database, quoted, declared)),
        checks=tuple(declared.checks),
    )


def _column(row: tuple[Any, ...], declared: _Declared) -> LiveColumn:
    name, hidden = row[1], row[6]
    return LiveColumn(
        name,
        str(row[2]).lower().removesuffix("generated always").strip(),
        null=not row[3] and not row[5],
        default=row[4],
        generated=declared.generated.get(name),
        is_stored=hidden == _HIDDEN_STORED,
        is_auto=bool(row[5]) and declared.is_auto,
        collation=declared.collations.get(name),
    )


def _indexes(
    database: Runner, quoted: str, texts: dict[tuple[str, str], str]
) -> Iterator[LiveIndex]:
    for row in reversed(database.run(f"PRAGMA index_list({quoted})", ()).rows):
        name, unique, origin = row[1], bool(row[2]), row[3]
        if origin == "pk":
            continue
        members = database.run(f"PRAGMA index_xinfo({database.dialect.quote(name)})", ()).rows
        keys = [each for each in members if each[5]]
        text = texts.get(("index", name), "")
        expressions, where = _index_text(text) if text else ([], None)
        yield LiveIndex(
            name,
            tuple(
                LiveMember(each[2], expressions[place] if each[2] is None else None, bool(each[3]))
                for place, each in enumerate(keys)
            ),
            unique,
            where,
            is_implied=not text,
        )


def _index_text(sql: str) -> tuple[list[str], str | None]:
    """The members of CREATE INDEX as they are written, and its condition."""
    found = tokens(sql)
    opening = next(i for i, token in enumerate(found) if token.value == "(")
    end = closing(found, opening)
    members = [sql[part[0].start : _last_of_member(part).end].strip() for part in definitions(sql)]
    if is_word(found, end + 1, "where"):
        return members, sql[found[end + 1].end :].strip()
    return members, None


def _last_of_member(part: list[Token]) -> Token:
    kept = list(part)
    while kept[-1].kind == "word" and kept[-1].value in ("desc", "asc"):
        kept.pop()
    return kept[-1]


def _foreign_keys(database: Runner, quoted: str, declared: _Declared) -> Iterator[LiveForeignKey]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in database.run(f"PRAGMA foreign_key_list({quoted})", ()).rows:
        found.setdefault(row[0], []).append(row)
    for number in sorted(found, reverse=True):
        rows = sorted(found[number], key=lambda row: int(row[1]))
        columns = tuple(row[3] for row in rows)
        targets = tuple(row[4] or _key_of(database, rows[0][2]) for row in rows)
        first = rows[0]
        yield LiveForeignKey(
            declared.key_names.get(columns), columns, first[2], targets, first[6], first[5]
        )


def _key_of(database: Runner, table: str) -> str:
    """`REFERENCES other` without a column means its primary key."""
    rows = database.run(f"PRAGMA table_info({database.dialect.quote(table)})", ()).rows
    return next((row[1] for row in rows if row[5]), "rowid")


def _declared(sql: str) -> _Declared:
    declared = _Declared()
    for part in definitions(sql):
        start = 0
        name = None
        if is_word(part, 0, "constraint"):
            name, start = part[1].value, 2
        if is_word(part, start, "check"):
            declared.checks.append(LiveCheck(name, within(sql, part, start + 1)))
        elif is_word(part, start, "foreign", "key"):
            end = closing(part, start + 2)
            columns = tuple(t.value for t in part[start + 3 : end] if t.kind != "mark")
            if name is not None:
                declared.key_names[columns] = name
        elif not any(is_word(part, start, word) for word in ("primary", "unique")):
            _read_column(sql, part, declared)
    return declared


def _read_column(sql: str, part: list[Token], declared: _Declared) -> None:
    """The clauses behind a column's name and type."""
    column = part[0].value
    name: str | None = None
    position = 1
    while position < len(part):
        if is_word(part, position, "constraint"):
            name, position = part[position + 1].value, position + 2
            continue
        if is_word(part, position, "autoincrement"):
            declared.is_auto = True
        elif is_word(part, position, "primary", "key"):
            declared.is_auto = part[1].value == "integer"  # such a key is numbered in any case
        elif is_word(part, position, "collate"):
            declared.collations[column] = part[position + 1].value
        elif is_word(part, position, "check"):
            declared.checks.append(LiveCheck(name, within(sql, part, position + 1)))
            position = closing(part, position + 1)
        elif is_word(part, position, "as"):
            declared.generated[column] = within(sql, part, position + 1)
            position = closing(part, position + 1)
        elif part[position].kind == "mark" and part[position].value == "(":
            position = closing(part, position)
        position += 1
