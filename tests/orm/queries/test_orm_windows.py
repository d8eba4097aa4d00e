"""Window functions, filters on them, derived tables, common table expressions, compounds."""

from typing import Any

import pytest

from orm import (
    QueryError,
    String,
    avg,
    cast,
    concat,
    constant,
    count,
    cume_dist,
    dense_rank,
    first_value,
    group_concat,
    lag,
    last_value,
    lead,
    max_,
    min_,
    nth_value,
    ntile,
    percent_rank,
    rank,
    row_number,
    sum_,
    window,
)
from orm.engine.dialect import SQLITE_DIALECT
from tests.support.orm_queries import QNote, QTeam, QUser, make_rows


@pytest.fixture
def rows(db: Any) -> dict[str, Any]:
    return make_rows()


def listed(query: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in query]


@pytest.mark.usefixtures("rows")
def test_orm_O14_window_functions() -> None:
    by_price = window(partition_by=QNote.author, order_by=-QNote.price)
    query = QNote.select(
        QNote.title,
        row_number().over(order_by=QNote.title).as_("no"),
        rank().over(by_price),
        dense_rank().over(by_price),
        ntile(2).over(order_by=QNote.title),
        lag(QNote.title).over(order_by=QNote.title),
        lead(QNote.title, 2, "-").over(order_by=QNote.title),
        first_value(QNote.title).over(by_price),
        last_value(QNote.title).over(by_price, frame="rows unbounded preceding"),
        nth_value(QNote.title, 2).over(order_by=QNote.title),
    ).order_by("no")
    assert listed(query) == [
        ("a", 1, 2, 2, 1, None, "c", "b", "a", None),
        ("b", 2, 1, 1, 1, "a", "d", "b", "b", "b"),
        ("c", 3, 2, 2, 1, "b", "e", "d", "c", "b"),
        ("d", 4, 1, 1, 2, "c", "-", "d", "d", "b"),
        ("e", 5, 1, 1, 2, "d", "-", "e", "e", "b"),
    ]


@pytest.mark.usefixtures("rows")
def test_orm_O14_aggregates_over_windows_and_frames() -> None:
    whole = QNote.select(
        QNote.title,
        sum_(QNote.price).over(order_by=QNote.title),
        sum_(QNote.price).over(
            order_by=QNote.title, frame="rows between 1 preceding and 1 following"
        ),
        count().over(partition_by=QNote.author),
        percent_rank().over(order_by=QNote.title),
        cume_dist().over(order_by=QNote.title),
        count(filter=QNote.price > 2).over(),
    ).order_by(QNote.title)
    found = listed(whole)
    assert [str(row[1]) for row in found] == ["1.00", "3.50", "7.50", "15.50", "31.50"]
    assert [str(row[2]) for row in found] == ["3.50", "7.50", "14.50", "28.00", "24.00"]
    assert [row[3:] for row in found][1] == (2, 0.25, 0.4, 4)


@pytest.mark.usefixtures("rows")
def test_orm_O14_rank_is_filterable() -> None:
    place = row_number().over(partition_by=QNote.author, order_by=-QNote.price)
    dearest = QNote.select().where(place <= 1)
    assert [note.title for note in dearest.order_by(QNote.title)] == ["b", "d", "e"]
    assert dearest.count() == 3
    assert dearest.exists()
    assert dearest.order_by(-QNote.title).limit(1).offset(1).one().title == "d"
    labelled = place.as_("place")
    query = QNote.select(QNote.title, labelled).where(labelled == 2).order_by("title")
    assert listed(query) == [("a", 2), ("c", 2)]
    assert (
        QUser.select().where(QUser.id.in_(QNote.select(QNote.author).where(place == 2))).count()
        == 2
    )


@pytest.mark.usefixtures("rows")
def test_orm_O14_a_filter_on_a_window_keeps_everything_else() -> None:
    place = row_number().over(order_by=QNote.title)
    query = QNote.select().with_related(QNote.author).where(place > 1, QNote.title != "b")
    query = query.where((QNote.author.team.name == "blue") | (place == 3))
    assert [(note.title, note.author.name) for note in query.order_by(QNote.title)] == [
        ("c", "bob"),
        ("d", "bob"),
    ]
    grouped = (
        QNote.select(QNote.author.name, sum_(QNote.price).as_("sum"))
        .group_by(QNote.author.name)
        .having(count() > 0)
        .where(rank().over(order_by=-sum_(QNote.price)) <= 2)
        .order_by("-sum")
    )
    assert [(name, str(total)) for name, total in listed(grouped)] == [
        ("cid", "16.00"),
        ("bob", "12.00"),
    ]


def test_orm_O14_wrong_windows_are_refused() -> None:
    with pytest.raises(QueryError, match="needs a window"):
        QNote.select(rank()).compile(SQLITE_DIALECT)
    with pytest.raises(QueryError, match="no engine counts distinct"):
        count(QNote.title, distinct=True).over()
    wrong: list[Any] = ["rows 1; drop table x", "groups 1 preceding", "", 5]
    for frame in wrong:
        with pytest.raises(QueryError, match="is no frame"):
            sum_(QNote.price).over(frame=frame)
    with pytest.raises(QueryError, match="above 0"):
        ntile(0)
    with pytest.raises(QueryError, match="takes expressions"):
        rank().over(order_by="title")


@pytest.mark.usefixtures("rows")
def test_orm_O12_aggregates_with_filter_distinct_and_group_concat() -> None:
    (row,) = QNote.select(
        count(filter=QNote.price > 2),
        sum_(QNote.price, filter=QNote.author.name == "ann"),
        max_(QNote.price, filter=QNote.price < 5),
        min_(QNote.price, filter=QNote.price > 99),
        count(QNote.author, distinct=True),
        avg(QNote.price, filter=QNote.title.in_(["a", "c"])),
        group_concat(QNote.title, order_by=-QNote.price),
        group_concat(QNote.author.name, "; ", order_by=QNote.author.name, distinct=True),
        group_concat(QNote.title, filter=QNote.price > 99),
    )
    assert [None if v is None else str(v) for v in row] == [
        "4", "3.50", "4.00", None, "3", "2.500000", "e,d,c,b,a", "ann; bob; cid", None,
    ]  # fmt: skip
    with pytest.raises(QueryError, match="takes an expression"):
        count("x")


@pytest.mark.usefixtures("rows")
def test_orm_O13_a_query_as_a_table() -> None:
    per = QNote.select(QNote.author, count().as_("n"), sum_(QNote.price).as_("total"))
    table = per.group_by(QNote.author).as_table("per")
    query = QUser.select(QUser.name, table.n, table.total).join(
        table, on=table.author_id == QUser.id
    )
    assert [(a, n, str(t)) for a, n, t in listed(query.order_by(QUser.name))] == [
        ("ann", 2, "3.50"),
        ("bob", 2, "12.00"),
        ("cid", 1, "16.00"),
    ]
    assert table.select(max_(table.n)).scalars() == [2]
    assert table.select().where(table.n == 1).dicts()[0].keys() == {"author_id", "n", "total"}
    assert table.select().count() == 3
    dear = QNote.select().where(QNote.price > 3).as_table("dear")
    assert [note.title for note in dear.select().order_by(dear.price)] == ["c", "d", "e"]
    assert [n.author.name for n in dear.select().with_related(dear.author).order_by(dear.id)] == [
        "bob",
        "bob",
        "cid",
    ]
    with pytest.raises(AttributeError, match="Did you mean 'total'"):
        table.totl  # noqa: B018


@pytest.mark.usefixtures("rows")
def test_orm_O13_common_table_expressions() -> None:
    blue = QUser.select().where(QUser.team.name == "blue").cte("blue")
    assert listed(
        QNote.select(QNote.title).join(blue, on=QNote.author == blue.id).order_by("title")
    ) == [
        ("c",),
        ("d",),
    ]
    assert QNote.select().where(QNote.author.in_(blue.select(blue.id))).count() == 2


@pytest.mark.usefixtures("rows")
def test_orm_O13_recursive_common_table_expressions() -> None:
    start = QUser.select(
        QUser.id, cast(QUser.name, String(200)).as_("path"), constant(0).as_("depth")
    )
    tree = start.where(QUser.boss == None).cte(  # noqa: E711
        "tree",
        lambda tree: QUser.select(
            QUser.id, concat(tree.path, "/", QUser.name), tree.depth + 1
        ).join(tree, on=QUser.boss == tree.id),
    )
    assert listed(tree.select(tree.path, tree.depth).order_by(tree.depth)) == [
        ("ann", 0),
        ("ann/bob", 1),
        ("ann/bob/cid", 2),
    ]
    under = QUser.select().where(QUser.name == "bob")
    chain = under.cte("chain", lambda chain: QUser.select().join(chain, on=QUser.id == chain.boss))
    assert [user.name for user in chain.select().order_by(chain.name)] == ["ann", "bob"]
    numbers = QTeam.select(constant(1).as_("n")).limit(1)
    up = numbers.cte("up", lambda up: up.select(up.n + 1).where(up.n < 5))
    assert up.select(sum_(up.n)).scalars() == [15]


@pytest.mark.usefixtures("rows")
def test_orm_O13_a_circle_ends_with_distinct() -> None:
    ann, cid = QUser.one(name="ann"), QUser.one(name="cid")
    ann.boss = cid
    ann.save()
    start = QUser.select(QUser.id, QUser.boss).where(QUser.name == "bob")
    ring = start.cte(
        "ring",
        lambda ring: QUser.select(QUser.id, QUser.boss).join(ring, on=QUser.id == ring.boss_id),
        distinct=True,
    )
    assert ring.select().count() == 3


@pytest.mark.usefixtures("rows")
def test_orm_O13_compound_queries() -> None:
    cheap = QNote.select().where(QNote.price < 3)
    anns = QNote.select().where(QNote.author.name.in_(["ann", "cid"]))

    def found(query: Any) -> str:
        return "".join(note.title for note in query.order_by(QNote.title))

    assert found(cheap.union(anns)) == "abe"
    assert found(cheap.union_all(anns)) == "aabbe"
    assert found(anns.intersect(cheap)) == "ab"
    assert found(anns.except_(cheap)) == "e"
    assert found(cheap.union(anns).except_(QNote.select().where(QNote.title == "b"))) == "ae"
    newest = QNote.select().order_by(-QNote.title).limit(2)
    assert found(newest.union(cheap)) == "abde"
    both = cheap.union(anns)
    assert both.count() == 3
    assert both.where(QNote.price > 2).order_by(-QNote.price).limit(1).one().title == "e"
    assert [n.author.name for n in both.with_related(QNote.author).order_by(QNote.title)] == [
        "ann",
        "ann",
        "cid",
    ]
    assert both.where(QNote.author.name == "cid").one().title == "e"
    assert both.limit(1).offset(1).order_by(QNote.title).one().title == "b"
    names = QUser.select(QUser.name.as_("word")).union_all(QTeam.select(QTeam.name))
    assert names.order_by("word").limit(3).scalars() == ["ann", "blue", "bob"]
    total = count().as_("n")
    sizes = QNote.select(QNote.author, total).group_by(QNote.author)
    assert sizes.union(sizes).order_by(-total, QNote.author).scalars(total) == [2, 2, 1]
    assert (
        QUser.select()
        .where(QUser.id.in_(QNote.select(QNote.author).union(QNote.select(QNote.editor))))
        .count()
        == 3
    )
    with pytest.raises(QueryError, match="different models"):
        QNote.select().union(QUser.select())
    with pytest.raises(QueryError, match="1 and 2 columns"):
        QUser.select(QUser.id).union(QUser.select(QUser.id, QUser.name))


@pytest.mark.usefixtures("rows")
def test_orm_O13_annotations() -> None:
    notes = QNote.select(count()).where(QNote.author == QUser.id)
    query = QUser.select().annotate(notes=notes, rank=rank().over(order_by=QUser.name))
    found = query.order_by("-notes", QUser.name).all()
    assert [(user.name, user.notes, user.rank) for user in found] == [
        ("ann", 2, 1),
        ("bob", 2, 2),
        ("cid", 1, 3),
    ]
    assert [(u.name, u.team.name if u.team else None, u.n) for u in (
        QUser.select().with_related(QUser.team).annotate(n=QUser.score).order_by(QUser.id)
    )] == [("ann", "red", 30), ("bob", "blue", 10), ("cid", None, None)]  # fmt: skip
    grouped = (
        QUser.select()
        .left_join(QNote, on=QNote.author == QUser.id)
        .annotate(total=sum_(QNote.price))
        .group_by(QUser.id)
        .order_by("total")
    )
    assert [str(user.total) for user in grouped] == ["3.50", "12.00", "16.00"]
    assert query.count() == 3
    assert query.values()[0].notes == 2
    with pytest.raises(QueryError, match="has 'name' already"):
        QUser.select().annotate(name=QUser.score)
    with pytest.raises(QueryError, match="has 'save' already"):
        QUser.select().annotate(save=QUser.score)
