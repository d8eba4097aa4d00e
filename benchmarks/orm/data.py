"""The tables and rows that every contender works on.

They are made by the bare driver before anything is measured, so all find the same.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

LEVELS = 5
PER_LEVEL = 1_200  # rows of one level
JOURNAL_SIZE = LEVELS * PER_LEVEL
INSERTED = 400  # rows that an insert, update or delete is measured on
WORLDS = 1_000
MESSAGES = 200
AUTHORS = 20
MESSAGES_A_PAGE = 12
WIDE_ROWS = 100
WIDE_COLUMNS = 32  # beside the four of the journal

_START = datetime(2026, 1, 1, 12, 0, 0, 250_000)

# What a column is on each engine.
_TYPES = {
    "sqlite": {
        "key": "INTEGER PRIMARY KEY",
        "integer": "INTEGER",
        "moment": "TEXT",
        "real": "REAL",
        "decimal": "TEXT",
        "truth": "INTEGER",
        "day": "TEXT",
    },
    "mysql": {
        "key": "BIGINT PRIMARY KEY AUTO_INCREMENT",
        "integer": "BIGINT",
        "moment": "DATETIME(6)",
        "real": "DOUBLE",
        "decimal": "DECIMAL(12, 2)",
        "truth": "TINYINT(1)",
        "day": "DATE",
    },
}

# Eight kinds, four columns of each.
WIDE_KINDS = ("integer", "small", "real", "decimal", "truth", "name", "moment", "day")


def wide_columns() -> list[tuple[str, str]]:
    """(name, kind) of the columns beside the journal's four."""
    return [(f"{kind}_{number}", kind) for number in range(4) for kind in WIDE_KINDS]


def table_statements(engine: str) -> Iterator[str]:
    """What makes the tables. engine: "sqlite" or "mysql"."""
    types = {**_TYPES[engine], "small": "SMALLINT", "name": "VARCHAR(255)"}
    journal = (
        f"timestamp {types['moment']} NOT NULL, level SMALLINT NOT NULL, text VARCHAR(255) NOT NULL"
    )
    wide = ", ".join(f"{name} {types[kind]} NOT NULL" for name, kind in wide_columns())
    suffix = "" if engine == "sqlite" else " ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
    yield f"CREATE TABLE journal (id {types['key']}, {journal}){suffix}"
    yield "CREATE INDEX journal_level ON journal (level)"
    yield "CREATE INDEX journal_text ON journal (text)"
    yield f"CREATE TABLE world (id {types['key']}, randomnumber INTEGER NOT NULL){suffix}"
    names = "name VARCHAR(100) NOT NULL, email VARCHAR(100) NOT NULL"
    yield f"CREATE TABLE author (id {types['key']}, {names}){suffix}"
    yield (
        f"CREATE TABLE message (id {types['key']}, title VARCHAR(200) NOT NULL, "
        f"body TEXT NOT NULL, created {types['moment']} NOT NULL, board_id INTEGER NOT NULL, "
        f"author_id {types['integer']} NOT NULL REFERENCES author (id)){suffix}"
    )
    yield "CREATE INDEX message_author ON message (author_id)"
    yield f"CREATE TABLE wide (id {types['key']}, {journal}, {wide}){suffix}"


def journal_row(number: int) -> dict[str, Any]:
    """The journal's row of that number, from 0, without its key."""
    return {
        "timestamp": _START + timedelta(seconds=number),
        "level": number % LEVELS,
        "text": f"entry number {number} of the journal",
    }


def world_number(key: int) -> int:
    return key * 7919 % 10_000


def author_row(key: int) -> tuple[Any, ...]:
    return (key, f"author {key}", f"author{key}@example.org")


def message_row(key: int) -> tuple[Any, ...]:
    created = _START + timedelta(minutes=key)
    return (
        key,
        f"title {key}",
        f"body of message {key}. " * 8,
        created,
        key % 3,
        key % AUTHORS + 1,
    )


_WIDE_VALUES: dict[str, Any] = {
    "integer": lambda n: n * 1_000_003,
    "small": lambda n: n % 30_000,
    "real": lambda n: n * 0.5,
    "decimal": lambda n: Decimal(n) / 4 + Decimal("0.25"),
    "truth": lambda n: n % 2 == 0,
    "name": lambda n: f"name {n}",
    "moment": lambda n: _START + timedelta(hours=n),
    "day": lambda n: (_START + timedelta(days=n)).date(),
}


def wide_row(key: int) -> dict[str, Any]:
    """Every column of the wide table."""
    values = {
        name: _WIDE_VALUES[kind](key * 10 + index)
        for index, (name, kind) in enumerate(wide_columns())
    }
    return {"id": key, **journal_row(key), **values}
