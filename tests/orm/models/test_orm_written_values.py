"""Values that the database or an update makes, versions, and validation of whole objects."""

import datetime as dt
from typing import Any

import pytest

from orm import (
    Check,
    DataError,
    DateTime,
    DoesNotExist,
    Integer,
    IntegrityError,
    Json,
    Model,
    ModelError,
    StaleObject,
    String,
    Unique,
    ValidationError,
    Version,
    at_least,
    create_all,
    now,
)
from orm.engine.database import Database


class Order(Model):
    title = String(40)
    price = Integer(default=1)
    amount = Integer(db_default=3)
    total = Integer(generated=lambda model: model.price * model.amount)
    kept = Integer(generated="price + 1", stored=True)
    made_at = DateTime(db_default=now)
    changed_at = DateTime(null=True, on_update=now)

    class Meta:
        table = "written_orders"


class Page(Model):
    text = String(40)
    number = Version()

    class Meta:
        table = "written_pages"


class Trip(Model):
    name = String(20, unique=True, validators=[at_least("a")])
    starts = Integer()
    ends = Integer()
    notes = Json(default=dict)

    class Meta:
        table = "written_trips"
        indexes = [
            Unique("starts", "ends"),
            Check(lambda trip: trip.starts < trip.ends, name="starts_first"),
            Check("ends < 1000", name="ends_soon"),
        ]

    def validate(self) -> None:
        wrong = {}
        if self.starts == 13:
            wrong["starts"] = "is unlucky"
        if self.ends == 13:
            wrong["ends"] = "is unlucky"
        if wrong:
            raise ValidationError(**wrong)


@pytest.fixture
def tables(db: Database) -> None:
    create_all([Order, Page, Trip])


@pytest.mark.usefixtures("tables")
def test_orm_O2_what_the_database_makes_comes_back_with_the_insert(db: Database) -> None:
    Order.insert(title="first")
    with db.log_queries() as log:
        order = Order.insert(title="x", price=5)
        assert (order.amount, order.total, order.kept) == (3, 15, 6)
    assert len(log) == 1, "RETURNING, no second SELECT"
    assert abs(order.made_at - now()) < dt.timedelta(seconds=60)
    assert Order.get(order.id).made_at == order.made_at
    other = Order.insert(title="y", amount=10)
    assert (other.amount, other.total) == (10, 10)


@pytest.mark.usefixtures("tables")
def test_orm_O2_a_generated_value_follows_its_columns() -> None:
    order = Order.insert(title="x")
    order.price = 7
    order.save()
    assert (order.total, order.kept) == (21, 8)
    assert Order.select().where(Order.total == 21).one() == order
    with pytest.raises(DataError, match=r"Order\.total is computed"):
        order.total = 5
    with pytest.raises(DataError, match=r"Order\.total is computed"):
        Order(title="x", total=5)


@pytest.mark.usefixtures("tables")
def test_orm_O2_defaults_of_the_database_in_bulk() -> None:
    assert Order.insert_many([{"title": "a"}, {"title": "b", "amount": 9}, {"title": "c"}]) == 3
    found = Order.select().order_by(Order.title).values(Order.title, Order.amount, Order.total)
    assert [tuple(row) for row in found] == [("a", 3, 3), ("b", 9, 9), ("c", 3, 3)]


@pytest.mark.usefixtures("tables")
def test_orm_O2_on_update_values() -> None:
    order = Order.insert(title="x")
    assert not order.changed_at
    order.save()
    assert not order.changed_at, "nothing changed, nothing written"
    order.title = "y"
    order.save()
    first = order.changed_at
    assert first is not None
    assert Order.get(order.id).changed_at == first
    Order.update(price=2).execute()
    second = Order.get(order.id).changed_at
    assert second is not None
    assert second > first
    Order.update(price=2, changed_at=None).execute()
    assert Order.get(order.id).changed_at is None


def test_orm_O2_a_generated_column_takes_no_default() -> None:
    with pytest.raises(ModelError, match="leave out default="):
        Integer(generated="1", default=1)
    with pytest.raises(ModelError, match="SQL text or a function"):
        Integer(generated=5)  # type: ignore[call-overload]


@pytest.mark.usefixtures("tables")
def test_orm_version_two_programs_cannot_overwrite_each_other() -> None:
    page = Page.insert(text="a")
    assert page.number == 1
    mine, theirs = Page.get(page.id), Page.get(page.id)
    theirs.text = "theirs"
    theirs.save()
    assert (theirs.number, Page.get(page.id).number) == (2, 2)
    mine.text = "mine"
    with pytest.raises(StaleObject, match="number 1"):
        mine.save()
    assert Page.get(page.id).text == "theirs"
    with pytest.raises(StaleObject):
        mine.delete()
    mine.refresh()
    mine.text = "mine"
    mine.save()
    assert Page.get(page.id).number == 3
    Page.update(text="all").execute()
    with pytest.raises(StaleObject):
        mine.save(all=True)
    mine.refresh()
    mine.delete()
    with pytest.raises(DoesNotExist):
        Page.get(page.id)


@pytest.mark.usefixtures("tables")
def test_orm_O3_validate_is_called_and_names_every_field() -> None:
    with pytest.raises(ValidationError) as caught:
        Trip.insert(name="x", starts=13, ends=13)
    assert caught.value.errors == {"starts": "is unlucky", "ends": "is unlucky"}
    assert str(caught.value) == "Trip is not valid: starts is unlucky; ends is unlucky."
    trip = Trip.insert(name="x", starts=1, ends=2)
    trip.ends = 13
    with pytest.raises(ValidationError):
        trip.save()
    with pytest.raises(ValidationError):
        Trip.insert_many([{"name": "y", "starts": 13, "ends": 14}])
    assert Trip.select().count() == 1


def test_orm_O3_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Trip(name=5, starts="x", ends=2**40, notes={})
    assert list(caught.value.errors) == ["name", "starts", "ends"]
    with pytest.raises(DataError, match=r"^Trip\.name takes"):
        Trip(name=5)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"starts": 5, "ends": 5}, ["starts_first"]),
        ({"starts": 5, "ends": 2000}, ["ends_soon"]),
        ({"starts": 1, "ends": 2}, ["starts, ends"]),
        ({"starts": 9, "ends": 10, "name": "taken"}, ["name"]),
        ({"starts": 13, "ends": 2, "name": "taken"}, ["starts", "starts_first", "name"]),
        ({"starts": 9}, ["ends"]),
        ({"starts": 7, "ends": 8}, []),
    ],
)
def test_orm_O3_full_check_asks_every_rule(values: dict[str, Any], names: list[str]) -> None:
    Trip.insert(name="taken", starts=1, ends=2)
    trip = Trip(**{"name": "free", **values})
    if not names:
        trip.full_check()
        trip.save()
        trip.full_check()  # its own row is in nobody's way
        return
    with pytest.raises(ValidationError) as caught:
        trip.full_check()
    assert sorted(caught.value.errors) == sorted(names)
    with pytest.raises((IntegrityError, DataError)):
        trip.save()
    assert not trip._is_stored


class Counter(Model):
    name = String(20, unique=True)
    hits = Integer(default=0)
    number = Version()
    changed_at = DateTime(null=True, on_update=now)

    class Meta:
        table = "written_counters"


def test_orm_A12_an_upsert_counts_as_an_update_when_it_is_one(db: Database) -> None:
    create_all([Counter])
    assert Counter.upsert({"name": "a", "hits": 1}, key=["name"]) == "inserted"
    first = Counter.one(name="a")
    assert (first.number, first.changed_at) == (1, None)
    assert Counter.upsert({"name": "a", "hits": 1}, key=["name"]) == "unchanged"
    first.refresh()
    assert (first.number, first.changed_at) == (1, None)
    assert Counter.upsert({"name": "a", "hits": 2}, key=["name"]) == "updated"
    first.hits = 9
    with pytest.raises(StaleObject):
        first.save()
    first.refresh()
    assert (first.hits, first.number) == (2, 2)
    assert first.changed_at is not None
