"""Times, spans, small integers, types of one's own, validators and secrets, on both engines."""

import datetime as dt
from typing import Any, NamedTuple

import pytest

from orm import (
    Custom,
    DataError,
    Duration,
    Integer,
    Json,
    Model,
    ModelError,
    String,
    Time,
    TinyInteger,
    Type,
    at_least,
    at_most,
    create_all,
    has_length,
    matches,
    sum_,
)
from orm.engine.database import Database


class Point(NamedTuple):
    x: float
    y: float


class PointType(Type[Point]):
    """`x;y` in a text column."""

    base = String(40)

    def convert(self, value: Any) -> Point:
        return value if isinstance(value, Point) else Point(*map(float, value.split(";")))

    def bind(self, value: Point) -> str:
        return f"{value.x};{value.y}"

    def result(self, stored: str) -> Point:
        return self.convert(stored)


class BagType(Type[set[str]]):
    """A set of words, kept as a JSON list."""

    base = Json()

    def bind(self, value: set[str]) -> list[str]:
        return sorted(value)

    def result(self, stored: list[str]) -> set[str]:
        return set(stored)


class Run(Model):
    starts = Time(null=True)
    took = Duration(null=True)
    laps = TinyInteger(null=True)
    place = Custom(PointType(), null=True)
    bag = Custom(BagType(), null=True)
    level = Integer(null=True, validators=[at_least(1), at_most(9)])
    code = String(20, null=True, validators=[matches("[a-z]+"), has_length(2, 4)])
    pin = String(6, null=True, secret=True)

    class Meta:
        table = "fields_runs"


@pytest.fixture
def tables(db: Database) -> None:
    create_all([Run])


VALUES = [
    ("starts", "09:30", dt.time(9, 30)),
    ("starts", dt.time(23, 59, 59, 999999), dt.time(23, 59, 59, 999999)),
    ("starts", dt.time(0), dt.time(0)),
    ("took", dt.timedelta(days=-3, microseconds=1), dt.timedelta(days=-3, microseconds=1)),
    ("took", dt.timedelta(days=100_000), dt.timedelta(days=100_000)),
    ("laps", -128, -128),
    ("place", "1;2.5", Point(1.0, 2.5)),
    ("place", Point(0.0, 0.0), Point(0.0, 0.0)),
    ("bag", {"b", "a"}, {"a", "b"}),
    ("pin", "1234", "1234"),
]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(("name", "given", "read"), VALUES)
def test_orm_O1_a_value_comes_back(name: str, given: object, read: object) -> None:
    made = Run.insert(**{name: given})
    assert getattr(made, name) == read
    found = getattr(Run.get(made.id), name)
    assert (found, type(found)) == (read, type(read))
    assert Run.select().where(getattr(Run, name) == given).one() == made
    assert Run.select().scalars(getattr(Run, name)) == [read]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("starts", dt.time(1, tzinfo=dt.UTC)),
        ("starts", "25:00"),
        ("starts", dt.timedelta(1)),
        ("took", 5),
        ("took", dt.timedelta.max),
        ("laps", 128),
        ("place", "1"),
        ("place", 5),
        ("bag", 5),
        ("level", 0),
        ("level", 10),
        ("code", "A"),
        ("code", "a"),
        ("code", "abcde"),
    ],
)
def test_orm_O3_a_wrong_value_names_the_field(name: str, value: object) -> None:
    with pytest.raises(DataError, match=rf"^Run\.{name} takes"):
        setattr(Run(), name, value)


def test_a_validator_is_for_assignments_not_for_comparisons() -> None:
    assert (Run.level > 100) is not None


@pytest.mark.usefixtures("tables")
def test_orm_O1_times_and_spans_sort_and_add_up() -> None:
    Run.insert_many([{"took": dt.timedelta(seconds=s), "starts": dt.time(s)} for s in (9, 1, 10)])
    assert Run.select().order_by(-Run.took).scalars(Run.took)[0] == dt.timedelta(seconds=10)
    assert Run.select().where(Run.starts < "09:30").count() == 2
    assert Run.select(sum_(Run.took)).scalars() == [dt.timedelta(seconds=20)]


@pytest.mark.usefixtures("tables")
def test_orm_O1_a_change_inside_a_custom_value_is_saved() -> None:
    run = Run.insert(bag={"a"})
    run = Run.get(run.id)
    assert run.bag is not None
    run.bag.add("b")
    run.save()
    assert Run.get(run.id).bag == {"a", "b"}


def test_orm_O1_a_type_needs_a_base_and_custom_an_object() -> None:
    class Baseless(Type[int]):
        pass

    with pytest.raises(ModelError, match="needs `base`"):
        Baseless()
    with pytest.raises(ModelError, match="object of a Type"):
        Custom(PointType)  # type: ignore[call-overload]


@pytest.mark.usefixtures("tables")
def test_sec_a_secret_is_masked_in_errors_and_logs(db: Database) -> None:
    with db.log_queries() as log:
        made = Run.insert(pin="s3cret")
        Run.select().where(Run.pin == "s3cret").one()
    assert "s3cret" not in repr([(item.sql, item.params) for item in log])
    with pytest.raises(DataError) as caught:
        made.pin = "s3cret-too-long"
    assert "s3cret" not in str(caught.value)
    assert "***" in str(caught.value)
    with pytest.raises(DataError) as caught:
        Run.pin.in_(["s3cret-too-long"])
    assert "s3cret" not in str(caught.value)
    assert "pin" not in made.__json__()
