"""The tables of a MySQL or MariaDB database as they are, from its information_schema."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from orm.schema.indexes import Runner
from orm.schema.live import LiveCheck, LiveColumn, LiveForeignKey, LiveIndex, LiveMember, LiveTable

_TABLES = (
    "SELECT table_name, table_comment FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
_COLUMNS = (
    "SELECT table_name, column_name, column_type, is_nullable, column_default, extra,"
    " generation_expression, collation_name, column_comment, column_key"
    " FROM information_schema.columns WHERE table_schema = DATABASE()"
    " ORDER BY table_name, ordinal_position"
)
_INDEXES = (
    "SELECT table_name, index_name, non_unique, column_name, collation, sub_part, index_type"
    " FROM information_schema.statistics WHERE table_schema = DATABASE()"
    " ORDER BY table_name, index_name, seq_in_index"
)
_KEYS = (
    "SELECT u.table_name, u.constraint_name, u.column_name, u.referenced_table_name,"
    " u.referenced_column_name, c.delete_rule, c.update_rule"
    " FROM information_schema.key_column_usage u"
    " JOIN information_schema.referential_constraints c"
    " ON c.constraint_schema = u.constraint_schema AND c.constraint_name = u.constraint_name"
    " AND c.table_name = u.table_name"
    " WHERE u.table_schema = DATABASE() AND u.referenced_table_name IS NOT NULL"
    " ORDER BY u.table_name, u.constraint_name, u.ordinal_position"
)
# MariaDB says which table a check belongs to, MySQL has its name once in a database.
_CHECKS = (
    "SELECT t.table_name, c.constraint_name, c.check_clause"
    " FROM information_schema.check_constraints c"
    " JOIN information_schema.table_constraints t"
    " ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name"
    " /*M! AND t.table_name = c.table_name */"
    " WHERE c.constraint_schema = DATABASE() AND t.constraint_type = 'CHECK'"
)
# The width of an integer says nothing about what fits; of TINYINT(1) it says that it is a boolean.
_WIDTH = re.compile(r"(?<=int)\((?:[02-9]|1[0-9])[0-9]*\)")

Rows = dict[str, list[tuple[Any, ...]]]


def read_tables(database: Runner, names: Sequence[str]) -> Iterator[LiveTable]:
    """Those of the tables `names` that exist."""
    columns, indexes = _by_table(database, _COLUMNS), _by_table(database, _INDEXES)
    keys, checks = _by_table(database, _KEYS), _by_table(database, _CHECKS)
    comments = {row[0]: row[1] for row in database.run(_TABLES, ()).rows}
    for name in names:
        if name not in comments:
            continue
        found = list(_indexes(indexes.get(name, [])))
        primary = next((each for each in found if each.name == "PRIMARY"), None)
        yield LiveTable(
            name,
            tuple(_column(row) for row in columns.get(name, [])),
            tuple(str(column) for column in primary.columns) if primary else (),
            tuple(each for each in found if each is not primary),
            tuple(_foreign_keys(keys.get(name, []))),
            tuple(LiveCheck(row[1], _text(row[2])) for row in checks.get(name, [])),
            str(comments[name] or ""),
        )


def _by_table(database: Runner, sql: str) -> Rows:
    found: Rows = {}
    for row in database.run(sql, ()).rows:
        found.setdefault(str(row[0]), []).append(row)
    return found


def _column(row: tuple[Any, ...]) -> LiveColumn:
    _, name, kind, nullable, default, extra, generated, collation, comment, _ = row
    marks = str(extra).upper()
    default = None if default is None else _text(default)
    return LiveColumn(
        str(name),
        _WIDTH.sub("", _text(kind).lower()),
        null=nullable == "YES",
        default=None if default == "NULL" else default,
        generated=_text(generated) if generated else None,
        is_stored="STORED" in marks or "PERSISTENT" in marks,
        is_auto="AUTO_INCREMENT" in marks,
        collation=collation,
        comment=str(comment or ""),
    )


def _indexes(rows: list[tuple[Any, ...]]) -> Iterator[LiveIndex]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(str(row[1]), []).append(row)
    for name, parts in found.items():
        yield LiveIndex(
            name,
            tuple(
                LiveMember(
                    str(part[3]), None, part[4] == "D", None if not part[5] else int(part[5])
                )
                for part in parts
            ),
            unique=not int(parts[0][2]),
            method=str(parts[0][6]).lower(),
        )


def _foreign_keys(rows: list[tuple[Any, ...]]) -> Iterator[LiveForeignKey]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(str(row[1]), []).append(row)
    for name, parts in found.items():
        first = parts[0]
        yield LiveForeignKey(
            name,
            tuple(str(part[2]) for part in parts),
            str(first[3]),
            tuple(str(part[4]) for part in parts),
            str(first[5]),
            str(first[6]),
        )


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
