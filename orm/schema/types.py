"""The column type of each kind of value, per dialect.

MySQL's collations decide what `=` means, and none is exact on every server: under `utf8mb4_bin`
trailing blanks do not count ("a" = "a "). So the best one the server knows is asked for, without
padding where there is one; SQLite compares bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from orm.engine.database import Database
from orm.schema.tables import Typed
from orm.types.numbers import EXACT_DIGITS

# From the most exact to what every server has: MariaDB, MySQL 8, all.
_BINARY = ("utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin")
# Ignores case but not accents, as our own collation `ignore_case` does on SQLite, whose NOCASE
# knows the case of ASCII letters only.
_IGNORE_CASE = ("uca1400_nopad_as_ci", "utf8mb4_0900_as_ci", "utf8mb4_unicode_ci")


@dataclass(frozen=True, slots=True)
class Collations:
    """The names a MySQL server has for exact and case-insensitive comparison."""

    binary: str = _BINARY[-1]
    ignore_case: str = _IGNORE_CASE[-1]


def find_collations(database: Database) -> Collations:
    """Ask the server; SQLite has none to choose from."""
    if database.dialect.name != "mysql":
        return Collations()
    rows = database.run("SELECT collation_name FROM information_schema.collations").rows
    known = {str(row[0]) for row in rows}
    return Collations(
        next(name for name in _BINARY if name in known),
        next(name for name in _IGNORE_CASE if name in known),
    )


TypeWriter = Callable[[Typed, Collations], str]


def _constant(text: str) -> TypeWriter:
    return lambda value_type, collations: text


def _collated(value_type: Typed, collations: Collations) -> str:
    name = collations.ignore_case if value_type.ci else collations.binary
    return f"CHARACTER SET utf8mb4 COLLATE {name}"


def _mysql_varchar(value_type: Typed, collations: Collations) -> str:
    return f"VARCHAR({value_type.length}) {_collated(value_type, collations)}"


def _mysql_text(value_type: Typed, collations: Collations) -> str:
    return f"LONGTEXT {_collated(value_type, collations)}"


def _mysql_bytes(value_type: Typed, collations: Collations) -> str:
    return f"VARBINARY({value_type.length})" if value_type.length else "LONGBLOB"


def _mysql_decimal(value_type: Typed, collations: Collations) -> str:
    return f"DECIMAL({value_type.digits}, {value_type.places})"


def _sqlite_text(value_type: Typed, collations: Collations) -> str:
    return "TEXT COLLATE ignore_case" if value_type.ci else "TEXT"


def _sqlite_decimal(value_type: Typed, collations: Collations) -> str:
    return "REAL" if (value_type.digits or 0) <= EXACT_DIGITS else "TEXT COLLATE decimal"


_TYPES: dict[str, dict[str, TypeWriter]] = {
    "mysql": {
        "string": _mysql_varchar,
        "enum": _mysql_varchar,
        "text": _mysql_text,
        # Not JSON: MySQL's type rewrites the text, MariaDB's is LONGTEXT with a check.
        "json": _mysql_text,
        "uuid": _constant("CHAR(36) CHARACTER SET ascii COLLATE ascii_bin"),
        "integer": _constant("INT"),
        "bigint": _constant("BIGINT"),
        "smallint": _constant("SMALLINT"),
        "tinyint": _constant("TINYINT"),
        "time": _constant("TIME(6)"),
        "duration": _constant("BIGINT"),
        "boolean": _constant("BOOLEAN"),
        "datetime": _constant("DATETIME(6)"),
        "date": _constant("DATE"),
        "decimal": _mysql_decimal,
        "float": _constant("DOUBLE"),
        "bytes": _mysql_bytes,
    },
    "sqlite": {
        **dict.fromkeys(("string", "text", "enum"), _sqlite_text),
        # The names of dates would give them numeric affinity; as text they sort as written.
        **dict.fromkeys(("json", "uuid", "datetime", "date", "time"), _constant("TEXT")),
        **dict.fromkeys(
            ("integer", "bigint", "smallint", "tinyint", "boolean", "duration"),
            _constant("INTEGER"),
        ),
        "decimal": _sqlite_decimal,
        "float": _constant("REAL"),
        "bytes": _constant("BLOB"),
    },
}

# What a migration may call the type of a column.
KINDS = tuple(_TYPES["mysql"])

# MySQL indexes these only by a prefix of so many characters or bytes.
_UNBOUNDED = {"text", "json", "bytes"}
INDEX_PREFIX = 255


def column_type(value_type: Typed, dialect: str, collations: Collations) -> str:
    return _TYPES[dialect][value_type.kind](value_type, collations)


def needs_prefix(value_type: Typed) -> bool:
    """Can MySQL index only the first INDEX_PREFIX characters of it?"""
    if value_type.kind == "bytes":
        return value_type.length is None
    return value_type.kind in _UNBOUNDED
