"""The bare drivers: SQL by hand, rows as tuples that nobody decodes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.orm.contender import Entry, Row
from benchmarks.orm.data import JOURNAL_SIZE
from benchmarks.orm.place import Place
from benchmarks.orm.stage import mysql_connection, sqlite_connection

_ENTRY = "SELECT id, timestamp, level, text FROM journal"
_MESSAGES = (
    "SELECT m.id, m.title, m.body, m.created, m.board_id, m.author_id, a.id, a.name, a.email"
    " FROM message m JOIN author a ON a.id = m.author_id WHERE m.id <= {}"
)


class Raw:
    name = "raw driver"

    def __init__(self, place: Place) -> None:
        self._is_sqlite = place.engine == "sqlite"
        mark = "?" if self._is_sqlite else "%s"
        self._sql = {
            "insert": (
                f"INSERT INTO journal (timestamp, level, text) VALUES ({mark}, {mark}, {mark})"
            ),
            "level": f"{_ENTRY} WHERE level = {mark}",
            "page": f"{_ENTRY} ORDER BY id LIMIT {mark} OFFSET {mark}",
            "entry": f"{_ENTRY} WHERE id = {mark}",
            "world": f"SELECT id, randomnumber FROM world WHERE id = {mark}",
            "wide": f"SELECT * FROM wide WHERE id = {mark}",
            "new": f"{_ENTRY} WHERE id > {mark}",
            "messages": _MESSAGES.format(mark),
            "save": (
                f"UPDATE journal SET timestamp = {mark}, level = {mark}, text = {mark}"
                f" WHERE id = {mark}"
            ),
            "text": f"UPDATE journal SET text = {mark} WHERE id = {mark}",
            "delete": f"DELETE FROM journal WHERE id = {mark}",
            "number": f"UPDATE world SET randomnumber = {mark} WHERE id = {mark}",
        }
        if self._is_sqlite:
            self._connection: Any = sqlite_connection(place.path, place.synchronous)
        else:
            self._connection = mysql_connection(place.port, place.password)
        self._cursor = self._connection.cursor()

    def _values(self, row: Row) -> tuple[Any, ...]:
        moment = row["timestamp"]
        return (moment.isoformat(" ") if self._is_sqlite else moment, row["level"], row["text"])

    def _rows(self, name: str, *values: Any) -> Any:
        self._cursor.execute(self._sql[name], values)
        return self._cursor.fetchall()

    def _one(self, name: str, *values: Any) -> Any:
        self._cursor.execute(self._sql[name], values)
        return self._cursor.fetchone()

    def insert_singly(self, rows: Sequence[Row]) -> None:
        execute, sql = self._cursor.execute, self._sql["insert"]
        for row in rows:
            execute(sql, self._values(row))

    def insert_together(self, rows: Sequence[Row]) -> None:
        self._cursor.execute("BEGIN")
        self.insert_singly(rows)
        self._cursor.execute("COMMIT")

    def insert_bulk(self, rows: Sequence[Row]) -> None:
        self._cursor.execute("BEGIN")
        self._cursor.executemany(self._sql["insert"], [self._values(row) for row in rows])
        self._cursor.execute("COMMIT")

    def of_level(self, level: int) -> Sequence[Entry]:
        rows: Sequence[Entry] = self._rows("level", level)
        return rows

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        rows: Sequence[Entry] = self._rows("page", limit, offset)
        return rows

    def entry(self, key: int) -> Entry:
        return self._one("entry", key)

    def world(self, key: int) -> Any:
        return self._one("world", key)

    def wide(self, key: int) -> Any:
        return self._one("wide", key)

    def messages(self, last: int) -> Sequence[Any]:
        rows: Sequence[Any] = self._rows("messages", last)
        return rows

    def new_entries(self) -> Sequence[Entry]:
        rows: Sequence[Entry] = self._rows("new", JOURNAL_SIZE)
        return rows

    def save_whole(self, entries: Sequence[Entry]) -> None:
        self._change("save", [(moment, level, "changed", k) for k, moment, level, _ in entries])

    def save_one(self, entries: Sequence[Entry]) -> None:
        self._change("text", [("changed", entry[0]) for entry in entries])

    def delete(self, entries: Sequence[Entry]) -> None:
        self._change("delete", [(entry[0],) for entry in entries])

    def _change(self, name: str, values: Sequence[tuple[Any, ...]]) -> None:
        execute, sql = self._cursor.execute, self._sql[name]
        execute("BEGIN")
        for each in values:
            execute(sql, each)
        execute("COMMIT")

    def get_and_update(self, keys: Sequence[int]) -> None:
        execute, sql = self._cursor.execute, self._sql["number"]
        execute("BEGIN")
        for key in keys:
            world = self._one("world", key)
            execute(sql, (world[1] + 1, key))
        execute("COMMIT")

    @staticmethod
    def key_of(entry: Entry) -> int:
        key: int = entry[0]
        return key

    @staticmethod
    def entry_of(entry: Entry) -> tuple[Any, ...]:
        _, moment, level, text = entry
        is_text = isinstance(moment, str)
        return (datetime.fromisoformat(moment) if is_text else moment, level, text)

    @staticmethod
    def world_of(world: Any) -> tuple[int, int]:
        return (world[0], world[1])

    @staticmethod
    def message_of(message: Any) -> tuple[str, str]:
        return (message[1], message[7])

    def close(self) -> None:
        self._connection.close()
