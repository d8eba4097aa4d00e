"""The short verbs of a query builder (feat:M3)."""

from typing import Any

import pytest

from orm import QueryError
from tests.support.orm_queries import QNote, QTeam, QUser, make_rows


@pytest.fixture(autouse=True)
def _rows(db: Any) -> None:
    make_rows()


def test_feat_M3_where_sort_and_get() -> None:
    query = QUser.query("id", "name").where("score", ">=", 10).sort("name", "DESC")
    assert query.get() == [{"id": 2, "name": "bob"}, {"id": 1, "name": "ann"}]
    either = QUser.query("name").where("name", "=", "ann").condition("OR").where("id", "in", [3])
    assert [row["name"] for row in either.sort("id").get()] == ["ann", "cid"]
    assert QTeam.query().get()[0] == {"id": 1, "name": "red"}
    assert QTeam.query("*").where("name", "like", "b%").get() == [{"id": 2, "name": "blue"}]
    assert len(QUser.query("id").where("team", "is null").get()) == 1
    assert len(QNote.query("id").where("id", "between", (2, 4)).get()) == 3


def test_feat_M3_join() -> None:
    query = QNote.query("title", "name").join(QUser, "id", "author").where("name", "=", "cid")
    assert query.get() == [{"title": "e", "name": "cid"}]
    query = QNote.query("q_user.id", "QNote.id").join(QUser, "id", "author_id").sort("q_note.id")
    assert query.get()[2] == {"id": 2, "id_2": 3}


def test_feat_M3_writing() -> None:
    made = QTeam.query().insert({"name": "green"})
    assert made.id == 3
    assert QTeam.query().where("name", "=", "green").update({"name": "dark"}).execute() == 1
    assert QTeam.query().update({"name": "x"}).where(QTeam.id == 3).execute() == 1
    assert QTeam.query().where("name", "=", "x").delete().execute() == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: QUser.query("nam").get(), "Did you mean 'name'"),
        (lambda: QUser.query().where("id; --", "=", 1), "no column"),
        (lambda: QUser.query().where("id", "= 1 OR", 1), "knows no operator"),
        (lambda: QUser.query().sort("id", "down"), "ASC or DESC"),
        (lambda: QUser.query().condition("XOR"), "AND or OR"),
        (lambda: QUser.query().join(QNote, "author", "id").delete(), "one table"),
        (lambda: QUser.query().where(5, "=", 1), "no column"),  # type: ignore[arg-type]
    ],
)
def test_sec_D1_verbs_take_known_names_and_operators(build: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        build()
