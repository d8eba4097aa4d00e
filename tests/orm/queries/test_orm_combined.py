"""Features of queries together: what one wraps, another has to see through."""

from typing import Any

import pytest

from orm import QueryError, alias, count, exists, lower, rank, row_number, sum_
from tests.support.orm_queries import QNote, QTag, QTeam, QUser, make_rows


@pytest.fixture(autouse=True)
def rows(db: Any) -> dict[str, Any]:
    return make_rows()


def titles(query: Any) -> str:
    return "".join(note.title for note in query)


def test_orm_O13_the_last_of_each_as_a_correlated_subquery() -> None:
    last = QNote.select(QNote.title).where(QNote.author == QUser.id).order_by(-QNote.id).limit(1)
    query = QUser.select().annotate(last=last).order_by(QUser.id)
    assert [user.last for user in query] == ["b", "d", "e"]
    assert QUser.select().where(last.as_("last") == "d").one().name == "bob"
    assert QUser.select().where(exists(last)).count() == 3
    other = alias(QNote, "other")
    newest = other.select(other.id).where(other.author == QNote.author).order_by(-other.id).limit(1)
    assert titles(QNote.select().where(QNote.id == newest).order_by(QNote.title)) == "bde"


def test_orm_O14_windows_with_everything_else(db: Any) -> None:
    place = row_number().over(partition_by=QNote.author, order_by=-QNote.price)
    best = QNote.select().where(place == 1)
    assert best.order_by(QNote.title).page(2, size=2).items[0].title == "e"
    assert titles(best.order_by(QNote.author.name)) == "bde"
    assert titles(best.order_by(lower(QNote.author.name).desc(), QNote.title)) == "edb"
    correlated = QUser.select().where(exists(best.where(QNote.author == QUser.id)))
    if db.dialect.name == "mysql":
        with pytest.raises(QueryError, match="MySQL and MariaDB cannot speak of QUser"):
            correlated.count()
    else:
        assert correlated.count() == 3
    assert titles(best.as_table("best").select().order_by("title")) == "bde"
    assert titles(best.union(QNote.select().where(QNote.title == "a")).order_by("title")) == "abde"
    assert best.order_by(QNote.title).paginate(2).items[1].title == "d"
    order = rank().over(order_by=QUser.name)
    users = QUser.select().annotate(place=order).where(order <= 2).order_by("-place")
    assert [(user.name, user.place) for user in users] == [("bob", 2), ("ann", 1)]
    light = QNote.select().only(QNote.title).where(place == 1, QNote.title != "e")
    assert titles(light.order_by(QNote.title)) == "bd"
    tagged = QNote.select().join(QNote.tags).where(QTag.name == "x", place == 1)
    assert tagged.all() == []
    assert best.distinct().count() == 3
    assert [note.author.name for note in best.stream(2)]
    assert QNote.select().where(QNote.id.in_(best)).count() == 3
    assert QNote.select().where(QNote.id.in_(best.order_by(-QNote.id).limit(1))).count() == 1
    assert best.where(QNote.author.team.any()).count() == 2
    tagged = QNote.select().where((place == 2) | QNote.tags.any(QTag.name == "x"))
    assert titles(tagged.order_by(QNote.title)) == "ac"
    with pytest.raises(QueryError, match="choose their keys by a query"):
        QNote.delete().where(place == 2).execute()
    assert (
        QNote.update(price=0).where(QNote.id.in_(QNote.select().where(place == 2))).execute() == 2
    )
    changed = QNote.update(title="x").where(QNote.author.team.any(QTeam.name == "red"))
    assert changed.execute() == 2


def test_orm_O8_paths_with_everything_else() -> None:
    names = QNote.select(QNote.author.name).distinct().order_by(QNote.author.name)
    assert names.scalars() == ["ann", "bob", "cid"]
    table = QNote.select(QNote.id, QNote.author.name.as_("who")).as_table("t")
    assert table.select(table.who).where(table.who > "b").order_by(table.id).scalars() == [
        "bob",
        "bob",
        "cid",
    ]
    blue = QNote.select().where(QNote.author.team.name == "blue").cte("blue")
    assert titles(blue.select().order_by(blue.author.name, blue.title)) == "cd"
    assert blue.select().where(blue.author.team.name == "blue").count() == 2
    assert QNote.select().where(QNote.author.boss.boss.name == "ann").one().title == "e"
    assert (
        QNote.select()
        .with_related(QNote.author, QNote.author.team)
        .order_by(QNote.id)
        .all()[0]
        .author.team.name
        == "red"
    )
    query = QNote.select().join(QNote.author.team)
    assert query.count() == 4
    everyone = alias(QUser)
    pairs = QNote.select(QNote.title).join(everyone, on=everyone.name == QNote.author.name)
    assert pairs.count() == 5
    assert QNote.select(count()).where(QNote.author.staff.any()).scalars() == [4]
    assert (
        QNote.select().where(QNote.author.name.in_(["ann"]) & (QNote.editor.id == 2)).count() == 1
    )
    assert QNote.select().order_by(QNote.editor.name, QNote.id).paginate(2).items[0].title == "b"
    with pytest.raises(QueryError, match="needs on="):
        QNote.select().join(QUser)


def test_orm_O13_aggregates_over_derived_tables() -> None:
    per = QNote.select(QNote.author, sum_(QNote.price).as_("total")).group_by(QNote.author)
    table = per.as_table("per")
    top = table.select(table.author_id).where(rank().over(order_by=-table.total) == 1)
    assert top.scalars() == [3]
    both = per.union_all(per)
    assert both.count() == 6
    assert both.exists()
    assert not both.where(QNote.author == 99).exists()
    assert [str(v) for v in both.distinct().order_by("total").scalars("total")] == [
        "3.50",
        "12.00",
        "16.00",
    ]
