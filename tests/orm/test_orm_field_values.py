"""What fields take and refuse, and that each value comes back as it went in, on both engines."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from orm import DataError, Json, Model, avg, create_all, max_, now, sum_
from orm.metadata import registry
from tests.support.orm_models import Colour, Entry, Person, Sample, Team

PLUS_TWO = dt.timezone(dt.timedelta(hours=2))


@pytest.fixture
def tables(db: Any) -> None:
    create_all([Team, Person, Sample])


VALUES = [
    ("small", -32768, -32768),
    ("flag", True, True),
    ("flag", False, False),
    ("price", "12.5", Decimal("12.50")),
    ("price", 7, Decimal("7.00")),
    ("price", Decimal("-99999999.99"), Decimal("-99999999.99")),
    ("huge", "12345678901234567890.0123456789", Decimal("12345678901234567890.0123456789")),
    ("ratio", 3, 3.0),
    ("ratio", 0.1, 0.1),
    ("ratio", 1.7976931348623157e308, 1.7976931348623157e308),
    ("day", "2026-02-28", dt.date(2026, 2, 28)),
    ("day", dt.date(1, 1, 1), dt.date(1, 1, 1)),
    ("moment", "2026-02-28T12:00", dt.datetime(2026, 2, 28, 12)),
    ("moment", dt.datetime(2026, 2, 28, 1, 2, 3, 4), dt.datetime(2026, 2, 28, 1, 2, 3, 4)),
    (
        "aware",
        dt.datetime(2026, 2, 28, 1, tzinfo=PLUS_TWO),
        dt.datetime(2026, 2, 27, 23, tzinfo=dt.UTC),
    ),
    ("data", {"a": [1, 2.5, None, "ü", True]}, {"a": [1, 2.5, None, "ü", True]}),
    ("data", "text", "text"),
    ("data", [], []),
    ("blob", b"\x00\xff'\\", b"\x00\xff'\\"),
    ("blob", bytearray(b"x"), b"x"),
    ("colour", Colour.RED, Colour.RED),
    ("colour", "blue", Colour.BLUE),
    ("word", "Ünï\\'\"%_🎈", "Ünï\\'\"%_🎈"),
    ("rank", 3, 3),
]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(("name", "given", "read"), VALUES)
def test_orm_O1_a_value_comes_back_as_its_one_python_form(
    name: str, given: object, read: object
) -> None:
    made = Sample(**{name: given})
    assert getattr(made, name) == read, "converted at assignment already"
    made.save()
    found = getattr(Sample.get(made.key), name)
    assert (found, type(found)) == (read, type(read))
    if name != "data":
        assert Sample.select().where(getattr(Sample, name) == given).count() == 1
    assert Sample.select().where(getattr(Sample, name).is_null()).count() == 0
    assert Sample.select().scalars(getattr(Sample, name)) == [read]


REFUSED = [
    ("small", 32768),
    ("small", True),
    ("small", 1.0),
    ("small", "1"),
    ("flag", 1),
    ("flag", "true"),
    ("price", 1.5),
    ("price", "1.234"),
    ("price", "100000000"),
    ("price", "NaN"),
    ("price", "x"),
    ("price", True),
    ("ratio", math.nan),
    ("ratio", math.inf),
    ("ratio", "1.5"),
    ("ratio", True),
    ("ratio", 10**400),
    ("day", dt.datetime(2026, 1, 1)),
    ("day", "2026-02-30"),
    ("day", 5),
    ("moment", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    ("moment", "2026-01-01T00:00+02:00"),
    ("moment", dt.date(2026, 1, 1)),
    ("moment", "yesterday"),
    ("aware", dt.datetime(2026, 1, 1)),
    ("data", {1: "a"}),
    ("data", {"a": math.nan}),
    ("data", {1, 2}),
    ("data", b"x"),
    ("blob", "x"),
    ("colour", "green"),
    ("colour", 1),
    ("word", "x" * 21),
    ("word", b"x"),
    ("word", 5),
    ("rank", 4),
    ("key", "not-a-uuid"),
    ("key", 5),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_orm_O3_a_wrong_value_fails_at_the_assignment(name: str, value: object) -> None:
    sample = Sample()
    with pytest.raises(DataError, match=rf"Sample\.{name} takes"):
        setattr(sample, name, value)
    with pytest.raises(DataError, match=rf"Sample\.{name} takes"):
        Sample(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [item for item in REFUSED if item[0] not in ("data", "rank")]
)
def test_sec_D5_a_wrong_value_fails_in_a_comparison(name: str, value: object) -> None:
    with pytest.raises(DataError, match=rf"Sample\.{name} takes"):
        getattr(Sample, name) == value  # noqa: B015


def test_none_only_where_the_column_may_be_null() -> None:
    with pytest.raises(DataError, match=r"Person\.name cannot be None.*null=True"):
        Person(name=None)
    assert Person(name="x", age=None).age is None


def test_an_error_shows_the_value_but_not_all_of_it() -> None:
    with pytest.raises(DataError) as caught:
        Person(name="x" * 10_000)
    assert len(str(caught.value)) < 250
    assert "at most 40 characters" in str(caught.value)


def test_defaults_are_made_for_each_object() -> None:
    first, second = Sample(), Sample()
    assert isinstance(first.key, UUID)
    assert first.key != second.key
    entry = Entry(title="x", author=1)
    assert entry.body == ""
    assert abs(entry.created_at - now()) < dt.timedelta(seconds=5)
    assert now().tzinfo is None


@pytest.mark.usefixtures("tables")
def test_decimals_compare_as_numbers() -> None:
    for text in ("9.50", "10.00", "-3.00", "100.10"):
        Sample.insert(price=text, huge=text)
    for column in (Sample.price, Sample.huge):
        assert Sample.select().where(column < 10).order_by(column).scalars(column) == [
            Decimal("-3.00"),
            Decimal("9.50"),
        ]
        assert Sample.select().where(column.between("9.5", Decimal("10"))).count() == 2
        assert Sample.select().order_by(-column).scalars(column)[0] == Decimal("100.10")
    total, mean = Sample.select(sum_(Sample.price), avg(Sample.price)).one()
    assert (total, str(total)) == (Decimal("116.60"), "116.60")
    assert mean == Decimal("29.15")


@pytest.mark.usefixtures("tables")
def test_aggregates_have_python_types() -> None:
    Person.insert_many([{"name": "a", "age": 1}, {"name": "b", "age": 2}])
    Sample.insert(moment=dt.datetime(2026, 1, 1))
    total, mean = Person.select(sum_(Person.age), avg(Person.age)).one()
    assert (total, type(total), mean, type(mean)) == (3, int, 1.5, float)
    assert Sample.select(max_(Sample.moment)).one()[0] == dt.datetime(2026, 1, 1)
    assert Sample.select(sum_(Sample.price)).scalars() == [None]


@pytest.mark.usefixtures("tables")
def test_text_is_compared_exactly_and_ci_is_not() -> None:
    Person.insert(name="Ann")
    Sample.insert(word="Ann")
    for other in ("ann", "Ann ", "Änn", "ANN"):
        assert Person.select().where(Person.name == other).count() == 0
    assert Sample.select().where(Sample.word == "aNN").count() == 1
    assert Sample.select().where(Sample.word.contains("NN")).count() == 1


@pytest.mark.usefixtures("tables")
def test_sec_D9_ci_knows_the_case_of_every_letter() -> None:
    Sample.insert_many({"word": word} for word in ("Éva", "Straße", "ann "))
    word = Sample.word
    for condition in (
        word == "éVA",
        word.in_(["ÉVA"]),
        word.startswith("é"),
        word.contains("ÉV"),
        word.like("é_A"),
        word.regexp("^év"),
    ):
        assert Sample.select().where(condition).scalars(word) == ["Éva"]
    for other in ("eva", "STRASSE", "ann"):
        assert not Sample.select().where(word == other).exists()
    assert Sample.select(word).distinct().count() == 3
    Sample.insert(word="ÉVA")
    assert Sample.select(word).distinct().count() == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ratio", 2**53 + 1),
        ("word", "\ud83d"),
        ("data", {"a": ["\ud83d"]}),
        ("small", 10**5000),
    ],
    ids=["float", "text", "document", "digits"],
)
def test_orm_O3_what_would_be_lost_or_not_stored_fails_at_the_assignment(
    name: str, value: object
) -> None:
    with pytest.raises(DataError, match=f"Sample.{name} takes"):
        setattr(Sample(), name, value)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("value", [0, True, 0.0, [], {}])
def test_sec_D5_no_text_column_matches_a_number(value: object) -> None:
    Person.insert(name="ann")
    with pytest.raises(DataError):
        Person.select().where(Person.name == value).all()


def test_a_mutable_default_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_models", dict(registry._models))

    class OrmOptions(Model):
        given = Json(default={"a": []})

    first, second = OrmOptions(), OrmOptions()
    first.given["a"].append(1)
    assert second.given == {"a": []}


def test_a_uuid_key_takes_its_text() -> None:
    key = uuid4()
    assert Sample(key=str(key)).key == key
