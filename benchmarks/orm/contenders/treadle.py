"""Ours."""

from collections.abc import Sequence
from typing import Any

import orm
from benchmarks.orm.contender import Entry, OfObjects, Row
from benchmarks.orm.data import JOURNAL_SIZE, wide_columns
from benchmarks.orm.place import Place
from orm import pipeline, transaction


class Journal(orm.Model):
    timestamp = orm.DateTime()
    level = orm.SmallInteger(index=True)
    text = orm.String(255, index=True)


class World(orm.Model):
    randomnumber = orm.Integer()


class Author(orm.Model):
    name = orm.String(100)
    email = orm.String(100)


class Message(orm.Model):
    title = orm.String(200)
    body = orm.Text()
    created = orm.DateTime()
    board_id = orm.Integer()
    author = orm.ForeignKey(Author)


_FIELDS: dict[str, Any] = {
    "integer": lambda: orm.BigInteger(),
    "small": lambda: orm.SmallInteger(),
    "real": lambda: orm.Float(),
    "decimal": lambda: orm.Decimal(12, 2),
    "truth": lambda: orm.Boolean(),
    "name": lambda: orm.String(255),
    "moment": lambda: orm.DateTime(),
    "day": lambda: orm.Date(),
}


class Wide(orm.Model):
    timestamp = orm.DateTime()
    level = orm.SmallInteger()
    text = orm.String(255)
    for _name, _kind in wide_columns():
        locals()[_name] = _FIELDS[_kind]()
    del _name, _kind


class Treadle(OfObjects):
    name = "Treadle"

    def __init__(self, place: Place) -> None:
        if place.engine == "sqlite":
            orm.connect(f"sqlite:///{place.path}", synchronous=place.synchronous)
        else:
            orm.connect(f"mysql://root:{place.password}@127.0.0.1:{place.port}/bench")

    def insert_singly(self, rows: Sequence[Row]) -> None:
        for row in rows:
            Journal.insert(**row)

    def insert_together(self, rows: Sequence[Row]) -> None:
        with transaction():
            for row in rows:
                Journal.insert(**row)

    def insert_bulk(self, rows: Sequence[Row]) -> None:
        Journal.insert_many(rows)

    def of_level(self, level: int) -> Sequence[Entry]:
        return Journal.select().where(Journal.level == level).all()

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        return Journal.select().order_by(Journal.id).limit(limit).offset(offset).all()

    def entry(self, key: int) -> Entry:
        return Journal.get(key)

    def world(self, key: int) -> Any:
        return World.get(key)

    def wide(self, key: int) -> Any:
        return Wide.get(key)

    def messages(self, last: int) -> Sequence[Any]:
        return Message.select().with_related(Message.author).where(Message.id <= last).all()

    def new_entries(self) -> Sequence[Entry]:
        return Journal.select().where(Journal.id > JOURNAL_SIZE).all()

    def save_whole(self, entries: Sequence[Entry]) -> None:
        with pipeline():  # a transaction, too
            for entry in entries:
                entry.text = "changed"
                entry.save(all=True)

    def save_one(self, entries: Sequence[Entry]) -> None:
        with pipeline():  # a transaction, too
            for entry in entries:
                entry.text = "changed"
                entry.save()

    def delete(self, entries: Sequence[Entry]) -> None:
        with pipeline():  # a transaction, too
            for entry in entries:
                entry.delete()

    def get_and_update(self, keys: Sequence[int]) -> None:
        with transaction():
            for key in keys:
                world = World.get(key)
                world.randomnumber += 1
                world.save()

    def close(self) -> None:
        orm.close()
