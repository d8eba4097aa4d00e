"""The models that the tests of the ORM share: people who write entries and tag them."""

import enum
from uuid import uuid4

from orm import (
    Boolean,
    Bytes,
    Date,
    DateTime,
    Decimal,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    Json,
    ManyToMany,
    Model,
    OneToOne,
    SmallInteger,
    String,
    Text,
    Unique,
    Uuid,
    create_all,
    now,
)


class Team(Model):
    name = String(40)

    class Meta:
        table = "orm_teams"


class Person(Model):
    name = String(40, unique=True)
    age = Integer(null=True)
    team = ForeignKey(Team, null=True, back="people", on_delete="set_null")
    boss = ForeignKey("self", null=True, back="staff", on_delete="set_null")
    friends = ManyToMany("self", back="befriended_by")

    class Meta:
        table = "orm_people"


class Badge(Model):
    person = OneToOne(Person, back="badge", on_delete="cascade")
    code = String(10)

    class Meta:
        table = "orm_badges"


class Label(Model):
    name = String(40, unique=True)

    class Meta:
        table = "orm_labels"


class Entry(Model):
    title = String(200)
    body = Text(default="")
    author = ForeignKey(Person, back="entries", on_delete="cascade")
    editor = ForeignKey(Person, null=True, back="edited", on_delete="set_null")
    labels = ManyToMany(Label, back="entries")
    created_at = DateTime(default=now, index=True)

    class Meta:
        table = "orm_entries"
        indexes = [Index("author", "-created_at")]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Sample(Model):
    """One of each field type; all but the key may be NULL."""

    key = Uuid(primary_key=True, default=uuid4)
    small = SmallInteger(null=True)
    flag = Boolean(null=True)
    price = Decimal(10, 2, null=True)
    huge = Decimal(30, 10, null=True)
    ratio = Float(null=True)
    day = Date(null=True)
    moment = DateTime(null=True)
    aware = DateTime(tz=True, null=True)
    data = Json(null=True)
    blob = Bytes(null=True)
    colour = Enum(Colour, null=True)
    word = String(20, null=True, ci=True)
    rank = Integer(null=True, choices=[1, 2, (3, "third")])

    class Meta:
        table = "orm_samples"


class Stock(Model):
    shop = String(20)
    item = String(20)
    amount = Integer(default=0)
    note = String(20, null=True)

    class Meta:
        table = "orm_stock"
        indexes = [Unique("shop", "item")]


MODELS = [Team, Person, Badge, Label, Entry, Sample, Stock]


def create_tables() -> None:
    create_all(MODELS)
