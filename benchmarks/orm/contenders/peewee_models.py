"""peewee."""

from collections.abc import Sequence
from typing import Any

import peewee

from benchmarks.orm.contender import Entry, OfObjects, Row
from benchmarks.orm.data import JOURNAL_SIZE, wide_columns
from benchmarks.orm.place import Place

_database = peewee.DatabaseProxy()


class _Model(peewee.Model):
    class Meta:
        database = _database
        legacy_table_names = False


class Journal(_Model):
    id = peewee.BigAutoField()
    timestamp = peewee.DateTimeField()
    level = peewee.SmallIntegerField(index=True)
    text = peewee.CharField(255, index=True)


class World(_Model):
    randomnumber = peewee.IntegerField()


class Author(_Model):
    name = peewee.CharField(100)
    email = peewee.CharField(100)


class Message(_Model):
    title = peewee.CharField(200)
    body = peewee.TextField()
    created = peewee.DateTimeField()
    board_id = peewee.IntegerField()
    author = peewee.ForeignKeyField(Author)


_FIELDS: dict[str, Any] = {
    "integer": lambda: peewee.BigIntegerField(),
    "small": lambda: peewee.SmallIntegerField(),
    "real": lambda: peewee.DoubleField(),
    "decimal": lambda: peewee.DecimalField(12, 2),
    "truth": lambda: peewee.BooleanField(),
    "name": lambda: peewee.CharField(255),
    "moment": lambda: peewee.DateTimeField(),
    "day": lambda: peewee.DateField(),
}


class Wide(_Model):
    timestamp = peewee.DateTimeField()
    level = peewee.SmallIntegerField()
    text = peewee.CharField(255)
    for _name, _kind in wide_columns():
        locals()[_name] = _FIELDS[_kind]()
    del _name, _kind


class Peewee(OfObjects):
    name = "peewee"

    def __init__(self, place: Place) -> None:
        if place.engine == "sqlite":
            pragmas = {
                "journal_mode": "wal",
                "synchronous": place.synchronous.lower(),
                "foreign_keys": 1,
            }
            self._database: Any = peewee.SqliteDatabase(place.path, pragmas=pragmas)
        else:
            self._database = peewee.MySQLDatabase(
                "bench",
                host="127.0.0.1",
                port=place.port,
                user="root",
                password=place.password,
                charset="utf8mb4",
            )
        _database.initialize(self._database)
        self._database.connect()

    def insert_singly(self, rows: Sequence[Row]) -> None:
        for row in rows:
            with self._database.atomic():
                Journal.create(**row)

    def insert_together(self, rows: Sequence[Row]) -> None:
        with self._database.atomic():
            for row in rows:
                Journal.create(**row)

    def insert_bulk(self, rows: Sequence[Row]) -> None:
        with self._database.atomic():
            Journal.insert_many(rows).execute()

    def of_level(self, level: int) -> Sequence[Entry]:
        return list(Journal.select().where(Journal.level == level))

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        return list(Journal.select().order_by(Journal.id).limit(limit).offset(offset))

    def entry(self, key: int) -> Entry:
        return Journal.get_by_id(key)

    def world(self, key: int) -> Any:
        return World.get_by_id(key)

    def wide(self, key: int) -> Any:
        return Wide.get_by_id(key)

    def messages(self, last: int) -> Sequence[Any]:
        return list(Message.select(Message, Author).join(Author).where(Message.id <= last))

    def new_entries(self) -> Sequence[Entry]:
        return list(Journal.select().where(Journal.id > JOURNAL_SIZE))

    def save_whole(self, entries: Sequence[Entry]) -> None:
        with self._database.atomic():
            for entry in entries:
                entry.text = "changed"
                entry.save()

    def save_one(self, entries: Sequence[Entry]) -> None:
        with self._database.atomic():
            for entry in entries:
                entry.text = "changed"
                entry.save(only=(Journal.text,))

    def delete(self, entries: Sequence[Entry]) -> None:
        with self._database.atomic():
            for entry in entries:
                entry.delete_instance()

    def get_and_update(self, keys: Sequence[int]) -> None:
        with self._database.atomic():
            for key in keys:
                world = World.get_by_id(key)
                world.randomnumber += 1
                world.save()

    def close(self) -> None:
        self._database.close()
