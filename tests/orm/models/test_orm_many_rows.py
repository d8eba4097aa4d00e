"""Many rows: keys back, conflicts, batches, INSERT ... SELECT, update_many, refresh_many."""

import threading
from typing import Any
from uuid import uuid4

import pytest

from orm import (
    DataError,
    DoesNotExist,
    Integer,
    IntegrityError,
    Model,
    QueryError,
    String,
    Uuid,
    Version,
    create_all,
)
from orm.models import inserted
from tests.support.databases import on_mysql
from tests.support.orm_models import Entry, Label, Stock, Team, create_tables


@pytest.fixture(autouse=True)
def tables(db: Any) -> None:
    create_tables()


# -- O18: insert_many --------------------------------------------------------------------------


def test_orm_O18_objects_get_their_keys_in_order(db: Any) -> None:
    Label.insert(name="before")
    labels = [Label(name=f"n{number}") for number in range(50)]
    with db.log_queries() as log:
        assert Label.insert_many(labels) == 50
    assert [statement.sql[:6] for statement in log][-1] == "INSERT"
    assert [label.name for label in Label.select().order_by(Label.id)][1:] == [
        label.name for label in sorted(labels, key=lambda label: label.id)
    ]
    assert [label.id for label in labels] == sorted(label.id for label in labels)
    labels[0].name = "other"
    labels[0].save()
    assert Label.get(labels[0].id).name == "other"


def test_orm_O18_returning_gives_objects_of_dicts(db: Any) -> None:
    made = Label.insert_many([{"name": name} for name in "cab"], returning=True)
    assert [label.name for label in made] == ["c", "a", "b"]
    assert [Label.get(label.id).name for label in made] == ["c", "a", "b"]


def test_orm_O18_given_keys_and_new_ones_together(db: Any) -> None:
    labels = [Label(name="a"), Label(id=70, name="b"), Label(name="c")]
    Label.insert_many(labels)
    assert labels[1].id == 70
    assert {Label.get(label.id).name for label in labels} == {"a", "b", "c"}


def test_orm_O18_batches_are_one_transaction(db: Any) -> None:
    rows: list[dict[str, Any]] = [{"name": f"n{number}"} for number in range(10)]
    with db.log_queries() as log:
        assert Label.insert_many(rows, batch_size=4) == 10
    assert [len(statement.params) for statement in log] == [4, 4, 2]
    with pytest.raises(IntegrityError):
        Label.insert_many([{"name": "x"}, {"name": "y"}, {"name": "n1"}], batch_size=1)
    assert Label.select().count() == 10
    for size in (0, -1, True, 2.0):
        with pytest.raises(QueryError, match="give 1 or more"):
            Label.insert_many(rows, batch_size=size)  # type: ignore[arg-type]


def test_orm_O18_an_error_leaves_the_objects_as_they_were(db: Any) -> None:
    Label.insert(name="n1")
    labels = [Label(name="n0"), Label(name="n1")]
    with pytest.raises(IntegrityError):
        Label.insert_many(labels, batch_size=1)
    assert [label.id for label in labels] == [None, None]
    labels[1].name = "n2"
    assert Label.insert_many(labels) == 2


@pytest.mark.parametrize("as_objects", [True, False])
def test_orm_O18_conflicts_are_ignored_and_the_new_rows_counted(db: Any, as_objects: bool) -> None:
    Label.insert_many([{"name": "a"}, {"name": "b"}])
    rows: list[Any] = [{"name": name} for name in "abcde"]
    given = [Label(**row) for row in rows] if as_objects else rows
    assert Label.insert_many(given, ignore_conflicts=True, batch_size=2) == 3
    assert sorted(label.name for label in Label.all()) == list("abcde")
    assert Label.insert_many(rows, ignore_conflicts=True) == 0
    with pytest.raises(QueryError, match="upsert_many"):
        Label.insert_many(rows, ignore_conflicts=True, returning=True)  # type: ignore[call-overload]


def test_orm_O18_ignoring_conflicts_ignores_nothing_else(db: Any) -> None:
    with pytest.raises(IntegrityError):
        Entry.insert_many([{"title": "x", "author": 99}], ignore_conflicts=True)
    assert Entry.select().count() == 0


def test_orm_O18_insert_from_a_query(db: Any) -> None:
    Team.insert_many([{"name": name} for name in ("red", "blue", "green")])
    names = Team.select(Team.name).where(Team.name != "red").order_by(Team.name).limit(5)
    with db.log_queries() as log:
        assert Label.insert_from(names) == 2
    assert len(log) == 1
    assert [label.name for label in Label.select().order_by(Label.id)] == ["blue", "green"]
    assert Stock.insert_from(Team.select(Team.name, Team.name, Team.id), ["shop", "item", "amount"])
    with pytest.raises(QueryError, match="2 columns for 1 fields"):
        Label.insert_from(Team.select(Team.id, Team.name), ["name"])
    with pytest.raises(QueryError, match="needs a column for 'title'"):
        Entry.insert_from(Team.select(Team.id), ["author"])
    with pytest.raises(QueryError, match="takes a query of columns"):
        Label.insert_from(Team.select())


class Made(Model):
    name = String(20)
    state = String(20, db_default="fresh")


class Keyed(Model):
    key = Uuid(primary_key=True, default=uuid4)
    name = String(20)
    state = String(20, db_default="fresh")


@pytest.mark.parametrize("model", [Made, Keyed])
def test_orm_O2_values_of_the_database_come_back_with_the_keys(db: Any, model: Any) -> None:
    create_all([model])
    made = [model(name="a"), model(name="b", state="old"), model(name="c"), model(name="d")]
    with db.log_queries() as log:
        model.insert_many(made)
    assert sum(statement.sql.startswith("INSERT") for statement in log) == 2  # by what they give
    with db.log_queries() as log:
        assert [item.state for item in made] == ["fresh", "old", "fresh", "fresh"]
    assert len(log) == 0
    found = {item._stored_key(): item.name for item in model.all()}
    assert [found[item._stored_key()] for item in made] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("db_url", "returns"),  # SQLite always returns them
    [
        ("sqlite", True),
        pytest.param("mysql", True, marks=pytest.mark.mysql),
        pytest.param("mysql", False, marks=pytest.mark.mysql),
    ],
    indirect=["db_url"],
)
@pytest.mark.usefixtures("db")
def test_orm_O18_keys_belong_to_their_rows_when_many_insert_at_once(
    monkeypatch: pytest.MonkeyPatch, returns: bool
) -> None:
    if not returns:
        monkeypatch.setattr(inserted, "has_returning", lambda database: False)
    made: list[list[Label]] = []

    def work(number: int) -> None:
        labels = [Label(name=f"{number} {index}") for index in range(200)]
        Label.insert_many(labels)
        made.append(labels)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = {label.id: label.name for label in Label.all()}
    assert len(found) == 800
    assert all(found[label.id] == label.name for labels in made for label in labels)


@on_mysql  # SQLite has RETURNING
@pytest.mark.usefixtures("db")
def test_orm_O18_servers_without_returning(monkeypatch: pytest.MonkeyPatch) -> None:
    """MySQL tells the first of the numbers only."""
    monkeypatch.setattr(inserted, "has_returning", lambda database: False)
    create_all([Made])
    made = [Made(name=name) for name in "abc"]
    Made.insert_many(made)
    assert [Made.get(item.id).name for item in made] == ["a", "b", "c"]
    assert [item.state for item in made] == ["fresh"] * 3


# -- O19: update_many --------------------------------------------------------------------------


class Counter(Model):
    name = String(20)
    number = Integer(default=0)
    other = Integer(default=0)


class Guarded(Model):
    name = String(20)
    version = Version()


def test_orm_O19_update_many_writes_fields_of_all_in_the_order_of_keys(db: Any) -> None:
    create_all([Counter])
    made = Counter.insert_many([{"name": f"n{n}"} for n in range(20)], returning=True)
    for counter in made:
        counter.number, counter.other = counter.id * 2, 5
    with db.log_queries() as log:
        assert Counter.update_many(reversed(made), ["number"]) == 20
    assert len({statement.sql for statement in log}) == 1
    assert [statement.params[-1] for statement in log] == [counter.id for counter in made]
    assert [c.number for c in Counter.select().order_by(Counter.id)] == [c.id * 2 for c in made]
    assert {c.other for c in Counter.all()} == {0}
    assert Counter.update_many(made) == 20  # what is left of the changes
    assert {c.other for c in Counter.all()} == {5}
    assert Counter.update_many(made) == 0


def test_orm_O19_sets_of_columns_go_together(db: Any) -> None:
    create_all([Counter])
    made = Counter.insert_many([{"name": f"n{n}"} for n in range(6)], returning=True)
    for index, counter in enumerate(made):
        setattr(counter, ["number", "other"][index % 2], 1)
    with db.log_queries() as log:
        Counter.update_many(made)
    texts = [statement.sql for statement in log]
    assert texts == [texts[0]] * 3 + [texts[3]] * 3


def test_orm_O19_a_lost_row_undoes_all(db: Any) -> None:
    create_all([Counter])
    made = Counter.insert_many([{"name": f"n{n}"} for n in range(4)], returning=True)
    Counter.delete().where(Counter.id == made[2].id).execute()
    for counter in made:
        counter.number = 7
    with pytest.raises(DoesNotExist, match="its row is gone"):
        Counter.update_many(made)
    assert {counter.number for counter in Counter.all()} == {0}
    del made[2]
    assert Counter.update_many(made) == 3  # they still know what changed


def test_orm_O19_versions_and_wrong_objects(db: Any) -> None:
    create_all([Counter, Guarded])
    made = [Guarded.insert(name=f"n{n}") for n in range(3)]
    for item in made:
        item.name = "new"
    assert Guarded.update_many(made) == 3
    assert [Guarded.get(item.id).version for item in made] == [item.version for item in made]
    assert {item.name for item in Guarded.all()} == {"new"}
    with pytest.raises(QueryError, match="takes its own objects"):
        Counter.update_many(made)
    with pytest.raises(DataError, match="not stored"):
        Counter.update_many([Counter(name="x")])
    with pytest.raises(QueryError, match="number"):
        Counter.update_many([Counter.insert(name="x")], ["nubmer"])
    with pytest.raises(QueryError, match="takes a list"):
        Counter.update_many([], "number")


# -- O21: objects in memory --------------------------------------------------------------------


def test_orm_O21_objects_see_an_update_by_condition_when_refreshed(db: Any) -> None:
    create_all([Counter])
    made = Counter.insert_many([{"name": f"n{n}"} for n in range(5)], returning=True)
    changed = Counter.update(number=Counter.number + 3).where(Counter.id > made[1].id).execute()
    assert changed == 3
    assert {counter.number for counter in made} == {0}
    made[4].refresh()
    assert made[4].number == 3
    with db.log_queries() as log:
        Counter.refresh_many(made)
    assert len(log) == 1
    assert [counter.number for counter in made] == [0, 0, 3, 3, 3]
    made[0].delete()
    with pytest.raises(DataError):
        Counter.refresh_many(made)


def test_orm_O18_no_rows_are_no_statement(db: Any) -> None:
    with db.log_queries() as log:
        assert Label.insert_many([]) == 0
        assert Label.insert_many([], returning=True) == []
        assert Label.upsert_many([], key=["name"]) == []
        assert Counter.update_many([]) == 0
    assert len(log) == 0
