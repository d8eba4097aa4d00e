"""Paths over relations: `Note.author.name` anywhere in a query, and the joins they make."""

from typing import Any

import pytest

from orm import QueryError, alias, count, max_
from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from tests.support.orm_queries import QNote, QTag, QTeam, QUser, make_rows


@pytest.fixture
def rows(db: Any) -> dict[str, Any]:
    return make_rows()


def titles(query: Any) -> str:
    return "".join(query.order_by(QNote.title).scalars(QNote.title))


def test_orm_O8_a_path_filters_sorts_and_is_selected(rows: dict[str, Any]) -> None:
    assert titles(QNote.select().where(QNote.author.name == "ann")) == "ab"
    assert titles(QNote.select().where(QNote.author.team.name == "blue")) == "cd"
    query = QNote.select().order_by(-QNote.author.name, QNote.title)
    assert "".join(query.scalars(QNote.title)) == "ecdab"
    values = QNote.select(QNote.title, QNote.editor.name, QNote.editor.boss.name)
    assert [tuple(row) for row in values.order_by(QNote.title)] == [
        ("a", "bob", "ann"),
        ("b", None, None),
        ("c", "ann", None),
        ("d", "cid", "bob"),
        ("e", None, None),
    ]


def test_orm_O8_a_path_keeps_rows_without_a_partner(rows: dict[str, Any]) -> None:
    assert titles(QNote.select().where(QNote.editor.name == None)) == "be"  # noqa: E711
    either = (QNote.editor.name == "bob") | (QNote.title == "e")
    assert titles(QNote.select().where(either)) == "ae"
    assert QNote.select().order_by(QNote.editor.team.name).count() == 5


def test_orm_O8_a_path_and_a_join_of_the_same_relation_are_one_table(db: Any) -> None:
    query = QNote.select().join(QNote.author).where(QNote.author.name == "x", QUser.score > 1)
    sql = query.compile(SQLITE_DIALECT)[0]
    assert sql.count("JOIN") == 1
    query = QNote.select().with_related(QNote.author).where(QNote.author.name == "x")
    assert query.compile(SQLITE_DIALECT)[0].count("JOIN") == 1
    query = QNote.select().where(QNote.author.name == "x", QNote.author.score > 1)
    assert query.compile(SQLITE_DIALECT)[0].count("JOIN") == 1


def test_orm_O8_the_joins_of_paths_follow_one_rule() -> None:
    def sql(*conditions: Any) -> str:
        text = QNote.select().where(*conditions).compile(SQLITE_DIALECT)[0]
        return text.partition(' FROM "q_note"')[2].partition(" WHERE")[0]

    assert sql(QNote.author.name == "x") == (
        ' JOIN "q_user" AS "q_user_2" ON "q_note"."author_id" = "q_user_2"."id"'
    )
    assert sql(QNote.editor.name == "x").startswith(" LEFT JOIN")
    assert sql(QNote.author.team.name == "x").count("LEFT JOIN") == 1
    assert sql(QNote.editor.boss.team.name == "x").count("LEFT JOIN") == 3
    assert sql(QNote.author.id == 1) == ""
    assert sql(QNote.author.team.id == 1).count("JOIN") == 1


def test_orm_O8_paths_in_aggregates_and_subqueries(rows: dict[str, Any]) -> None:
    per = QNote.select(QNote.author.name, count(QNote.id).as_("n")).group_by(QNote.author.name)
    assert dict(per.order_by(QNote.author.name).all()) == {"ann": 2, "bob": 2, "cid": 1}
    dear = QNote.select(max_(QNote.price)).where(QNote.author.team == QUser.team)
    found = QUser.select(QUser.name, dear.as_("top")).order_by(QUser.name).dicts()
    assert [str(row["top"]) for row in found] == ["2.50", "8.00", "None"]
    other = alias(QNote, "other")
    newer = other.select().where(other.author.name > QNote.author.name)
    assert titles(QNote.select().where(QNote.id.in_(newer))) == ""
    tagged = QTag.insert(name="t")
    rows["notes"][0].tags.add(tagged)
    assert QTag.select().where(QTag.qnotes.any(QNote.author.name == "ann")).all() == [tagged]
    assert QTag.select().where(QTag.qnotes.any(QNote.author.team.name == "blue")).all() == []


def test_orm_O8_paths_of_an_alias_and_of_a_join(rows: dict[str, Any]) -> None:
    author = alias(QUser, "writer")
    query = QNote.select(QNote.title, author.team.name).join(author, on=QNote.author == author.id)
    assert [tuple(row) for row in query.order_by(QNote.title)][2:4] == [
        ("c", "blue"),
        ("d", "blue"),
    ]
    query = QNote.select(QNote.title).join(QNote.author).where(QUser.team.name == "red")
    assert titles(query) == "ab"


def test_orm_O21_update_and_delete_by_a_path(rows: dict[str, Any]) -> None:
    assert QNote.update(title="x").where(QNote.author.team.name == "red").execute() == 2
    assert QNote.select().where(QNote.title == "x").count() == 2
    QNote.update(title=QNote.author.name).where(QNote.author.boss.name == "ann").execute()
    assert QNote.select().where(QNote.title == "bob").count() == 2
    assert QNote.delete().where(QNote.editor.name == "cid").execute() == 1


@pytest.mark.usefixtures("rows")
def test_orm_O8_a_relation_to_many_has_no_columns() -> None:
    with pytest.raises(QueryError, match=r"leads to many rows.*any\(QTag.name"):
        QNote.tags.name  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean 'name'"):
        QNote.author.nmae  # noqa: B018
    with pytest.raises(QueryError, match="not part of this query"):
        QTeam.select().where(QNote.author.name == "x").all()


def test_orm_O8_conditions_beside_a_relation(rows: dict[str, Any]) -> None:
    query = QNote.select(QNote.title, QUser.name).left_join(QNote.editor, on=QUser.score > 20)
    found = dict(query.order_by(QNote.title).all())
    assert found == {"a": None, "b": None, "c": "ann", "d": None, "e": None}


def test_orm_O8_right_and_full_joins(db: Any, rows: dict[str, Any]) -> None:
    query = QNote.select(QNote.title, QUser.name)
    right = query.right_join(QNote.editor).order_by(QUser.name, QNote.title)
    assert [tuple(row) for row in right] == [("c", "ann"), ("a", "bob"), ("d", "cid")]
    QUser.insert(name="dan")
    assert right.all()[-1] == (None, "dan")
    full = query.full_join(QNote.editor)
    if db.dialect.name == "mysql":
        with pytest.raises(QueryError, match="MySQL and MariaDB have no full join"):
            full.all()
    else:
        assert full.count() == 6
    with pytest.raises(QueryError, match="select columns"):
        QNote.select().right_join(QNote.editor)


def test_orm_O8_a_path_is_the_same_shape_again(db: Any, rows: dict[str, Any]) -> None:
    for name, expected in (("ann", "ab"), ("bob", "cd"), ("ann", "ab")):
        assert titles(QNote.select().where(QNote.author.name == name)) == expected
    before = len(db.plans)
    assert titles(QNote.select().where(QNote.author.name == "cid")) == "e"
    assert len(db.plans) == before
    assert "%s" in QNote.select().where(QNote.author.name == "x").compile(MYSQL_DIALECT)[0]
