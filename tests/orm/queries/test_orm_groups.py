"""Conditions on groups: the same are allowed, and mean the same, on both engines."""

from collections.abc import Callable
from typing import Any

import pytest

from orm import (
    DateTime,
    ForeignKey,
    Integer,
    Model,
    Query,
    QueryError,
    String,
    count,
    create_all,
    function,
    max_,
    now,
    upper,
    year,
)
from orm.engine.database import Database


class Shop(Model):
    name = String(20)

    class Meta:
        table = "grouped_shops"


class Sale(Model):
    shop = ForeignKey(Shop)
    amount = Integer()
    kind = String(10, default="a")
    at = DateTime(default=now)

    class Meta:
        table = "grouped_sales"


@pytest.fixture(autouse=True)
def tables(db: Database) -> None:
    create_all([Shop, Sale])
    north, south = Shop.insert(name="north"), Shop.insert(name="south")
    Sale.insert_many([{"shop": north, "amount": n} for n in (1, 1, 2)])
    Sale.insert_many([{"shop": south, "amount": n, "kind": "b"} for n in (1, 5)])


BY_AMOUNT = Sale.select(Sale.amount, count()).group_by(Sale.amount)

STRANGE: list[tuple[str, Callable[[], Any]]] = [
    ("Sale.kind", lambda: BY_AMOUNT.having(Sale.kind == "a")),
    ("Sale.kind", lambda: BY_AMOUNT.having(count() > 1, upper(Sale.kind) == "A")),
    ("Sale.kind", lambda: BY_AMOUNT.having((count() > 1) | (Sale.kind == "a"))),
    ("Sale.kind", lambda: Sale.select(count()).having(Sale.kind == "a")),
    ("Sale.amount", lambda: Sale.select(count()).group_by(Sale.amount % 2).having(Sale.amount > 1)),
    ("name", lambda: Sale.select().group_by(Sale.id).having(Sale.shop.name == "north")),
]


@pytest.mark.parametrize(("name", "query"), STRANGE, ids=range(len(STRANGE)))
def test_orm_O11_having_of_what_a_group_has_several_of_names_the_column(
    name: str, query: Callable[[], Query[Any]]
) -> None:
    with pytest.raises(QueryError, match=rf"having\(\) speaks of \S*{name}, of which a group"):
        query().all()


ALLOWED: list[tuple[Callable[[], Any], int]] = [
    (lambda: BY_AMOUNT.having(Sale.amount > 1), 2),
    (lambda: BY_AMOUNT.having(count() > 1), 1),
    (lambda: BY_AMOUNT.having(max_(Sale.kind) == "b"), 2),
    (lambda: Sale.select(Sale.kind, count()).group_by(Sale.kind).having(Sale.kind == "b"), 1),
    (lambda: Sale.select(count()).group_by(Sale.kind).having(Sale.kind == "b"), 1),
    (lambda: Sale.select(year(Sale.at).as_("y")).group_by(year(Sale.at)).having(count() > 9), 0),
    (lambda: Sale.select().group_by(Sale.id).having(Sale.amount == 1), 3),
    (lambda: Sale.select(Sale.kind).group_by(Sale.kind).having(function("MAX", Sale.id) > 3), 1),
    (
        lambda: (
            Sale.select()
            .annotate(where=Sale.shop.name)
            .group_by(Sale.id)
            .having(Sale.shop.name == "north")
        ),
        3,
    ),
    (
        lambda: (
            Sale.select(count())
            .group_by(Sale.kind)
            .having(Sale.kind.in_(Shop.select(Shop.name).where(Shop.id > 0)))
        ),
        0,
    ),
]


@pytest.mark.parametrize(("query", "number"), ALLOWED, ids=range(len(ALLOWED)))
def test_orm_O11_having_of_what_a_group_has_one_of(
    query: Callable[[], Query[Any]], number: int
) -> None:
    assert len(query().all()) == number
