"""Rows marked as deleted are left out everywhere, and come back (orm:O37, orm:A5)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orm import (
    DateTime,
    DoesNotExist,
    ForeignKey,
    IntegrityError,
    ManyToMany,
    Model,
    ModelError,
    OneToOne,
    QueryError,
    String,
    Unique,
    alias,
    count,
    create_all,
    exists,
    now,
)
from orm.engine.database import Database


class Author(Model):
    name = String(20, unique=True)

    class Meta:
        table = "soft_authors"
        soft_delete = True


class Topic(Model):
    name = String(20)

    class Meta:
        table = "soft_topics"
        soft_delete = "gone_at"

    gone_at = DateTime(null=True)


class Book(Model):
    title = String(20)
    shelf = String(5, default="a")
    author = ForeignKey(Author, back="books", on_delete="cascade")
    editor = ForeignKey(Author, null=True, back="edited")
    topics = ManyToMany(Topic, back="books")

    class Meta:
        table = "soft_books"
        soft_delete = True
        indexes = [Unique("title", "shelf")]


class Note(Model):
    text = String(20)
    book = ForeignKey(Book, back="notes", on_delete="cascade")

    class Meta:
        table = "soft_notes"
        soft_delete = True


class Cover(Model):
    book = OneToOne(Book, back="cover", on_delete="cascade")

    class Meta:
        table = "soft_covers"


MODELS = [Author, Topic, Book, Note, Cover]


@pytest.fixture
def shop(db: Database) -> dict[str, Any]:
    create_all(MODELS)
    ann, bob = Author.insert(name="ann"), Author.insert(name="bob")
    one = Book.insert(title="one", author=ann)
    two = Book.insert(title="two", author=bob, editor=ann)
    dead, alive = Topic.insert(name="dead"), Topic.insert(name="alive")
    one.topics.add(dead, alive)
    two.topics.add(dead)
    Note.insert(text="x", book=one)
    Cover.insert(book=one)
    return {"ann": ann, "bob": bob, "one": one, "two": two, "dead": dead, "alive": alive}


def test_orm_O37_delete_marks_and_restore_brings_back(shop: dict[str, Any]) -> None:
    bob = shop["bob"]
    before = now()
    bob.delete()
    assert bob.deleted_at >= before - dt.timedelta(seconds=1)
    assert bob._is_stored
    with pytest.raises(DoesNotExist):
        Author.get(bob.id)
    assert Author.all(name="bob") == []
    assert Author.select().with_deleted().count() == 2
    assert Author.select().only_deleted().all() == [bob]
    bob.refresh()
    bob.delete()  # again: nothing happens
    bob.restore()
    assert bob.deleted_at is None
    assert Author.get(bob.id) == bob
    bob.restore()


def test_orm_O37_a_hard_delete_removes_the_row(shop: dict[str, Any]) -> None:
    shop["dead"].delete(hard=True)
    assert Topic.select().with_deleted().count() == 1
    shop["alive"].delete()
    assert Topic.delete(hard=True).execute() == 0, "what is marked is not seen"
    assert Topic.delete(hard=True).only_deleted().execute() == 1
    assert Topic.select().with_deleted().count() == 0


QUERIES: list[tuple[str, Callable[[], Any], Any, Any]] = [
    ("count", lambda: Topic.select().count(), 2, 1),
    ("exists", lambda: Topic.select().where(Topic.name == "dead").exists(), True, False),
    ("values", lambda: len(Topic.select().values(Topic.name)), 2, 1),
    ("aggregate", lambda: Topic.select(count()).scalars(), [2], [1]),
    ("m2m", lambda: Book.one(title="one").topics.count(), 2, 1),
    ("m2m all", lambda: len(Book.one(title="one").topics.all()), 2, 1),
    ("any", lambda: Book.select().where(Book.topics.any()).count(), 2, 1),
    ("any with", lambda: Book.select().where(Book.topics.any(Topic.name == "dead")).count(), 2, 0),
    ("join", lambda: Book.select().join(Book.topics).count(), 3, 1),
    ("left join", lambda: Book.select().left_join(Book.topics).count(), 3, 2),
    ("join model", lambda: Topic.select().join(alias(Topic, "t"), on=Topic.id > 0).count(), 4, 1),
    (
        "prefetch",
        lambda: [
            len(b.topics.all()) for b in Book.select().order_by(Book.id).prefetch(Book.topics)
        ],
        [2, 1],
        [1, 0],
    ),
    (
        "exists query",
        lambda: Book.select().where(exists(Topic.select().where(Topic.name == "dead"))).count(),
        2,
        0,
    ),
    (
        "in query",
        lambda: len(Book.select().where(Book.id.in_(Topic.select(Topic.id))).all()),
        2,
        1,
    ),
    ("page", lambda: Topic.select().page(1).total, 2, 1),
    ("stream", lambda: len(list(Topic.select().stream())), 2, 1),
    ("update", lambda: Topic.update(name="dead").where(Topic.name == "dead").execute(), 1, 0),
    ("where delete", lambda: Topic.delete().where(Topic.name == "alive").execute(), 1, 1),
]


@pytest.mark.parametrize(("name", "ask", "before", "after"), QUERIES, ids=[q[0] for q in QUERIES])
def test_orm_A5_marked_rows_are_left_out_everywhere(
    shop: dict[str, Any], name: str, ask: Callable[[], Any], before: Any, after: Any
) -> None:
    if name != "where delete":
        assert ask() == before
    shop["dead"].delete()
    assert ask() == after


def test_orm_A5_a_reference_to_a_marked_row_reads_as_none(shop: dict[str, Any]) -> None:
    ann = shop["ann"]
    ann.__class__.update(deleted_at=now()).where(Author.id == ann.id).execute()
    for book in (
        Book.one(title="one"),
        Book.select().where(Book.title == "one").with_related(Book.author).one(),
        Book.select().where(Book.title == "one").prefetch(Book.author).one(),
    ):
        assert not book.author
        assert book.author_id == ann.id
    two = Book.select().with_related(Book.author, Book.editor).where(Book.title == "two").one()
    assert (two.author, two.editor) == (shop["bob"], None)
    assert Book.select().join(Book.author).all() == [two]
    book = Book.select().with_deleted().with_related(Book.author).where(Book.title == "one").one()
    assert book.author == ann
    book = Book.select().with_deleted(Author).prefetch(Book.author).where(Book.title == "one").one()
    assert book.author == ann


def test_orm_A5_what_cascades_is_marked_and_restored_together(shop: dict[str, Any]) -> None:
    ann, one = shop["ann"], shop["one"]
    early = Book.insert(title="early", author=ann)
    early.delete()
    ann.delete()
    assert Book.select().scalars(Book.title) == ["two"]
    assert Note.select().count() == 0
    assert Cover.select().count() == 1, "a model that does not mark keeps its rows"
    assert shop["two"].editor_id == ann.id
    ann.restore()
    assert sorted(Book.select().scalars(Book.title)) == ["one", "two"]
    assert Note.select().count() == 1
    assert Author.delete().where(Author.name == "ann").execute() == 1
    assert (Book.select().count(), Note.select().count()) == (1, 0)
    assert Book.select().only_deleted().count() == 2
    one.refresh()
    assert one.deleted_at is not None


def test_orm_A5_unique_means_among_the_living(shop: dict[str, Any]) -> None:
    shop["bob"].delete()
    second = Author.insert(name="bob")
    with pytest.raises(IntegrityError):
        Author.insert(name="bob")
    with pytest.raises(IntegrityError):
        shop["bob"].restore()
    assert shop["bob"].deleted_at is not None, "as it was"
    second.delete()
    shop["bob"].restore()
    assert Author.one(name="bob").id == shop["bob"].id
    with pytest.raises(IntegrityError):
        Book.insert(title="one", author=shop["ann"])
    shop["one"].delete()
    Book.insert(title="one", author=shop["ann"])
    assert Author.upsert({"name": "bob"}, key=["name"]) == "unchanged"
    Author.delete().execute()
    assert Author.upsert({"name": "bob"}, key=["name"]) == "inserted"


def test_orm_A5_the_back_of_a_one_to_one(shop: dict[str, Any]) -> None:
    cover = Cover.select().one()
    shop["one"].delete()
    assert cover.book is None or Cover.get(cover.id).book is None
    assert Cover.select().with_related(Cover.book).one().book is None


def test_orm_O37_wrong_uses_are_refused() -> None:
    with pytest.raises(QueryError, match=r"Cover.*Meta\.soft_delete"):
        Cover.select().only_deleted()
    with pytest.raises(QueryError, match=r"Meta\.soft_delete"):
        Cover(book=1).restore()
    with pytest.raises(ModelError, match=r"DateTime\(null=True\)"):
        body = {"name": String(5), "Meta": type("Meta", (), {"soft_delete": "name"})}
        type("Wrong", (Model,), body)
    with pytest.raises(ModelError, match="True or the name of a field"):
        type("Wrong", (Model,), {"Meta": type("Meta", (), {"soft_delete": 5})})


@pytest.mark.usefixtures("shop")
def test_orm_O37_verbs_by_name_mark_too() -> None:
    assert Topic.query("name").where("name", "=", "dead").delete().execute() == 1
    assert Topic.query("name").get() == [{"name": "alive"}]
    assert Topic.select().with_deleted().count() == 2
