"""What rows become: fewer fields, other objects, typed columns; locks; writes by query."""

import dataclasses
import datetime as dt
from typing import Any, NamedTuple

import pytest

from orm import (
    DateTime,
    Integer,
    QueryError,
    String,
    TransactionError,
    case,
    count,
    max_,
    raw,
    transaction,
    when,
)
from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from tests.support.orm_queries import QNote, QTag, QUser, make_rows


@pytest.fixture
def rows(db: Any) -> dict[str, Any]:
    return make_rows()


@dataclasses.dataclass
class Summary:
    title: str
    author: str = "nobody"


class Pair(NamedTuple):
    id: int
    title: str


@pytest.mark.usefixtures("rows")
def test_orm_O17_rows_made_into_any_class() -> None:
    query = QNote.select(QNote.title, QNote.author.name.as_("author")).order_by(QNote.title)
    assert query.into(Summary).first() == Summary("a", "ann")
    assert QNote.select(QNote.id, QNote.title).into(Pair).order_by(QNote.id).all()[1] == Pair(
        2, "b"
    )
    assert (
        QNote.select(QNote.title).into(lambda title: title * 2).order_by("title").all()[0] == "aa"
    )
    assert [s.title for s in query.into(Summary).stream(2)] == list("abcde")
    assert query.into(Summary).page(2, size=2).items[0] == Summary("c", "bob")
    assert query.into(Summary).paginate(1, after=("a", 1)).items == [Summary("b", "ann")]
    assert query.into(Summary).values()[0] == ("a", "ann")
    with pytest.raises(QueryError, match=r"into\(Summary\).*Did you mean 'title'"):
        QNote.select(QNote.title.as_("titel")).into(Summary)
    with pytest.raises(QueryError, match="takes a class or function"):
        query.into("Summary")  # type: ignore[arg-type]


def test_orm_O17_only_and_defer_load_the_rest_in_one_query(db: Any, rows: dict[str, Any]) -> None:
    with db.log_queries() as log:
        note = QNote.select().only(QNote.title).where(QNote.title == "a").one()
        assert (note.id, note.title) == (1, "a")
        assert len(log) == 1
        assert (str(note.price), note.author_id, note.data) == ("1.00", 1, None)
        assert len(log) == 2
    note = QNote.select().defer(QNote.data, QNote.price).with_related(QNote.author).limit(1).one()
    assert "price" not in note.__dict__
    assert note.author.name == "ann"
    note.title = "A"
    note.save()
    note.data = {"x": []}
    note.save()
    late: Any = QNote.select().only(QNote.title).where(QNote.id == note.id).one()
    late.data["x"].append(1)
    late.save()
    assert QNote.get(note.id).data == {"x": [1]}
    with pytest.raises(QueryError, match="takes fields of QNote"):
        QNote.select().only(QUser.name)
    with pytest.raises(QueryError, match="selects columns"):
        QNote.select(QNote.id).defer(QNote.title)


@pytest.mark.usefixtures("rows")
def test_orm_O23_raw_rows_have_types() -> None:
    sql = "SELECT author_id AS who, MAX(at) AS latest FROM q_note GROUP BY author_id ORDER BY 1"
    found = raw(sql).columns(latest=DateTime(), who=Integer()).all()
    assert found[0] == (1, dt.datetime(2026, 2, 1))
    assert found[0]._fields == ("who", "latest")
    with pytest.raises(QueryError, match="has the columns who, latest, not who"):
        raw(sql).columns(who=Integer()).all()
    with pytest.raises(QueryError, match="takes a field"):
        raw(sql).columns(who=5)
    sql = "SELECT title, id, title AS name FROM q_note WHERE id > ? ORDER BY id"
    note: Any = QNote.raw(sql, [3]).columns(name=String()).first()
    assert (note.id, note.title, note.name, note.price) == (4, "d", "d", 8)
    with pytest.raises(QueryError, match="needs columns of the model"):
        QNote.raw(sql, [3]).all()


@pytest.mark.usefixtures("rows")
def test_orm_O23_fragments_inside_a_query() -> None:
    query = QNote.select(QNote.title, raw("LENGTH(title) + ?", [1]).as_("n"))
    assert query.where(raw("title = ?", ["b"]) | (QNote.title == "c")).order_by("-n").count() == 2
    assert query.order_by(raw("LENGTH(title)"), QNote.title).all()[0].n == 2


def test_orm_O24_a_stream_prefetches_batch_by_batch(db: Any, rows: dict[str, Any]) -> None:
    tag = QTag.insert(name="t")
    for note in rows["notes"]:
        note.tags.add(tag)
    with db.log_queries() as log:
        query = QNote.select().prefetch(QNote.tags).with_related(QNote.author)
        seen = [(n.author.name, [t.name for t in n.tags]) for n in query.stream(2)]
    assert len(seen) == 5
    assert all(tags == ["t"] for _, tags in seen)
    assert len(log) == 4


def test_orm_O28_locks(db: Any, rows: dict[str, Any]) -> None:
    query = QNote.select().where(QNote.id == 1)
    with pytest.raises(TransactionError, match="there is none"):
        query.for_update(nowait=True).all()
    with transaction():
        assert query.for_update(nowait=True).one().title == "a"
        assert query.for_update(share=True).one().title == "a"
        assert query.for_update(skip_locked=True).count() == 1
        if db.dialect.name == "mysql":
            with pytest.raises(QueryError, match=r"MariaDB has no for_update\(of="):
                query.for_update(of=QNote).all()
        else:
            assert query.for_update(of=QNote).one().title == "a"
    with pytest.raises(QueryError, match="not both"):
        query.for_update(nowait=True, skip_locked=True)


def test_orm_O28_the_words_of_each_lock() -> None:
    def ending(**options: Any) -> str:
        query = QNote.select(QNote.id).join(QNote.author).for_update(**options)
        return query.compile(MYSQL_DIALECT)[0].rpartition("`id`")[2].strip()

    assert ending() == "FOR UPDATE"
    assert ending(nowait=True) == "FOR UPDATE NOWAIT"
    assert ending(share=True, skip_locked=True) == "LOCK IN SHARE MODE SKIP LOCKED"
    assert ending(of=[QNote, QUser]) == "FOR UPDATE OF `q_note`, `q_user`"
    assert "FOR" not in QNote.select().for_update().compile(SQLITE_DIALECT)[0]


@pytest.mark.usefixtures("rows")
def test_orm_O21_update_by_expressions_and_subqueries() -> None:
    top = QNote.select(max_(QNote.id)).where(QNote.author == QUser.id)
    assert QUser.update(score=top).execute() == 3
    assert QUser.select().order_by(QUser.id).scalars(QUser.score) == [2, 4, 5]
    QUser.update(score=case(when(QUser.score > 3, QUser.score * 10), default=0)).execute()
    assert QUser.select().order_by(QUser.id).scalars(QUser.score) == [0, 40, 50]
    two = QNote.select().order_by(-QNote.price).limit(2)
    assert QNote.update(title="top").where(QNote.id.in_(two)).execute() == 2
    place = QNote.select(QNote.id).order_by(QNote.id).limit(1)
    assert QNote.delete().where(QNote.id.in_(place)).execute() == 1
    assert QNote.select(count()).scalars() == [4]


@pytest.mark.usefixtures("rows")
def test_orm_O15_distinct_and_counting() -> None:
    query = QNote.select(QNote.author).distinct()
    assert (query.count(), len(query.all())) == (3, 3)
    assert QNote.select(count(QNote.editor, distinct=True)).scalars() == [3]
