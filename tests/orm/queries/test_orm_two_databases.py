"""One statement reads one database: tables of another are refused, wherever they are named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import orm
from orm import Integer, Model, QueryError, create_all, exists
from orm.engine.database import Database


class Here(Model):
    size = Integer()

    class Meta:
        table = "of_two"


class There(Model):
    size = Integer()

    class Meta:
        table = "of_two"  # found in the wrong database, it would answer
        database = "archive"


@pytest.fixture
def both(db: Database, tmp_path: Path) -> None:
    orm.connect(f"sqlite:///{tmp_path}/archive.db", name="archive")
    create_all([Here, There])
    Here.insert(size=1)
    There.insert_many([{"size": 2}, {"size": 3}])


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    "use",
    [
        lambda: Here.select().where(Here.size.in_(There.select(There.size))).all(),
        lambda: Here.select().where(exists(There.select())).count(),
        lambda: Here.select().where(Here.size == There.select(There.size).limit(1)).all(),
        lambda: Here.select(Here.size).union(There.select(There.size)).all(),
        lambda: Here.select().join(There, on=There.size == Here.size).all(),
        lambda: Here.select().join(There.select().as_table("t"), on=Here.size == 1).all(),
        lambda: Here.update(size=There.select(There.size).limit(1)).execute(),
        lambda: Here.delete().where(Here.size.in_(There.select(There.size))).execute(),
    ],
)
def test_orm_O30_a_statement_reads_one_database(use: Callable[[], Any]) -> None:
    with pytest.raises(QueryError, match=r"in the database 'archive', .* in 'default'"):
        use()
    assert (Here.select().count(), There.select().count()) == (1, 2)
