"""Copies and pickles of objects, rows and queries mean what the originals do."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from orm import ForeignKey, Integer, Json, ManyToMany, Model, String, alias, count, create_all
from orm.engine.database import Database


def _pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


COPIES = pytest.mark.parametrize("copied", [_pickled, copy.copy, copy.deepcopy])
Copied = Callable[[Any], Any]


class Harbour(Model):
    name = String(20, default=lambda: "nowhere")

    class Meta:
        table = "copied_harbours"


class Flag(Model):
    colour = String(20)

    class Meta:
        table = "copied_flags"


class Ship(Model):
    name = String(20)
    size = Integer(default=0)
    data = Json(default=dict)
    harbour = ForeignKey(Harbour, back="ships")
    flags = ManyToMany(Flag, back="ships")

    class Meta:
        table = "copied_ships"


@pytest.fixture(autouse=True)
def ship(db: Database) -> Ship:
    create_all([Harbour, Flag, Ship])
    made = Ship.insert(name="Anna", harbour=Harbour.insert(name="Kiel"), data={"a": 1})
    made.flags.add(Flag.insert(colour="red"))
    return Ship.get(made.id)


@COPIES
def test_orm_O2_changes_of_a_copied_object_are_saved(copied: Copied, ship: Ship) -> None:
    ship.name = "Berta"
    ship.data["a"] = 2
    copied(ship).save()
    assert [(s.name, s.data) for s in Ship.select()] == [("Berta", {"a": 2})]
    new = copied(Ship(name="Cora", harbour=Harbour.one()))
    new.save()
    assert new.id != ship.id
    assert Ship.get(ship.id) == copied(ship)


@COPIES
def test_orm_O9_a_copy_has_what_was_loaded(copied: Copied) -> None:
    (harbour,) = copied(Harbour.select().prefetch(Harbour.ships).all())
    assert [ship.name for ship in harbour.ships] == ["Anna"]
    assert harbour.ships.where(Ship.name == "x").count() == 0
    loaded = copied(Ship.select().with_related(Ship.harbour).prefetch(Ship.flags).one())
    assert (loaded.harbour.name, [flag.colour for flag in loaded.flags]) == ("Kiel", ["red"])


@COPIES
def test_orm_O17_rows_can_be_copied(copied: Copied) -> None:
    rows = Ship.select(Ship.name, count().over().as_("n")).all()
    assert copied(rows) == rows
    assert (copied(rows)[0].name, copied(rows[0]).n) == ("Anna", 1)
    page = copied(Ship.select().values(Ship.name, Ship.size))
    assert page[0]._asdict() == {"name": "Anna", "size": 0}


@COPIES
def test_orm_O8_queries_can_be_copied(copied: Copied) -> None:
    other = alias(Ship, "other")
    query = (
        Ship.select()
        .join(other, on=other.id == Ship.id)
        .where(other.name == "Anna", Ship.flags.any(Flag.colour == "red"))
        .with_related(Ship.harbour)
        .order_by(-Ship.id)
    )
    assert [ship.harbour.name for ship in copied(query)] == ["Kiel"]
    assert copied(Harbour.one().ships).count() == 1
