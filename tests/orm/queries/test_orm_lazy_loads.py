"""N+1: found, explained, refused or answered by one statement (feat:V7, orm:O10, orm:A6)."""

import copy
import gc
import logging
import pickle
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from orm import ConfigurationError, LazyLoadError, connect, has_tables
from orm.engine.context import set_context
from orm.engine.watching import LazyLoads
from orm.queries import resultset
from tests.support.orm_models import Entry, Label, Person, Team, create_tables

Mode = Callable[[str], None]


@pytest.fixture(autouse=True)
def people(db: Any) -> None:
    create_tables()
    teams = [Team.insert(name="red"), Team.insert(name="blue")]
    label = Label.insert(name="a")
    for number in range(4):
        person = Person.insert(name=f"p{number}", team=teams[number % 2])
        Entry.insert(title=f"by {person.name}", author=person).labels.add(label)


@pytest.fixture
def mode(db: Any) -> Mode:
    def choose(name: str) -> None:
        db.lazy_loads = LazyLoads(name)

    return choose


def all_people() -> list[Person]:
    return Person.select().order_by(Person.id).all()


def test_feat_V7_the_second_load_is_reported_once_with_both_lines(
    db: Any, caplog: pytest.LogCaptureFixture
) -> None:
    found = all_people()
    with caplog.at_level(logging.WARNING, "orm.lazy_loads"):
        found[0].team.name  # noqa: B018  # the first
        assert not caplog.records
        found[1].team.name  # noqa: B018  # the second
        found[2].team.name  # noqa: B018  # the third
    (record,) = caplog.records
    text = record.getMessage()
    assert "Person.team is loaded object by object" in text
    assert "with_related(Person.team)" in text
    source = Path(__file__).read_text().splitlines()
    for what, mark in (("first load", "# the first"), ("this load", "# the second")):
        line = next(n for n, text in enumerate(source, 1) if text.endswith(mark))
        assert f"{what}: {__file__}:{line} in test_feat_V7_the_second" in text
    assert f"the query: {__file__}:" in text


@pytest.fixture
def context() -> Iterator[None]:
    set_context(lambda: {"request": "abc123", "route": "GET /people"})
    yield
    set_context(None)


@pytest.mark.usefixtures("context")
def test_feat_V7_the_report_has_request_route_and_template_line(
    db: Any, caplog: pytest.LogCaptureFixture
) -> None:
    template = Environment(autoescape=True).from_string(
        "{% for person in people %}\n  {{ person.name }}:\n  {{ person.team.name }}\n{% endfor %}"
    )
    text = template.render(people=all_people())
    assert text.count("red") == 2
    (record,) = caplog.records
    lines = record.getMessage().splitlines()
    assert "  request: abc123" in lines
    assert "  route: GET /people" in lines
    assert "  this load: <template>:3" in lines


def test_feat_V7_raise_refuses_the_second(db: Any, mode: Mode) -> None:
    mode("raise")
    found = all_people()
    assert found[0].team.name == "red"
    assert found[0].entries.all()[0].title == "by p0"
    with pytest.raises(LazyLoadError, match=r"Person\.team is loaded object by object"):
        found[1].team  # noqa: B018
    with pytest.raises(LazyLoadError, match=r"prefetch\(Person.entries\)"):
        list(found[1].entries)
    assert found[0].entries.all()[0].title == "by p0"  # the same object again is no N+1
    assert Person.get(2).team.name == "blue"  # read alone, it has no peers
    assert found[1].entries.where(Entry.id > 0).count() == 1


def test_feat_V7_batch_answers_for_all_at_the_second(db: Any, mode: Mode) -> None:
    mode("batch")
    found = all_people()
    with db.log_queries() as log:
        assert [person.team.name for person in found] == ["red", "blue"] * 2
        assert [[e.title for e in person.entries] for person in found[2:]] == [["by p2"], ["by p3"]]
        assert [len(list(e.labels)) for person in found[2:] for e in person.entries] == [1, 1]
    assert [len(statement.params) for statement in log] == [1, 2, 1, 4, 1, 1]


def test_feat_V7_allow_says_nothing(db: Any, mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    mode("allow")
    assert [person.team.name for person in all_people()] == ["red", "blue"] * 2
    assert not caplog.records


def test_orm_O10_fields_left_out_are_loads_too(db: Any, mode: Mode) -> None:
    mode("raise")
    found = Person.select().only(Person.age).order_by(Person.id).all()
    assert found[0].name == "p0"
    with pytest.raises(LazyLoadError, match="Fields of Person that the query left out"):
        found[1].name  # noqa: B018
    mode("batch")
    with db.log_queries() as log:
        assert [person.name for person in found] == ["p0", "p1", "p2", "p3"]
        assert found[3].team_id == 2
    assert len(log) == 1


def test_orm_O10_related_objects_belong_to_the_answer(db: Any, mode: Mode) -> None:
    mode("raise")
    found = Entry.select().with_related(Entry.author).order_by(Entry.id).all()
    assert found[0].author.team.name == "red"
    with pytest.raises(LazyLoadError, match=r"Person\.team"):
        found[1].author.team  # noqa: B018


def test_orm_O10_a_filled_relation_is_no_load(db: Any, mode: Mode) -> None:
    mode("raise")
    found = Person.select().with_related(Person.team).prefetch(Person.entries).all()
    assert {person.team.name for person in found} == {"red", "blue"}
    assert sum(len(list(person.entries)) for person in found) == 4
    assert all(person.boss is None for person in found)


def test_orm_O10_the_set_is_known_when_the_list_is_gone(db: Any, mode: Mode) -> None:
    mode("raise")
    one, two, *_ = (person for person in all_people())
    assert one.team.name == "red"
    with pytest.raises(LazyLoadError):
        two.team  # noqa: B018
    mode("batch")
    assert two.team.name == "blue"  # alone: nobody has the list any more


def test_orm_O10_an_object_keeps_no_peer_alive(db: Any) -> None:
    found = all_people()
    alive = [weakref.ref(person) for person in found]
    first = found[0]
    number = first._peers
    gc.disable()
    try:
        del found
        assert [ref() is None for ref in alive] == [False, True, True, True]
        assert resultset._lists[number]() is None
    finally:
        gc.enable()


def test_orm_O10_lists_that_nobody_has_are_forgotten(db: Any) -> None:
    kept = all_people()
    for _ in range(3 * resultset._FEWEST_LISTS):
        resultset.enter(resultset.Loaded())
    assert len(resultset._lists) <= 2 * resultset._FEWEST_LISTS
    assert resultset._lists[kept[0]._peers]() is kept


def test_orm_O10_deleted_objects_may_look_at_their_relations(db: Any, mode: Mode) -> None:
    mode("batch")
    found = Entry.select().order_by(Entry.id).all()
    for entry in found[:2]:
        entry.delete()
    assert [entry.author.name for entry in found] == ["p0", "p1", "p2", "p3"]


def test_orm_O10_copies_and_pickles_are_alone(db: Any) -> None:
    found = Person.select().lazy_loads("raise").all()
    assert pickle.loads(pickle.dumps(found[0].__dict__))["_peers"] is None
    assert copy.deepcopy(found[0].__dict__)["_peers"] is None
    assert type(copy.copy(all_people())) is list


def test_orm_O10_what_is_remembered_is_bounded(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resultset, "_MOST_SETS", 3)
    for _ in range(6):
        all_people()[0].team  # noqa: B018
    assert len(resultset._sets) <= 3


def test_orm_A6_the_option_is_checked(db_url: str) -> None:
    other = connect(db_url, "other", lazy_loads="batch")
    assert other.lazy_loads is LazyLoads.BATCH
    sign = "&" if "?" in db_url else "?"
    assert connect(f"{db_url}{sign}lazy_loads=raise", "other").lazy_loads is LazyLoads.RAISE
    assert has_tables(f"{db_url}{sign}lazy_loads=raise") in (True, False)
    with pytest.raises(ConfigurationError, match="raise"):
        connect(db_url, "other", lazy_loads="rase")
    with pytest.raises(ConfigurationError, match="warn"):
        Person.select().lazy_loads("warm")
