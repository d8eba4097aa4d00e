"""Values that the database computes: what fits no column is refused, alike on both engines."""

import decimal
from collections.abc import Callable
from typing import Any

import pytest

from orm import (
    BigInteger,
    Boolean,
    DataError,
    Decimal,
    Float,
    Integer,
    Model,
    SmallInteger,
    String,
    concat,
    create_all,
    incoming,
)
from orm.engine.database import Database
from orm.engine.dialect import SQLITE_DIALECT
from orm.queries import write
from tests.support.databases import on_sqlite

D = decimal.Decimal


class Reading(Model):
    small = SmallInteger(default=0)
    whole = Integer(null=True)
    big = BigInteger(default=0)
    code = String(3, default="")
    ratio = Float(default=0.0)
    price = Decimal(4, 1, default=D(0))
    exact = Decimal(20, 2, default=D(0))
    is_open = Boolean(default=False)
    pin = String(3, default="", secret=True)
    name = String(20, unique=True)

    class Meta:
        table = "computed_readings"


class Kept(Model):
    name = String(20)
    small = SmallInteger()

    class Meta:
        table = "computed_kept"


@pytest.fixture(autouse=True)
def tables(db: Database) -> None:
    create_all([Reading, Kept])


def stored(**values: Any) -> Reading:
    return Reading.insert(name="a", **values)


def all_stored() -> list[Any]:
    return Reading.select(*(getattr(Reading, name) for name in Reading._meta.fields)).all()


Change = Callable[[], dict[str, Any]]

REFUSED: dict[str, tuple[dict[str, Any], Change]] = {
    "small_overflows": ({"small": 32767}, lambda: {"small": Reading.small + 1}),
    "small_underflows": ({"small": -32768}, lambda: {"small": Reading.small - 1}),
    "small_of_a_larger_column": ({"whole": 40000}, lambda: {"small": Reading.whole}),
    "whole_overflows": ({"whole": 2**31 - 1}, lambda: {"whole": Reading.whole + 1}),
    "big_overflows": ({"big": 2**63 - 1}, lambda: {"big": Reading.big + 1}),
    "big_underflows": ({"big": -(2**63)}, lambda: {"big": Reading.big - 1}),
    "big_overflows_on_the_way": (
        {"big": 2**63 - 1},
        lambda: {"big": Reading.big + 10_000 - 20_000},
    ),
    "small_of_a_float": ({"ratio": 1e6}, lambda: {"small": Reading.ratio}),
    "small_of_a_huge_float": ({"ratio": 1e300}, lambda: {"small": Reading.ratio}),
    "small_of_a_text": ({"code": "abc"}, lambda: {"small": Reading.code}),
    "too_long": ({"code": "abc"}, lambda: {"code": concat(Reading.code, "d")}),
    "too_long_a_number": ({"whole": 1234}, lambda: {"code": Reading.whole}),
    "too_many_digits": ({"price": D("999.9")}, lambda: {"price": Reading.price + 1}),
    "too_many_digits_when_rounded": (
        {"price": D("999.9")},
        lambda: {"price": Reading.price + D("0.05")},
    ),
    "too_many_digits_of_a_float": ({"ratio": 1000.9}, lambda: {"price": Reading.ratio}),
    "infinite": ({"ratio": 1e308}, lambda: {"ratio": Reading.ratio * 10}),
    "no_truth": ({"small": 300}, lambda: {"is_open": Reading.small}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_sec_D5_a_computed_value_that_does_not_fit_is_refused(db: Database, case: str) -> None:
    values, change = REFUSED[case]
    stored(**values)
    before = all_stored()
    with pytest.raises(DataError):
        Reading.update(**change()).execute()
    assert all_stored() == before


FITTING: dict[str, tuple[dict[str, Any], Change, Any]] = {
    "small": ({"small": 32766}, lambda: {"small": Reading.small + 1}, 32767),
    "big": ({"big": 2**63 - 2}, lambda: {"big": Reading.big + 1}, 2**63 - 1),
    "null": ({"whole": None}, lambda: {"whole": Reading.whole + 1}, None),
    "a_whole_float": ({"ratio": 1000.0}, lambda: {"small": Reading.ratio}, 1000),
    "a_float_down": ({"ratio": 1000.4}, lambda: {"small": Reading.ratio}, 1000),
    "a_half_float": ({"ratio": 2.5}, lambda: {"small": Reading.ratio}, 3),
    "a_negative_half": ({"ratio": -2.5}, lambda: {"small": Reading.ratio}, -3),
    "half_of_an_int": ({"small": 5}, lambda: {"small": Reading.small / 2}, 3),
    "a_half_decimal": ({"price": D("2.5")}, lambda: {"small": Reading.price}, 3),
    "digits_of_a_text": ({"code": "12"}, lambda: {"small": Reading.code}, 12),
    "a_text": ({"code": "ab"}, lambda: {"code": concat(Reading.code, "c")}, "abc"),
    "letters_count": ({"code": "äß"}, lambda: {"code": concat(Reading.code, "😀")}, "äß😀"),
    "blanks_at_the_end": ({"code": "abc"}, lambda: {"code": concat(Reading.code, "  ")}, "abc"),
    "a_number_as_text": ({"whole": 123}, lambda: {"code": Reading.whole}, "123"),
    "a_price": ({"price": D("998.9")}, lambda: {"price": Reading.price + 1}, D("999.9")),
    "a_rounded_price": ({"price": D("1.5")}, lambda: {"price": Reading.price * D("2.3")}, D("3.5")),
    "a_negative_price": (
        {"price": D("-1.5")},
        lambda: {"price": Reading.price * D("2.3")},
        D("-3.5"),
    ),
    "a_long_decimal": (
        {"exact": D("12345.67")},
        lambda: {"exact": Reading.exact + D("0.005")},
        D("12345.68"),
    ),
    "a_float_of_an_int": ({"small": 3}, lambda: {"ratio": Reading.small}, 3.0),
    "truth": ({"small": 3}, lambda: {"is_open": Reading.small > 2}, True),
}


@pytest.mark.parametrize("case", FITTING)
def test_orm_O21_a_computed_value_is_rounded_alike(db: Database, case: str) -> None:
    values, change, wanted = FITTING[case]
    item = stored(**values)
    changes = change()
    assert Reading.update(**changes).execute() == 1
    item.refresh()
    found = getattr(item, *changes)
    assert (type(found), found) == (type(wanted), wanted)


@on_sqlite  # MySQL reads no table that it updates
def test_sec_D5_a_subquery_that_does_not_fit_is_refused(db: Database) -> None:
    stored(whole=40000)
    before = all_stored()
    with pytest.raises(DataError):
        Reading.update(small=Reading.select(Reading.whole).limit(1)).execute()
    assert all_stored() == before


@on_sqlite  # the server of MariaDB names the column, not the model
def test_sec_D5_a_refused_computed_value_is_named(db: Database) -> None:
    stored(small=32767, pin="123")
    allowed = r"Reading\.small takes an int from -32768 to 32767, not 32768 \(int\)"
    with pytest.raises(DataError, match=allowed):
        Reading.update(small=Reading.small + 1).execute()
    with pytest.raises(DataError, match=r"Reading\.pin takes .* 3 characters, not \*\*\*"):
        Reading.update(pin=concat(Reading.pin, "4")).execute()


def test_sec_D5_one_computed_value_that_does_not_fit_undoes_the_statement(db: Database) -> None:
    Reading.insert_many([{"name": str(n), "small": n} for n in (1, 32767, 2)])
    with pytest.raises(DataError):
        Reading.update(small=Reading.small + 1).execute()
    assert Reading.select().order_by(Reading.id).scalars(Reading.small) == [1, 32767, 2]
    assert Reading.update(small=Reading.small + 1).where(Reading.small < 9).execute() == 2


def test_sec_D5_a_computed_value_of_an_upsert_is_checked(db: Database) -> None:
    stored(small=32000, code="abc")
    add = {"small": Reading.small + incoming(Reading.small)}
    with pytest.raises(DataError):
        Reading.upsert_many([{"name": "a", "small": 1000}], ["name"], add)
    with pytest.raises(DataError):
        Reading.upsert({"name": "a"}, ["name"], {"code": concat(Reading.code, "d")})
    assert Reading.upsert({"name": "a", "small": 700}, ["name"], add) == "updated"
    assert (Reading.one().small, Reading.one().code) == (32700, "abc")


def test_sec_D5_a_computed_value_of_insert_from_is_checked(db: Database) -> None:
    for number, small in enumerate((7, 9, 8)):
        Reading.insert(name=f"n{number}", small=small, whole=32760)
    query = Reading.select(concat(Reading.name, "x"), Reading.small + Reading.whole)
    names = ["name", "small"]
    with pytest.raises(DataError):
        Kept.insert_from(query, names)
    assert Kept.select().count() == 0
    assert Kept.insert_from(query.where(Reading.small < 8), names) == 1
    ordered = Reading.select(concat("o", Reading.name), Reading.small * 2)
    assert Kept.insert_from(ordered.order_by(Reading.small.desc()), names) == 3
    assert Kept.select().order_by(Kept.id).scalars(Kept.small) == [32767, 18, 16, 14]


def test_orm_O21_the_shape_of_a_checked_update_is_kept(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored()
    Reading.update(small=Reading.small + 1).execute()
    monkeypatch.setattr(write.UpdateQuery, "_write", None)
    Reading.update(small=Reading.small + 5).execute()
    assert Reading.one().small == 6


def test_orm_O21_what_fits_anyway_is_written_as_it_is() -> None:
    same = Reading.update(code=Reading.pin, is_open=Reading.small > 2, small=3)
    assert "ORM_FIT" not in same.compile(SQLITE_DIALECT)[0]
