"""Rows become objects by generated loaders, whatever the model looks like (orm:O41)."""

import types
from typing import Any

import pytest

from orm import DataError, Integer, Json, Model, String, alias
from orm.engine.database import Database
from orm.queries.loaders import Part, build_loader
from tests.support.orm_models import Entry, Person, Team, create_tables


@pytest.fixture
def tables(db: Database) -> Database:
    create_tables()
    return db


def model_of(name: str, fields: dict[str, Any], bases: tuple[type, ...] = (Model,)) -> Any:
    return types.new_class(name, bases, {}, lambda body: body.update(fields))


def loaded(model: Any, rows: list[tuple[Any, ...]]) -> list[Any]:
    return build_loader([Part(model, list(model._meta.fields.values()))], "sqlite")(rows)


@pytest.mark.parametrize("width", [1, 28, 29, 30, 31, 60])
def test_orm_O41_objects_of_any_number_of_columns(width: int) -> None:
    model = model_of(f"OrmLoaded{width}", {f"f{n}": Integer() for n in range(width)})
    (one, two) = loaded(model, [tuple(range(width + 1)), tuple(range(9, width + 10))])
    assert type(one) is model
    assert [getattr(one, f"f{n}") for n in range(width)] == list(range(1, width + 1))
    assert (one.id, two.id) == (0, 9)
    one.f0 = 77
    assert (one.f0, two.f0) == (77, 10)
    with pytest.raises(DataError):
        one.f0 = "x"


def test_orm_O41_a_model_with_slots_among_its_bases() -> None:
    class Slotted:
        __slots__ = ("extra",)

    model = model_of("OrmSlotted", {"value": Integer()}, (Slotted, Model))
    (item,) = loaded(model, [(1, 2)])
    item.extra = 5
    assert (type(item), item.value, item.extra) == (model, 2, 5)


def test_orm_O41_attributes_may_be_called_like_keywords() -> None:
    model = model_of("OrmKeyword", {"class": Integer(), "value": Integer()})
    (item,) = loaded(model, [(1, 2, 3)])
    assert (getattr(item, "class"), item.value) == (2, 3)
    made = model(**{"class": 5, "value": 6})
    assert (getattr(made, "class"), made.value) == (5, 6)


def test_orm_O41_a_cell_that_cannot_be_read_is_named() -> None:
    model = model_of("OrmUnreadable", {"data": Json(), "value": String(5), "count": Integer()})
    (item,) = loaded(model, [(1, "{", "x", 3)])
    with pytest.raises(DataError, match=r"OrmUnreadable\.data: the database holds '\{'"):
        item.data  # noqa: B018


def test_orm_O41_related_objects_of_one_row(tables: Database) -> None:
    red = Team.insert(name="red")
    ann = Person.insert(name="ann", team=red)
    bob = Person.insert(name="bob", boss=ann)
    Entry.insert(title="a", author=bob)
    Entry.insert(title="b", author=ann, editor=bob)
    query = Entry.select().with_related(Entry.author, Person.boss, Person.team, Entry.editor)
    entries: list[Any] = list(query.order_by(Entry.id).all())
    first, second = entries
    with tables.log_queries() as log:
        author = first.author
        assert (author.name, author.boss.name, author.team) == ("bob", "ann", None)
        assert (second.author.boss, second.author.team.name) == (None, "red")
        assert (first.editor, second.editor.name) == (None, "bob")
    assert len(log) == 0


@pytest.mark.usefixtures("tables")
def test_orm_O41_unnamed_aliases_have_names_of_their_own() -> None:
    ann = Person.insert(name="ann", age=50)
    Person.insert(name="bob", age=20, boss=ann)
    older: Any = alias(Person)
    pairs = Person.select(Person.name, older.name).join(older, on=older.age > Person.age).all()
    assert pairs == [("bob", "ann")]
    inner = older.select(older.id).where(older.age > Person.age)
    assert [p.name for p in Person.select().where(Person.boss.in_(inner)).all()] == ["bob"]
