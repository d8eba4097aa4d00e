"""Django's mapper."""

from collections.abc import Sequence
from typing import Any

import django
import pymysql
from django.conf import settings

from benchmarks.orm.contender import Entry, OfObjects, Row
from benchmarks.orm.data import JOURNAL_SIZE, wide_columns
from benchmarks.orm.place import Place


def _configure(place: Place) -> None:
    if place.engine == "sqlite":
        pragmas = f"PRAGMA journal_mode = WAL; PRAGMA synchronous = {place.synchronous}"
        database: dict[str, Any] = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": place.path,
            "OPTIONS": {"init_command": pragmas},
        }
    else:
        pymysql.install_as_MySQLdb()
        database = {
            "ENGINE": "django.db.backends.mysql",
            "NAME": "bench",
            "USER": "root",
            "PASSWORD": place.password,
            "HOST": "127.0.0.1",
            "PORT": place.port,
            "OPTIONS": {"charset": "utf8mb4"},
        }
    settings.configure(DATABASES={"default": database}, USE_TZ=False, INSTALLED_APPS=[])
    django.setup()


class Django(OfObjects):
    name = "Django"

    def __init__(self, place: Place) -> None:
        _configure(place)
        # A model can be declared once the settings are made.
        from django.db import connection, models, transaction

        class Journal(models.Model):
            id = models.BigAutoField(primary_key=True)
            timestamp = models.DateTimeField()
            level = models.SmallIntegerField(db_index=True)
            text = models.CharField(max_length=255, db_index=True)

            class Meta:
                app_label = "bench"
                db_table = "journal"

        class World(models.Model):
            randomnumber = models.IntegerField()

            class Meta:
                app_label = "bench"
                db_table = "world"

        class Author(models.Model):
            name = models.CharField(max_length=100)
            email = models.CharField(max_length=100)

            class Meta:
                app_label = "bench"
                db_table = "author"

        class Message(models.Model):
            title = models.CharField(max_length=200)
            body = models.TextField()
            created = models.DateTimeField()
            board_id = models.IntegerField()
            author = models.ForeignKey(Author, models.CASCADE)

            class Meta:
                app_label = "bench"
                db_table = "message"

        fields: dict[str, Any] = {
            "integer": models.BigIntegerField,
            "small": models.SmallIntegerField,
            "real": models.FloatField,
            "decimal": lambda: models.DecimalField(max_digits=12, decimal_places=2),
            "truth": models.BooleanField,
            "name": lambda: models.CharField(max_length=255),
            "moment": models.DateTimeField,
            "day": models.DateField,
        }

        class Wide(models.Model):
            timestamp = models.DateTimeField()
            level = models.SmallIntegerField()
            text = models.CharField(max_length=255)
            for name, kind in wide_columns():
                locals()[name] = fields[kind]()
            del name, kind

            class Meta:
                app_label = "bench"
                db_table = "wide"

        self._connection, self._atomic = connection, transaction.atomic
        self._journal, self._world, self._wide = Journal, World, Wide
        self._message = Message

    def insert_singly(self, rows: Sequence[Row]) -> None:
        for row in rows:
            with self._atomic():
                self._journal.objects.create(**row)

    def insert_together(self, rows: Sequence[Row]) -> None:
        with self._atomic():
            for row in rows:
                self._journal.objects.create(**row)

    def insert_bulk(self, rows: Sequence[Row]) -> None:
        self._journal.objects.bulk_create([self._journal(**row) for row in rows])

    def of_level(self, level: int) -> Sequence[Entry]:
        return list(self._journal.objects.filter(level=level))

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        return list(self._journal.objects.order_by("id")[offset : offset + limit])

    def entry(self, key: int) -> Entry:
        return self._journal.objects.get(pk=key)

    def world(self, key: int) -> Any:
        return self._world.objects.get(pk=key)

    def wide(self, key: int) -> Any:
        return self._wide.objects.get(pk=key)

    def messages(self, last: int) -> Sequence[Any]:
        return list(self._message.objects.select_related("author").filter(id__lte=last))

    def new_entries(self) -> Sequence[Entry]:
        return list(self._journal.objects.filter(id__gt=JOURNAL_SIZE))

    def save_whole(self, entries: Sequence[Entry]) -> None:
        with self._atomic():
            for entry in entries:
                entry.text = "changed"
                entry.save()

    def save_one(self, entries: Sequence[Entry]) -> None:
        with self._atomic():
            for entry in entries:
                entry.text = "changed"
                entry.save(update_fields=("text",))

    def delete(self, entries: Sequence[Entry]) -> None:
        with self._atomic():
            for entry in entries:
                entry.delete()

    def get_and_update(self, keys: Sequence[int]) -> None:
        with self._atomic():
            for key in keys:
                world = self._world.objects.get(pk=key)
                world.randomnumber += 1
                world.save()

    def close(self) -> None:
        self._connection.close()
