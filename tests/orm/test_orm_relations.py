"""Foreign keys, back-references, one-to-one and many-to-many, alone and in queries."""

from typing import Any

import pytest

from orm import (
    DataError,
    ForeignKey,
    IntegrityError,
    Model,
    ModelError,
    QueryError,
    String,
    alias,
    count,
    create_all,
    exists,
)
from orm.metadata import registry
from tests.support.orm_models import Badge, Entry, Label, Person, Team, create_tables


@pytest.fixture(autouse=True)
def tables(db: Any) -> None:
    create_tables()


@pytest.fixture
def people() -> tuple[Person, Person, Person]:
    """ann leads bob and cid; ann and bob are in the red team."""
    red = Team.insert(name="red")
    ann = Person.insert(name="ann", team=red)
    bob = Person.insert(name="bob", team=red, boss=ann)
    return ann, bob, Person.insert(name="cid", boss=ann)


People = tuple[Person, Person, Person]


class Counter:
    def __init__(self, db: Any) -> None:
        self.db = db
        self.number = 0

    def __enter__(self) -> "Counter":
        self.db.add_observer(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        self.db.remove_observer(self._note)

    def _note(self, statement: Any) -> None:
        self.number += 1


def test_a_foreign_key_reads_without_a_query_until_the_object_is_asked_for(
    db: Any, people: People
) -> None:
    bob = Person.get(people[1].id)
    with Counter(db) as sent:
        assert bob.boss_id == people[0].id
        assert sent.number == 0
        assert bob.boss == people[0]
        assert bob.boss is bob.boss
        assert sent.number == 1


def test_a_foreign_key_takes_an_instance_or_its_key(people: People) -> None:
    ann, bob, cid = people
    cid.boss = bob
    assert (cid.boss_id, cid.boss) == (bob.id, bob)
    cid.boss = ann.id
    assert (cid.boss_id, cid.boss) == (ann.id, ann)
    cid.boss_id = bob.id
    assert cid.boss == bob
    cid.boss = None
    cid.save()
    assert Person.get(cid.id).boss is None
    assert Person.select().where(Person.boss == ann).all() == [bob]
    assert Person.select().where(Person.boss_id == ann.id).all() == [bob]
    assert Person.select().where(Person.boss.in_([ann, bob.id])).all() == [bob]


@pytest.mark.parametrize("value", ["1", 1.0, {"id": 1}])
def test_sec_D5_a_foreign_key_refuses_other_values(people: People, value: object) -> None:
    with pytest.raises(DataError, match=r"Person\.boss takes a Person or its key"):
        people[0].boss = value
    with pytest.raises(DataError):
        Person.select().where(Person.boss == value)
    with pytest.raises(DataError):
        people[0].team = people[1]


def test_an_unsaved_object_cannot_be_referred_to() -> None:
    with pytest.raises(DataError):
        Entry(title="x", author=Person(name="ann"))
    with pytest.raises(DataError, match="save"):
        list(Entry(title="x", author=1).labels)


def test_back_references_are_queries(people: People) -> None:
    ann, bob, cid = people
    assert ann.staff.order_by(-Person.id).all() == [cid, bob]
    assert list(ann.staff.where(Person.name == "bob")) == [bob]
    assert (ann.staff.count(), bob.staff.exists(), bob.staff.first()) == (2, False, None)


def test_the_database_follows_on_delete(people: People) -> None:
    ann, bob, _ = people
    Entry.insert(title="x", author=ann, editor=bob)
    bob.delete()
    assert Entry.one().editor_id is None
    ann.delete()
    assert Entry.all() == []
    with pytest.raises(IntegrityError):
        Entry.insert(title="x", author=99)


def test_one_to_one(people: People) -> None:
    ann, bob, _ = people
    badge = Badge.insert(person=ann, code="A1")
    assert Person.get(ann.id).badge == badge
    assert Person.get(bob.id).badge is None
    with pytest.raises(IntegrityError):
        Badge.insert(person=ann, code="A2")
    found = Person.select().with_related(Person.badge).order_by(Person.id).all()
    assert [person.__dict__["badge"] and person.badge.code for person in found] == [
        "A1",
        None,
        None,
    ]
    assert Badge.select().join(Badge.person).where(Person.name == "ann").one() == badge


def test_many_to_many(people: People) -> None:
    entry = Entry.insert(title="x", author=people[0])
    one, two, three = (Label.insert(name=name) for name in ("one", "two", "three"))
    entry.labels.add(one, two.id)
    entry.labels.add(two)
    assert entry.labels.order_by(Label.id).all() == [one, two]
    assert list(two.entries) == [entry]
    entry.labels.set([two, three])
    assert entry.labels.order_by(Label.id).scalars(Label.name) == ["two", "three"]
    entry.labels.remove(two, one)
    assert entry.labels.all() == [three]
    three.entries.clear()
    assert entry.labels.count() == 0
    entry.labels.set([])
    with pytest.raises(IntegrityError):
        entry.labels.add(99)
    with pytest.raises(DataError):
        entry.labels.add("one")
    with pytest.raises(QueryError, match="cannot be assigned"):
        entry.labels = [one]


def test_many_to_many_to_the_same_model(people: People) -> None:
    ann, bob, cid = people
    ann.friends.add(bob, cid)
    assert ann.friends.order_by(Person.id).all() == [bob, cid]
    assert bob.friends.all() == []
    assert bob.befriended_by.all() == [ann]
    friends_of_bob = Person.select().where(Person.friends.any(Person.name == "bob"))
    assert friends_of_bob.all() == [ann]


def test_any_of_each_kind_of_relation(people: People) -> None:
    ann, bob, cid = people
    entry = Entry.insert(title="x", author=ann)
    entry.labels.add(Label.insert(name="old"))
    assert Entry.select().where(Entry.labels.any(Label.name == "old")).all() == [entry]
    assert Entry.select().where(~Entry.labels.any()).all() == []
    assert Person.select().where(Person.entries.any(Entry.title == "x")).all() == [ann]
    assert Person.select().where(Person.boss.any(Person.name == "ann")).all() == [bob, cid]
    led = Person.select().where(Person.staff.any(Person.name == "bob"))
    assert led.all() == [ann]
    assert Person.select().where(Person.team.any(Team.name == "red")).count() == 2
    nested = Team.people.any(Person.entries.any(Entry.labels.any(Label.name == "old")))
    assert Team.select().where(nested).count() == 1


def test_with_related_fills_in_one_statement(db: Any, people: People) -> None:
    ann, bob, _ = people
    Entry.insert(title="x", author=ann, editor=bob)
    Entry.insert(title="y", author=bob)
    query = Entry.select().with_related(Entry.author, Entry.editor, Person.team)
    with Counter(db) as sent:
        found = [
            (entry.author.name, entry.editor and entry.editor.name, entry.author.team.name)
            for entry in query.order_by(Entry.id)
        ]
    assert found == [("ann", "bob", "red"), ("bob", None, "red")]
    assert sent.number == 1
    assert query.where(Person.name == "bob").count() == 1


def test_orm_O9_with_related_to_the_same_model(db: Any, people: People) -> None:
    ann, bob, cid = people
    found = Person.select().with_related(Person.boss).order_by(Person.id).all()
    with Counter(db) as sent:
        assert [person.boss for person in found] == [None, ann, ann]
    assert sent.number == 0
    assert found == [ann, bob, cid]


def test_with_related_reuses_a_join(people: People) -> None:
    Entry.insert(title="x", author=people[0])
    query = Entry.select().join(Entry.author).where(Person.name == "ann")
    (entry,) = query.with_related(Entry.author)
    assert "author" in entry.__dict__
    with pytest.raises(QueryError, match="use prefetch"):
        Entry.select().with_related(Entry.labels)
    with pytest.raises(QueryError, match="neither what this query selects"):
        Entry.select().with_related(Person.team).all()


def test_prefetch_fills_by_one_statement_each(db: Any, people: People) -> None:
    ann, bob, _ = people
    first = Entry.insert(title="x", author=ann)
    Entry.insert(title="y", author=bob)
    label = Label.insert(name="l")
    first.labels.add(label)
    query = Person.select().prefetch(Person.entries, Entry.labels, Person.boss, Person.badge)
    with Counter(db) as sent:
        found = query.order_by(Person.id).all()
        titles = [[(e.title, [x.name for x in e.labels]) for e in p.entries] for p in found]
        bosses = [person.boss and person.boss.name for person in found]
        assert all(entry.author is found[0] for entry in found[0].entries)
        assert found[0].entries.count() == 1
        assert found[0].badge is None
    assert titles == [[("x", ["l"])], [("y", [])], []]
    assert bosses == [None, "ann", "ann"]
    assert sent.number == 5
    found[0].entries.all()[0].labels.add(Label.insert(name="m"))
    assert found[0].entries.all()[0].labels.count() == 2, "a change drops what was fetched"


def test_prefetch_works_on_streams_and_related_rows(people: People) -> None:
    Entry.insert(title="x", author=people[0])
    streamed = list(Entry.select().prefetch(Entry.labels).stream(size=1))
    assert [entry.labels.count() for entry in streamed] == [0]
    (entry,) = Entry.select().with_related(Entry.author).prefetch(Person.staff)
    assert entry.author.staff.count() == 2
    with pytest.raises(QueryError, match="its owner"):
        Entry.select().prefetch(Person.staff).all()


def test_orm_O8_joins(people: People) -> None:
    ann, bob, cid = people
    boss = alias(Person, "boss")
    led = Person.select().join(boss, on=Person.boss == boss.id).where(boss.name == "ann")
    assert led.order_by(Person.id).all() == [bob, cid]
    rows = (
        Person.select(Person.name, boss.name.as_("boss"))
        .left_join(boss, on=Person.boss == boss.id)
        .order_by(Person.id)
        .all()
    )
    assert [tuple(row) for row in rows] == [("ann", None), ("bob", "ann"), ("cid", "ann")]
    Entry.insert(title="x", author=ann)
    many_hops = Entry.select().join(Entry.author).join(Person.team).where(Team.name == "red")
    assert many_hops.count() == 1
    per_person = (
        Person.select(Person.name, count(Entry.id).as_("n"))
        .left_join(Person.entries)
        .group_by(Person.id)
        .order_by(Person.id)
    )
    assert [row.n for row in per_person] == [1, 0, 0]
    assert Badge.select().join(Person).count() == 0
    with pytest.raises(QueryError, match="2 foreign keys"):
        Entry.select().join(Person)
    with pytest.raises(QueryError, match="join an alias"):
        Person.select().join(Person.boss).all()


def test_a_table_outside_the_query_is_named() -> None:
    with pytest.raises(QueryError, match=r"Person is not part of this query"):
        Entry.select().where(Person.name == "ann").all()


def test_a_relation_to_a_model_nobody_defined_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody else is to meet this model: create_all() would ask for its target.
    monkeypatch.setattr(registry, "_models", dict(registry._models))
    monkeypatch.setattr(registry, "_waiting", list(registry._waiting))

    class OrmLonely(Model):
        other = ForeignKey("OrmNobody")

    with pytest.raises(ModelError, match="import the module"):
        OrmLonely.select().all()
    with pytest.raises(ModelError, match="import the module"):
        OrmLonely(other=1)


def test_update_and_delete_by_related_rows(people: People) -> None:
    ann, bob, cid = people
    Entry.insert(title="x", author=ann)
    leaders = Person.select(Person.boss).where(Person.boss.is_null(False))
    assert Entry.update(title="led").where(Entry.author.in_(leaders)).execute() == 1
    assert Person.update(age=1).where(Person.staff.any()).execute() == 1
    assert Person.get(ann.id).age == 1
    assert Person.delete().where(~Person.entries.any() & ~Person.staff.any()).execute() == 2
    assert Person.all() == [ann]
    assert bob != cid


def test_a_subquery_with_related_rows_refers_outwards(people: People) -> None:
    _, bob, _ = people
    Team.insert(name="empty")
    members = Person.select().where(Person.team == Team.id).with_related(Person.boss)
    assert Team.select().where(exists(members)).scalars(Team.name) == ["red"]
    related = Person.select().with_related(Person.boss, Person.team)
    assert related.where(Person.name == "bob").count() == 1
    assert related.where(Team.name == "red").count() == 2
    assert related.where(Team.name == "red").order_by(Team.name, Person.id).scalars(
        Person.name
    ) == ["ann", "bob"]
    assert related.exists()
    assert bob in related


def test_a_model_derived_from_a_concrete_one_has_a_table_of_its_own(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_models", dict(registry._models))

    class OrmMember(Person):
        motto = String(40, default="")

        class Meta:
            table = "orm_members"

    create_all([OrmMember])
    ann = OrmMember.insert(name="ann", motto="m")
    cid = OrmMember.insert(name="cid", boss=ann, team=Team.insert(name="red"))
    ann.friends.add(cid)
    assert cid.befriended_by.all() == [ann]
    assert OrmMember.select().with_related(OrmMember.boss, OrmMember.team).all()[1].boss == ann
    assert Person.select().count() == 0
    assert Person.befriended_by.relation.target_model is Person
    assert Team.people.relation.target_model is Person
