"""The database that the contenders meet on, kept in order by the bare driver."""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pymysql

from benchmarks.orm import data

Row = dict[str, Any]


def sqlite_connection(path: Path, synchronous: str) -> sqlite3.Connection:
    """As an application would open it: write-ahead log, foreign keys."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def mysql_connection(
    port: int, password: str, database: str = "bench"
) -> "pymysql.Connection[Any]":
    return pymysql.connect(
        host="127.0.0.1",
        port=port,
        user="root",
        password=password,
        database=database or None,
        charset="utf8mb4",
        autocommit=True,
    )


class Stage:
    """connection: of the bare driver. engine: "sqlite" or "mysql"."""

    def __init__(self, engine: str, connection: Any) -> None:
        self.engine = engine
        self._connection = connection
        self._cursor = connection.cursor()
        self._mark = "?" if engine == "sqlite" else "%s"

    def build(self) -> None:
        """The tables, and the rows that stay."""
        for statement in data.table_statements(self.engine):
            self._cursor.execute(statement)
        self._cursor.execute("BEGIN")
        self._add("journal", [data.journal_row(number) for number in range(data.JOURNAL_SIZE)])
        worlds = range(1, data.WORLDS + 1)
        self._add("world", [{"id": key, "randomnumber": data.world_number(key)} for key in worlds])
        names = ("id", "name", "email")
        authors = range(1, data.AUTHORS + 1)
        self._add("author", [dict(zip(names, data.author_row(k), strict=True)) for k in authors])
        names = ("id", "title", "body", "created", "board_id", "author_id")
        messages = range(1, data.MESSAGES + 1)
        self._add("message", [dict(zip(names, data.message_row(k), strict=True)) for k in messages])
        self._add("wide", [data.wide_row(key) for key in range(1, data.WIDE_ROWS + 1)])
        self._cursor.execute("COMMIT")
        if self.engine == "sqlite":
            self._cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _add(self, table: str, rows: Sequence[Row]) -> None:
        marks = ", ".join([self._mark] * len(rows[0]))
        sql = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})"
        self._cursor.executemany(sql, [tuple(map(self.encode, row.values())) for row in rows])

    def encode(self, value: Any) -> Any:
        """As the driver takes it."""
        if self.engine == "sqlite":
            if isinstance(value, datetime):
                return value.isoformat(" ")
            if isinstance(value, date):
                return value.isoformat()
            if isinstance(value, Decimal):
                return str(value)
        return value

    def forget_new_rows(self) -> None:
        self._cursor.execute(f"DELETE FROM journal WHERE id > {data.JOURNAL_SIZE}")

    def add_new_rows(self, rows: Sequence[Row]) -> None:
        self._cursor.execute("BEGIN")
        self._add("journal", rows)
        self._cursor.execute("COMMIT")

    def new_rows(self) -> list[tuple[Any, ...]]:
        """timestamp, level and text, in the order of keys."""
        self._cursor.execute(
            f"SELECT timestamp, level, text FROM journal WHERE id > {data.JOURNAL_SIZE} ORDER BY id"
        )
        rows: list[tuple[Any, ...]] = list(self._cursor.fetchall())
        if self.engine == "sqlite":
            rows = [(datetime.fromisoformat(row[0]), *row[1:]) for row in rows]
        return rows

    def reset_worlds(self) -> None:
        self._cursor.execute("BEGIN")
        sql = f"UPDATE world SET randomnumber = {self._mark} WHERE id = {self._mark}"
        numbers = [(data.world_number(key), key) for key in range(1, data.WORLDS + 1)]
        self._cursor.executemany(sql, numbers)
        self._cursor.execute("COMMIT")

    def worlds(self, keys: Sequence[int]) -> dict[int, int]:
        marks = ", ".join([self._mark] * len(keys))
        self._cursor.execute(
            f"SELECT id, randomnumber FROM world WHERE id IN ({marks})", tuple(keys)
        )
        return dict(self._cursor.fetchall())

    def close(self) -> None:
        self._connection.close()
