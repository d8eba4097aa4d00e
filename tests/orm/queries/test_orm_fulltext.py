"""match(): the same words find the same rows on both engines."""

from typing import Any

import pytest

from orm import (
    FullText,
    ModelError,
    QueryError,
    alias,
    create_all,
    drop_all,
    match,
)
from orm.engine.dialect import SQLITE_DIALECT
from orm.expressions.search import Term, parse
from orm.migrations.drift import find_drift
from orm.schema.describe import describe_all
from orm.schema.fulltext import FullTextKind
from tests.support.orm_queries import FtPaper, QTeam, QUser, make_rows

PAPERS = [
    ("Green tea", "A cup of green tea on the table; Crème brûlée beside it."),
    ("Coffee", "GREEN beans are roasted before coffee is ground."),
    ("Black tea", "Fermented leaves, <b>strong</b> & dark."),
    ("Teapots", "What holds the tea: pots, kettles and cups."),
]


@pytest.fixture
def papers(db: Any) -> None:
    make_rows()
    create_all([FtPaper])
    FtPaper.insert_many({"title": title, "body": body} for title, body in PAPERS)


def found(text: str, *columns: Any, mode: Any = "all") -> str:
    columns = columns or (FtPaper.title, FtPaper.body)
    query = FtPaper.select().where(match(text, *columns, mode=mode))
    return " ".join(str(n) for n in query.order_by(FtPaper.id).scalars(FtPaper.id))


SEARCHES = [
    ("green", "1 2"),
    ("GREEN tea", "1"),
    ("tea", "1 3 4"),
    ("tea -green", "3 4"),
    ('"green tea"', "1"),
    ('"tea green"', ""),
    ("tea*", "1 3 4"),
    ("kett*", "4"),
    ("crème", "1"),
    ("creme", ""),
    ("-green", ""),
    ("", ""),
    ("+ ( ) ~ < > @ ' \" *", ""),
    ("green AND beans", ""),
    ("coffee-roasted", ""),
    ("beans. ARE; roasted!", "2"),
    ('"green', "1 2"),
    ("tea' OR 1=1 --", ""),
]


@pytest.mark.usefixtures("papers")
@pytest.mark.parametrize(("text", "ids"), SEARCHES)
def test_orm_O35_words_find_rows(text: str, ids: str) -> None:
    assert found(text) == ids


@pytest.mark.usefixtures("papers")
def test_orm_O35_any_word_and_one_column() -> None:
    assert found("coffee kettles", mode="any") == "2 4"
    assert found("green", FtPaper.title) == "1"
    other = alias(FtPaper, "other")
    query = other.select(other.id).where(match("coffee", other.title, other.body))
    assert query.scalars() == [2]
    query = FtPaper.select().where(match("tea", FtPaper.body, FtPaper.title), FtPaper.id > 1)
    assert query.count() == 2
    assert not query.where(~match("teapots", FtPaper.title)).where(FtPaper.id == 4).exists()


@pytest.mark.usefixtures("papers")
def test_orm_O35_rank_orders_by_relevance() -> None:
    search = match("green tea", FtPaper.title, FtPaper.body, mode="any")
    query = FtPaper.select().where(search).order_by(-search.rank(), FtPaper.id)
    assert query.first().id == 1  # type: ignore[union-attr]
    ranks = FtPaper.select(search.rank()).order_by(FtPaper.id).scalars()
    assert all(isinstance(value, float) for value in ranks)
    assert max(ranks) == ranks[0] > 0.0
    assert FtPaper.select(match("coffee", FtPaper.title).rank()).scalars()[0] == 0.0


@pytest.mark.usefixtures("papers")
def test_orm_O35_highlight_and_snippet() -> None:
    search = match('strong "black tea"', FtPaper.title, FtPaper.body)
    (row,) = FtPaper.select(search.highlight(FtPaper.title), search.highlight(FtPaper.body)).where(
        search
    )
    assert row.title == "<mark>Black tea</mark>"
    assert row.body == ("Fermented leaves, &lt;b&gt;<mark>strong</mark>&lt;/b&gt; &amp; dark.")
    search = match("table", FtPaper.title, FtPaper.body)
    text = FtPaper.select(search.snippet(FtPaper.body, 4, "[", "]")).where(search).scalars()[0]
    assert text == "… the [table]; Crème brûlée …"
    search = match("kett*", FtPaper.title, FtPaper.body)
    assert "<mark>kettles</mark>" in FtPaper.select(search.highlight(FtPaper.body)).scalars()[3]


@pytest.mark.usefixtures("papers")
def test_orm_O35_the_index_follows_every_write() -> None:
    paper = FtPaper.get(3)
    paper.body = "nothing but oolong"
    paper.save()
    assert (found("oolong"), found("fermented")) == ("3", "")
    FtPaper.update(title="matcha").where(FtPaper.id == 2).execute()
    assert found("matcha") == "2"
    paper.delete()
    assert found("oolong") == ""
    made = FtPaper.insert(title="sencha", author=QUser.one(name="cid"))
    assert made.id == 5
    assert found("sencha") == "5"
    QUser.update(boss=None).execute()
    FtPaper.delete().where(FtPaper.title == "sencha").execute()
    assert found("sencha") == ""


@pytest.mark.usefixtures("papers")
def test_orm_O35_tables_with_a_search_index_are_dropped_whole(db: Any) -> None:
    drop_all([FtPaper])
    create_all([FtPaper])
    assert FtPaper.select().count() == 0
    FtPaper.insert(title="again")
    assert found("again") == "1"


@pytest.mark.usefixtures("papers")
def test_orm_A9_a_full_text_index_is_no_drift_and_a_missing_one_is(db: Any) -> None:
    assert list(find_drift(db, [FtPaper, QUser, QTeam])) == []
    table = describe_all([FtPaper])["ft_paper"]
    index = table.index("ft_paper_titles")
    assert index is not None
    for statement in FullTextKind().drop(table, index, db.dialect):
        db.run(statement)
    (drift,) = find_drift(db, [FtPaper, QUser, QTeam])
    assert "ft_paper_titles" in drift
    for statement in FullTextKind().create(table, index, db.dialect):
        db.run(statement)
    assert found("green", FtPaper.title) == "1"


def test_orm_O35_what_it_refuses() -> None:
    with pytest.raises(QueryError, match="it has: title, body; title"):
        match("x", FtPaper.body)
    with pytest.raises(QueryError, match="it has: none"):
        match("x", QUser.name)
    with pytest.raises(QueryError, match="Did you mean 'any'"):
        match("x", FtPaper.title, mode="an")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="at most 1,000"):
        match("x" * 1001, FtPaper.title)
    with pytest.raises(QueryError, match="mark a text"):
        match("x", FtPaper.title).highlight(FtPaper.id)
    with pytest.raises(ModelError, match="names of text fields"):
        FullText("-title")


def test_sec_D3_what_is_searched_for_is_a_parameter() -> None:
    text = "x' NEAR(\"y) {col}: ^ z"
    sql, params = FtPaper.select().where(match(text, FtPaper.title)).compile(SQLITE_DIALECT)
    assert sql.endswith('WHERE "ft_paper_titles" MATCH ?)')
    assert params == ['"x" AND "NEAR" AND "y col z"']
    assert parse('a "b c" -d e*').terms == (
        Term(("a",)),
        Term(("b", "c")),
        Term(("d",), is_unwanted=True),
        Term(("e",), is_prefix=True),
    )
