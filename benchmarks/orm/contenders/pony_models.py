"""Pony."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pony import orm as pony

from benchmarks.orm.contender import Entry, OfObjects, Row
from benchmarks.orm.data import JOURNAL_SIZE, wide_columns
from benchmarks.orm.place import Place

_database = pony.Database()


class Journal(_database.Entity):
    _table_ = "journal"
    id = pony.PrimaryKey(int, size=64, auto=True)
    timestamp = pony.Required(datetime, 6)
    level = pony.Required(int, size=16, index=True)
    text = pony.Required(str, 255, index=True)


class World(_database.Entity):
    _table_ = "world"
    id = pony.PrimaryKey(int, size=64, auto=True)
    randomnumber = pony.Required(int)


class Author(_database.Entity):
    _table_ = "author"
    id = pony.PrimaryKey(int, size=64, auto=True)
    name = pony.Required(str, 100)
    email = pony.Required(str, 100)
    messages = pony.Set("Message")


class Message(_database.Entity):
    _table_ = "message"
    id = pony.PrimaryKey(int, size=64, auto=True)
    title = pony.Required(str, 200)
    body = pony.Required(pony.LongStr, lazy=False, autostrip=False)
    created = pony.Required(datetime, 6)
    board_id = pony.Required(int)
    author = pony.Required(Author, column="author_id")


_FIELDS: dict[str, Any] = {
    "integer": lambda: pony.Required(int, size=64),
    "small": lambda: pony.Required(int, size=16),
    "real": lambda: pony.Required(float),
    "decimal": lambda: pony.Required(Decimal, 12, 2),
    "truth": lambda: pony.Required(bool),
    "name": lambda: pony.Required(str, 255),
    "moment": lambda: pony.Required(datetime, 6),
    "day": lambda: pony.Required(date),
}


class Wide(_database.Entity):
    _table_ = "wide"
    id = pony.PrimaryKey(int, size=64, auto=True)
    timestamp = pony.Required(datetime, 6)
    level = pony.Required(int, size=16)
    text = pony.Required(str, 255)
    for _name, _kind in wide_columns():
        locals()[_name] = _FIELDS[_kind]()
    del _name, _kind


class Pony(OfObjects):
    name = "Pony"

    def __init__(self, place: Place) -> None:
        if place.engine == "sqlite":

            @_database.on_connect(provider="sqlite")
            def set_up(database: Any, connection: Any) -> None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {place.synchronous}")

            _database.bind(provider="sqlite", filename=str(place.path))
        else:
            _database.bind(
                provider="mysql",
                host="127.0.0.1",
                port=place.port,
                user="root",
                passwd=place.password,
                db="bench",
                charset="utf8mb4",
            )
        _database.generate_mapping(create_tables=False)

    def insert_singly(self, rows: Sequence[Row]) -> None:
        for row in rows:
            with pony.db_session:
                Journal(**row)

    def insert_together(self, rows: Sequence[Row]) -> None:
        with pony.db_session:
            for row in rows:
                Journal(**row)

    insert_bulk = insert_together  # it has nothing else

    def of_level(self, level: int) -> Sequence[Entry]:
        with pony.db_session:
            return list(Journal.select(lambda j: j.level == level))

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        with pony.db_session:
            return list(Journal.select().order_by(Journal.id).limit(limit, offset))

    def entry(self, key: int) -> Entry:
        with pony.db_session:
            return Journal[key]

    def world(self, key: int) -> Any:
        with pony.db_session:
            return World[key]

    def wide(self, key: int) -> Any:
        with pony.db_session:
            return Wide[key]

    def messages(self, last: int) -> Sequence[Any]:
        with pony.db_session:
            return list(Message.select(lambda m: m.id <= last).prefetch(Message.author))

    def new_entries(self) -> Sequence[Entry]:
        return range(JOURNAL_SIZE + 1, JOURNAL_SIZE + 401)

    # Its objects do not outlive their session: they are fetched in it, by one query.

    def _fetch(self) -> Sequence[Entry]:
        return list(Journal.select(lambda j: j.id > JOURNAL_SIZE))

    def save_whole(self, entries: Sequence[Entry]) -> None:
        with pony.db_session:
            for entry in self._fetch():
                entry.set(timestamp=entry.timestamp, level=entry.level, text="changed")

    def save_one(self, entries: Sequence[Entry]) -> None:
        with pony.db_session:
            for entry in self._fetch():
                entry.text = "changed"

    def delete(self, entries: Sequence[Entry]) -> None:
        with pony.db_session:
            for entry in self._fetch():
                entry.delete()

    def get_and_update(self, keys: Sequence[int]) -> None:
        with pony.db_session:
            for key in keys:
                world = World[key]
                world.randomnumber += 1
                pony.flush()

    def close(self) -> None:
        _database.disconnect()
