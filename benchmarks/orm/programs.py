"""The programs whose start is measured: each connects, asks one question and prints the answer."""

_PLAIN = "print(1)"

_RAW = """
import os, sqlite3
connection = sqlite3.connect(os.environ["BENCH"])
print(*connection.execute("SELECT 1").fetchone())
"""
_RAW_ROW = """
import os, sqlite3
connection = sqlite3.connect(os.environ["BENCH"])
print(*connection.execute("SELECT randomnumber FROM world WHERE id = ?", (1,)).fetchone())
"""

_TREADLE = """
import os
import orm
database = orm.connect("sqlite:///" + os.environ["BENCH"])
print(*database.execute("SELECT 1").rows[0])
"""
_TREADLE_ROW = """
import os
import orm

class World(orm.Model):
    randomnumber = orm.Integer()

orm.connect("sqlite:///" + os.environ["BENCH"])
print(World.get(1).randomnumber)
"""

_DJANGO = """
import os
import django
from django.conf import settings

engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH"]}
settings.configure(DATABASES={"default": engine}, INSTALLED_APPS=[])
django.setup()
from django.db import connection, models
"""
_DJANGO_CONNECT = """
print(*connection.cursor().execute("SELECT 1").fetchone())
"""
_DJANGO_ROW = """
class World(models.Model):
    randomnumber = models.IntegerField()

    class Meta:
        app_label = "bench"
        db_table = "world"

print(World.objects.get(pk=1).randomnumber)
"""

_PEEWEE = """
import os
import peewee
database = peewee.SqliteDatabase(os.environ["BENCH"])
print(*database.execute_sql("SELECT 1").fetchone())
"""
_PEEWEE_ROW = """
import os
import peewee
database = peewee.SqliteDatabase(os.environ["BENCH"])

class World(peewee.Model):
    randomnumber = peewee.IntegerField()

    class Meta:
        database = database

print(World.get_by_id(1).randomnumber)
"""

_SQLALCHEMY = """
import os
import sqlalchemy
engine = sqlalchemy.create_engine("sqlite:///" + os.environ["BENCH"])
with engine.connect() as connection:
    print(connection.execute(sqlalchemy.text("SELECT 1")).scalar())
"""
_SQLALCHEMY_ROW = """
import os
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class World(Base):
    __tablename__ = "world"
    id: Mapped[int] = mapped_column(primary_key=True)
    randomnumber: Mapped[int]

with Session(create_engine("sqlite:///" + os.environ["BENCH"])) as session:
    print(session.get(World, 1).randomnumber)
"""

_PONY = """
import os
from pony import orm
database = orm.Database()
database.bind(provider="sqlite", filename=os.environ["BENCH"])
with orm.db_session:
    print(*database.execute("SELECT 1").fetchone())
"""
_PONY_ROW = """
import os
from pony import orm
database = orm.Database()

class World(database.Entity):
    _table_ = "world"
    id = orm.PrimaryKey(int, auto=True)
    randomnumber = orm.Required(int)

database.bind(provider="sqlite", filename=os.environ["BENCH"])
database.generate_mapping(create_tables=False)
with orm.db_session:
    print(World[1].randomnumber)
"""

# By what they do and whose they are, in the order of the table.
PROGRAMS = {
    "connect raw driver": _RAW,
    "connect Treadle": _TREADLE,
    "connect Django": _DJANGO + _DJANGO_CONNECT,
    "connect peewee": _PEEWEE,
    "connect SQLAlchemy": _SQLALCHEMY,
    "connect Pony": _PONY,
    "connect Python alone": _PLAIN,
    "model raw driver": _RAW_ROW,
    "model Treadle": _TREADLE_ROW,
    "model Django": _DJANGO + _DJANGO_ROW,
    "model peewee": _PEEWEE_ROW,
    "model SQLAlchemy": _SQLALCHEMY_ROW,
    "model Pony": _PONY_ROW,
}
