"""Tables that somebody else made, mapped by a model."""

from typing import Any

import pytest

from orm import Boolean, DataError, Date, Enum, Integer, Model
from tests.support.orm_models import Colour

KINDS = {"sqlite": ("INTEGER", "1"), "mysql": ("BIT(1)", "b'1'")}


class Legacy(Model):
    code = Integer(primary_key=True)
    is_open = Boolean(column="open")
    day = Date(null=True)
    colour = Enum(Colour, null=True)

    class Meta:
        table = "orm_legacy"


@pytest.fixture(autouse=True)
def legacy(db: Any) -> None:
    kind, truth = KINDS[db.dialect.name]
    db.execute(
        f"CREATE TABLE orm_legacy (code INTEGER PRIMARY KEY, open {kind}, day VARCHAR(20), "
        "colour VARCHAR(20), more VARCHAR(9))"
    )
    db.execute(f"INSERT INTO orm_legacy VALUES (1, {truth}, '2026-01-02', 'red', 'x')")
    db.execute(f"INSERT INTO orm_legacy VALUES (2, {truth} - {truth}, NULL, 'green', 'x')")


def test_rows_are_read_and_written() -> None:
    row = Legacy.get(1)
    assert (row.is_open, row.colour) == (True, Colour.RED)
    assert Legacy.select().where(~Legacy.is_open).scalars(Legacy.code) == [2]
    row.is_open = False
    row.save()
    assert Legacy.select().where(Legacy.is_open).count() == 0
    Legacy.insert(code=3, is_open=True)
    assert Legacy.get(3).is_open


def test_a_value_that_is_none_of_the_field_is_named(db: Any) -> None:
    for read in (
        lambda: Legacy.get(2),
        lambda: Legacy.select(Legacy.code, Legacy.colour).all(),
        lambda: list(Legacy.select().stream()),
    ):
        with pytest.raises(DataError, match=r"Legacy.colour: the database holds 'green' \(str\)"):
            read()


def test_a_result_is_a_sequence_of_rows(db: Any) -> None:
    result = db.execute("SELECT code FROM orm_legacy ORDER BY code")
    assert (result[0], result[-1], len(result)) == ((1,), (2,), 2)
