"""Hooks before and after writes, of one row and of many (orm:O31, orm:A10)."""

from typing import Any

import pytest

from orm import (
    Integer,
    LinkChange,
    ManyToMany,
    Model,
    ModelError,
    String,
    create_all,
    on,
    transaction,
)
from orm.engine.database import Database
from orm.metadata import registry
from orm.models import hooks

heard: list[Any] = []


class Mark(Model):
    name = String(20)

    class Meta:
        table = "hooks_marks"


class Base(Model):
    title = String(20)

    class Meta:
        abstract = True

    def before_save(self) -> None:
        heard.append(("before_save", self.title))

    def after_update(self, names: frozenset[str]) -> None:
        heard.append(("after_update", set(names)))


class Letter(Base):
    level = Integer(default=0)
    marks = ManyToMany(Mark, back="letters")

    class Meta:
        table = "hooks_letters"

    @classmethod
    def before_insert_many(cls, letters: list["Letter"]) -> None:
        heard.append(("before_insert_many", len(letters)))


class Silent(Model):
    title = String(20)

    class Meta:
        table = "hooks_silent"


@on(Base, "after_insert")
def note_insert(letter: Letter) -> None:
    heard.append(("after_insert", letter.id is not None))


@on(Letter, "after_insert", on_commit=True)
def note_commit(letter: Letter) -> None:
    heard.append(("committed", letter.title))


@on(Letter, "before_insert")
def refuse(letter: Letter) -> None:
    if letter.title == "refused":
        raise ValueError("refused")


@on(Letter, "after_delete")
def refuse_delete(letter: Letter) -> None:
    heard.append(("after_delete", letter.title))
    if letter.title == "stays":
        raise ValueError("stays")


@on(Letter, "before_update_where")
def only_low_levels(query: Any) -> Any:
    heard.append("before_update_where")
    return query.where(Letter.level < 5)


@on(Letter, "after_delete_where")
def note_deleted(query: Any, count: int) -> None:
    heard.append(("after_delete_where", count))


@on(Letter, "after_links")
def note_links(change: LinkChange) -> None:
    heard.append((change.relation, change.action, change.keys))


@pytest.fixture(autouse=True)
def quiet() -> None:
    heard.clear()


@pytest.fixture
def tables(db: Database) -> None:
    create_all([Letter, Mark, Silent])


@pytest.mark.usefixtures("tables")
def test_orm_O31_hooks_of_one_object_come_in_order() -> None:
    letter = Letter.insert(title="a")
    assert heard == [("before_save", "a"), ("after_insert", True), ("committed", "a")]
    heard.clear()
    letter.title = "b"
    letter.save()
    assert heard == [("before_save", "b"), ("after_update", {"title"})]
    heard.clear()
    letter.delete()
    assert heard == [("after_delete", "b")]
    assert Silent._meta.steps is None, "who has no hooks pays nothing"


@pytest.mark.usefixtures("tables")
def test_orm_O31_an_error_in_a_hook_undoes_the_write() -> None:
    refused = Letter(title="refused")
    with pytest.raises(ValueError, match="refused"):
        refused.save()
    assert not refused._is_stored
    assert refused.id is None
    stays = Letter.insert(title="stays")
    with transaction():
        with pytest.raises(ValueError, match="stays"):
            stays.delete()
        assert Letter.select().count() == 1
    assert stays._is_stored
    assert Letter.get(stays.id) == stays


@pytest.mark.usefixtures("tables")
def test_orm_O31_on_commit_hears_of_nothing_that_was_undone() -> None:
    with transaction() as block:
        Letter.insert(title="a")
        assert ("committed", "a") not in heard
        block.rollback()
    assert ("committed", "a") not in heard
    with transaction():
        Letter.insert(title="b")
        assert ("committed", "b") not in heard
    assert heard[-1] == ("committed", "b")


@pytest.mark.usefixtures("tables")
def test_orm_A10_writes_of_many_rows_are_heard() -> None:
    assert Letter.insert_many([{"title": "a"}, {"title": "b", "level": 9}]) == 2
    assert heard == [("before_insert_many", 2)]
    assert Letter.update(title="c").execute() == 1
    assert Letter.select().order_by(Letter.level).scalars(Letter.title) == ["c", "b"]
    assert heard[-1] == "before_update_where"
    assert Letter.delete().where(Letter.level > 0).execute() == 1
    assert heard[-1] == ("after_delete_where", 1)


@pytest.mark.usefixtures("tables")
def test_orm_A10_links_are_heard() -> None:
    letter = Letter.insert(title="a")
    first, second = Mark.insert(name="x"), Mark.insert(name="y")
    heard.clear()
    letter.marks.add(first, second)
    assert heard == [("marks", "add", (first.id, second.id))]
    letter.marks.set([second])
    assert heard[1:] == [("marks", "remove", (first.id,))]
    letter.marks.clear()
    assert heard[-1] == ("marks", "clear", ())


def test_orm_O31_wrong_registrations_are_refused() -> None:
    with pytest.raises(ModelError, match="Did you mean 'after_save'"):
        on(Letter, "after_saved")
    with pytest.raises(ModelError, match="takes a model"):
        on(int, "after_save")
    with pytest.raises(ModelError, match="for after_ events"):
        on(Letter, "before_save", on_commit=True)


@pytest.mark.usefixtures("tables")
def test_orm_O31_a_listener_of_model_hears_of_all(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_models", {})
    monkeypatch.setattr(hooks, "_registered", list(hooks._registered))

    class Heard(Model):
        name = String(20)

        class Meta:
            table = "hooks_heard"

    create_all([Heard])
    for event in ("after_insert", "after_insert_many", "after_update_where"):
        on(Model, event, on_commit=True)(lambda first, *_, event=event: heard.append(event))
    Heard.insert(name="a")
    Heard.insert_many([{"name": "b"}])
    Heard.update(name="c").execute()
    assert heard == ["after_insert", "after_insert_many", "after_update_where"]


def test_names_of_hooks_are_no_fields() -> None:
    for name in ("before_save", "validate"):
        with pytest.raises(ModelError, match="give the field another name"):
            type("Hooked", (Model,), {name: String(5)})
