"""prefetch() and with_related(): several hops, queries of their own, batches, streams (orm:O9)."""

from typing import Any

import pytest

from orm import ForeignKey, LazyLoadError, Model, OrmError, Prefetch, QueryError, String
from orm.queries import prefetch as prefetching
from tests.support.orm_models import Badge, Entry, Label, Person, Team, create_tables


@pytest.fixture(autouse=True)
def people(db: Any) -> list[Person]:
    """Six people in two teams; the first leads the second, that one the rest; entries of each."""
    create_tables()
    teams = [Team.insert(name="red"), Team.insert(name="blue")]
    made: list[Person] = []
    for number in range(6):
        boss = made[min(number - 1, 1)] if made else None
        made.append(Person.insert(name=f"p{number}", team=teams[number % 2], boss=boss))
    labels = [Label.insert(name=name) for name in ("a", "b")]
    for person in made[:3]:
        for number in range(4):
            entry = Entry.insert(title=f"{person.name} {number}", author=person)
            entry.labels.add(*labels[: number % 3])
    return made


def test_orm_O9_prefetch_with_conditions_and_an_order(db: Any) -> None:
    wanted = Person.entries.where(Entry.title.endswith("1") | Entry.title.endswith("3"))
    with db.log_queries() as log:
        found = Person.select().prefetch(wanted.order_by(-Entry.title)).order_by(Person.id).all()
        titles = [[entry.title for entry in person.entries] for person in found]
    assert titles == [["p0 3", "p0 1"], ["p1 3", "p1 1"], ["p2 3", "p2 1"], [], [], []]
    assert len(log) == 2


def test_orm_O9_a_limit_is_one_for_each_parent(db: Any) -> None:
    last_two = Person.entries.order_by(-Entry.title).limit(2).as_("newest")
    with db.log_queries() as log:
        found = Person.select().prefetch(last_two).order_by(Person.id).all()
        assert [[e.title[-1] for e in person.newest] for person in found[:4]] == [
            ["3", "2"],
            ["3", "2"],
            ["3", "2"],
            [],
        ]
        assert all(entry.author is found[0] for entry in found[0].newest)
    assert len(log) == 2
    assert "ROW_NUMBER()" in log[1].sql
    second = Person.select().prefetch(Person.entries.order_by(Entry.title).limit(1).offset(2))
    assert [e.title for e in second.order_by(Person.id).first().entries] == ["p0 2"]


def test_orm_O9_top_of_a_many_to_many_and_its_own_prefetch(db: Any) -> None:
    labels = Entry.labels.order_by(-Label.name).limit(1).as_("last_label")
    with db.log_queries() as log:
        found = Person.select().prefetch(Person.entries.prefetch(labels).with_related(Entry.editor))
        names = [
            [label.name for label in entry.last_label]
            for person in found.order_by(Person.id)
            for entry in person.entries.all()
        ]
    assert names == [[], ["a"], ["b"], []] * 3
    assert len(log) == 3


def test_orm_O9_to_one_under_another_name(db: Any) -> None:
    reds = Prefetch(Person.team).where(Team.name == "red").as_("red_team")
    found = Person.select().prefetch(reds).order_by(Person.id).all()
    assert [person.red_team and person.red_team.name for person in found] == ["red", None] * 3
    assert found[1].team.name == "blue"


def test_orm_O9_names_and_queries_that_do_not_fit_are_refused() -> None:
    with pytest.raises(QueryError, match="Person has 'name' already"):
        Person.entries.as_("name")
    with pytest.raises(OrmError, match="use a letter"):
        Person.entries.as_("x; DROP TABLE orm_people")
    with pytest.raises(QueryError, match="takes a query for Entry objects"):
        Prefetch(Person.entries, Team.select())
    with pytest.raises(QueryError, match="takes relations"):
        Person.select().prefetch(Person.name)
    with pytest.raises(AttributeError, match="by_subquery"):
        Person.entries.where(Entry.id > 1).all  # noqa: B018
    with pytest.raises(QueryError, match="neither what this query selects"):
        Team.select().prefetch(Entry.labels).all()


def test_orm_O9_several_hops_along_one_relation_to_itself(db: Any) -> None:
    with db.log_queries() as log:
        leader = (
            Person.select()
            .where(Person.boss.is_null())
            .prefetch(Person.staff.prefetch(Person.staff.prefetch(Person.entries)))
            .one()
        )
        names = [[second.name for second in first.staff] for first in leader.staff]
        assert names == [["p2", "p3", "p4", "p5"]]
        assert len(leader.staff.first().staff.first().entries.all()) == 4
    assert len(log) == 4
    with db.log_queries() as log:
        last = (
            Person.select()
            .with_related(Person.boss, Person.boss.boss, Person.boss.boss.team)
            .where(Person.name == "p5")
            .one()
        )
        assert last.boss.boss.name == "p0"
        assert last.boss.boss.team.name == "red"
        assert last.boss.boss.boss is None
    assert len(log) == 1


def test_orm_O9_a_path_fetches_what_is_on_the_way(db: Any) -> None:
    with db.log_queries() as log:
        found = Entry.select().prefetch(Entry.author.team.people).order_by(Entry.id).all()
        assert [person.name for person in found[0].author.team.people] == ["p0", "p2", "p4"]
    assert len(log) == 4


def test_orm_O9_keys_go_in_lists_of_500_in_few_forms(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetching, "KEYS_PER_STATEMENT", 4)
    with db.log_queries() as log:
        found = Person.select().prefetch(Person.entries).order_by(Person.id).all()
        assert [person.entries.count() for person in found] == [4, 4, 4, 0, 0, 0]
    assert [len(statement.params) for statement in log] == [0, 4, 2]
    assert prefetching._room(300) == 4  # what it is filled up to
    monkeypatch.undo()
    assert [prefetching._room(n) for n in (1, 2, 3, 5, 257, 500)] == [1, 2, 4, 8, 500, 500]


def test_orm_O9_by_one_subquery(db: Any) -> None:
    entries = Person.entries.by_subquery()
    query = Person.select().where(Person.name >= "p1").order_by(Person.id).limit(2)
    with db.log_queries() as log:
        assert [person.entries.count() for person in query.prefetch(entries)] == [4, 4]
    assert len(log) == 2
    assert log[1].sql.count("SELECT") >= 2
    with db.log_queries() as log:
        found = Team.select().prefetch(Team.people, entries).order_by(Team.id).all()
        assert [len(team.people.all()) for team in found] == [3, 3]
    assert len(log) == 3


def test_orm_O9_streams_fetch_batch_by_batch(db: Any) -> None:
    with db.log_queries() as log:
        stream = Person.select().prefetch(Person.entries.by_subquery()).order_by(Person.id)
        counts = [person.entries.count() for person in stream.stream(size=4)]
    assert counts == [4, 4, 4, 0, 0, 0]
    assert len(log) == 3


def test_orm_O9_raise_is_a_strategy_of_a_query(db: Any) -> None:
    found = Person.select().lazy_loads("raise").order_by(Person.id).all()
    with pytest.raises(LazyLoadError, match=r"with_related\(Person.boss\)"):
        found[1].boss  # noqa: B018
    with pytest.raises(LazyLoadError, match=r"prefetch\(Person.entries\)"):
        list(found[1].entries)
    assert found[0].boss is None
    one = Person.select().lazy_loads("raise").where(Person.name == "p1").one()
    with pytest.raises(LazyLoadError):
        one.boss  # noqa: B018
    only = Person.select().lazy_loads("raise", Person.boss).order_by(Person.id).all()
    assert only[1].team.name == "blue"
    with pytest.raises(LazyLoadError):
        only[1].boss  # noqa: B018
    related = Entry.select().with_related(Entry.author).lazy_loads("raise").all()
    assert related[0].author.name == "p0"
    with pytest.raises(LazyLoadError):
        related[0].author.team  # noqa: B018


def test_orm_O9_batch_of_a_query_loads_for_all_at_the_first_load(db: Any) -> None:
    found = Person.select().lazy_loads("batch").order_by(Person.id).all()
    with db.log_queries() as log:
        assert [person.team.name for person in found] == ["red", "blue"] * 3
        assert [len(list(person.entries)) for person in found] == [4, 4, 4, 0, 0, 0]
        assert [len(list(person.friends)) for person in found] == [0] * 6
    assert len(log) == 3


def test_orm_O9_prefetched_objects_are_peers_too(db: Any) -> None:
    found = Person.select().prefetch(Person.entries.lazy_loads("batch")).order_by(Person.id).all()
    with db.log_queries() as log:
        counts = [len(list(e.labels)) for person in found for e in person.entries]
    assert counts == [0, 1, 2, 0] * 3
    assert len(log) == 1


def test_orm_O9_deleted_rows_stay_out_unless_asked_for(db: Any) -> None:
    from orm import DateTime, create_all

    class Board(Model):
        name = String(20)

    class Post(Model):
        board = ForeignKey(Board, back="posts")
        title = String(20)
        deleted_at = DateTime(null=True)

        class Meta:
            soft_delete = "deleted_at"

    create_all([Board, Post])
    board = Board.insert(name="x")
    for title in "abc":
        Post.insert(board=board, title=title)
    Post.one(title="b").delete()
    everything = Board.posts.with_deleted().order_by(Post.title).as_("every_post")
    found = Board.select().prefetch(Board.posts, everything).one()
    assert [post.title for post in found.posts] == ["a", "c"]
    assert [post.title for post in found.every_post] == ["a", "b", "c"]
    newest = Board.select().prefetch(Board.posts.order_by(-Post.title).limit(2)).one()
    assert [post.title for post in newest.posts] == ["c", "a"]


def test_orm_O9_prefetched_rows_are_a_query_still(db: Any) -> None:
    found = Person.select().prefetch(Person.entries, Person.badge).order_by(Person.id).all()
    Badge.insert(person=found[0].id, code="1")
    with db.log_queries() as log:
        assert found[0].badge is None
        assert (found[0].entries.count(), found[3].entries.exists()) == (4, False)
    assert len(log) == 0
    assert found[0].entries.where(Entry.title == "p0 1").one().author is found[0]
    new = Entry(title="new", author=found[0])
    assert new in list(found[0].entries) or not new._is_stored
