"""Rows one by one and by condition: insert, get, save, refresh, delete, insert_many, upsert."""

from typing import Any
from uuid import uuid4

import pytest

from orm import (
    DataError,
    DoesNotExist,
    IntegrityError,
    MultipleRows,
    QueryError,
    count,
    get_database,
)
from tests.support.orm_models import Entry, Label, Person, Sample, Stock, create_tables


@pytest.fixture(autouse=True)
def tables(db: Any) -> None:
    create_tables()


class Statements:
    """What was sent to the database while in force."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self.texts: list[str] = []

    def __enter__(self) -> list[str]:
        self.db.add_observer(self._note)
        return self.texts

    def __exit__(self, *error: object) -> None:
        self.db.remove_observer(self._note)

    def _note(self, statement: Any) -> None:
        self.texts.append(statement.sql)


def test_feat_M2_insert_gives_the_key_and_get_finds_the_row() -> None:
    ann = Person.insert(name="ann", age=30)
    found = Person.get(ann.id)
    assert (found.id, found.name, found.age, found.team_id) == (1, "ann", 30, None)
    assert found == ann
    assert hash(found) == hash(ann)
    assert repr(found) == "<Person id=1>"


def test_a_missing_row_is_does_not_exist() -> None:
    for key in (7, 2**80, -1):
        with pytest.raises(DoesNotExist, match="No Person with id"):
            Person.get(key)


@pytest.mark.parametrize("key", ["7", 7.0, True, [1], {"a": 1}])
def test_sec_D5_a_key_of_another_type_is_refused(key: object) -> None:
    with pytest.raises(DataError, match=r"Person\.id takes an int"):
        Person.get(key)


def test_feat_M2_one_and_all_by_values() -> None:
    ann, bob = Person.insert(name="ann", age=30), Person.insert(name="bob", age=30)
    Entry.insert(title="x", author=ann)
    assert Person.one(name="bob") == bob
    assert Person.all(age=30) == [ann, bob]
    assert [entry.title for entry in Entry.all(author=ann)] == ["x"]
    assert [entry.title for entry in Entry.all(author_id=ann.id)] == ["x"]
    assert Person.all(age=None) == []
    with pytest.raises(MultipleRows):
        Person.one(age=30)
    with pytest.raises(DoesNotExist):
        Person.one(name="cid")
    with pytest.raises(QueryError, match="Did you mean 'name'"):
        Person.one(nane="ann")


def test_a_new_object_is_stored_by_save() -> None:
    entry = Entry(title="x", author=Person.insert(name="ann"))
    assert entry.id is None
    entry.save()
    assert Entry.get(entry.id).title == "x"


def test_save_writes_only_what_changed(db: Any) -> None:
    ann = Person.insert(name="ann", age=30)
    Person.update(age=31).where(Person.id == ann.id).execute()
    ann.name = "anna"
    with Statements(db) as sent:
        ann.save()
        ann.save()
    assert len(sent) == 1
    assert Person.get(ann.id).age == 31
    ann.save(all=True)
    assert Person.get(ann.id).age == 30


def test_assigning_the_same_value_is_no_change(db: Any) -> None:
    ann = Person.get(Person.insert(name="ann").id)
    ann.name = "ann"
    with Statements(db) as sent:
        ann.save()
    assert sent == []


def test_save_of_a_row_that_is_gone() -> None:
    ann = Person.insert(name="ann")
    Person.delete().execute()
    ann.name = "anna"
    with pytest.raises(DoesNotExist, match="row is gone"):
        ann.save()


def test_saving_an_unchanged_value_matches_its_row_on_both_engines() -> None:
    ann = Person.insert(name="ann")
    ann.save(all=True)
    assert Person.update(name="ann").where(Person.id == ann.id).execute() == 1


def test_a_changed_key_moves_the_row() -> None:
    ann = Person.insert(name="ann")
    ann.id = 50
    ann.name = "anna"
    ann.save()
    assert [(person.id, person.name) for person in Person.all()] == [(50, "anna")]
    ann.name = "ann"
    ann.save()
    assert Person.get(50).name == "ann"


def test_refresh_drops_what_was_not_saved() -> None:
    ann = Person.insert(name="ann", age=1)
    Person.update(age=2).execute()
    ann.name = "other"
    ann.refresh()
    assert (ann.name, ann.age) == ("ann", 2)
    Person.delete().execute()
    with pytest.raises(DoesNotExist):
        ann.refresh()


def test_delete_of_a_row() -> None:
    ann, bob = Person.insert(name="ann"), Person.insert(name="bob")
    ann.delete()
    assert Person.all() == [bob]
    with pytest.raises(DataError, match="not stored"):
        ann.delete()
    ann.id = None
    ann.save()
    assert Person.select().count() == 2


def test_update_and_delete_without_where_mean_every_row() -> None:
    Person.insert_many([{"name": "ann"}, {"name": "bob"}])
    assert Person.update(age=5).execute() == 2
    assert Person.update(age=Person.age + 1).where(Person.name == "ann").execute() == 1
    assert {person.name: person.age for person in Person.all()} == {"ann": 6, "bob": 5}
    assert Person.delete().where(Person.name == "cid").execute() == 0
    assert Person.delete().execute() == 2


def test_orm_O21_an_update_computes_from_the_row_as_it_was() -> None:
    Stock.insert(shop="a", item="b", amount=1)
    Stock.update(shop=Stock.item, item=Stock.shop, amount=Stock.amount + 1).execute()
    assert [tuple(row)[1:4] for row in Stock.select().values()] == [("b", "a", 2)]


def test_orm_O21_an_update_takes_a_query_as_a_value() -> None:
    ann = Person.insert(name="ann")
    Entry.insert_many({"title": title, "author": ann} for title in "xy")
    written = Entry.select(count(Entry.id)).where(Entry.author == Person.id)
    assert Person.update(age=written).execute() == 1
    assert Person.get(ann.id).age == 2


def test_update_belongs_to_the_class() -> None:
    ann = Person.insert(name="ann")
    with pytest.raises(QueryError, match="assign and save"):
        ann.update(name="x")
    with pytest.raises(QueryError, match="needs values"):
        Person.update()
    with pytest.raises(QueryError, match="no field 'nmae'"):
        Person.update(nmae="x")
    with pytest.raises(DataError, match="cannot be None"):
        Person.update(name=None)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(DataError, match=r"Entry\.author needs a value"):
        Entry.insert(title="x")
    with pytest.raises(QueryError, match="no field 'tilte'"):
        Entry.insert(tilte="x")
    with pytest.raises(QueryError, match="together"):
        Entry(title="x", author=1, author_id=1)


def test_a_unique_column_refuses_a_second_row() -> None:
    Label.insert(name="x")
    with pytest.raises(IntegrityError) as caught:
        Label.insert(name="x")
    assert caught.value.columns == ("name",)
    assert Label.insert(name="X").id > 1, "text is compared exactly"


def test_insert_many_takes_dicts_and_objects() -> None:
    ann = Person.insert(name="ann")
    rows = [{"title": f"t{number}", "author": ann} for number in range(3)]
    assert Entry.insert_many([*rows, Entry(title="t3", author=ann.id)]) == 4
    assert Entry.select().order_by(Entry.id).scalars(Entry.title) == ["t0", "t1", "t2", "t3"]
    assert Entry.insert_many([]) == 0
    assert Label.insert_many([{"name": "x", "id": 9}, {"name": "y"}]) == 2
    assert Label.select().order_by(Label.id).scalars(Label.id) == [9, 10]


def test_insert_many_stores_objects_that_have_a_key() -> None:
    samples = [Sample(small=1), Sample(small=2)]
    assert Sample.insert_many(samples) == 2
    samples[0].small = 3
    samples[0].save()
    assert sorted(Sample.select().scalars(Sample.small)) == [2, 3]


def test_insert_many_computes_defaults_once_per_row() -> None:
    Sample.insert_many([{"small": 1}, {"small": 2}])
    assert len({sample.key for sample in Sample.all()}) == 2


def test_insert_many_of_more_rows_than_one_statement_takes_is_all_or_nothing() -> None:
    rows = [{"name": f"p{number}"} for number in range(9_000)]
    assert Person.insert_many(rows) == 9_000
    with pytest.raises(IntegrityError):
        Person.insert_many([{"name": f"q{number}"} for number in range(9_000)] + rows[:1])
    assert Person.select().count() == 9_000


def test_orm_A12_upsert_tells_what_happened() -> None:
    row = {"shop": "a", "item": "b", "amount": 1}
    key = ["shop", "item"]
    assert Stock.upsert(row, key) == "inserted"
    assert Stock.upsert(row, key) == "unchanged"
    assert Stock.upsert({**row, "amount": 2}, key) == "updated"
    assert Stock.upsert({**row, "note": "n"}, key) == "updated"
    assert Stock.upsert({"shop": "a", "item": "b", "amount": 1}, key) == "unchanged"
    assert Stock.upsert({**row, "item": "c"}, key) == "inserted"
    assert sorted(map(tuple, Stock.select().values(Stock.item, Stock.amount, Stock.note))) == [
        ("b", 1, "n"),
        ("c", 1, None),
    ]


def test_upsert_of_the_key_alone() -> None:
    assert Label.upsert({"name": "x"}, key=["name"]) == "inserted"
    assert Label.upsert({"name": "x"}, key=["name"]) == "unchanged"
    assert Label.upsert({"id": 5, "name": "five"}, key=["id"]) == "inserted"
    assert Label.upsert({"id": 5, "name": "cinq"}, key=["id"]) == "updated"
    with pytest.raises(QueryError, match="list of unique fields"):
        Label.upsert({"name": "x"}, key="name")


def test_orm_A12_upsert_by_a_key_the_database_does_not_number() -> None:
    key = uuid4()
    assert Sample.upsert({"key": key, "small": 1}, key=["key"]) == "inserted"
    assert Sample.upsert({"key": key, "small": 1}, key=["key"]) == "unchanged"
    assert Sample.upsert({"key": key, "small": 2}, key=["key"]) == "updated"


@pytest.mark.parametrize("key", [["shop"], ["shop", "amount"], [Stock.shop], [None]])
def test_orm_O20_upsert_needs_a_unique_key(key: Any) -> None:
    with pytest.raises(QueryError, match="unique"):
        Stock.upsert({"shop": "a", "item": "b"}, key=key)
    assert Stock.select().count() == 0


def test_raw_statements_map_to_objects() -> None:
    ann = Person.insert(name="ann", age=30)
    (found,) = Person.raw("SELECT name, id FROM orm_people WHERE name = ?", ["ann"])
    assert (found, found.name) == (ann, "ann")
    assert found.age == 30, "a column left out is read when asked for"
    found.age = 31
    found.save()
    assert Person.get(ann.id).age == 31
    with pytest.raises(QueryError, match="primary key"):
        Person.raw("SELECT name FROM orm_people").all()
    with pytest.raises(QueryError):
        Person.raw("SELECT id FROM orm_people WHERE name = ?", []).all()


def test_a_change_inside_a_document_is_saved() -> None:
    key = Sample.insert(data={"a": [1]}).key
    sample = Sample.get(key)
    sample.data["a"].append(2)
    sample.save()
    assert Sample.get(key).data == {"a": [1, 2]}
    sample.data["b"] = "ü"
    sample.save()
    assert Sample.get(key).data == {"a": [1, 2], "b": "ü"}


def test_the_hot_paths_build_no_text_twice(db: Any) -> None:
    with Statements(db) as sent:
        for name in ("ann", "bob"):
            person = Person.get(Person.insert(name=name).id)
            person.age = 3
            person.save()
            person.delete()
    assert len(sent) == 8
    assert all(first is second for first, second in zip(sent[:4], sent[4:], strict=True))


def test_the_database_of_a_model_is_looked_up_by_name() -> None:
    assert get_database(Person._meta.database).name == "default"
