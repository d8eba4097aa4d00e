"""Keyset pagination: every row once, whatever the order, in both directions."""

import base64
import itertools
import random
from typing import Any

import pytest

from orm import DataError, QueryError, count, lower, sum_
from orm.engine.dialect import SQLITE_DIALECT
from orm.queries.keyset import KeysetPage
from tests.support.orm_queries import QNote, QUser, make_rows


@pytest.fixture
def rows(db: Any) -> None:
    make_rows()
    chosen = random.Random(7)
    ann = QUser.one(name="ann")
    QNote.insert_many(
        {
            "title": chosen.choice("xyz"),
            "author": ann,
            "editor": chosen.choice([None, ann]),
            "price": chosen.choice(["1.10", "2.20"]),
            "day": chosen.choice([None, "2026-05-01", "2026-05-02"]),
        }
        for _ in range(30)
    )


ORDERS: dict[str, list[Any]] = {
    "key": [],
    "title": [QNote.title],
    "mixed": [-QNote.price, QNote.title],
    "null": [QNote.day],
    "null descending": [-QNote.day, QNote.title],
    "nulls last": [QNote.day.asc(nulls="last"), -QNote.price],
    "nulls first": [QNote.day.desc(nulls="first"), -QNote.editor],
    "path": [QNote.editor.name, QNote.author.name.desc()],
    "computed": [lower(QNote.title).desc(), QNote.price * 2],
    "with key": [QNote.title, -QNote.id],
}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", ORDERS)
def test_orm_A7_forth_and_back_gives_every_row_once(name: str) -> None:
    query = QNote.select().order_by(*ORDERS[name])
    pages: list[KeysetPage[QNote]] = [query.paginate(size=8)]
    while pages[-1].next is not None:
        pages.append(query.paginate(size=8, after=pages[-1].next))
    seen = [note.id for page in pages for note in page]
    with_key = query if name == "with key" else query.order_by(*ORDERS[name], _last(ORDERS[name]))
    assert seen == [note.id for note in with_key]
    assert [len(page) for page in pages] == [8, 8, 8, 8, 3]
    assert pages[0].previous is None
    for earlier, later in itertools.pairwise(pages):
        back = query.paginate(size=8, before=later.previous)
        assert [note.id for note in back] == [note.id for note in earlier]
        assert back.has_next
        assert back.has_prev is (earlier is not pages[0])
    assert not any(key.startswith("keyset") for note in pages[0] for key in note.__dict__)


def _last(order: list[Any]) -> Any:
    is_down = bool(order) and ("DESC" in _sql(order[-1]))
    return -QNote.id if is_down else QNote.id


def _sql(item: Any) -> str:
    return str(QNote.select().order_by(item).compile(SQLITE_DIALECT)[0])


@pytest.mark.usefixtures("rows")
def test_orm_A7_rows_that_come_in_between_shift_nothing() -> None:
    query = QNote.select(QNote.id, QNote.title).order_by(QNote.title)
    first = query.paginate(size=3)
    assert first.items[0]._fields == ("id", "title")
    QNote.insert(title="A", author=QUser.one(name="ann"))
    second = query.paginate(size=3, after=first.next)
    assert [row.title for row in second] == ["d", "e", "x"]
    shown = second.__json__()
    assert shown["items"][0] == {"id": 4, "title": "d"}
    assert shown.keys() == {"items", "size", "previous", "next"}
    assert query.paginate(3, after=("c", 3)).items == second.items


@pytest.mark.usefixtures("rows")
def test_orm_A7_a_bad_token_is_a_data_error() -> None:
    query = QNote.select().order_by(QNote.title)
    token = query.paginate(2).next
    assert token is not None
    changed = base64.urlsafe_b64encode(b"x" * 12 + b'["a",1]').decode()
    for bad in (token[:-2], token + "AA", "", "ö", "a" * 5000, changed, token.swapcase(), "-1"):
        with pytest.raises(DataError, match="no page token"):
            query.paginate(2, after=bad)
    with pytest.raises(DataError, match="no page token"):
        QNote.select().order_by(-QNote.title).paginate(2, after=token)
    with pytest.raises(DataError, match="no page token"):
        query.paginate(2, after=token, key="secret")
    signed = query.paginate(2, key="secret").next
    assert query.paginate(2, after=signed, key=b"secret").items[0].title == "c"
    with pytest.raises(DataError, match="no page token"):
        query.paginate(2, before=signed, key="other")
    for place in (("a",), ("a", "b"), (5, 1), "x", {"a": 1}):
        with pytest.raises(DataError):
            query.paginate(2, after=place)


@pytest.mark.usefixtures("rows")
def test_orm_A7_pages_of_a_table_of_a_query() -> None:
    per = QNote.select(QNote.title, sum_(QNote.price).as_("total")).group_by(QNote.title)
    table = per.as_table("per")
    query = table.select().order_by(-table.total)
    pages = [query.paginate(3)]
    while pages[-1].next:
        pages.append(query.paginate(3, after=pages[-1].next))
    seen = [row for page in pages for row in page]
    assert seen == query.order_by(-table.total, table.title).all()
    assert len(seen) == per.count()
    both = QNote.select().where(QNote.id < 3).union(QNote.select().where(QNote.id == 5))
    first = both.order_by(-QNote.title).paginate(2)
    assert [note.id for note in first] == [5, 2]
    assert both.order_by(-QNote.title).paginate(2, after=first.next).items[0].id == 1


@pytest.mark.usefixtures("rows")
def test_orm_A7_what_it_refuses() -> None:
    query = QNote.select()
    for size in (0, -1, "5"):
        with pytest.raises(QueryError):
            query.paginate(size)  # type: ignore[arg-type]
    token = query.paginate(2).next
    with pytest.raises(QueryError, match="not both"):
        query.paginate(2, after=token, before=token)
    with pytest.raises(QueryError, match="as_table"):
        QNote.select(QNote.author, count()).group_by(QNote.author).paginate()
    assert query.where(QNote.id < 0).paginate(5).items == []
    assert query.paginate(5, after=(10**9,)).items == []
