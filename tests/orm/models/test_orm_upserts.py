"""Insert or update: one row, many, with the outcome; get_or_create, update_or_create."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from orm import (
    Integer,
    IntegrityError,
    Model,
    MultipleRows,
    Query,
    QueryError,
    String,
    Unique,
    create_all,
    incoming,
    transaction,
)
from tests.support.databases import on_mysql
from tests.support.orm_models import Label, Person, Sample, Stock, Team, create_tables


class Page(Model):
    path = String(40, unique=True)
    title = String(40, default="")
    hits = Integer(default=0)


class Seat(Model):
    row = Integer()
    number = Integer()
    guest = String(20, null=True)

    class Meta:
        indexes = [Unique("row", "number")]


@pytest.fixture(autouse=True)
def tables(db: Any) -> None:
    create_tables()
    create_all([Page, Seat])


def outcomes(done: Any) -> list[str]:
    return [item.outcome for item in done]


# -- A12, O20: upsert_many ---------------------------------------------------------------------


def test_orm_A12_the_outcome_of_each_row_and_its_key(db: Any) -> None:
    old = Page.insert_many(
        [{"path": "/a", "title": "a"}, {"path": "/b", "title": "b"}], returning=True
    )
    rows = [
        {"path": "/c", "title": "c"},
        {"path": "/b", "title": "new"},
        {"path": "/a", "title": "a"},
    ]
    with db.log_queries() as log:
        done = Page.upsert_many(rows, key=["path"])
    assert len(log) == 3
    assert outcomes(done) == ["inserted", "updated", "unchanged"]
    assert [item.key for item in done] == [Page.one(path="/c").id, old[1].id, old[0].id]
    assert {page.path: page.title for page in Page.all()} == {"/a": "a", "/b": "new", "/c": "c"}


def test_orm_A12_chosen_columns_and_expressions(db: Any) -> None:
    Page.insert(path="/a", title="old", hits=5)
    done = Page.upsert_many(
        [{"path": "/a", "title": "x", "hits": 1}, {"path": "/b", "title": "x", "hits": 1}],
        key=["path"],
        update=["hits"],
    )
    assert outcomes(done) == ["updated", "inserted"]
    assert (Page.one(path="/a").title, Page.one(path="/a").hits) == ("old", 1)
    count = {"hits": Page.hits + incoming(Page.hits)}
    rows = [{"path": "/a", "hits": 10}, {"path": "/b", "hits": 0}, {"path": "/c", "hits": 2}]
    assert outcomes(Page.upsert_many(rows, ["path"], count)) == ["updated", "unchanged", "inserted"]
    assert [page.hits for page in Page.select().order_by(Page.path)] == [11, 1, 2]
    assert Page.upsert({"path": "/a", "hits": 4}, ["path"], count) == "updated"
    assert Page.upsert({"path": "/a"}, ["path"], {"title": "seen"}) == "updated"
    assert (Page.one(path="/a").hits, Page.one(path="/a").title) == (15, "seen")


def test_orm_O20_keys_of_several_columns_and_many_rows(db: Any) -> None:
    rows = [{"row": n // 30, "number": n % 30, "guest": f"g{n}"} for n in range(1200)]
    assert set(outcomes(Seat.upsert_many(rows[:700], key=["row", "number"]))) == {"inserted"}
    for row in rows[:10]:
        row["guest"] = None
    done = Seat.upsert_many(rows, key=["row", "number"])
    assert outcomes(done) == ["updated"] * 10 + ["unchanged"] * 690 + ["inserted"] * 500
    assert [item.key for item in done] == [
        Seat.one(row=row["row"], number=row["number"]).id for row in rows[:3]
    ] + [item.key for item in done[3:]]


def test_orm_O20_rows_may_give_different_fields(db: Any) -> None:
    Page.insert(path="/a", title="t", hits=3)
    rows: list[dict[str, Any]] = [{"path": "/a", "hits": 4}, {"path": "/b", "title": "b"}]
    assert outcomes(Page.upsert_many(rows, key=["path"])) == ["updated", "inserted"]
    assert (Page.one(path="/a").title, Page.one(path="/a").hits) == ("t", 4)


def test_orm_O20_only_the_key_is_a_look(db: Any) -> None:
    Label.insert(name="a")
    done = Label.upsert_many([{"name": "a"}, {"name": "b"}], key=["name"])
    assert outcomes(done) == ["unchanged", "inserted"]


def test_orm_O20_what_makes_no_sense_is_refused(db: Any) -> None:
    with pytest.raises(QueryError, match="two rows with the key"):
        Page.upsert_many([{"path": "/a"}, {"path": "/a"}], key=["path"])
    with pytest.raises(QueryError, match="without a value for its key id"):
        Page.upsert_many([{"path": "/a"}], key=["id"])
    with pytest.raises(QueryError, match="needs a unique key"):
        Page.upsert_many([{"path": "/a"}], key=["title"])
    with pytest.raises(QueryError, match="hits"):
        Page.upsert_many([{"path": "/a"}], key=["path"], update=["hist"])
    with pytest.raises(QueryError, match="not a text"):
        Page.upsert_many([{"path": "/a"}], key=["path"], update="hits")
    with pytest.raises(QueryError, match="takes dicts"):
        Page.upsert_many([1], key=["path"])  # type: ignore[list-item]
    with pytest.raises(QueryError, match="takes a field"):
        incoming(Page.hits + 1)
    assert Page.select().count() == 0


# -- O22: get_or_create, update_or_create ------------------------------------------------------


def test_orm_O22_get_or_create(db: Any) -> None:
    team = Team.insert(name="red")
    ann, is_new = Person.get_or_create({"age": 30, "team": team}, name="ann")
    assert (is_new, ann.age, ann.team) == (True, 30, team)
    again, is_new = Person.get_or_create(defaults={"age": 99}, name="ann")
    assert (is_new, again, again.age) == (False, ann, 30)
    called: list[int] = []
    Person.get_or_create({"age": lambda: called.append(1) or 5}, name="ann")
    assert called == []
    bob, _ = Person.get_or_create({"age": lambda: called.append(1) or 5}, name="bob")
    assert (called, bob.age) == ([1], 5)
    Stock.insert_many([{"shop": "x", "item": item} for item in "ab"])
    with pytest.raises(MultipleRows):
        Stock.get_or_create(shop="x")
    with pytest.raises(QueryError, match="name"):
        Person.get_or_create(nmae="ann")
    with pytest.raises(IntegrityError):  # of another constraint than the one looked for
        Person.get_or_create({"name": "ann"}, age=1000)


def test_orm_O22_update_or_create(db: Any) -> None:
    page, is_new = Page.update_or_create({"title": "a"}, {"title": "first", "hits": 1}, path="/x")
    assert (is_new, page.title, page.hits) == (True, "first", 1)
    page, is_new = Page.update_or_create({"title": "a"}, {"title": "first", "hits": 1}, path="/x")
    assert (is_new, page.title, page.hits) == (False, "a", 1)
    assert Page.get(page.id).title == "a"
    assert Page.update_or_create({"title": "b"}, path="/y")[1]
    assert Page.one(path="/y").title == "b"


def run_together(number: int, work: Callable[[int], None]) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(number)

    def body(index: int) -> None:
        try:
            barrier.wait(20)
            work(index)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=body, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_orm_O22_many_at_once_make_one_row_each(db: Any) -> None:
    found: list[tuple[int, bool]] = []

    def work(index: int) -> None:
        for number in range(10):
            page, is_new = Page.get_or_create({"title": str(index)}, path=f"/{number}")
            found.append((page.id, is_new))

    run_together(6, work)
    assert Page.select().count() == 10
    assert sum(is_new for _, is_new in found) == 10
    assert len({key for key, _ in found}) == 10


@on_mysql  # SQLite's transaction has the only write lock: nobody can come between
@pytest.mark.usefixtures("db")
def test_orm_O22_inside_a_transaction_the_other_row_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody inserts between our look and our insert, after our snapshot was taken."""
    look = Query.all
    others = iter([True])

    def look_and_be_late(query: Any) -> Any:
        rows = look(query)
        if next(others, False):
            thread = threading.Thread(target=lambda: Page.insert(path="/x", title="theirs"))
            thread.start()
            thread.join()
        return rows

    with transaction():
        assert Page.select().count() == 0
        monkeypatch.setattr(Query, "all", look_and_be_late)
        page, is_new = Page.get_or_create({"title": "ours"}, path="/x")
        assert (is_new, page.title) == (False, "theirs")
        Page.insert(path="/y")  # the transaction is usable
    assert Page.select().count() == 2


def test_orm_O22_updates_at_once_lose_nothing(db: Any) -> None:
    def work(index: int) -> None:
        for number in range(5):
            Page.update_or_create({"title": f"{index}"}, path=f"/{number}")

    run_together(4, work)
    assert Page.select().count() == 5


def test_orm_A12_upserts_at_once_count_right(db: Any) -> None:
    inserted: list[str] = []

    def work(index: int) -> None:
        for _ in range(5):
            rows = [{"path": f"/{number}", "hits": 1} for number in range(5)]
            add = {"hits": Page.hits + incoming(Page.hits)}
            inserted.extend(outcomes(Page.upsert_many(rows, ["path"], add)))

    run_together(4, work)
    assert inserted.count("inserted") == 5
    assert inserted.count("updated") == 95
    assert {page.hits for page in Page.all()} == {20}


def test_orm_O20_texts_without_case(db: Any) -> None:
    class Word(Model):
        text = String(20, unique=True, ci=True)
        number = Integer()

    create_all([Word])
    Word.insert(text="Ann", number=1)
    done = Word.upsert_many(
        [{"text": "ANN", "number": 2}, {"text": "bob", "number": 1}], key=["text"]
    )
    assert outcomes(done) == ["updated", "inserted"]
    assert done[0].key == Word.one(text="ann").id
    more = Word.upsert_many([{"text": "aNN", "number": 5}], ["text"], {"number": Word.number + 1})
    assert (outcomes(more), Word.one(text="ann").number) == (["updated"], 3)
    assert Sample.select().count() == 0
