"""Functions of texts, numbers and moments give the same value and type on both engines."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

import orm
from orm import Integer, QueryError, constant, function
from orm.engine.dialect import SQLITE_DIALECT
from tests.support.orm_queries import QNote, QUser, make_rows


@pytest.fixture
def rows(db: Any) -> None:
    make_rows()


C = constant
MOMENT = dt.datetime(2026, 1, 31, 23, 59, 59, 500000)
at, day, price, title = QNote.at, QNote.day, QNote.price, QNote.title

VALUES = [
    (orm.length(C("Übung")), 5),
    (orm.trim(C("  a b  ")), "a b"),
    (orm.ltrim(C("  a ")), "a "),
    (orm.rtrim(C("  a ")), "  a"),
    (orm.replace(C("a-b-A"), "a", "x"), "x-b-A"),
    (orm.substr(C("abcdef"), 2, 3), "bcd"),
    (orm.substr(C("abcdef"), -2), "ef"),
    (orm.position(C("abcabc"), "ca"), 3),
    (orm.position(C("abc"), "x"), 0),
    (orm.reverse(C("añb")), "bña"),
    (orm.repeat(C("ab"), 3), "ababab"),
    (orm.repeat(C("ab"), -1), ""),
    (orm.lpad(C("7"), 3, "0"), "007"),
    (orm.lpad(C("abcd"), 2), "ab"),
    (orm.rpad(C("a"), 4, "xy"), "axyx"),
    (orm.abs_(C(-3)), 3),
    (orm.abs_(-price), Decimal("1.00")),
    (orm.sign(C(-2.5)), -1),
    (orm.floor(C(-2.5)), -3),
    (orm.ceil(C(2.1)), 3),
    (orm.floor(price + Decimal("0.75")), 1),
    (orm.round_(C(5)), 5),
    (orm.round_(C(2.5)), 3.0),
    (orm.round_(C(-2.5)), -3.0),
    (orm.round_(C(3.14159), 2), 3.14),
    (orm.round_(price * Decimal("1.235"), 2), Decimal("1.24")),
    (orm.sqrt(C(2.25)), 1.5),
    (orm.sqrt(C(-1)), None),
    (orm.power(C(2), 10), 1024.0),
    (orm.exp(C(0)), 1.0),
    (orm.ln(C(1)), 0.0),
    (orm.ln(C(0)), None),
    (orm.log10(C(1000)), 3.0),
    (orm.greatest(C(3), 5, 4), 5),
    (orm.least(price, Decimal("0.50")), Decimal("0.50")),
    (orm.greatest(C(3), QUser.score), None),
    (orm.nullif(C(3), 3), None),
    (orm.nullif(title, "b"), "a"),
    (orm.year(at), 2026),
    (orm.month(day), 1),
    (orm.day(at), 31),
    *[
        (orm.extract(at, part), value)
        for part, value in {
            "quarter": 1, "week": 5, "weekday": 6, "day_of_year": 31, "hour": 23,
            "minute": 59, "second": 59, "microsecond": 500000,
        }.items()
    ],
    *[
        (orm.date_trunc(at, unit), value)
        for unit, value in {
            "year": dt.datetime(2026, 1, 1), "quarter": dt.datetime(2026, 1, 1),
            "month": dt.datetime(2026, 1, 1), "week": dt.datetime(2026, 1, 26),
            "day": dt.datetime(2026, 1, 31), "hour": dt.datetime(2026, 1, 31, 23),
            "minute": dt.datetime(2026, 1, 31, 23, 59),
            "second": dt.datetime(2026, 1, 31, 23, 59, 59),
        }.items()
    ],
    (orm.date_trunc(day, "month"), dt.date(2026, 1, 1)),
    (orm.date_trunc(day, "week"), dt.date(2026, 1, 26)),
    (orm.date_of(at), dt.date(2026, 1, 31)),
    (orm.shift(at, dt.timedelta(seconds=1)), MOMENT + dt.timedelta(seconds=1)),
    (orm.shift(at, months=1), dt.datetime(2026, 2, 28, 23, 59, 59, 500000)),
    (orm.shift(at, years=-2, days=1), dt.datetime(2024, 2, 1, 23, 59, 59, 500000)),
    (orm.shift(day, days=-31), dt.date(2025, 12, 31)),
    (orm.shift(day, dt.timedelta(days=1), months=1), dt.date(2026, 3, 1)),
    (orm.shift(day, months=QNote.id + 0), dt.date(2026, 2, 28)),
    (orm.seconds_between(at, dt.datetime(2026, 2, 1)), 0.5),
    (orm.seconds_between(at, orm.shift(at, days=2)), 172800.0),
    (orm.cast(day, dt.datetime), dt.datetime(2026, 1, 31)),
    (orm.cast(at, dt.date), dt.date(2026, 1, 31)),
    (orm.cast(C("abcdef"), orm.String(3)), "abc"),
    (orm.cast(C("2.345"), orm.Decimal(8, 2)), Decimal("2.35")),
    (function("ABS", C(-2), returns=Integer()), 2),
]  # fmt: skip


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(("expression", "value"), VALUES, ids=range(len(VALUES)))
def test_orm_O11_functions(expression: Any, value: Any) -> None:
    query = QNote.select(expression.as_("x")).where(QNote.title == "a")
    query = query.left_join(QUser, on=QUser.name == "cid")
    (found,) = query.scalars()
    assert type(found) is type(value)
    assert found == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.usefixtures("rows")
def test_orm_O11_iso_weeks_at_the_turn_of_years() -> None:
    days = [dt.date(2024, 12, 28) + dt.timedelta(days=n) for n in range(0, 760, 3)]
    QNote.delete().execute()
    author = QUser.one(name="ann")
    QNote.insert_many({"title": "x", "author": author, "day": d} for d in days)
    rows = QNote.select(
        QNote.day, orm.extract(day, "week"), orm.extract(day, "weekday"),
        orm.date_trunc(day, "quarter"),
        orm.date_trunc(day, "week"), orm.extract(day, "day_of_year"), orm.shift(day, months=13),
    )  # fmt: skip
    for found, week, weekday, quarter, monday, number, later in rows:
        assert (week, weekday) == found.isocalendar()[1:]
        assert quarter == found.replace(month=(found.month - 1) // 3 * 3 + 1, day=1)
        assert monday == found - dt.timedelta(days=found.weekday())
        assert number == found.timetuple().tm_yday
        assert (later.year * 12 + later.month) - (found.year * 12 + found.month) == 13


@pytest.mark.usefixtures("rows")
def test_orm_O11_the_clock_of_the_database() -> None:
    (now,) = QNote.select(orm.utc_now()).limit(1).scalars()
    assert abs(now - orm.now()) < dt.timedelta(seconds=30)


@pytest.mark.usefixtures("rows")
def test_orm_O11_exactly_one_of_two_conditions() -> None:
    query = QNote.select().where((QNote.price > 3) ^ (QNote.author.name == "bob"))
    assert query.scalars(QNote.title) == ["e"]
    assert QNote.select().where(~((QNote.price > 3) ^ (QNote.title == "a"))).count() == 1


@pytest.mark.usefixtures("rows")
def test_orm_O15_nulls_first_and_last_and_random_order() -> None:
    def order(*items: Any) -> list[int | None]:
        return QUser.select().order_by(*items).scalars(QUser.score)

    assert order(QUser.score) == [None, 10, 30]
    assert order(QUser.score.asc(nulls="last")) == [10, 30, None]
    assert order(QUser.score.desc()) == [30, 10, None]
    assert order(QUser.score.desc(nulls="first")) == [None, 30, 10]
    assert order("-score") == [30, 10, None]
    assert sorted(map(str, order(orm.random_()))) == ["10", "30", "None"]
    with pytest.raises(QueryError, match="Did you mean 'score'"):
        QUser.select().order_by("scor")
    number = QNote.select(QNote.author, orm.count().as_("n")).group_by("author_id")
    assert number.order_by("-n", "author_id").scalars(QNote.author)[-1] == 3


def test_sec_D1_a_function_is_called_by_a_checked_name() -> None:
    for name in ("abs(1); drop", "a b", "", "1a", "a-b", "a.b.c", 5, None):
        with pytest.raises(QueryError, match="takes the name of a function"):
            function(name)  # type: ignore[arg-type]
    sql, params = QNote.select(function("soundex", QNote.title, "x' --")).compile(SQLITE_DIALECT)
    assert "x'" not in sql
    assert params == ["x' --"]
    with pytest.raises(QueryError, match="takes a field"):
        function("abs", 1, returns=5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: orm.extract(day, "hour"), "is a date and has no hour"),
        (lambda: orm.extract(at, "yaer"), "Did you mean 'year'"),
        (lambda: orm.extract(title, "year"), "is neither"),
        (lambda: orm.date_trunc(day, "hour"), "knows no unit 'hour'"),
        (lambda: orm.shift(day, dt.timedelta(hours=1)), "by whole days"),
        (lambda: orm.shift(at, 5), "takes a timedelta"),  # type: ignore[arg-type]
        (lambda: orm.substr(title, 0), "from 1"),
        (lambda: orm.round_(price, -1), "0 to 15 places"),
        (lambda: orm.greatest(price), "2 to 10 values"),
        (lambda: orm.lpad(title, 3, ""), "fill with a text"),
        (lambda: orm.length(None), "not None"),
        (lambda: orm.cast(title, list), "cast\\(\\) goes to one of"),
    ],
)
def test_orm_O11_what_functions_refuse(build: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        build()
