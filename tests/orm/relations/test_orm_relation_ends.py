"""Foreign keys and one-to-ones: what the database does at a deletion, both ends in memory."""

from enum import Enum
from typing import Any

import pytest

from orm import (
    DataError,
    ForeignKey,
    Integer,
    IntegrityError,
    Model,
    ModelError,
    OneToOne,
    String,
    create_all,
)
from orm.engine.database import Database
from orm.metadata import registry


class Owner(Model):
    name = String(20)

    class Meta:
        table = "ends_owners"


class Cascades(Model):
    owner = ForeignKey(Owner, back="cascading", on_delete="cascade")

    class Meta:
        table = "ends_cascades"


class Restricts(Model):
    owner = ForeignKey(Owner, back="restricting")

    class Meta:
        table = "ends_restricts"


class Nulls(Model):
    owner = ForeignKey(Owner, null=True, back="nulled", on_delete="set_null")

    class Meta:
        table = "ends_nulls"


class NoAction(Model):
    owner = ForeignKey(Owner, back="inactive", on_delete="no_action")

    class Meta:
        table = "ends_no_action"


class Card(Model):
    owner = OneToOne(Owner, null=True, back="card", on_delete="set_null")
    number = Integer(default=0)

    class Meta:
        table = "ends_cards"


@pytest.fixture
def tables(db: Database) -> None:
    create_all([Owner, Cascades, Restricts, Nulls, NoAction, Card])


@pytest.mark.usefixtures("tables")
def test_orm_O5_the_database_does_what_on_delete_says(db: Database) -> None:
    ann, bob, eve = (Owner.insert(name=name) for name in ("ann", "bob", "eve"))
    Cascades.insert(owner=ann)
    nulled = Nulls.insert(owner=ann)
    with db.log_queries() as log:
        ann.delete()
    assert len(log) == 1, "nothing is loaded for it"
    assert Cascades.select().count() == 0
    nulled.refresh()
    assert nulled.owner is None
    Restricts.insert(owner=bob)
    NoAction.insert(owner=eve)
    for owner in (bob, eve):
        with pytest.raises(IntegrityError):
            owner.delete()
    assert Owner.select().count() == 2


def test_orm_O5_set_default_is_for_engines_that_know_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_models", dict(registry._models))

    class Defaults(Model):
        owner = ForeignKey(Owner, on_delete="set_default", db_default=1)

        class Meta:
            table = "ends_defaults"

    if db.dialect.name == "mysql":
        create_all([Owner])
        with pytest.raises(ModelError, match=r"MariaDB.*set_default"):
            create_all([Defaults])
        return
    create_all([Owner, Defaults])
    first, second = Owner.insert(name="first"), Owner.insert(name="second")
    made = Defaults.insert(owner=second)
    assert Defaults.insert().owner_id == first.id
    second.delete()
    made.refresh()
    assert made.owner == first


def test_orm_O5_on_delete_takes_the_words_of_sql() -> None:
    assert ForeignKey(Owner, null=True, on_delete="SET NULL").on_delete == "set_null"
    assert ForeignKey(Owner, on_delete="CASCADE").on_delete == "cascade"

    class Action(str, Enum):  # noqa: UP042  # whose str() is not its value
        CASCADE = "cascade"

    assert ForeignKey(Owner, on_delete=Action.CASCADE).on_delete == "cascade"


def test_orm_O5_wrong_declarations_are_refused() -> None:
    with pytest.raises(ModelError, match="needs db_default="):
        ForeignKey(Owner, on_delete="set_default")
    with pytest.raises(ModelError, match="Did you mean 'set_null'"):
        ForeignKey(Owner, on_delete="setnull")
    with pytest.raises(ModelError, match="on_delete=None"):
        ForeignKey(Owner, on_delete=None)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="exactly one primary key"):
        body = {"a": Integer(primary_key=True), "b": Integer(primary_key=True)}
        type("Composite", (Model,), body)


@pytest.mark.usefixtures("tables")
def test_orm_O5_both_ends_agree_where_they_are_loaded(db: Database) -> None:
    ann, bob = Owner.insert(name="ann"), Owner.insert(name="bob")
    Nulls.insert(owner=ann)
    ann, bob = Owner.select().order_by(Owner.id).prefetch(Owner.nulled).all()
    (item,) = ann.nulled.all()
    with db.log_queries() as log:
        assert item.owner is ann
        item.owner = bob
        assert (ann.nulled.all(), bob.nulled.all()) == ([], [item])
        item.owner = None
        assert bob.nulled.count() == 0
        new = Nulls(owner=ann)
        assert ann.nulled.all() == [new]
    assert len(log) == 0
    fresh = Owner.get(ann.id)
    assert fresh.nulled.all()[0].owner is fresh
    assert fresh.nulled.where(Nulls.id > 0).order_by(Nulls.id).first().owner is fresh
    assert fresh.nulled.values(Nulls.id)[0].id == item.id


@pytest.mark.usefixtures("tables")
def test_orm_O7_a_one_to_one_is_an_object_or_none_from_both_ends(db: Database) -> None:
    ann, bob = Owner.insert(name="ann"), Owner.insert(name="bob")
    assert not ann.card, "no row is None, not an error"
    card = Card.insert(owner=ann)
    assert ann.card is card
    card.owner = bob
    assert not ann.card
    assert bob.card is card
    card.save()
    assert Owner.get(bob.id).card == card
    with pytest.raises(IntegrityError):
        Card.insert(owner=bob)
    (loaded,) = Owner.select().where(Owner.id == bob.id).prefetch(Owner.card).all()
    with db.log_queries() as log:
        assert loaded.card.owner is loaded
    assert len(log) == 0


def test_orm_O5_an_unsaved_row_is_no_reference() -> None:
    with pytest.raises(DataError, match="not saved yet"):
        Cascades(owner=Owner(name="x"))


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("value", ["x", 1.5, [], True])
def test_orm_O5_what_is_no_key_is_no_reference(value: Any) -> None:
    with pytest.raises(DataError, match="takes a Owner or its key"):
        Cascades(owner=value)
