"""Dates that a table holds and Python does not have: every way to read them names the field."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orm import (
    Custom,
    DataError,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    Model,
    OrmError,
    QueryError,
    Type,
    create_all,
    max_,
    min_,
)
from orm.engine.database import Database
from tests.support.databases import on_mysql

# MariaDB stores each of them when a program has relaxed its sql_mode.
TEXTS = ["0000-00-00", "0000-01-01", "2026-00-10", "2026-02-31"]


class Entry(Model):
    number = Integer(default=0)
    day = Date(null=True)
    at = DateTime(null=True)
    at_utc = DateTime(tz=True, null=True)

    class Meta:
        table = "no_dates"


@pytest.fixture
def spoil(db: Database) -> Callable[[str, str], None]:
    """Put a text into a column of the one row, past everything that would refuse it."""
    create_all([Entry])
    Entry.insert(day=dt.date(2026, 1, 1), at=dt.datetime(2026, 1, 1))

    def spoil(column: str, text: str) -> None:
        relaxed = "SET STATEMENT sql_mode='ALLOW_INVALID_DATES' FOR "
        update = f"UPDATE no_dates SET {column} = '{text}'"
        db.run(relaxed + update if db.dialect.name == "mysql" else update)

    return spoil


READS: dict[str, Callable[[Any], Any]] = {
    "get": lambda column: Entry.get(1),
    "one": lambda column: Entry.one(number=0),
    "all": lambda column: Entry.all(),
    "query": lambda column: Entry.select().order_by(Entry.id).all(),
    "stream": lambda column: list(Entry.select().stream()),
    "scalars": lambda column: Entry.select(column).scalars(),
    "rows": lambda column: Entry.select(Entry.number, column).all(),
    "raw": lambda column: Entry.raw("SELECT * FROM no_dates").all(),
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["day", "at", "at_utc"])
def test_sec_D5_date_that_python_does_not_have_is_an_error_of_its_field(
    spoil: Callable[[str, str], None], name: str, text: str
) -> None:
    spoil(name, text)
    for read in READS.values():
        with pytest.raises(DataError, match=rf"Entry\.{name}: the database holds '{text}"):
            read(getattr(Entry, name))


@pytest.mark.parametrize("name", ["day", "at", "at_utc"])
def test_sec_D5_what_is_computed_of_one_names_the_field_too(
    spoil: Callable[[str, str], None], name: str
) -> None:
    spoil(name, "0000-01-01")
    column = getattr(Entry, name)
    with pytest.raises(DataError, match=rf"max of Entry\.{name}: the database holds '0000-01-01"):
        Entry.select(max_(column), min_(Entry.number)).all()


def test_a_row_beside_it_is_read_as_before(spoil: Callable[[str, str], None]) -> None:
    spoil("day", "0000-00-00")
    second = Entry.insert(day=dt.date(2026, 2, 3))
    assert Entry.get(second.id).day == dt.date(2026, 2, 3)
    with pytest.raises(OrmError):
        Entry.all()
    assert Entry.get(second.id).day == dt.date(2026, 2, 3)


def test_rows_without_a_model_keep_the_text(
    db: Database, spoil: Callable[[str, str], None]
) -> None:
    spoil("day", "0000-00-00")
    ((found,),) = db.execute("SELECT day FROM no_dates")
    assert found == "0000-00-00"


class Week(Type[str]):
    """Shown as its first day; what it is given to convert is a date."""

    base = Date()

    def bind(self, value: str) -> dt.date:
        return dt.date.fromisoformat(value)

    def result(self, stored: Any) -> str:
        return str(stored)


class Holiday(Model):
    day = Date(primary_key=True)

    class Meta:
        table = "no_date_days"


class Plan(Model):
    week = Custom(Week(), null=True)
    holiday = ForeignKey(Holiday, null=True)

    class Meta:
        table = "no_date_plans"


@on_mysql
@pytest.mark.parametrize(("name", "column"), [("week", "week"), ("holiday", "holiday_id")])
def test_sec_D5_one_in_a_custom_field_or_a_key_is_an_error_too(
    db: Database, name: str, column: str
) -> None:
    create_all([Holiday, Plan])
    Holiday.insert(day=dt.date(2026, 1, 1))
    Plan.insert(week="2026-01-01", holiday=dt.date(2026, 1, 1))
    db.run(
        "SET STATEMENT sql_mode='ALLOW_INVALID_DATES', foreign_key_checks=0 FOR "
        f"UPDATE no_date_plans SET {column} = '2026-02-31'"
    )
    with pytest.raises(DataError, match=rf"Plan\.{name}.*: the database holds '2026-02-31"):
        Plan.all()


def test_orm_arithmetic_on_a_key_that_is_a_date_is_refused() -> None:
    with pytest.raises(QueryError, match="is a date or a time"):
        Plan.holiday + 1  # type: ignore[operator]
