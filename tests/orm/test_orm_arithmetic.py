"""What is computed from columns: its value and its Python type are the same on both engines."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from orm import QueryError, avg, case, cast, coalesce, lower, max_, min_, sum_, upper, when
from tests.support.orm_models import Sample, create_tables

MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 6)


@pytest.fixture
def prices(db: Any) -> None:
    create_tables()
    rows = [(1, "1.10", "1.1000000001", True), (2, "2.10", "2", False), (2, "3.10", "3", True)]
    Sample.insert_many(
        [
            {"small": small, "price": price, "huge": huge, "flag": flag, "ratio": small / 2}
            for small, price, huge, flag in rows
        ]
    )


ARITHMETIC = [
    (sum_(Sample.small * Sample.price), Decimal("11.50")),
    (sum_(Sample.price * Decimal("1.5")), Decimal("9.45")),
    (sum_(Sample.price) * 2, Decimal("12.60")),
    (sum_(Sample.flag), 2),
    (sum_(Sample.small > 1), 2),
    (sum_(1.5 * Sample.small), 7.5),
    (sum_(10 % (Sample.small + 2)), 5),
    (sum_(Sample.ratio % 1), 0.5),
    (sum_(2 / Sample.small), 4.0),
    (avg(Sample.small), 5 / 3),
    (avg(Sample.flag), 2 / 3),
    (avg(Sample.price), Decimal("2.100000")),
    (avg(Sample.small * Sample.price), Decimal("3.833333")),
    (max_(Sample.small / 3), 2 / 3),
    (max_(Sample.price / 3), 3.1 / 3),
    (max_(cast(Sample.small * 0.9, int)), 1),
    (max_(Sample.small * Decimal("1.250")), Decimal("2.500")),
    (max_(-Sample.huge), Decimal("-1.1000000001")),
    (max_(Sample.huge % 2), Decimal("1.1000000001")),
    (max_(coalesce(Sample.small, Sample.price)), Decimal("2.00")),
    (max_(case(when(Sample.small > 1, Sample.price), default=0)), Decimal("3.10")),
    (min_(cast(-Sample.price, int)), -3),
    (max_(coalesce(Sample.moment, dt.datetime(2026, 1, 2, 3, 4, 5, 6))), MOMENT),
]


@pytest.mark.usefixtures("prices")
@pytest.mark.parametrize(("expression", "value"), ARITHMETIC, ids=range(len(ARITHMETIC)))
def test_orm_O11_arithmetic_gives_the_same_on_both_engines(expression: Any, value: Any) -> None:
    (found,) = Sample.select(expression).scalars()
    assert type(found) is type(value)
    assert str(found) == str(value) or found == pytest.approx(value, rel=1e-12)


@pytest.mark.usefixtures("prices")
def test_orm_O11_what_is_computed_may_pass_the_columns_limits() -> None:
    assert Sample.select().where(Sample.price * 10**9 > 10**9).count() == 3
    assert Sample.select().where(Sample.small * 40_000 == 80_000).count() == 2
    assert Sample.select().where(Sample.huge + 1 > Decimal("2.1")).count() == 3
    groups = Sample.select(Sample.small).group_by(Sample.small).order_by(Sample.small)
    assert groups.having(sum_(Sample.price) < 10**12).scalars() == [1, 2]


@pytest.mark.usefixtures("prices")
def test_a_boolean_column_is_combined_like_a_condition() -> None:
    def smalls(condition: Any) -> list[int]:
        return Sample.select().where(condition).order_by(Sample.price).scalars(Sample.small)

    assert smalls(Sample.flag & (Sample.small > 1)) == [2]
    assert smalls(~Sample.flag) == [2]
    assert smalls(Sample.flag | (Sample.small == 2)) == [1, 2, 2]
    assert smalls((Sample.small > 1) == Sample.flag) == [2]
    assert smalls((Sample.small > 1) == (Sample.price > 3)) == [1, 2]


@pytest.mark.usefixtures("prices")
def test_orm_O11_a_large_decimal_compares_as_a_number_wherever_it_is_computed() -> None:
    huge = Sample.huge
    either = case(when(Sample.flag, huge), default=huge + 1)
    Sample.update(huge=huge + 9).execute()
    for computed in (huge + 1 > 9, -huge < 0, coalesce(huge, huge * 2) > 9, either > 9):
        assert Sample.select().where(computed).count() == 3
    assert Sample.select().where(coalesce(huge, 0) > 9).count() == 3
    assert Sample.select().order_by(coalesce(huge, 0)).scalars(Sample.small)[0] == 1
    assert Sample.select(Sample.flag).group_by(Sample.flag).having(max_(huge) > 9).count() == 2
    assert Sample.select().where(huge % 2 == 0).count() == 1


@pytest.mark.usefixtures("prices")
def test_orm_O11_letters_change_one_by_one_and_keep_the_columns_collation() -> None:
    Sample.update(word="Maß").execute()
    assert Sample.select(upper(Sample.word), lower(Sample.word)).first() == ("MAß", "maß")
    assert Sample.select().where(upper(Sample.word) == "maß").count() == 3


@pytest.mark.parametrize(
    "compute",
    [
        lambda: Sample.word + "!",
        lambda: "!" + Sample.word,
        lambda: Sample.small + Sample.word,
        lambda: lower(Sample.word) * 2,
    ],
)
def test_orm_O11_text_is_no_number(compute: Any) -> None:
    with pytest.raises(QueryError, match=r"is text: concat\(\) joins it"):
        compute()
