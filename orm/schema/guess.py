"""From a column type as the engine names it to a kind of ours, where nothing says which."""

import re
from collections.abc import Callable
from typing import Final

from orm.schema.live import LiveColumn
from orm.schema.tables import ColumnType

# The greatest length MySQL takes for VARCHAR in utf8mb4.
_LONGEST: Final = 16_383

_Maker = Callable[[re.Match[str], LiveColumn], ColumnType]


def _kind(kind: str) -> _Maker:
    return lambda found, column: ColumnType(kind)


def _ignores_case(column: LiveColumn) -> bool:
    collation = (column.collation or "").lower()
    return collation.endswith("_ci") or collation in ("nocase", "ignore_case")


def _string(found: re.Match[str], column: LiveColumn) -> ColumnType:
    length = min(int(found["first"] or 255), _LONGEST)
    return ColumnType("string", length, ci=_ignores_case(column))


def _text(found: re.Match[str], column: LiveColumn) -> ColumnType:
    if column.collation == "decimal":  # how we keep those too long for a float
        return ColumnType("decimal", digits=38, places=10)
    return ColumnType("text", ci=_ignores_case(column))


def _char(found: re.Match[str], column: LiveColumn) -> ColumnType:
    is_uuid = found["first"] == "36" and (column.collation or "").startswith("ascii")
    return ColumnType("uuid", 36) if is_uuid else _string(found, column)


def _bytes(found: re.Match[str], column: LiveColumn) -> ColumnType:
    return ColumnType("bytes", int(found["first"]) if found["first"] else None)


def _decimal(found: re.Match[str], column: LiveColumn) -> ColumnType:
    digits, places = int(found["first"] or 10), int(found["second"] or 0)
    return ColumnType("decimal", digits=digits, places=places)


def _choice(found: re.Match[str], column: LiveColumn) -> ColumnType:
    options = re.findall(r"'((?:[^']|'')*)'", column.type)
    return ColumnType("string", max(map(len, options), default=1), ci=_ignores_case(column))


_UNSIGNED_WIDER = {"tinyint": "smallint", "smallint": "integer", "int": "bigint"}


def _whole(found: re.Match[str], column: LiveColumn) -> ColumnType:
    name = found["name"]
    wider = _UNSIGNED_WIDER.get(name) if "unsigned" in column.type else None
    return ColumnType(wider or {"int": "integer", "mediumint": "integer"}.get(name, name))


# Tried from the top; the name of the type, its numbers in parentheses as `first` and `second`.
_MYSQL: Final[tuple[tuple[str, _Maker], ...]] = (
    (r"tinyint\(1\)|bit\(1\)|boolean|bool", _kind("boolean")),
    (r"tinyint|smallint|mediumint|int|bigint", _whole),
    (r"year", _kind("smallint")),
    (r"varchar", _string),
    (r"char", _char),
    (r"(?:tiny|medium|long)?text", _text),
    (r"enum|set", _choice),
    (r"json", _kind("json")),
    (r"uuid", lambda found, column: ColumnType("uuid", 36)),
    (r"datetime|timestamp", _kind("datetime")),
    (r"date", _kind("date")),
    (r"time", _kind("time")),
    (r"decimal|numeric", _decimal),
    (r"float|double|real", _kind("float")),
    (r"(?:tiny|medium|long)?blob", _kind("bytes")),
    (r"varbinary|binary", _bytes),
)
_SQLITE: Final[tuple[tuple[str, _Maker], ...]] = (
    (r"boolean|bool", _kind("boolean")),
    (r"smallint|int2", _kind("smallint")),
    (r"int4|mediumint", _kind("integer")),
    # SQLite's integers have 64 bits, whatever they are called.
    (r"integer|int|bigint|int8|big\s*int.*|unsigned.*", _kind("bigint")),
    (r"(?:native |var|varying |n|nvar)?char(?:acter)?|nvarchar|varchar", _string),
    (r"clob|text|", _text),
    (r"json", _kind("json")),
    (r"uuid", lambda found, column: ColumnType("uuid", 36)),
    (r"datetime|timestamp", _kind("datetime")),
    (r"date", _kind("date")),
    (r"time", _kind("time")),
    (r"decimal|numeric", _decimal),
    (r"real|double|double precision|float", _kind("float")),
    (r"blob|binary|varbinary", _bytes),
)
_NUMBERS = r"(?:\((?P<first>[0-9]+)(?:\s*,\s*(?P<second>[0-9]+))?\)|\('.*\))?(?: .*)?"
_PATTERNS: Final = {
    dialect: [(re.compile(f"(?P<name>{names}){_NUMBERS}"), make) for names, make in rows]
    for dialect, rows in (("mysql", _MYSQL), ("sqlite", _SQLITE))
}


def guess_type(column: LiveColumn, dialect: str) -> ColumnType:
    """The kind that takes what the column holds; text for a type nobody here has heard of."""
    for pattern, make in _PATTERNS[dialect]:
        found = pattern.fullmatch(column.type)
        if found:
            return make(found, column)
    return ColumnType("text")
