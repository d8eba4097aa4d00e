"""What an object in memory cannot compute, what no column takes, and rows that get another key."""

import datetime as dt
from typing import Any

import pytest

from orm import (
    DataError,
    Date,
    DateTime,
    Duration,
    ForeignKey,
    Integer,
    IntegrityError,
    Model,
    QueryError,
    String,
    Time,
    concat,
    create_all,
    date_of,
    shift,
)
from orm.engine.database import Database

NEW_YEAR = dt.datetime(2026, 1, 1)


class Plan(Model):
    code = String(10, null=True)
    count = Integer(default=0)
    at = DateTime(null=True, default=NEW_YEAR)
    at_utc = DateTime(tz=True, null=True, default=NEW_YEAR.replace(tzinfo=dt.UTC))
    day = Date(null=True, default=NEW_YEAR.date())
    clock = Time(default=dt.time(1))
    span = Duration(default=dt.timedelta(days=100_000_000))

    class Meta:
        table = "computed_plans"


class Step(Model):
    plan = ForeignKey(Plan, on_delete="restrict")

    class Meta:
        table = "computed_steps"


@pytest.fixture
def plan(db: Database) -> Plan:
    create_all([Plan, Step])
    return Plan.insert()


EXPRESSIONS = [
    ("count", Plan.count + 1, "arithmetic"),
    ("code", Plan.code, "Plan.code"),
    ("at", shift(Plan.at, days=1), "shift"),
]


@pytest.mark.parametrize(("name", "expression", "label"), EXPRESSIONS)
def test_sec_D5_assigned_expression_is_refused_with_the_update_to_write(
    plan: Plan, name: str, expression: Any, label: str
) -> None:
    told = rf"Plan\.{name} takes .*, not the expression {label}, .*Plan\.update\({name}=\.\.\.\)"
    with pytest.raises(DataError, match=told):
        setattr(plan, name, expression)
    with pytest.raises(DataError, match=told):
        Plan(**{name: expression})
    plan.save()
    assert (plan.count, Plan.get(plan.id).at) == (0, NEW_YEAR)


@pytest.mark.parametrize("name", ["at", "at_utc", "day"])
@pytest.mark.parametrize("years", [-2026, 7974, 100_000])
def test_sec_D5_a_stored_moment_stays_within_the_calendar(
    plan: Plan, name: str, years: int
) -> None:
    """In a query it is NULL, which a column that takes NULL would have kept without a word."""
    column = getattr(Plan, name)
    before = getattr(plan, name)
    assert Plan.select(shift(column, years=years)).scalars() == [None]
    with pytest.raises(DataError, match="the years 1 to 9999"):
        Plan.update(**{name: shift(column, years=years)}).execute()
    plan.refresh()
    assert getattr(plan, name) == before
    assert Plan.update(**{name: shift(column, years=7973)}).execute() == 1
    assert getattr(Plan.get(plan.id), name).year == 9999


@pytest.mark.parametrize("text", ["0000-00-00", "2026-02-31", "soon"])
@pytest.mark.parametrize("name", ["at", "at_utc", "day"])
def test_sec_D5_a_computed_text_that_is_no_date_is_not_stored(
    plan: Plan, name: str, text: str
) -> None:
    Plan.update(code=text).execute()
    with pytest.raises(DataError, match=text):
        Plan.update(**{name: Plan.code}).execute()
    assert getattr(Plan.get(plan.id), name) == getattr(plan, name)


@pytest.mark.parametrize("name", ["at", "at_utc"])
def test_sec_D5_a_computed_text_with_an_offset_is_not_stored(plan: Plan, name: str) -> None:
    """SQLite would keep it: read as UTC, it is another moment, and a naive field turns aware."""
    Plan.update(code="2026-05-06").execute()
    with pytest.raises(DataError, match=r"\+02:00"):
        Plan.update(**{name: concat(Plan.code, " 07:08:00+02:00")}).execute()
    assert getattr(Plan.get(plan.id), name) == getattr(plan, name)


def test_dates_and_moments_become_each_other(plan: Plan) -> None:
    Plan.update(at=dt.datetime(2026, 5, 6, 7, 8)).execute()
    Plan.update(day=Plan.at).execute()
    Plan.update(at=Plan.day, at_utc=date_of(Plan.at)).execute()
    plan.refresh()
    moment = dt.datetime(2026, 5, 6)
    assert (plan.at, plan.at_utc, plan.day) == (
        moment,
        moment.replace(tzinfo=dt.UTC),
        moment.date(),
    )


def test_sec_D5_a_stored_duration_stays_within_64_bits(plan: Plan) -> None:
    with pytest.raises(DataError):
        Plan.update(span=Plan.span + Plan.span).execute()
    with pytest.raises(DataError):
        Plan.select(Plan.span + Plan.span).scalars()
    assert Plan.get(plan.id).span == plan.span
    assert Plan.update(span=Plan.span / 4).execute() == 1
    assert Plan.get(plan.id).span == dt.timedelta(days=25_000_000)


ARITHMETIC = [
    lambda: Plan.at - Plan.at,
    lambda: Plan.at + dt.timedelta(days=1),
    lambda: 1 + Plan.day,
    lambda: Plan.count * Plan.clock,
]


@pytest.mark.parametrize("compute", ARITHMETIC)
def test_orm_O11_moments_take_no_arithmetic(compute: Any) -> None:
    """MariaDB computes with the digits of a date (20260101), SQLite with its year."""
    with pytest.raises(QueryError, match=r"shift\(\) moves one, seconds_between\(\)"):
        compute()


def test_a_key_that_is_taken_or_referred_to_is_kept(plan: Plan) -> None:
    other = Plan.insert(count=2)
    plan.id, plan.count = other.id, 1
    with pytest.raises(IntegrityError):
        plan.save()
    Step.insert(plan=other)
    before, other.id = other.id, 900
    with pytest.raises(IntegrityError):
        other.save()
    found = {row.id: row.count for row in Plan.all()}
    assert found == {before - 1: 0, before: 2}
    plan.id = 800
    plan.save()
    assert {row.id: row.count for row in Plan.all()} == {800: 1, before: 2}


def test_a_stored_object_has_a_key(plan: Plan) -> None:
    with pytest.raises(DataError, match=r"Plan\.id of a stored object cannot be None"):
        plan.id = None
    plan.count = 3
    plan.save()
    assert Plan.get(plan.id).count == 3
